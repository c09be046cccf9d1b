//! Upstream's remarks on answers.

use emberdb_model::{Annotation, AnnotationKind, write_quoted};
use emberdb_promql_syntax::{BinaryOp, Span};

use crate::value::number::{go_general, go_two_digits};

fn warning(message: String, position: u32) -> Annotation {
    Annotation { kind: AnnotationKind::Warning, message, position: Some(position as usize) }
}

fn info(message: String, position: u32) -> Annotation {
    Annotation { kind: AnnotationKind::Info, message, position: Some(position as usize) }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_quoted(&mut out, text).expect("a String takes all that is written");
    out
}

/// A quantile that is not between 0 and 1.
pub(crate) fn invalid_quantile(quantile: f64, position: u32) -> Annotation {
    warning(format!("quantile value should be between 0 and 1, got {}", go_general(quantile)), position)
}

/// Whether `quantile` deserves [`invalid_quantile`].
pub(crate) fn is_invalid_quantile(quantile: f64) -> bool {
    !(0.0..=1.0).contains(&quantile)
}

/// A ratio that is not between -1 and 1.
pub(crate) fn invalid_ratio(ratio: f64, capped: f64, position: u32) -> Annotation {
    let (ratio, capped) = (go_general(ratio), go_general(capped));
    warning(format!("ratio value should be between -1 and 1, got {ratio}, capping to {capped}"), position)
}

/// A series among classic buckets whose `le` is not a number.
pub(crate) fn bad_bucket_label(metric: &str, bucket: &str, position: u32) -> Annotation {
    let mut message =
        format!("bucket label \"le\" is missing or has a malformed value of {}", quoted(bucket));
    if !metric.is_empty() {
        message.push_str(" for metric name ");
        message.push_str(&quoted(metric));
    }
    warning(message, position)
}

/// The rate of something that is not named like a counter.
pub(crate) fn possible_non_counter(metric: &str, position: u32) -> Annotation {
    info(
        format!(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {}",
            quoted(metric)
        ),
        position,
    )
}

/// Classic histograms whose counts fell from one bound to the next and were lifted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MonotonicityRepairs {
    pub(crate) lowest_bound: f64,
    pub(crate) highest_bound: f64,
    pub(crate) diff_max: f64,
    pub(crate) samples: u64,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
}

impl MonotonicityRepairs {
    /// All of both.
    pub(crate) fn merge(&mut self, other: Self) {
        self.lowest_bound = self.lowest_bound.min(other.lowest_bound);
        self.highest_bound = self.highest_bound.max(other.highest_bound);
        self.diff_max = self.diff_max.max(other.diff_max);
        self.samples += other.samples;
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
    }
}

/// What was repaired in the histograms of a metric.
pub(crate) fn forced_monotonicity(metric: &str, repairs: MonotonicityRepairs, position: u32) -> Annotation {
    let name = if metric.is_empty() { String::new() } else { format!(" for metric name {}", quoted(metric)) };
    let (low, high) = (go_general(repairs.lowest_bound), go_general(repairs.highest_bound));
    let (diff, samples) = (go_two_digits(repairs.diff_max), repairs.samples);
    let (first, last) = (rfc3339(repairs.first_ms), rfc3339(repairs.last_ms));
    info(
        format!(
            "input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile){name}, from buckets {low} to {high}, with a max diff of {diff}, over {samples} samples from {first} to {last}"
        ),
        position,
    )
}

/// Whole seconds in UTC.
fn rfc3339(time_ms: i64) -> String {
    let seconds = time_ms.div_euclid(1000);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| format!("{seconds} s"), |time| time.to_string())
}

/// Sorting what will be sorted by labels.
pub(crate) fn sort_in_range_query(position: u32) -> Annotation {
    warning(
        "sort is ineffective for range queries since results are always ordered by labels".into(),
        position,
    )
}

/// An operator between two floats that is for histograms.
pub(crate) fn incompatible_floats(op: BinaryOp, span: Span) -> Annotation {
    info(
        format!("incompatible sample types encountered for binary operator \"{op}\": float {op} float"),
        span.start,
    )
}

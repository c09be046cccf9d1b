//! Annotations while they are gathered: texts in upstream's words.

use std::collections::BTreeMap;

use emberdb_model::{Annotation, AnnotationKind, Annotations, Labels, METRIC_NAME};
use emberdb_promql_syntax::Span;
use jiff::Timestamp;

use super::go::{format_g, format_precision};

/// The remarks gathered so far.
#[derive(Debug, Default)]
pub(super) struct Notes {
    list: Annotations,
    /// Repairs of classic histograms are told in one remark for each metric name and position.
    repairs: BTreeMap<(String, usize), Repairs>,
}

/// A classic histogram whose counts fell with rising bound, and were lifted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Repair {
    /// Upper bound of the first bucket that was lifted.
    pub(super) bucket_min: f64,
    /// Upper bound of the last.
    pub(super) bucket_max: f64,
    /// By how much at most.
    pub(super) difference_max: f64,
}

#[derive(Debug)]
struct Repairs {
    worst: Repair,
    count: usize,
    time_min_ms: i64,
    time_max_ms: i64,
}

impl Notes {
    /// All remarks.
    pub(super) fn finish(self) -> Annotations {
        let mut list = self.list;
        for ((metric, position), repairs) in self.repairs {
            let name = metric_suffix(&metric);
            let Repair { bucket_min, bucket_max, difference_max } = repairs.worst;
            let message = format!(
                "input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile){name}, from buckets {} to {}, with a max diff of {}, over {} samples from {} to {}",
                format_g(bucket_min),
                format_g(bucket_max),
                format_precision(difference_max, 2),
                repairs.count,
                rfc3339(repairs.time_min_ms),
                rfc3339(repairs.time_max_ms),
            );
            list.add(Annotation { kind: AnnotationKind::Info, message, position: Some(position) });
        }
        list
    }

    pub(super) fn invalid_quantile(&mut self, quantile: f64, at: Span) {
        self.warn(format!("quantile value should be between 0 and 1, got {}", format_g(quantile)), at);
    }

    pub(super) fn invalid_ratio(&mut self, ratio: f64, capped_to: f64, at: Span) {
        let (ratio, capped_to) = (format_g(ratio), format_g(capped_to));
        self.warn(format!("ratio value should be between -1 and 1, got {ratio}, capping to {capped_to}"), at);
    }

    pub(super) fn bad_bucket_label(&mut self, metric: &str, bound: &str, at: Span) {
        let name = metric_suffix(metric);
        self.warn(
            format!("bucket label \"le\" is missing or has a malformed value of \"{bound}\"{name}"),
            at,
        );
    }

    pub(super) fn sort_in_range_query(&mut self, at: Span) {
        self.warn(
            "sort is ineffective for range queries since results are always ordered by labels".into(),
            at,
        );
    }

    pub(super) fn possible_non_counter(&mut self, labels: &Labels, at: Span) {
        let Some(metric) = labels.get(METRIC_NAME) else { return };
        if ["_total", "_sum", "_count", "_bucket"].iter().any(|suffix| metric.ends_with(suffix)) {
            return;
        }
        self.info(
            format!(
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"{metric}\""
            ),
            at,
        );
    }

    pub(super) fn incompatible_types(&mut self, operator: &str, at: Span) {
        self.info(
            format!(
                "incompatible sample types encountered for binary operator \"{operator}\": float {operator} float"
            ),
            at,
        );
    }

    pub(super) fn forced_monotonicity(&mut self, metric: &str, repair: Repair, time_ms: i64, at: Span) {
        let repairs = self.repairs.entry((metric.to_owned(), at.start as usize)).or_insert(Repairs {
            worst: repair,
            count: 0,
            time_min_ms: time_ms,
            time_max_ms: time_ms,
        });
        repairs.count += 1;
        repairs.time_min_ms = repairs.time_min_ms.min(time_ms);
        repairs.time_max_ms = repairs.time_max_ms.max(time_ms);
        repairs.worst.bucket_min = repairs.worst.bucket_min.min(repair.bucket_min);
        repairs.worst.bucket_max = repairs.worst.bucket_max.max(repair.bucket_max);
        repairs.worst.difference_max = repairs.worst.difference_max.max(repair.difference_max);
    }

    fn warn(&mut self, message: String, at: Span) {
        self.add(AnnotationKind::Warning, message, at);
    }

    fn info(&mut self, message: String, at: Span) {
        self.add(AnnotationKind::Info, message, at);
    }

    fn add(&mut self, kind: AnnotationKind, message: String, at: Span) {
        self.list.add(Annotation { kind, message, position: Some(at.start as usize) });
    }
}

/// ` for metric name "…"`, or nothing if the name is unknown.
fn metric_suffix(metric: &str) -> String {
    if metric.is_empty() { String::new() } else { format!(" for metric name \"{metric}\"") }
}

/// Whole seconds, in UTC.
fn rfc3339(time_ms: i64) -> String {
    let seconds = time_ms / 1000;
    Timestamp::from_second(seconds).map_or_else(|_| format!("{seconds}s"), |time| time.to_string())
}

//! Annotations while they are gathered: texts in upstream's words.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use emberdb_model::{Annotation, AnnotationKind, Annotations, Labels, METRIC_NAME};
use emberdb_promql_syntax::Span;
use jiff::Timestamp;

use super::frame::Frame;
use super::go::{format_g, format_precision};
use super::histogram_remark::HistogramRemark;
use super::labels::quoted;

/// Where a remark points to, and the expression that makes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) at: Span,
    pub(super) by: Span,
}

impl Place {
    /// Orders expressions as they are evaluated: an operand ends before its operator does, or begins after it.
    fn turn(self) -> (u32, Reverse<u32>) {
        (self.by.end, Reverse(self.by.start))
    }
}

/// Where an expression stands, and the labels and ends of its windows whose samples overlap.
type Overlaps = (Place, HashSet<(Labels, i64)>);

/// The remarks gathered so far, one of each text: of several it is the one that is made last.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    by_text: BTreeMap<(AnnotationKind, String), Place>,
    /// Repairs of classic histograms are told in one remark for each metric name, by expression.
    repairs: BTreeMap<String, BTreeMap<(u32, Reverse<u32>), Repairs>>,
    /// Windows whose samples overlap are told in one remark for each metric name too: by expression where it stands, and
    /// the labels and ends of its windows.
    overlaps: BTreeMap<String, BTreeMap<(u32, Reverse<u32>), Overlaps>>,
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

/// What one expression repaired.
#[derive(Clone, Debug)]
struct Repairs {
    place: Place,
    worst: Repair,
    /// How often, by time.
    counts: BTreeMap<i64, i64>,
    frame: Frame,
}

impl Repairs {
    /// How many samples upstream says these are: at each step after the first repair it adds its remark to a set that
    /// has it already, which doubles the count.
    fn told(&self) -> i64 {
        let first_ms = self.counts.keys().next().copied().unwrap_or(i64::MAX);
        let mut told: i64 = 0;
        for time_ms in self.frame.steps().filter(|&t| t >= first_ms) {
            told = told.wrapping_add(self.counts.get(&time_ms).copied().unwrap_or(0));
            if time_ms > first_ms {
                told = told.wrapping_mul(2);
            }
        }
        told
    }
}

impl Notes {
    /// All remarks.
    pub(super) fn finish(mut self) -> Annotations {
        for (metric, of_expressions) in std::mem::take(&mut self.repairs) {
            let all: Vec<&Repairs> = of_expressions.values().collect();
            let lowest =
                |of: fn(&Repair) -> f64| all.iter().map(|r| of(&r.worst)).fold(f64::INFINITY, f64::min);
            let highest =
                |of: fn(&Repair) -> f64| all.iter().map(|r| of(&r.worst)).fold(f64::NEG_INFINITY, f64::max);
            let times = || all.iter().flat_map(|r| r.counts.keys().copied());
            let message = format!(
                "input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile){}, from buckets {} to {}, with a max diff of {}, over {} samples from {} to {}",
                metric_suffix(&metric),
                format_g(lowest(|r| r.bucket_min)),
                format_g(highest(|r| r.bucket_max)),
                format_precision(highest(|r| r.difference_max), 2),
                all.iter().fold(0i64, |sum, r| sum.wrapping_add(r.told())),
                rfc3339(times().min().unwrap_or_default()),
                rfc3339(times().max().unwrap_or_default()),
            );
            self.info(message, all[0].place);
        }
        for (metric, of_expressions) in std::mem::take(&mut self.overlaps) {
            let mut message = format!(
                "sample has start time that overlaps with previous sample timestamp for metric {}",
                quoted(&metric)
            );
            let count: usize = of_expressions.values().map(|(_, windows)| windows.len()).sum();
            if count > 1 {
                message.push_str(&format!(" ({count} occurrences)"));
            }
            // It points to the expression that is evaluated first.
            if let Some((place, _)) = of_expressions.values().next() {
                self.warn(message, *place);
            }
        }
        let mut list = Annotations::default();
        for ((kind, message), place) in self.by_text {
            list.add(Annotation { kind, message, position: Some(place.at.start as usize) });
        }
        list
    }

    pub(super) fn invalid_quantile(&mut self, quantile: f64, place: Place) {
        self.warn(format!("quantile value should be between 0 and 1, got {}", format_g(quantile)), place);
    }

    pub(super) fn invalid_ratio(&mut self, ratio: f64, capped_to: f64, place: Place) {
        let (ratio, capped_to) = (format_g(ratio), format_g(capped_to));
        self.warn(
            format!("ratio value should be between -1 and 1, got {ratio}, capping to {capped_to}"),
            place,
        );
    }

    pub(super) fn bad_bucket_label(&mut self, metric: &str, bound: &str, place: Place) {
        let (bound, name) = (quoted(bound), metric_suffix(metric));
        self.warn(format!("bucket label \"le\" is missing or has a malformed value of {bound}{name}"), place);
    }

    pub(super) fn sort_in_range_query(&mut self, place: Place) {
        self.warn(
            "sort is ineffective for range queries since results are always ordered by labels".into(),
            place,
        );
    }

    pub(super) fn possible_non_counter(&mut self, labels: &Labels, has_types: bool, place: Place) {
        let Some(metric) = labels.get(METRIC_NAME) else { return };
        if has_types {
            let kind = labels.get("__type__").unwrap_or("");
            if !["counter", "histogram"].contains(&kind) {
                let text = "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\"";
                self.info(format!("{text}, got {}: {}", quoted(kind), quoted(metric)), place);
            }
            return;
        }
        if ["_total", "_sum", "_count", "_bucket"].iter().any(|suffix| metric.ends_with(suffix)) {
            return;
        }
        let metric = quoted(metric);
        self.info(
            format!(
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {metric}"
            ),
            place,
        );
    }

    /// A remark on values that are, or meet, native histograms.
    pub(super) fn on_histograms(&mut self, remark: &HistogramRemark, place: Place) {
        self.add(remark.kind(), remark.to_string(), place);
    }

    /// Adds what was gathered elsewhere.
    pub(super) fn merge(&mut self, other: Self) {
        for ((kind, message), place) in other.by_text {
            self.add(kind, message, place);
        }
        for (metric, of_expressions) in other.overlaps {
            let known = self.overlaps.entry(metric).or_default();
            for (turn, (place, windows)) in of_expressions {
                known.entry(turn).or_insert_with(|| (place, HashSet::new())).1.extend(windows);
            }
        }
    }

    /// A window has samples whose start timestamps lie before the sample before them.
    pub(super) fn start_overlap(&mut self, labels: &Labels, end_ms: i64, place: Place) {
        let metric = labels.get(METRIC_NAME).unwrap_or("").to_owned();
        let of_metric = self.overlaps.entry(metric).or_default();
        let (_, windows) = of_metric.entry(place.turn()).or_insert_with(|| (place, HashSet::new()));
        windows.insert((labels.clone(), end_ms));
    }

    pub(super) fn forced_monotonicity(
        &mut self,
        metric: &str,
        repair: Repair,
        (frame, time_ms): (Frame, i64),
        place: Place,
    ) {
        let of_metric = self.repairs.entry(metric.to_owned()).or_default();
        let repairs = of_metric.entry(place.turn()).or_insert(Repairs {
            place,
            worst: repair,
            counts: BTreeMap::new(),
            frame,
        });
        *repairs.counts.entry(time_ms).or_default() += 1;
        repairs.worst.bucket_min = repairs.worst.bucket_min.min(repair.bucket_min);
        repairs.worst.bucket_max = repairs.worst.bucket_max.max(repair.bucket_max);
        repairs.worst.difference_max = repairs.worst.difference_max.max(repair.difference_max);
    }

    fn warn(&mut self, message: String, place: Place) {
        self.add(AnnotationKind::Warning, message, place);
    }

    fn info(&mut self, message: String, place: Place) {
        self.add(AnnotationKind::Info, message, place);
    }

    fn add(&mut self, kind: AnnotationKind, message: String, place: Place) {
        let last = self.by_text.entry((kind, message)).or_insert(place);
        if place.turn() >= last.turn() {
            *last = place;
        }
    }
}

/// ` for metric name "…"`, or nothing if the name is unknown.
pub(super) fn metric_suffix(metric: &str) -> String {
    if metric.is_empty() { String::new() } else { format!(" for metric name {}", quoted(metric)) }
}

/// Whole seconds, in UTC.
fn rfc3339(time_ms: i64) -> String {
    let seconds = time_ms / 1000;
    Timestamp::from_second(seconds).map_or_else(|_| format!("{seconds}s"), |time| time.to_string())
}

//! Upstream's remarks on answers.

use std::collections::BTreeMap;

use emberdb_model::{Annotation, AnnotationKind, Annotations, write_quoted};
use emberdb_promql_syntax::BinaryOp;

use emberdb_histogram::NanObservations;
use emberdb_model::number::{go_general, go_two_digits};

/// Where in the query a remark points to, and when upstream gets to make it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// Byte offset in the query.
    pub(crate) position: u32,
    /// Counts the expressions in the order in which upstream evaluates them: operands before operators.
    pub(crate) turn: u32,
}

/// One remark.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    kind: AnnotationKind,
    message: String,
    origin: Origin,
}

/// Remarks, one of each text: made at several places, it points to the place of the last turn. Which thread was
/// faster makes no difference.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    by_text: BTreeMap<(AnnotationKind, String), Origin>,
}

impl Notes {
    pub(crate) fn add(&mut self, note: Note) {
        let Note { kind, message, origin } = note;
        let last = self.by_text.entry((kind, message)).or_insert(origin);
        if origin.turn > last.turn {
            *last = origin;
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for ((kind, message), origin) in other.by_text {
            self.add(Note { kind, message, origin });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_text.is_empty()
    }

    pub(crate) fn into_annotations(self) -> Annotations {
        let mut annotations = Annotations::default();
        for ((kind, message), origin) in self.by_text {
            annotations.add(Annotation { kind, message, position: Some(origin.position as usize) });
        }
        annotations
    }
}

fn warning(message: String, origin: Origin) -> Note {
    Note { kind: AnnotationKind::Warning, message, origin }
}

fn info(message: String, origin: Origin) -> Note {
    Note { kind: AnnotationKind::Info, message, origin }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_quoted(&mut out, text).expect("a String takes all that is written");
    out
}

/// A quantile that is not between 0 and 1.
pub(crate) fn invalid_quantile(quantile: f64, origin: Origin) -> Note {
    warning(format!("quantile value should be between 0 and 1, got {}", go_general(quantile)), origin)
}

/// Whether `quantile` deserves [`invalid_quantile`].
pub(crate) fn is_invalid_quantile(quantile: f64) -> bool {
    !(0.0..=1.0).contains(&quantile)
}

/// A ratio that is not between -1 and 1.
pub(crate) fn invalid_ratio(ratio: f64, capped: f64, origin: Origin) -> Note {
    let (ratio, capped) = (go_general(ratio), go_general(capped));
    warning(format!("ratio value should be between -1 and 1, got {ratio}, capping to {capped}"), origin)
}

/// A series among classic buckets whose `le` is not a number.
pub(crate) fn bad_bucket_label(metric: &str, bucket: &str, origin: Origin) -> Note {
    let text = format!("bucket label \"le\" is missing or has a malformed value of {}", quoted(bucket));
    warning(of_metric(&text, metric), origin)
}

/// The rate of something that is not named like a counter.
pub(crate) fn possible_non_counter(metric: &str, origin: Origin) -> Note {
    info(
        format!(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {}",
            quoted(metric)
        ),
        origin,
    )
}

/// The rate of something whose type is not that of a counter.
pub(crate) fn possible_non_counter_type(metric: &str, kind: &str, origin: Origin) -> Note {
    let text = "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\"";
    info(format!("{text}, got {}: {}", quoted(kind), quoted(metric)), origin)
}

/// What was lifted in the counts of classic histograms that fell from one bound to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Repair {
    pub(crate) lowest_bound: f64,
    pub(crate) highest_bound: f64,
    pub(crate) diff_max: f64,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
}

impl Repair {
    fn merge(&mut self, other: Self) {
        self.lowest_bound = self.lowest_bound.min(other.lowest_bound);
        self.highest_bound = self.highest_bound.max(other.highest_bound);
        self.diff_max = self.diff_max.max(other.diff_max);
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
    }
}

/// The repairs of one expression in the histograms of a metric.
#[derive(Clone, Debug)]
pub(crate) struct Repairs {
    /// Where the expression stands in the query.
    position: u32,
    all: Repair,
    /// How many histograms were repaired at each step.
    of_step: Vec<u32>,
}

impl Repairs {
    /// The first of them, at one of `steps` steps, by the expression at `position`.
    pub(crate) fn new(position: u32, repair: Repair, step: usize, steps: usize) -> Self {
        let mut of_step = vec![0; steps];
        of_step[step] = 1;
        Self { position, all: repair, of_step }
    }

    pub(crate) fn add(&mut self, repair: Repair, step: usize) {
        self.all.merge(repair);
        self.of_step[step] += 1;
    }

    /// Adds those of other histograms over the same steps.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.all.merge(other.all);
        self.of_step.iter_mut().zip(&other.of_step).for_each(|(count, more)| *count += more);
    }

    /// The samples as upstream counts them, which is not how many there are: at each step after the first repair, it
    /// adds its remark to a set that has it already, and both counts. In 64 bits, which wrap as there.
    fn samples(&self) -> i64 {
        let after_first = self.of_step.iter().skip_while(|&&count| count == 0);
        let fold = |told: Option<i64>, &count: &u32| match told {
            None => Some(i64::from(count)),
            Some(told) => Some(told.wrapping_add(i64::from(count)).wrapping_mul(2)),
        };
        after_first.fold(None, fold).unwrap_or(0)
    }
}

/// By the turn of an expression, what it repaired.
pub(crate) type RepairsOfTurns = BTreeMap<u32, Repairs>;

/// One remark on what was repaired in the histograms of a metric, by expressions in the order of their turns.
pub(crate) fn forced_monotonicity(metric: &str, of_expressions: &RepairsOfTurns) -> Option<Note> {
    let mut expressions = of_expressions.iter();
    let (&turn, first) = expressions.next()?;
    let (mut repair, mut samples) = (first.all, first.samples());
    for repairs in expressions.map(|(_, repairs)| repairs) {
        repair.merge(repairs.all);
        samples = samples.wrapping_add(repairs.samples());
    }
    let name = if metric.is_empty() { String::new() } else { format!(" for metric name {}", quoted(metric)) };
    let (low, high) = (go_general(repair.lowest_bound), go_general(repair.highest_bound));
    let diff = go_two_digits(repair.diff_max);
    let (first_time, last_time) = (rfc3339(repair.first_ms), rfc3339(repair.last_ms));
    let message = format!(
        "input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile){name}, from buckets {low} to {high}, with a max diff of {diff}, over {samples} samples from {first_time} to {last_time}"
    );
    Some(info(message, Origin { position: first.position, turn }))
}

/// By the turn of an expression, its position in the query and how many windows it saw in which start timestamps overlap.
pub(crate) type OverlapsOfTurns = BTreeMap<u32, (u32, usize)>;

/// One remark on the samples of a metric that count again what those before them counted, seen by these expressions. It
/// points to the first.
pub(crate) fn start_overlap(metric: &str, of_expressions: &OverlapsOfTurns) -> Option<Note> {
    let (&turn, &(position, _)) = of_expressions.iter().next()?;
    let name = quoted(metric);
    let mut message =
        format!("sample has start time that overlaps with previous sample timestamp for metric {name}");
    let windows: usize = of_expressions.values().map(|(_, windows)| windows).sum();
    if windows > 1 {
        message.push_str(&format!(" ({windows} occurrences)"));
    }
    Some(warning(message, Origin { position, turn }))
}

/// Whole seconds in UTC.
fn rfc3339(time_ms: i64) -> String {
    let seconds = time_ms.div_euclid(1000);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| format!("{seconds} s"), |time| time.to_string())
}

/// Sorting what will be sorted by labels.
pub(crate) fn sort_in_range_query(origin: Origin) -> Note {
    warning("sort is ineffective for range queries since results are always ordered by labels".into(), origin)
}

/// An operator between types that it is not for; `left` and `right` are `float` or `histogram`.
pub(crate) fn incompatible_types(op: BinaryOp, left: &str, right: &str, origin: Origin) -> Note {
    info(
        format!("incompatible sample types encountered for binary operator \"{op}\": {left} {op} {right}"),
        origin,
    )
}

/// An operator between histograms with exponential and with custom buckets.
pub(crate) fn incompatible_layouts(op: BinaryOp, origin: Origin) -> Note {
    warning(format!("incompatible bucket layout encountered for binary operator {op}"), origin)
}

/// A range or a vector with floats and histograms of one metric.
pub(crate) fn mixed_types(metric: &str, origin: Origin) -> Note {
    warning(format!("encountered a mix of histograms and floats for metric name {}", quoted(metric)), origin)
}

/// The same in a group of an aggregation.
pub(crate) fn mixed_types_aggregated(origin: Origin) -> Note {
    warning("encountered a mix of histograms and floats for aggregation".into(), origin)
}

/// Histograms with exponential and with custom buckets.
pub(crate) fn mixed_schemas(metric: &str, origin: Origin) -> Note {
    warning(
        format!(
            "vector contains a mix of histograms with exponential and custom buckets schemas for metric name {}",
            quoted(metric)
        ),
        origin,
    )
}

/// Classic buckets and a native histogram of the same labels.
pub(crate) fn mixed_classic_native(metric: &str, origin: Origin) -> Note {
    warning(of_metric("vector contains a mix of classic and native histograms", metric), origin)
}

/// The rate of a gauge histogram.
pub(crate) fn not_a_counter(metric: &str, origin: Origin) -> Note {
    warning(format!("this native histogram metric is not a counter: {}", quoted(metric)), origin)
}

/// The difference of counter histograms.
pub(crate) fn not_a_gauge(metric: &str, origin: Origin) -> Note {
    warning(format!("this native histogram metric is not a gauge: {}", quoted(metric)), origin)
}

/// Histograms in an aggregation of floats.
pub(crate) fn ignored_histogram(aggregation: &str, origin: Origin) -> Note {
    info(format!("ignored histogram in {aggregation} aggregation"), origin)
}

/// Histograms beside floats in the range of a function of floats.
pub(crate) fn ignored_in_mixed_range(metric: &str, origin: Origin) -> Note {
    info(
        format!(
            "ignored histograms in a range containing both floats and histograms for metric name {}",
            quoted(metric)
        ),
        origin,
    )
}

/// The hints of histograms that were combined contradict each other; `operation` is `addition`, `subtraction` or
/// `aggregation`.
pub(crate) fn colliding_hints(operation: &str, origin: Origin) -> Note {
    warning(format!("conflicting counter resets during histogram {operation}"), origin)
}

/// Histograms with custom buckets of different bounds were combined; `operation` as for [`colliding_hints`].
pub(crate) fn mismatched_bounds(operation: &str, origin: Origin) -> Note {
    info(format!("mismatched custom buckets were reconciled during {operation}"), origin)
}

/// A quantile of a histogram that has observed NaN.
pub(crate) fn quantile_of_nan(seen: NanObservations, metric: &str, origin: Origin) -> Note {
    let result = match seen {
        NanObservations::ResultIsNan => "result is NaN",
        NanObservations::SkewHigher => "result is skewed higher",
    };
    info(of_metric(&format!("input to histogram_quantile has NaN observations, {result}"), metric), origin)
}

/// A fraction of a histogram that has observed NaN.
pub(crate) fn fraction_without_nan(metric: &str, origin: Origin) -> Note {
    let text = "input to histogram_fraction has NaN observations, which are excluded from all fractions";
    info(of_metric(text, metric), origin)
}

/// A text with the metric's name, if it has one.
fn of_metric(text: &str, metric: &str) -> String {
    if metric.is_empty() { text.into() } else { format!("{text} for metric name {}", quoted(metric)) }
}

#[cfg(test)]
mod tests {
    use super::{Repair, Repairs};

    fn told(of_step: &[u32]) -> i64 {
        let repair = Repair { lowest_bound: 1.0, highest_bound: 2.0, diff_max: 1.0, first_ms: 0, last_ms: 0 };
        Repairs { position: 0, all: repair, of_step: of_step.to_vec() }.samples()
    }

    /// Upstream merges a remark with itself at each step, and its count of 64 bits wraps.
    #[test]
    fn repairs_are_counted_twice_a_step_as_upstream_counts() {
        assert_eq!((told(&[0, 3]), told(&[1, 1, 1]), told(&[2, 0])), (3, 10, 4));
        let one_and_others = |others: usize| [&[1][..], &vec![0; others]].concat();
        assert_eq!(told(&one_and_others(62)), 1 << 62);
        assert_eq!(told(&one_and_others(63)), i64::MIN);
        assert_eq!(told(&one_and_others(64)), 0);
    }
}

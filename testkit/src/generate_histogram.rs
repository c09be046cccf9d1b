//! Strategies for property tests of native histograms: series that are hard on an engine, and queries over them.

use std::sync::Arc;

use emberdb_histogram::{CounterResetHint, FloatHistogram, Schema, Side, Span};
use emberdb_model::{Labels, STALE_NAN, SampleValue};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::generate::{
    GENERATED_SPAN_MS, aggregation, hostile_series, matching, position, scalar, set_matching, set_operator,
    subquery_window, window, window_function,
};

/// The samples of one series of native histograms: exponential or with custom bounds, counters that are reset and gauges;
/// with changes of schema, zero bucket and bounds, with gaps, staleness markers, NaN observations, and some floats.
pub fn hostile_histogram_samples() -> impl Strategy<Value = Vec<(i64, SampleValue)>> {
    let interval_ms = select(vec![5_000, 15_000, 60_000, 301_000_i64]);
    let is_custom = any::<bool>();
    (interval_ms, 0..60_000_i64, is_custom, any::<bool>(), vec(step(), 1..40)).prop_map(
        |(interval_ms, first_ms, is_custom, is_gauge, steps)| {
            let mut samples = Vec::new();
            let mut timestamp_ms = first_ms;
            let mut counts = [0.0; 4];
            for step in steps {
                timestamp_ms += interval_ms * step.intervals;
                if timestamp_ms > GENERATED_SPAN_MS {
                    break;
                }
                for (count, observed) in counts.iter_mut().zip(step.observed) {
                    *count = if step.is_reset || is_gauge { 0.0 } else { *count } + f64::from(observed);
                }
                let is_custom = is_custom != step.changes_kind;
                samples.push((timestamp_ms, step.value(counts, is_custom, is_gauge)));
            }
            samples
        },
    )
}

/// What happens from one sample to the next.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// Distance; more than one is a gap.
    intervals: i64,
    /// What is added to the zero bucket and to each of the others.
    observed: [u8; 4],
    is_reset: bool,
    /// This sample alone is of the other kind: exponential among custom ones, or the reverse.
    changes_kind: bool,
    /// Which of a few layouts of buckets.
    layout: usize,
    hint: CounterResetHint,
    special: Special,
}

/// A sample out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Special {
    None,
    Float,
    Stale,
    /// Some observations are NaN.
    NanObservations,
    /// The sum would overflow.
    Huge,
}

fn step() -> impl Strategy<Value = Step> {
    let intervals = prop_oneof![20 => Just(1_i64), 1 => 2..40_i64];
    let observed = [0..4_u8, 0..4, 0..4, 0..4];
    let flags = (prop::bool::weighted(0.08), prop::bool::weighted(0.03));
    let layout = prop_oneof![12 => Just(0_usize), 1 => 1..4_usize];
    let hint = prop_oneof![
        12 => Just(CounterResetHint::Unknown),
        4 => Just(CounterResetHint::NotReset),
        1 => select(vec![CounterResetHint::Reset, CounterResetHint::Gauge]),
    ];
    let special = prop_oneof![
        30 => Just(Special::None),
        1 => select(vec![Special::Float, Special::Stale, Special::NanObservations, Special::Huge]),
    ];
    (intervals, observed, flags, layout, hint, special).prop_map(
        |(intervals, observed, (is_reset, changes_kind), layout, hint, special)| Step {
            intervals,
            observed,
            is_reset,
            changes_kind,
            layout,
            hint,
            special,
        },
    )
}

impl Step {
    fn value(&self, counts: [f64; 4], is_custom: bool, is_gauge: bool) -> SampleValue {
        let mut histogram = if is_custom { self.custom(counts) } else { self.exponential(counts) };
        histogram.counter_reset_hint = if is_gauge { CounterResetHint::Gauge } else { self.hint };
        match self.special {
            Special::None => {}
            Special::Float => return SampleValue::Float(histogram.count),
            Special::Stale => histogram.sum = STALE_NAN,
            Special::NanObservations => {
                histogram.count += 2.0;
                histogram.sum = f64::NAN;
            }
            Special::Huge => histogram.scale(1e307),
        }
        SampleValue::Histogram(Arc::new(histogram))
    }

    fn exponential(&self, counts: [f64; 4]) -> FloatHistogram {
        let [zero, low, high, negative] = counts;
        let (schema, zero_threshold, first, gap) =
            [(0, 0.001, 0, 0), (1, 0.001, 0, 1), (0, 0.5, 0, 0), (-1, 0.001, -1, 2)][self.layout];
        let spans = if gap == 0 {
            vec![Span { offset: first, length: 2 }]
        } else {
            vec![Span { offset: first, length: 1 }, Span { offset: gap, length: 1 }]
        };
        let has_negative = negative > 0.0;
        FloatHistogram {
            schema: Schema::new(schema),
            zero_threshold,
            zero_count: zero,
            count: zero + low + high + if has_negative { negative } else { 0.0 },
            sum: low + 3.0 * high - 2.0 * negative,
            positive: Side { spans, buckets: vec![low, high] },
            negative: if has_negative {
                Side { spans: vec![Span { offset: 1, length: 1 }], buckets: vec![negative] }
            } else {
                Side::default()
            },
            ..FloatHistogram::default()
        }
    }

    fn custom(&self, counts: [f64; 4]) -> FloatHistogram {
        let bounds: [&[f64]; 4] =
            [&[0.1, 1.0, 10.0], &[0.1, 1.0, 20.0], &[1.0, 2.0, 10.0], &[-1.0, 0.0, 5.0]];
        FloatHistogram {
            schema: Schema::CUSTOM,
            count: counts.iter().sum(),
            sum: counts[1] + 5.0 * counts[2] + 20.0 * counts[3],
            positive: Side { spans: vec![Span { offset: 0, length: 4 }], buckets: counts.to_vec() },
            custom_values: Some(Arc::from(bounds[self.layout])),
            ..FloatHistogram::default()
        }
    }
}

/// Series of native histograms beside those of [`hostile_series`], a part of those that [`histogram_queries`] ask for.
/// One of them has the name of the classic histogram there.
pub fn hostile_histogram_series() -> impl Strategy<Value = Vec<(Labels, Vec<(i64, SampleValue)>)>> {
    let mut all = Vec::new();
    for job in ["a", "b"] {
        for instance in ["1", "2"] {
            for name in ["duration", "size"] {
                let labels = Labels::new([("__name__", name), ("job", job), ("instance", instance)]);
                all.push(labels.expect("names are given and differ"));
            }
        }
        let labels = Labels::new([("__name__", "latency_bucket"), ("job", job)]);
        all.push(labels.expect("names are given and differ"));
    }
    let count = all.len();
    let histograms = vec(prop::option::weighted(0.8, hostile_histogram_samples()), count);
    (hostile_series(), histograms).prop_map(move |(floats, histograms)| {
        let floats = floats.into_iter();
        let floats = floats.map(|(labels, samples)| (labels, samples.into_iter().map(Into::into).collect()));
        let histograms = all.iter().cloned().zip(histograms).filter_map(|(l, s)| Some((l, s?)));
        floats.chain(histograms).collect()
    })
}

/// A query of type instant vector over [`hostile_histogram_series`], as text.
pub fn histogram_queries() -> impl Strategy<Value = String> {
    vector_leaf().prop_recursive(3, 16, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            (histogram_function(), inner.clone()).prop_map(|(f, v)| f.replace('$', &v)),
            (number_function(), inner.clone()).prop_map(|(f, v)| f.replace('$', &v)),
            (aggregation(), inner.clone()).prop_map(|(aggregation, v)| aggregation.replace('$', &v)),
            (operator(), matching(), pair.clone())
                .prop_map(|(op, on, (a, b))| format!("({a}) {op} {on} ({b})")),
            (set_operator(), set_matching(), pair)
                .prop_map(|(op, on, (a, b))| format!("({a}) {op} {on} ({b})")),
            (inner.clone(), operator(), scalar()).prop_map(|(v, op, s)| format!("({v}) {op} {s}")),
            (inner.clone(), select(vec!["</", ">/"]), scalar())
                .prop_map(|(v, op, s)| format!("({v}) {op} {s}")),
            (scalar(), operator(), inner.clone()).prop_map(|(s, op, v)| format!("{s} {op} ({v})")),
            (window_function(), inner.clone(), subquery_window(), position())
                .prop_map(|(f, v, w, at)| f.replace('$', &format!("({v}){w}{at}"))),
            inner.prop_map(|v| format!("-({v})")),
        ]
    })
}

fn vector_leaf() -> impl Strategy<Value = String> + Clone {
    let selected = (selector(), position()).prop_map(|(s, at)| format!("{s}{at}"));
    let windowed = (window_function(), selector(), window(), position())
        .prop_map(|(f, s, w, at)| f.replace('$', &format!("{s}{w}{at}")));
    prop_oneof![3 => selected, 5 => windowed]
}

pub(crate) fn selector() -> impl Strategy<Value = &'static str> + Clone {
    select(vec![
        "duration",
        "size",
        "latency_bucket",
        "duration{job=\"a\"}",
        "size{instance!=\"1\"}",
        "{__name__=~\"duration|size\"}",
        "{__name__=~\"duration|up\", instance=\"2\"}",
        "requests_total",
    ])
}

/// `$` stands for the vector.
fn histogram_function() -> impl Strategy<Value = &'static str> + Clone {
    select(vec![
        "histogram_count($)",
        "histogram_sum($)",
        "histogram_avg($)",
        "histogram_stddev($)",
        "histogram_stdvar($)",
        "histogram_quantile(0.3, $)",
        "histogram_quantile(0.9, $)",
        "histogram_fraction(0, 1.5, $)",
        "histogram_fraction(-Inf, 0.2, $)",
    ])
}

/// `$` stands for the vector. Functions of numbers do not see histograms.
fn number_function() -> impl Strategy<Value = &'static str> + Clone {
    select(vec![
        "abs($)",
        "timestamp($)",
        "sort($)",
        "vector(scalar($))",
        "absent($)",
        "clamp_max($, 3)",
        "label_replace($, \"job\", \"x\", \"instance\", \"1\")",
    ])
}

fn operator() -> impl Strategy<Value = &'static str> + Clone {
    select(vec!["+", "-", "*", "/", "==", "!=", "== bool", ">", "%"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use emberdb_promql_syntax::{ParserOptions, ValueType, parse_with};

    proptest! {
        #[test]
        fn queries_are_well_typed(query in histogram_queries()) {
            let expr = parse_with(&query, &ParserOptions::ALL);
            let expr = expr.map_err(|error| TestCaseError::fail(format!("{query}: {error}")))?;
            prop_assert_eq!(expr.value_type(), ValueType::Vector);
        }

        #[test]
        fn samples_are_in_time_order(samples in hostile_histogram_samples()) {
            prop_assert!(samples.is_sorted_by(|a, b| a.0 < b.0));
        }
    }
}

//! Strategies for property tests: series that are hard on an engine, and well-typed queries over them.
//!
//! proptest prints the seed of what fails and keeps it; what is found goes on as a small test with a name.

use emberdb_model::{Labels, STALE_NAN, Sample};
use emberdb_promql_syntax::ParserOptions;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// The time range, in milliseconds, in which generated series have their samples.
pub const GENERATED_SPAN_MS: i64 = 20 * 60_000;

/// The samples of one series: regular, jittered or irregular in time, with gaps and staleness markers; counters that are
/// reset and gauges, with NaN, infinities, both zeros and numbers at the ends of the range.
pub fn hostile_samples() -> impl Strategy<Value = Vec<Sample>> {
    let interval_ms = select(vec![1_000, 5_000, 15_000, 60_000, 301_000_i64]);
    (interval_ms, 0..60_000_i64, select(vec![0, 1, 700_i64]), any::<bool>(), vec(step(), 1..80)).prop_map(
        |(interval_ms, first_ms, jitter_ms, is_counter, steps)| {
            let mut samples = Vec::new();
            let mut timestamp_ms = first_ms;
            let mut counter = 0.0;
            for step in steps {
                timestamp_ms += interval_ms * step.intervals + step.jitter * jitter_ms / 1000;
                if timestamp_ms > GENERATED_SPAN_MS {
                    break;
                }
                counter = if step.is_reset { 0.0 } else { counter + step.increase };
                let value = match step.special {
                    Some(special) => special,
                    None if is_counter => counter,
                    None => step.increase - 50.0,
                };
                samples.push(Sample { timestamp_ms, value });
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
    /// In thousandths of the jitter.
    jitter: i64,
    increase: f64,
    is_reset: bool,
    /// A value out of the ordinary.
    special: Option<f64>,
}

fn step() -> impl Strategy<Value = Step> {
    let intervals = prop_oneof![20 => Just(1_i64), 1 => 2..40_i64];
    let increase = prop_oneof![4 => (0..100_i32).prop_map(f64::from), 1 => 0.0..100.0_f64, 1 => Just(0.0)];
    let odd = select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324, 1.0e15 + 0.3, -1.0]);
    let special = prop_oneof![30 => Just(None), 1 => Just(Some(STALE_NAN)), 1 => odd.prop_map(Some)];
    let is_reset = prop_oneof![15 => Just(false), 1 => Just(true)];
    (intervals, 0..1_000_i64, increase, is_reset, special).prop_map(
        |(intervals, jitter, increase, is_reset, special)| Step {
            intervals,
            jitter,
            increase,
            is_reset,
            special,
        },
    )
}

/// Labels that [`queries`] ask for, each set once.
fn known_labels() -> Vec<Labels> {
    let mut all = Vec::new();
    for job in ["a", "b"] {
        for instance in ["1", "2"] {
            for name in ["requests_total", "temperature", "up"] {
                all.push(Labels::new([("__name__", name), ("job", job), ("instance", instance)]));
            }
        }
        all.push(Labels::new([("__name__", "limit"), ("job", job)]));
        for bound in ["0.1", "1", "10", "+Inf"] {
            all.push(Labels::new([("__name__", "latency_bucket"), ("job", job), ("le", bound)]));
        }
    }
    all.into_iter().map(|labels| labels.expect("names are given and differ")).collect()
}

/// Series with [`hostile_samples`], a part of those that [`queries`] ask for.
pub fn hostile_series() -> impl Strategy<Value = Vec<(Labels, Vec<Sample>)>> {
    let all = known_labels();
    let count = all.len();
    vec(prop::option::weighted(0.8, hostile_samples()), count).prop_map(move |samples| {
        all.iter().cloned().zip(samples).filter_map(|(l, s)| Some((l, s?))).collect()
    })
}

/// A query of type instant vector over [`hostile_series`], as text, in the language that these options switch on.
pub fn queries(parser: &ParserOptions) -> impl Strategy<Value = String> + use<> {
    let leaf = match parser.extended_range_selectors {
        true => prop_oneof![6 => vector_leaf(), 1 => extended_leaf(selector())].boxed(),
        false => vector_leaf().boxed(),
    };
    leaf.prop_recursive(4, 24, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            (instant_function(), inner.clone()).prop_map(|(f, v)| format!("{f}({v})")),
            (aggregation(), inner.clone()).prop_map(|(aggregation, v)| aggregation.replace('$', &v)),
            (arithmetic(), matching(), pair.clone())
                .prop_map(|(op, on, (a, b))| format!("({a}) {op} {on} ({b})")),
            (comparison(), matching(), pair.clone())
                .prop_map(|(op, on, (a, b))| format!("({a}) {op} {on} ({b})")),
            (set_operator(), set_matching(), pair)
                .prop_map(|(op, on, (a, b))| format!("({a}) {op} {on} ({b})")),
            (inner.clone(), arithmetic(), scalar()).prop_map(|(v, op, s)| format!("({v}) {op} {s}")),
            (scalar(), comparison(), inner.clone()).prop_map(|(s, op, v)| format!("{s} {op} ({v})")),
            (window_function(), inner.clone(), subquery_window(), position())
                .prop_map(|(f, v, w, at)| f.replace('$', &format!("({v}){w}{at}"))),
            (scalar(), inner.clone()).prop_map(|(phi, v)| format!("histogram_quantile({phi}, {v})")),
            (scalar(), inner.clone()).prop_map(|(s, v)| format!("clamp_max({v}, {s})")),
            inner.clone().prop_map(|v| format!("-({v})")),
            inner.clone().prop_map(|v| format!("absent({v})")),
            inner.clone().prop_map(|v| format!("vector(scalar({v}))")),
            inner.prop_map(|v| format!("label_replace({v}, \"job\", \"$1x\", \"instance\", \"(.*)\")")),
        ]
    })
}

fn vector_leaf() -> impl Strategy<Value = String> + Clone {
    let selected = (selector(), position()).prop_map(|(s, at)| format!("{s}{at}"));
    let windowed = (window_function(), selector(), window(), position())
        .prop_map(|(f, s, w, at)| f.replace('$', &format!("{s}{w}{at}")));
    let histogram = (select(vec!["0.5", "0.99", "0"]), window()).prop_map(|(phi, w)| {
        format!("histogram_quantile({phi}, sum by (job, le) (rate(latency_bucket{w})))")
    });
    prop_oneof![3 => selected, 5 => windowed, 1 => histogram, 1 => scalar().prop_map(|s| format!("vector({s})"))]
}

/// A query of `anchored` or `smoothed` alone, over [`hostile_series`] and the series of
/// [`hostile_histogram_series`](crate::hostile_histogram_series): what comes out of it can be compared to the last bit.
pub fn extended_queries() -> impl Strategy<Value = String> {
    prop_oneof![extended_leaf(selector()), extended_leaf(crate::generate_histogram::selector())]
}

/// Range selectors with `anchored` or `smoothed`, without a function around them.
pub fn extended_ranges() -> impl Strategy<Value = String> {
    let modifier = select(vec![" anchored", " smoothed"]);
    (selector(), window(), modifier, position())
        .prop_map(|(s, w, modifier, at)| format!("{s}{w}{modifier}{at}"))
}

/// What `anchored` and `smoothed` make of one of these selectors. Once in a while a function that does not know them.
pub(crate) fn extended_leaf(
    selector: impl Strategy<Value = &'static str> + Clone + 'static,
) -> impl Strategy<Value = String> + Clone {
    let windowed = |function: BoxedStrategy<&'static str>, modifier: &'static str| {
        (function, selector.clone(), window(), position())
            .prop_map(move |(f, s, w, at)| f.replace('$', &format!("{s}{w} {modifier}{at}")))
    };
    let of_anchored = select(vec!["rate($)", "increase($)", "delta($)", "changes($)", "resets($)"]);
    let of_smoothed = select(vec!["rate($)", "increase($)", "delta($)"]);
    let of_instant = select(vec!["$ smoothed@", "$ smoothed@", "$ anchored@", "timestamp($ smoothed@)"]);
    let instant =
        (of_instant, selector.clone(), position()).prop_map(|(f, s, at)| f.replace('$', s).replace('@', at));
    prop_oneof![
        20 => windowed(of_anchored.boxed(), "anchored"),
        20 => windowed(of_smoothed.boxed(), "smoothed"),
        15 => instant,
        1 => windowed(window_function().boxed(), "anchored"),
        1 => windowed(window_function().boxed(), "smoothed"),
    ]
    .boxed()
}

pub(crate) fn selector() -> impl Strategy<Value = &'static str> + Clone {
    select(vec![
        "requests_total",
        "temperature",
        "up",
        "limit",
        "latency_bucket",
        "requests_total{job=\"a\"}",
        "temperature{instance!=\"1\"}",
        "up{job=~\"a|b\", instance=\"2\"}",
        "{__name__=~\"up|temperature\"}",
        "nothing",
    ])
}

pub(crate) fn window() -> impl Strategy<Value = &'static str> + Clone {
    select(vec!["[15s]", "[1m]", "[2m30s]", "[5m]", "[10m]"])
}

pub(crate) fn subquery_window() -> impl Strategy<Value = &'static str> + Clone {
    select(vec!["[1m:15s]", "[5m:1m]", "[4m:45s]", "[3m:]"])
}

/// `offset` and `@`.
pub(crate) fn position() -> impl Strategy<Value = &'static str> + Clone {
    prop_oneof![
        8 => Just(""),
        1 => select(vec![" offset 1m", " offset -30s", " @ 600", " @ start()", " @ end() offset 2m"]),
    ]
}

/// `$` stands for the range vector.
pub(crate) fn window_function() -> impl Strategy<Value = &'static str> + Clone {
    select(vec![
        "rate($)",
        "increase($)",
        "delta($)",
        "irate($)",
        "idelta($)",
        "changes($)",
        "resets($)",
        "deriv($)",
        "predict_linear($, 60)",
        "sum_over_time($)",
        "avg_over_time($)",
        "min_over_time($)",
        "max_over_time($)",
        "count_over_time($)",
        "last_over_time($)",
        "first_over_time($)",
        "present_over_time($)",
        "stddev_over_time($)",
        "stdvar_over_time($)",
        "quantile_over_time(0.3, $)",
        "absent_over_time($)",
    ])
}

fn instant_function() -> impl Strategy<Value = &'static str> + Clone {
    select(vec![
        "abs",
        "ceil",
        "floor",
        "sgn",
        "sqrt",
        "exp",
        "ln",
        "round",
        "timestamp",
        "hour",
        "sort",
        "sort_desc",
    ])
}

/// `$` stands for the vector.
pub(crate) fn aggregation() -> impl Strategy<Value = &'static str> + Clone {
    select(vec![
        "sum($)",
        "sum by (job) ($)",
        "sum without (instance) ($)",
        "avg by (job) ($)",
        "min by (instance) ($)",
        "max($)",
        "count by (job, instance) ($)",
        "group without (job) ($)",
        "stddev($)",
        "stdvar by (job) ($)",
        "quantile by (job) (0.7, $)",
        "topk(2, $)",
        "bottomk by (job) (1, $)",
        "count_values(\"value\", $)",
    ])
}

fn arithmetic() -> impl Strategy<Value = &'static str> + Clone {
    select(vec!["+", "-", "*", "/", "%", "^", "atan2"])
}

fn comparison() -> impl Strategy<Value = &'static str> + Clone {
    select(vec!["==", "!=", "<", "<=", ">", ">=", "> bool", "== bool"])
}

pub(crate) fn set_operator() -> impl Strategy<Value = &'static str> + Clone {
    select(vec!["and", "or", "unless"])
}

pub(crate) fn matching() -> impl Strategy<Value = &'static str> + Clone {
    select(vec![
        "",
        "on (job, instance)",
        "ignoring (le)",
        "on (job) group_left ()",
        "on (job) group_right (le)",
        "on ()",
    ])
}

pub(crate) fn set_matching() -> impl Strategy<Value = &'static str> + Clone {
    select(vec!["", "on (job)", "ignoring (instance, le)"])
}

pub(crate) fn scalar() -> impl Strategy<Value = &'static str> + Clone {
    select(vec!["0", "1", "0.5", "-1.5", "100", "NaN", "Inf", "time()", "scalar(limit{job=\"a\"})"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use emberdb_promql_syntax::{ValueType, parse_with};

    proptest! {
        #[test]
        fn queries_are_well_typed(
            all in queries(&ParserOptions::ALL),
            stable in queries(&ParserOptions::default()),
        ) {
            for (query, parser) in [(all, ParserOptions::ALL), (stable, ParserOptions::default())] {
                let expr = parse_with(&query, &parser);
                let expr = expr.map_err(|error| TestCaseError::fail(format!("{query}: {error}")))?;
                prop_assert_eq!(expr.value_type(), ValueType::Vector);
            }
        }

        #[test]
        fn samples_are_in_time_order(samples in hostile_samples()) {
            prop_assert!(samples.is_sorted_by(|a, b| a.timestamp_ms < b.timestamp_ms));
        }
    }
}

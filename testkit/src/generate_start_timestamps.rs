//! Strategies for property tests of start timestamps: since when samples count, sensibly or not, and queries that go by
//! it.

use emberdb_model::{Labels, SampleValue};
use emberdb_promql_syntax::ParserOptions;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::generate::{position, queries, subquery_window, window, window_function};
use crate::generate_histogram::histogram_queries;
use crate::{generate, generate_histogram};

/// Labels of a series, and its samples.
type SamplesOfSeries = (Labels, Vec<(i64, SampleValue)>);

/// Labels of a series, and of its samples pairs of their time and their start timestamp, where they have one.
pub type StartTimestampsOfSeries = (Labels, Vec<(i64, i64)>);

/// Series, and since when their samples count: since the counter's last reset, since the sample before, or since times
/// that contradict each other; or that is not known, or not of all.
pub fn with_start_timestamps(
    series: impl Strategy<Value = Vec<SamplesOfSeries>>,
) -> impl Strategy<Value = (Vec<SamplesOfSeries>, Vec<StartTimestampsOfSeries>)> {
    (series, vec(habit(), 1..6)).prop_map(|(series, habits)| {
        let one = |((labels, samples), habit): (&SamplesOfSeries, &Vec<Beginning>)| {
            let times = samples.iter().map(|&(timestamp_ms, _)| timestamp_ms);
            (labels.clone(), start_timestamps(times, habit))
        };
        let starts = series.iter().zip(habits.iter().cycle()).map(one).collect();
        (series, starts)
    })
}

/// Since when a sample counts.
#[derive(Clone, Copy, Debug)]
enum Beginning {
    Unknown,
    /// As the sample before it.
    Same,
    /// That many milliseconds after the sample before it.
    AfterPrevious(i64),
    /// That many milliseconds after itself.
    AfterOwn(i64),
}

/// How a series behaves, over and over again.
fn habit() -> impl Strategy<Value = Vec<Beginning>> {
    let offset = || {
        prop_oneof![
            3 => select(vec![-1, 0, 1_i64]),
            2 => -400_000..0_i64,
            1 => -20_000..20_000_i64,
        ]
    };
    let any = prop_oneof![
        1 => Just(Beginning::Unknown),
        3 => Just(Beginning::Same),
        3 => offset().prop_map(Beginning::AfterPrevious),
        3 => offset().prop_map(Beginning::AfterOwn),
    ];
    let cumulative = prop_oneof![
        8 => Just(Beginning::Same),
        1 => (1..2_000_i64).prop_map(Beginning::AfterPrevious),
        1 => (-60_000..0_i64).prop_map(Beginning::AfterOwn),
    ];
    let delta = prop_oneof![
        10 => Just(Beginning::AfterPrevious(0)),
        5 => Just(Beginning::AfterPrevious(1)),
        1 => Just(Beginning::Unknown),
    ];
    prop_oneof![
        1 => Just(vec![Beginning::Unknown]),
        3 => vec(any, 1..40),
        3 => vec(cumulative, 1..40),
        2 => vec(delta, 1..40),
    ]
}

fn start_timestamps(times: impl Iterator<Item = i64>, habit: &[Beginning]) -> Vec<(i64, i64)> {
    let (mut previous_ms, mut start_ms) = (None, 0);
    let mut starts = Vec::new();
    for (timestamp_ms, beginning) in times.zip(habit.iter().cycle()) {
        start_ms = match *beginning {
            Beginning::Unknown => 0,
            Beginning::Same => start_ms,
            Beginning::AfterPrevious(offset_ms) => previous_ms.unwrap_or(timestamp_ms - 5_000) + offset_ms,
            Beginning::AfterOwn(offset_ms) => timestamp_ms + offset_ms,
        };
        if start_ms != 0 {
            starts.push((timestamp_ms, start_ms));
        }
        previous_ms = Some(timestamp_ms);
    }
    starts
}

/// A query of type instant vector over [`hostile_histogram_series`](crate::hostile_histogram_series), as text; mostly one
/// that goes by start timestamps.
pub fn start_timestamp_queries() -> impl Strategy<Value = String> {
    let pair = (counter_call(), counter_call());
    prop_oneof![
        8 => counter_call(),
        1 => counter_call().prop_map(|call| format!("sum by (job) ({call})")),
        1 => counter_call().prop_map(|call| format!("topk(2, {call})")),
        1 => (window_function(), counter_call(), subquery_window(), position())
            .prop_map(|(function, call, window, at)| function.replace('$', &format!("({call}){window}{at}"))),
        1 => pair.prop_map(|(lhs, rhs)| format!("{lhs} + on (job, instance) group_left () {rhs}")),
        1 => counter_call().prop_map(|call| format!("start_timestamp({call})")),
        1 => queries(&ParserOptions::ALL),
        1 => histogram_queries(),
    ]
}

fn counter_call() -> impl Strategy<Value = String> {
    let functions = vec!["rate", "increase", "irate", "resets", "delta", "idelta", "changes"];
    let over_window = (select(functions), selector(), window(), position())
        .prop_map(|(function, selector, window, at)| format!("{function}({selector}{window}{at})"));
    let shown =
        (selector(), position()).prop_map(|(selector, at)| format!("start_timestamp({selector}{at})"));
    prop_oneof![5 => over_window, 1 => shown]
}

fn selector() -> impl Strategy<Value = &'static str> {
    prop_oneof![generate::selector(), generate_histogram::selector()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use emberdb_promql_syntax::{ValueType, parse_with};

    proptest! {
        #[test]
        fn queries_are_well_typed(query in start_timestamp_queries()) {
            let expr = parse_with(&query, &ParserOptions::ALL);
            let expr = expr.map_err(|error| TestCaseError::fail(format!("{query}: {error}")))?;
            prop_assert_eq!(expr.value_type(), ValueType::Vector);
        }
    }

    #[test]
    fn habits_repeat() {
        let habit =
            [Beginning::AfterOwn(-3), Beginning::Same, Beginning::AfterPrevious(0), Beginning::Unknown];
        let starts = start_timestamps([10, 20, 30, 40, 50].into_iter(), &habit);
        assert_eq!(starts, [(10, 7), (20, 7), (30, 20), (50, 47)]);
    }
}

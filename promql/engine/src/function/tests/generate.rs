//! Series and grids that hurt.

use proptest::prelude::*;

use crate::batch::Steps;

/// A series and the windows to look at it through.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) samples: Vec<(i64, f64)>,
    pub(super) steps: Steps,
    pub(super) range_ms: i64,
    pub(super) offset_ms: i64,
    /// What the scalar arguments are made from.
    pub(super) param: f64,
}

/// Any number, the unusual ones often.
fn hostile() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e3..1e3f64,
        2 => any::<f64>(),
        2 => (-3..3i8).prop_map(f64::from),
        2 => prop::sample::select(vec![
            f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::MAX, -f64::MAX, 1e308, 5e-324,
            f64::MIN_POSITIVE, 9_007_199_254_740_993.0, 1_125_899_906_842_625.0,
        ]),
    ]
}

fn values(count: usize) -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        // A counter with resets.
        3 => prop::collection::vec((0..1000u16, prop::bool::weighted(0.05)), count).prop_map(|increases| {
            let mut total = 0.0;
            increases.into_iter().map(|(increase, is_reset)| {
                total = f64::from(increase) + if is_reset { 0.0 } else { total };
                total
            }).collect()
        }),
        // A gauge.
        2 => prop::collection::vec(-1e3..1e3f64, count),
        1 => prop::collection::vec((-4..4i8).prop_map(f64::from), count),
        // Great integers: their sums are exact or just not.
        1 => prop::collection::vec((-1e15..1e15f64).prop_map(f64::floor), count),
        1 => hostile().prop_map(move |value| vec![value; count]),
        4 => prop::collection::vec(hostile(), count),
        // Large sums of one sign.
        1 => prop::collection::vec(prop::sample::select(vec![f64::MAX, 1e308, 1.0]), count),
    ]
}

fn gaps(count: usize) -> impl Strategy<Value = Vec<i64>> {
    prop_oneof![
        2 => Just(vec![15_000; count]),
        2 => prop::collection::vec(14_900..15_100i64, count),
        1 => prop::collection::vec(prop_oneof![5 => Just(15_000i64), 1 => 1..600_000i64], count),
        1 => prop::collection::vec(1..5i64, count),
        1 => prop::collection::vec(1..100_000i64, count),
    ]
}

/// A case; many have more steps than a word of presence bits, and many windows are empty.
pub(super) fn case() -> impl Strategy<Value = Case> {
    let series = (0..150usize)
        .prop_flat_map(|count| (-2_000_000..2_000_000i64, gaps(count), values(count)))
        .prop_map(|(start, gaps, values)| {
            let mut time = start;
            let samples = gaps.into_iter().zip(values).map(|(gap, value)| {
                time += gap;
                (time, value)
            });
            samples.collect::<Vec<_>>()
        });
    let step = prop_oneof![Just(15_000i64), 1..1_000i64, 1..400_000i64, Just(60_000)];
    let range = prop_oneof![Just(300_000i64), Just(60_000), 1..2_000i64, 1..1_000_000i64, Just(1_001)];
    let offset = prop_oneof![3 => Just(0i64), 1 => -100_000..100_000i64];
    (series, -300_000..1_000_000i64, step, 1..140usize, range, offset, 0.0..5.0f64).prop_map(
        |(samples, lead, step_ms, count, range_ms, offset_ms, param)| {
            let start_ms = samples.first().map_or(0, |&(time, _)| time) + lead;
            Case { samples, steps: Steps { start_ms, step_ms, count }, range_ms, offset_ms, param }
        },
    )
}

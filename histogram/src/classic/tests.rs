//! Classic histograms against a twin that fixes and searches step by step, and the rules by name.

use proptest::prelude::*;

use super::{ClassicBucket, ClassicLayout, classic_fraction, classic_quantile};

const INF: f64 = f64::INFINITY;

fn buckets(given: &[(f64, f64)]) -> Vec<ClassicBucket> {
    given.iter().map(|&(upper_bound, count)| ClassicBucket { upper_bound, count }).collect()
}

fn value(phi: f64, given: &[(f64, f64)]) -> f64 {
    classic_quantile(phi, &mut buckets(given)).value
}

/// What a quantile is and what was done for it: value, bounds of the falls, greatest fall, rounding fixed.
type Answer = (f64, Option<(f64, f64, f64)>, bool);

/// The twin: no walk is spared and the bucket is searched from the bottom.
fn naive(phi: f64, given: &[(f64, f64)]) -> Answer {
    let nothing = |value| (value, None, false);
    if phi.is_nan() {
        return nothing(f64::NAN);
    }
    if !(0.0..=1.0).contains(&phi) {
        return nothing(if phi < 0.0 { -INF } else { INF });
    }
    let mut sorted = given.to_vec();
    sorted.sort_by(|left, right| left.0.total_cmp(&right.0));
    if sorted.last().is_none_or(|last| last.0 != INF) {
        return nothing(f64::NAN);
    }
    let mut merged: Vec<(f64, f64)> = Vec::new();
    for (bound, count) in sorted {
        match merged.iter_mut().find(|other| other.0 == bound) {
            Some(other) => other.1 += count,
            None => merged.push((bound, count)),
        }
    }
    let (mut forced, mut fixed, mut before) = (None, false, merged[0].1);
    for (bound, count) in &mut merged[1..] {
        let (sum, difference) = (before.abs() + count.abs(), (before - *count).abs());
        let is_close = if before == 0.0 || *count == 0.0 || sum < f64::MIN_POSITIVE {
            difference < 1e-12 * f64::MIN_POSITIVE
        } else {
            difference / sum.min(f64::MAX) < 1e-12
        };
        if *count == before {
        } else if is_close {
            (*count, fixed) = (before, true);
        } else if *count < before {
            let (low, high, diff) = forced.unwrap_or((INF, -INF, 0.0_f64));
            forced = Some((bound.min(low), bound.max(high), diff.max(before - *count)));
            *count = before;
        }
        before = *count;
    }
    let total = before;
    if merged.len() < 2 || total == 0.0 {
        return (f64::NAN, forced, fixed);
    }
    let rank = phi * total;
    let found = merged.iter().position(|bucket| bucket.1 >= rank).unwrap_or(merged.len() - 1);
    let value = if found == merged.len() - 1 {
        merged[found - 1].0
    } else if found == 0 {
        let (bound, count) = merged[0];
        if bound <= 0.0 { bound } else { 0.0 + bound * (rank / count) }
    } else {
        let ((lower, below), (upper, count)) = (merged[found - 1], merged[found]);
        lower + (upper - lower) * ((rank - below) / (count - below))
    };
    (value, forced, fixed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn all_ways_to_a_quantile_agree(
        bounds in prop::collection::vec(prop_oneof![4 => (-2..9i8).prop_map(f64::from), 1 => Just(INF)], 1..9),
        steps in prop::collection::vec(
            prop_oneof![
                6 => 0.0..100.0f64,
                2 => -30.0..0.0f64,
                3 => Just(0.0),
                1 => -1e-11..1e-11f64,
                1 => Just(1e-300),
            ],
            9,
        ),
        phi in prop_oneof![8 => 0.0..=1.0f64, 1 => prop::sample::select(vec![0.0, 1.0, -0.1, 1.1, f64::NAN])],
    ) {
        let mut ordered = bounds.clone();
        ordered.push(INF);
        ordered.sort_by(f64::total_cmp);
        // Counts that mostly rise with the bounds, in a shuffled order of series.
        let mut total: f64 = 0.0;
        let mut given: Vec<(f64, f64)> = ordered.iter().zip(&steps).map(|(&bound, step)| {
            total = (total + step).max(0.0);
            (bound, total)
        }).collect();
        given.reverse();
        given.rotate_left(bounds.len() / 2);

        let (expected, forced, fixed) = naive(phi, &given);
        let layout = ClassicLayout::new(&given.iter().map(|bucket| bucket.0).collect::<Vec<_>>());
        let mut counts = Vec::new();
        layout.merge(&given.iter().map(|bucket| bucket.1).collect::<Vec<_>>(), &mut counts);
        for found in [layout.quantile(phi, &mut counts), classic_quantile(phi, &mut buckets(&given))] {
            prop_assert!(
                found.value.to_bits() == expected.to_bits() || found.value.is_nan() && expected.is_nan(),
                "{} is not {}", found.value, expected
            );
            let found_forced = found.forced_monotonicity.map(|f| (f.lowest_bound, f.highest_bound, f.diff_max));
            prop_assert_eq!(found_forced, forced);
            prop_assert_eq!(found.fixed_precision, fixed);
        }
    }

    #[test]
    fn a_fraction_is_what_a_quantile_came_from(
        counts in prop::collection::vec(0.5..100.0f64, 2..9),
        phi in 0.0..0.999f64,
    ) {
        let mut total = 0.0;
        let last = counts.len() - 1;
        let given: Vec<(f64, f64)> = counts.iter().enumerate().map(|(index, count)| {
            // Nothing lies above the last finite bound, where a quantile could not be told.
            total += if index == last { 0.0 } else { *count };
            (if index == last { INF } else { (index * index + 1) as f64 }, total)
        }).collect();
        let quantile = value(phi, &given);
        let fraction = classic_fraction(-INF, quantile, &mut buckets(&given));
        prop_assert!((fraction - phi).abs() < 1e-12, "{} is not {}", fraction, phi);
    }
}

#[test]
fn without_infinity_or_a_second_bound_or_observations_there_is_no_quantile() {
    assert!(value(0.5, &[]).is_nan());
    assert!(value(0.5, &[(1.0, 3.0), (2.0, 4.0)]).is_nan());
    assert!(value(0.5, &[(INF, 3.0)]).is_nan());
    assert!(value(0.5, &[(1.0, 0.0), (INF, 0.0)]).is_nan());
    assert!(value(0.5, &[(1.0, 1.0), (f64::NAN, 1.0), (INF, 1.0)]).is_nan());
}

#[test]
fn the_first_bucket_starts_at_zero_unless_its_bound_is_not_above() {
    assert_eq!(value(0.5, &[(2.0, 10.0), (INF, 10.0)]), 1.0);
    assert_eq!(value(0.5, &[(-2.0, 10.0), (INF, 10.0)]), -2.0);
    assert_eq!(value(0.5, &[(0.0, 10.0), (INF, 10.0)]), 0.0);
    // 0 of 0 observations.
    assert!(value(0.0, &[(1.0, 0.0), (2.0, 5.0), (INF, 5.0)]).is_nan());
    assert_eq!(value(0.9, &[(1.0, 1.0), (2.0, 2.0), (INF, 10.0)]), 2.0);
}

#[test]
fn a_fall_is_reported_with_its_evidence() {
    let found =
        classic_quantile(0.5, &mut buckets(&[(1.0, 5.0), (2.0, 3.0), (3.0, 9.0), (4.0, 8.5), (INF, 10.0)]));
    let forced = found.forced_monotonicity.unwrap();
    assert_eq!((forced.lowest_bound, forced.highest_bound, forced.diff_max), (2.0, 4.0, 2.0));
    assert!(!found.fixed_precision);
}

#[test]
fn fractions_follow_the_bounds() {
    let given = [(1.0, 2.0), (2.0, 6.0), (INF, 10.0)];
    let fraction = |lower, upper| classic_fraction(lower, upper, &mut buckets(&given));
    assert_eq!(fraction(0.0, 1.0), 0.2);
    assert_eq!(fraction(0.5, 1.5), 0.3);
    assert_eq!(fraction(-INF, INF), 1.0);
    assert_eq!(fraction(2.0, 5.0), 0.0, "nobody knows where above 2 they are");
    assert_eq!(fraction(2.0, INF), 0.4);
    assert_eq!(fraction(3.0, 2.0), 0.0);
    assert!(fraction(f64::NAN, 1.0).is_nan());
    assert!(classic_fraction(0.0, 1.0, &mut buckets(&[(1.0, 2.0)])).is_nan());
    // All of a bucket that has no lower end lies below any value in it.
    assert_eq!(classic_fraction(-INF, -2.0, &mut buckets(&[(-1.0, 4.0), (INF, 8.0)])), 0.5);
    assert_eq!(classic_fraction(-5.0, -2.0, &mut buckets(&[(-1.0, 4.0), (INF, 8.0)])), 0.0);
}

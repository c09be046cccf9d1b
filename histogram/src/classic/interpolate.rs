//! Quantile and fraction of cumulative counts over bounds in order.
//!
//! ```text
//! count |              ____ total
//!       |        _____/
//! rank  |.....__/            within a bucket observations are spread evenly
//!       |____/ :
//!       +------:------------ bound
//!           quantile
//! ```

use std::hint::select_unpredictable;

use super::ForcedMonotonicity;
use super::monotonic::force_monotonic;

/// A quantile, and what had to be done to the counts to get it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassicQuantile {
    /// The quantile.
    pub value: f64,
    /// Counts fell by more than a rounding error; this becomes an annotation.
    pub forced_monotonicity: Option<ForcedMonotonicity>,
    /// Differences within the rounding error were evened out.
    pub fixed_precision: bool,
}

impl ClassicQuantile {
    const fn of(value: f64) -> Self {
        Self { value, forced_monotonicity: None, fixed_precision: false }
    }
}

/// The φ-quantile: NaN, -Inf and +Inf for φ that is none, below 0 and above 1; NaN without a bound of `+Inf`, with
/// less than two bounds, or without observations.
pub(super) fn quantile(phi: f64, upper_bounds: &[f64], counts: &mut [f64]) -> ClassicQuantile {
    if phi.is_nan() {
        return ClassicQuantile::of(f64::NAN);
    }
    if phi < 0.0 {
        return ClassicQuantile::of(f64::NEG_INFINITY);
    }
    if phi > 1.0 {
        return ClassicQuantile::of(f64::INFINITY);
    }
    if upper_bounds.last() != Some(&f64::INFINITY) || counts.len() != upper_bounds.len() {
        return ClassicQuantile::of(f64::NAN);
    }
    let fixes = force_monotonic(upper_bounds, counts);
    let value = value_at_rank(phi, upper_bounds, counts);
    ClassicQuantile { value, forced_monotonicity: fixes.forced, fixed_precision: fixes.fixed_precision }
}

fn value_at_rank(phi: f64, upper_bounds: &[f64], counts: &[f64]) -> f64 {
    let &[.., second_highest, _] = upper_bounds else { return f64::NAN };
    let last = counts.len() - 1;
    let total = counts[last];
    if total == 0.0 {
        return f64::NAN;
    }
    let mut rank = phi * total;
    let bucket = first_reaching(&counts[..last], rank);
    if bucket == last {
        // Nobody knows how far the highest bucket reaches.
        return second_highest;
    }
    let upper = upper_bounds[bucket];
    let mut count = counts[bucket];
    let mut lower = 0.0;
    if bucket > 0 {
        lower = upper_bounds[bucket - 1];
        count -= counts[bucket - 1];
        rank -= counts[bucket - 1];
    } else if upper <= 0.0 {
        return upper;
    }
    lower + (upper - lower) * (rank / count)
}

/// The first count that reaches the rank, by halving: where NaN makes the counts unordered the way matters, and
/// it is upstream's.
///
/// No branch depends on a count: which half it is nobody can guess, and a wrong guess costs more than all the rest.
fn first_reaching(counts: &[f64], rank: f64) -> usize {
    let (mut low, mut high) = (0, counts.len());
    while low < high {
        let middle = (low + high) / 2;
        let is_reached = counts[middle] >= rank;
        high = select_unpredictable(is_reached, middle, high);
        low = select_unpredictable(is_reached, low, middle + 1);
    }
    low
}

/// The share of observations between two values: NaN without a bound of `+Inf` or observations, or if a value is
/// NaN. The first bucket starts at 0, or at -Inf if its bound is not positive.
pub(super) fn fraction(lower: f64, upper: f64, upper_bounds: &[f64], counts: &[f64]) -> f64 {
    let (Some(&f64::INFINITY), Some(&total)) = (upper_bounds.last(), counts.last()) else { return f64::NAN };
    if total == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    (rank_of(upper, upper_bounds, counts, total) - rank_of(lower, upper_bounds, counts, total)) / total
}

/// How many observations lie below `value`, at most `total`.
fn rank_of(value: f64, upper_bounds: &[f64], counts: &[f64], total: f64) -> f64 {
    let mut bucket_lower = if upper_bounds[0] <= 0.0 { f64::NEG_INFINITY } else { 0.0 };
    let mut rank = 0.0;
    for (&bucket_upper, &count) in upper_bounds.iter().zip(counts) {
        let found = if bucket_lower >= value {
            rank
        } else if bucket_upper > value {
            if bucket_lower == f64::NEG_INFINITY {
                // No line goes through a bucket without a lower end: all of it lies below.
                count
            } else {
                rank + (count - rank) * (value - bucket_lower) / (bucket_upper - bucket_lower)
            }
        } else {
            rank = count;
            bucket_lower = bucket_upper;
            continue;
        };
        return if found > total { total } else { found };
    }
    total
}

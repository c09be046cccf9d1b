//! Counts that fall from one bound to the next.
//!
//! Cumulative counts cannot fall. They do where buckets were scraped, stored or added up at slightly different
//! moments, or with rounding. A difference within the rounding error is evened out without a word; a greater fall
//! is evened out and reported.

/// Relative differences below this are rounding errors.
const TOLERANCE: f64 = 1e-12;

/// What was evened out beyond rounding errors: the evidence for the annotation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForcedMonotonicity {
    /// The least bound whose count was less than one before it.
    pub lowest_bound: f64,
    /// The greatest such bound.
    pub highest_bound: f64,
    /// The greatest fall.
    pub diff_max: f64,
}

/// What [`force_monotonic`] did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Fixes {
    pub(super) forced: Option<ForcedMonotonicity>,
    pub(super) fixed_precision: bool,
}

/// Raises counts that are below the one before, and evens out rounding errors in both directions.
pub(super) fn force_monotonic(upper_bounds: &[f64], counts: &mut [f64]) -> Fixes {
    let mut fixes = Fixes::default();
    if counts.windows(2).fold(true, |all, pair| all & rises_clearly(pair[0], pair[1])) {
        return fixes;
    }
    let Some(&(mut highest)) = counts.first() else { return fixes };
    for (&bound, count) in upper_bounds.iter().zip(&mut *counts).skip(1) {
        if *count == highest {
            continue;
        }
        if is_rounding_error(highest, *count) {
            fixes.fixed_precision = true;
            *count = highest;
        } else if *count < highest {
            let forced = fixes.forced.get_or_insert(ForcedMonotonicity {
                lowest_bound: f64::INFINITY,
                highest_bound: f64::NEG_INFINITY,
                diff_max: 0.0,
            });
            forced.lowest_bound = forced.lowest_bound.min(bound);
            forced.highest_bound = forced.highest_bound.max(bound);
            forced.diff_max = forced.diff_max.max(highest - *count);
            *count = highest;
        } else {
            highest = *count;
        }
    }
    fixes
}

/// Whether a count needs no closer look: it equals the one before, or is greater by more than any rounding error.
/// Without a division and without a branch, so that a walk over all counts is cheap.
fn rises_clearly(before: f64, count: f64) -> bool {
    let rises = (count - before > (count + before) * (2.0 * TOLERANCE)) & (count >= f64::MIN_POSITIVE);
    (count == before) | (rises & (before >= 0.0))
}

/// Whether two counts that are not equal differ by less than the tolerance, relative to their sum; near zero the
/// tolerance is relative to the least normal float.
fn is_rounding_error(left: f64, right: f64) -> bool {
    if left.is_nan() && right.is_nan() {
        return true;
    }
    let sum = left.abs() + right.abs();
    let difference = (left - right).abs();
    if left == 0.0 || right == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < TOLERANCE * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < TOLERANCE
}

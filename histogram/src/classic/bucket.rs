//! Buckets of a single step, in any order.

use super::layout::compare;
use super::{ClassicQuantile, interpolate};

/// One bucket of a classic histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassicBucket {
    /// The greatest observation that the bucket counts (`le`).
    pub upper_bound: f64,
    /// The number of observations up to there, those of lower buckets included.
    pub count: f64,
}

/// The φ-quantile of buckets in any order, as `histogram_quantile` has it. Sorts the buckets.
///
/// Where the same buckets come step after step, [`ClassicLayout`](super::ClassicLayout) sorts them once.
#[must_use]
pub fn classic_quantile(phi: f64, buckets: &mut [ClassicBucket]) -> ClassicQuantile {
    let (bounds, mut counts) = coalesce(buckets);
    interpolate::quantile(phi, &bounds, &mut counts)
}

/// The share of observations between two values, as `histogram_fraction` has it. Sorts the buckets.
#[must_use]
pub fn classic_fraction(lower: f64, upper: f64, buckets: &mut [ClassicBucket]) -> f64 {
    let (bounds, counts) = coalesce(buckets);
    interpolate::fraction(lower, upper, &bounds, &counts)
}

/// Bounds and counts in order, with the counts of equal bounds added up.
fn coalesce(buckets: &mut [ClassicBucket]) -> (Vec<f64>, Vec<f64>) {
    buckets.sort_by(|left, right| compare(left.upper_bound, right.upper_bound));
    let (mut bounds, mut counts) = (Vec::with_capacity(buckets.len()), Vec::with_capacity(buckets.len()));
    for bucket in buckets {
        match counts.last_mut().filter(|_| bounds.last() == Some(&bucket.upper_bound)) {
            Some(count) => *count += bucket.count,
            None => {
                bounds.push(bucket.upper_bound);
                counts.push(bucket.count);
            }
        }
    }
    (bounds, counts)
}

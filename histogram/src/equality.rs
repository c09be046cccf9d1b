//! Whether two histograms are equal, to the bit or nearly.

use crate::number::BucketNumber;
use crate::span::spans_match;
use crate::{FloatHistogram, NativeHistogram, Side};

/// See [`NativeHistogram::has_same_data`].
pub(crate) fn is_same<N: BucketNumber>(left: &NativeHistogram<N>, right: &NativeHistogram<N>) -> bool {
    let counts = |left: &Side<N>, right: &Side<N>| {
        left.buckets.len() == right.buckets.len()
            && left.buckets.iter().zip(&right.buckets).all(|(left, right)| left.is_same(right))
            && spans_match(&left.spans, &right.spans)
    };
    left.schema == right.schema
        && N::is_same_count(left.count, right.count)
        && left.sum.to_bits() == right.sum.to_bits()
        && (!left.has_custom_bounds() || bounds_match(left, right))
        && left.zero_threshold == right.zero_threshold
        && N::is_same_count(left.zero_count, right.zero_count)
        && counts(&left.negative, &right.negative)
        && counts(&left.positive, &right.positive)
}

/// Whether two histograms have the same custom bounds.
pub(crate) fn bounds_match<N: BucketNumber>(left: &NativeHistogram<N>, right: &NativeHistogram<N>) -> bool {
    match (&left.custom_values, &right.custom_values) {
        (Some(left), Some(right)) => std::sync::Arc::ptr_eq(left, right) || left == right,
        _ => left.custom_bounds() == right.custom_bounds(),
    }
}

impl FloatHistogram {
    /// Like [`has_same_data`](Self::has_same_data), but counts and the sum may differ by `epsilon` relative to the sum
    /// of both, and a NaN equals each other unless one of them marks the series as stale.
    ///
    /// This is how test scripts compare; both sides are to be [compacted](Self::compact) before.
    #[must_use]
    pub fn is_almost(&self, other: &Self, epsilon: f64) -> bool {
        let close = |left: f64, right: f64| is_close(left, right, epsilon);
        let counts = |left: &Side<f64>, right: &Side<f64>| {
            left.buckets.len() == right.buckets.len()
                && left.buckets.iter().zip(&right.buckets).all(|(&left, &right)| close(left, right))
                && spans_match(&left.spans, &right.spans)
        };
        self.schema == other.schema
            && close(self.count, other.count)
            && close(self.sum, other.sum)
            && (!self.has_custom_bounds() || bounds_match(self, other))
            && self.zero_threshold == other.zero_threshold
            && close(self.zero_count, other.zero_count)
            && counts(&self.negative, &other.negative)
            && counts(&self.positive, &other.positive)
    }
}

/// The NaN that marks a series as stale.
const STALE: u64 = 0x7ff0_0000_0000_0002;

/// Whether two floats differ by less than `epsilon` relative to the sum of their magnitudes.
fn is_close(left: f64, right: f64, epsilon: f64) -> bool {
    let (is_stale, other_is_stale) = (left.to_bits() == STALE, right.to_bits() == STALE);
    if is_stale || other_is_stale {
        return is_stale && other_is_stale;
    }
    if left == right || left.is_nan() && right.is_nan() {
        return true;
    }
    let (sum, difference) = (left.abs() + right.abs(), (left - right).abs());
    if left == 0.0 || right == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < epsilon * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < epsilon
}

#[cfg(test)]
mod tests {
    use super::{STALE, is_close};

    #[test]
    fn what_is_close() {
        let stale = f64::from_bits(STALE);
        assert!(is_close(stale, stale, 1e-6) && !is_close(stale, f64::NAN, 1e-6));
        assert!(is_close(f64::NAN, -f64::NAN, 1e-6) && is_close(0.0, -0.0, 0.0));
        assert!(is_close(1.0, 1.000_001, 1e-6) && !is_close(1.0, 1.000_003, 1e-6));
        assert!(
            is_close(0.0, 5e-324, 1e-6)
                && !is_close(0.0, 1e-300, 1e-6)
                && !is_close(f64::INFINITY, f64::MAX, 1e-6)
        );
        assert!(is_close(f64::MAX, f64::MAX.next_down(), 1e-6));
    }
}

//! Which share of observations lies between two values.

use crate::FloatHistogram;
use crate::bucket::{Bucket, Spread};

/// A fraction, and what is to be said about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NativeFraction {
    /// The fraction.
    pub value: f64,
    /// Whether there are observations that are not a number, which are in no fraction.
    pub excludes_nan: bool,
}

impl FloatHistogram {
    /// The share of observations between two values, estimated, as `histogram_fraction` has it; the inverse of
    /// [`quantile`](Self::quantile), by the same rules.
    ///
    /// NaN if there are no observations.
    ///
    /// ```
    /// use emberdb_histogram::FloatHistogram;
    ///
    /// let histogram: FloatHistogram = "{{count:4 sum:5 offset:1 buckets:[2 2]}}".parse()?;
    /// assert_eq!(histogram.fraction(f64::NEG_INFINITY, 2.0).value, 0.5);
    /// # Ok::<(), emberdb_histogram::NotationError>(())
    /// ```
    #[must_use]
    pub fn fraction(&self, lower: f64, upper: f64) -> NativeFraction {
        if self.count == 0.0 || lower.is_nan() || upper.is_nan() {
            return f64::NAN.into();
        }
        if lower >= upper {
            return 0.0.into();
        }
        let mut below_lower = Rank { value: lower, rank: None };
        let mut below_upper = Rank { value: upper, rank: None };
        let mut counted = 0.0;
        let mut rank = 0.0;
        let mut places = self.places();
        for (place, count) in places.by_ref() {
            let mut bucket = self.bucket_at(place, count);
            counted += count;
            let spread = if bucket.touches_zero() {
                self.narrow_zero_bucket(&mut bucket);
                Spread::Even
            } else if self.has_custom_bounds() {
                Spread::Even
            } else {
                Spread::Logarithmic
            };
            below_lower.meet(&bucket, rank, spread);
            below_upper.meet(&bucket, rank, spread);
            if below_lower.rank.is_some() && below_upper.rank.is_some() {
                break;
            }
            rank += count;
        }
        let excludes_nan = if self.sum.is_nan() {
            counted = places.fold(counted, |counted, (_, count)| counted + count);
            counted < self.count
        } else {
            counted = self.count;
            false
        };
        let limited = |rank: Option<f64>| match rank {
            Some(rank) if rank > counted => counted,
            Some(rank) => rank,
            None => counted,
        };
        NativeFraction {
            value: (limited(below_upper.rank) - limited(below_lower.rank)) / self.count,
            excludes_nan,
        }
    }
}

/// How many observations are below a value, once it is known.
struct Rank {
    value: f64,
    rank: Option<f64>,
}

impl Rank {
    /// Looks for the value at the lower bound of, and within, a bucket, up to which there are `before`.
    #[inline]
    fn meet(&mut self, bucket: &Bucket<f64>, before: f64, spread: Spread) {
        if self.rank.is_some() {
            return;
        }
        if bucket.lower >= self.value {
            self.rank = Some(before);
        } else if bucket.lower < self.value && bucket.upper > self.value {
            // Nothing can be said about where in a bucket without a lower bound observations are.
            let is_unbounded = spread == Spread::Even && bucket.lower == f64::NEG_INFINITY;
            self.rank = Some(if is_unbounded {
                bucket.count
            } else {
                before + bucket.count * bucket.share_below(self.value, spread)
            });
        }
    }
}

impl From<f64> for NativeFraction {
    fn from(value: f64) -> Self {
        Self { value, excludes_nan: false }
    }
}

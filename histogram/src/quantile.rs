//! Quantiles of native histograms.
//!
//! ```text
//! buckets           [ 2 ][ 5 ][ 3 ]      count 10
//! quantile 0.3           ^               from below: rank 3, which is 1/5 into the second bucket
//! quantile 0.8                 ^         from above: rank 2, which is 2/3 down the third bucket
//! ```

use std::ops::ControlFlow;

use crate::FloatHistogram;
use crate::bucket::Bucket;
use crate::buckets::Place;
use crate::exponent::{exp2, log2};

/// A quantile, and what is to be said about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NativeQuantile {
    /// The quantile.
    pub value: f64,
    /// What observations that are not a number did to it.
    pub nan_observations: Option<NanObservations>,
}

/// What observations that are not a number do to a quantile. They count as larger than all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NanObservations {
    /// The quantile is one of them.
    ResultIsNan,
    /// The quantile is larger than it would be without them.
    SkewHigher,
}

impl FloatHistogram {
    /// The φ-quantile of observations, estimated, as `histogram_quantile` has it.
    ///
    /// Within a bucket observations are taken to be spread evenly with custom bounds and in the zero bucket, and else
    /// evenly on a logarithmic scale. A histogram with only positive buckets is taken to have only positive
    /// observations in its zero bucket, one with only negative buckets only negative ones.
    ///
    /// `-Inf` for φ below 0, `+Inf` above 1, NaN if there are no observations.
    ///
    /// ```
    /// use emberdb_histogram::FloatHistogram;
    ///
    /// let histogram: FloatHistogram = "{{count:4 sum:5 offset:1 buckets:[2 2]}}".parse()?;
    /// assert_eq!(histogram.quantile(0.5).value, 2.0);
    /// assert_eq!(histogram.quantile(0.75).value, 2.82842712474619);
    /// # Ok::<(), emberdb_histogram::NotationError>(())
    /// ```
    #[must_use]
    pub fn quantile(&self, phi: f64) -> NativeQuantile {
        if phi < 0.0 {
            return f64::NEG_INFINITY.into();
        }
        if phi > 1.0 {
            return f64::INFINITY.into();
        }
        if self.count == 0.0 || phi.is_nan() {
            return f64::NAN.into();
        }
        // The shorter way, unless observations are missing above all buckets.
        let is_upward = self.sum.is_nan() || phi < 0.5;
        let mut buckets = self.places();
        let found = if is_upward {
            find(&mut buckets, phi * self.count)
        } else {
            find(&mut buckets.by_ref().rev(), (1.0 - phi) * self.count)
        };
        match self.locate(found, is_upward) {
            Located::At(value) => value.into(),
            Located::Behind(_) if self.sum.is_nan() => {
                NativeQuantile { value: f64::NAN, nan_observations: Some(NanObservations::ResultIsNan) }
            }
            Located::Behind(bound) => bound.into(),
            Located::Within { bucket, rank, .. } if !self.sum.is_nan() => {
                self.value_within(&bucket, rank).into()
            }
            Located::Within { bucket, rank, counted } => {
                // Infinities of both signs also make the sum a NaN: then nothing is missing. The answer is taken from
                // the last bucket, whatever bucket the rank is in, since that is what upstream answers.
                let (last, counted) = buckets.fold((bucket, counted), |(_, counted), (place, count)| {
                    (self.bucket_at(place, count), counted + count)
                });
                let is_skewed = counted < self.count;
                NativeQuantile {
                    value: self.value_within(&last, rank),
                    nan_observations: is_skewed.then_some(NanObservations::SkewHigher),
                }
            }
        }
    }

    /// Where a rank is that was searched for upward or downward.
    fn locate(&self, found: Found, is_upward: bool) -> Located {
        let Found { bucket, counted, rank } = found;
        // Without any bucket it is as if there were one at 0.
        let mut bucket = bucket.map_or(Bucket::zero(0.0, 0.0), |(place, count)| self.bucket_at(place, count));
        if self.has_custom_bounds() {
            if bucket.lower == f64::NEG_INFINITY {
                if bucket.upper <= 0.0 {
                    return Located::At(bucket.upper);
                }
                bucket.lower = 0.0;
            } else if bucket.upper == f64::INFINITY {
                return Located::At(bucket.lower);
            }
        } else if bucket.lower < 0.0 && bucket.upper > 0.0 {
            self.narrow_zero_bucket(&mut bucket);
        }
        // Rounding can make it more than there are.
        let counted = if counted > self.count { self.count } else { counted };
        if counted < rank {
            return Located::Behind(bucket.upper);
        }
        let rank = if is_upward { rank - (counted - bucket.count) } else { counted - rank };
        Located::Within { bucket, rank, counted }
    }

    /// The value below which a bucket holds so many observations.
    fn value_within(&self, bucket: &Bucket<f64>, rank: f64) -> f64 {
        let share = rank / bucket.count;
        if self.has_custom_bounds() || bucket.touches_zero() {
            return bucket.lower + (bucket.upper - bucket.lower) * share;
        }
        let (lower, upper) = (log2(bucket.lower.abs()), log2(bucket.upper.abs()));
        if bucket.lower > 0.0 {
            exp2(lower + (upper - lower) * share)
        } else {
            -exp2(upper + (lower - upper) * (1.0 - share))
        }
    }

    /// Cuts off the side of the zero bucket on which the histogram has no buckets, if it has some on the other.
    pub(crate) fn narrow_zero_bucket(&self, bucket: &mut Bucket<f64>) {
        match (self.negative.is_empty(), self.positive.is_empty()) {
            (true, false) => bucket.lower = 0.0,
            (false, true) => bucket.upper = 0.0,
            (true, true) | (false, false) => {}
        }
    }
}

/// How far a walk over buckets came.
#[derive(Clone, Copy)]
struct Found {
    /// The bucket that the rank is in, or the last one there is, and what it holds. None if there are no buckets.
    bucket: Option<(Place, f64)>,
    /// What all buckets up to there hold.
    counted: f64,
    rank: f64,
}

/// Goes over buckets until they hold as much as the rank.
#[inline]
fn find(buckets: &mut impl Iterator<Item = (Place, f64)>, rank: f64) -> Found {
    let (mut last, mut counted) = (None, 0.0);
    let _ = buckets.try_for_each(|(place, count)| {
        last = Some((place, count));
        if count == 0.0 {
            return ControlFlow::Continue(());
        }
        counted += count;
        if counted >= rank { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    Found { bucket: last, counted, rank }
}

/// Where a rank is.
enum Located {
    /// At a value.
    At(f64),
    /// Behind all buckets, of which the last ends there.
    Behind(f64),
    /// In a bucket, of which so many observations are below it.
    Within {
        bucket: Bucket<f64>,
        rank: f64,
        /// What all buckets up to this one hold.
        counted: f64,
    },
}

impl From<f64> for NativeQuantile {
    fn from(value: f64) -> Self {
        Self { value, nan_observations: None }
    }
}

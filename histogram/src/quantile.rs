//! Quantiles of native histograms.
//!
//! ```text
//! buckets           [ 2 ][ 5 ][ 3 ]      count 10
//! quantile 0.3           ^               from below: rank 3, which is 1/5 into the second bucket
//! quantile 0.8                 ^         from above: rank 2, which is 2/3 down the third bucket
//! ```

use crate::bucket::Bucket;
use crate::buckets::Place;
use crate::exponent::{exp2, log2_of_bound};
use crate::{FloatHistogram, Run, Side};

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
        let rank = if is_upward { phi * self.count } else { (1.0 - phi) * self.count };
        let walk = self.walk_to(rank, is_upward);
        match self.locate(&walk, is_upward) {
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
                let rest = self.places().skip(walk.passed);
                let (last, counted) = rest.fold((bucket, counted), |(_, counted), (place, count)| {
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

    /// Goes over buckets, upward or downward, until they hold as much as the rank.
    fn walk_to(&self, rank: f64, is_upward: bool) -> Walk {
        let mut sides: [PlacedSide<'_>; 2] =
            [(&self.negative, Place::Negative), (&self.positive, Place::Positive)];
        if !is_upward {
            sides.reverse();
        }
        let [(near, place_near), (far, place_far)] = sides;
        let mut walk = Walk { rank, counted: 0.0, bucket: None, passed: 0 };
        let _ = near.runs().rev().any(|run| walk.ends_inward(run, place_near))
            || (self.zero_count > 0.0 && walk.ends_in_zero(self.zero_count))
            || far.runs().any(|run| walk.ends_outward(run, place_far));
        walk
    }

    /// Where a rank is that was walked to upward or downward.
    fn locate(&self, walk: &Walk, is_upward: bool) -> Located {
        let Walk { bucket, counted, rank, .. } = *walk;
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
        let (lower, upper) = (log2_of_bound(bucket.lower.abs()), log2_of_bound(bucket.upper.abs()));
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

/// Buckets of one sign, and what place an index among them is.
type PlacedSide<'a> = (&'a Side<f64>, fn(i32) -> Place);

/// A walk over buckets that ends where they hold as much as the rank.
///
/// What it costs is one addition a bucket, each of which waits for the one before: their order is upstream's. So
/// bounds and indices are worked out for the last bucket alone.
#[derive(Debug, Clone, Copy)]
struct Walk {
    rank: f64,
    /// What all buckets up to there hold.
    counted: f64,
    /// The bucket that the rank is in, or the last one there is, and what it holds. None if there are no buckets.
    bucket: Option<(Place, f64)>,
    /// How many buckets were gone over, this one included.
    passed: usize,
}

impl Walk {
    /// Goes over a run towards zero; whether the rank is in it.
    #[inline]
    fn ends_inward(&mut self, run: Run<'_, f64>, place: fn(i32) -> Place) -> bool {
        let found = self.add_up(run.buckets.iter().rev());
        let from_end = found.unwrap_or(run.buckets.len() - 1);
        self.stand_at(run, run.buckets.len() - 1 - from_end, place);
        self.passed += from_end + 1;
        found.is_some()
    }

    /// Goes over a run away from zero; whether the rank is in it.
    #[inline]
    fn ends_outward(&mut self, run: Run<'_, f64>, place: fn(i32) -> Place) -> bool {
        let found = self.add_up(run.buckets.iter());
        let from_start = found.unwrap_or(run.buckets.len() - 1);
        self.stand_at(run, from_start, place);
        self.passed += from_start + 1;
        found.is_some()
    }

    /// Whether the rank is in the zero bucket.
    fn ends_in_zero(&mut self, count: f64) -> bool {
        self.bucket = Some((Place::Zero, count));
        self.passed += 1;
        self.add_up([count].iter()).is_some()
    }

    /// The position of the bucket that the rank is in, if it is in one of these.
    #[inline]
    fn add_up<'a>(&mut self, mut counts: impl Iterator<Item = &'a f64>) -> Option<usize> {
        let Self { rank, mut counted, .. } = *self;
        let found = counts.position(|&count| {
            // An empty bucket changes nothing, but rank 0 is not in it either.
            counted += count;
            counted >= rank && count != 0.0
        });
        self.counted = counted;
        found
    }

    fn stand_at(&mut self, run: Run<'_, f64>, position: usize, place: fn(i32) -> Place) {
        let index = run.first_index.wrapping_add(position as i32);
        self.bucket = run.buckets.get(position).map(|&count| (place(index), count));
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Place;
    use crate::{FloatHistogram, Side, Span};

    /// The same walk, a bucket at a time.
    fn plain(histogram: &FloatHistogram, rank: f64, is_upward: bool) -> (Option<(Place, u64)>, u64, usize) {
        let places: Vec<(Place, f64)> =
            if is_upward { histogram.places().collect() } else { histogram.places().rev().collect() };
        let (mut last, mut counted, mut passed) = (None, 0.0, 0);
        for (place, count) in places {
            (last, passed) = (Some((place, count.to_bits())), passed + 1);
            if count == 0.0 {
                continue;
            }
            counted += count;
            if counted >= rank {
                break;
            }
        }
        (last, counted.to_bits(), passed)
    }

    fn side() -> impl Strategy<Value = Side<f64>> {
        let span = (-3..5, 0_u32..5).prop_map(|(offset, length)| Span { offset, length });
        let count = prop::sample::select(vec![0.0, -0.0, 0.1, 1.0, 2.5, 7.3, -1.0, f64::NAN, f64::INFINITY]);
        (prop::collection::vec(span, 0..5), prop::collection::vec(count, 0..15))
            .prop_map(|(spans, buckets)| Side { spans, buckets })
    }

    proptest! {
        #[test]
        fn a_walk_over_runs_is_one_over_buckets(
            positive in side(),
            negative in side(),
            zero_count in prop::sample::select(vec![0.0, 3.0, f64::NAN]),
            rank in prop_oneof![Just(0.0), Just(f64::NAN), -1.0..30.0],
            is_upward in any::<bool>(),
        ) {
            let histogram = FloatHistogram { positive, negative, zero_count, ..FloatHistogram::default() };
            let walk = histogram.walk_to(rank, is_upward);
            let bucket = walk.bucket.map(|(place, count)| (place, count.to_bits()));
            prop_assert_eq!((bucket, walk.counted.to_bits(), walk.passed), plain(&histogram, rank, is_upward));
        }
    }
}

//! Which share of observations lies between two values.

use crate::bucket::{Bucket, Spread};
use crate::buckets::Place;
use crate::{FloatHistogram, Run};

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
        let [below_lower, below_upper] = self.ranks([lower, upper]);
        let (counted, excludes_nan) = if self.sum.is_nan() {
            let counted = self.places().fold(0.0, |counted, (_, count)| counted + count);
            (counted, counted < self.count)
        } else {
            (self.count, false)
        };
        let limited = |rank: Option<f64>| match rank {
            Some(rank) if rank > counted => counted,
            Some(rank) => rank,
            None => counted,
        };
        NativeFraction { value: (limited(below_upper) - limited(below_lower)) / self.count, excludes_nan }
    }

    /// How many observations are below each of two values in ascending order; none if that is above all buckets.
    fn ranks(&self, values: [f64; 2]) -> [Option<f64>; 2] {
        let mut ranks = [None; 2];
        let mut pending = values.into_iter().zip(&mut ranks);
        let Some((mut value, mut rank)) = pending.next() else { return ranks };
        let mut before = 0.0;
        for segment in self.segments() {
            let mut place = 0;
            loop {
                let reached = self.first_reaching(segment, place, value);
                before = segment.fold(place..reached, before);
                if reached == segment.len() {
                    break;
                }
                *rank = Some(self.rank_within(&self.segment_bucket(segment, reached), value, before));
                let Some(next) = pending.next() else { return ranks };
                ((value, rank), place) = (next, reached);
            }
        }
        ranks
    }

    /// Runs of negative buckets, the zero bucket, and runs of positive buckets.
    fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        let negative = self.negative.runs().rev().map(Segment::Negative);
        let zero = (self.zero_count > 0.0).then_some(Segment::Zero(self.zero_count));
        negative.chain(zero).chain(self.positive.runs().map(Segment::Positive))
    }

    /// The first bucket of a segment from this one on that does not end below the value. Bounds ascend, so that few
    /// need to be looked at.
    fn first_reaching(&self, segment: Segment<'_>, start: usize, value: f64) -> usize {
        let reaches = |place: usize| {
            let bucket = self.segment_bucket(segment, place);
            bucket.lower >= value || bucket.upper > value
        };
        let (mut low, mut high) = (start, segment.len());
        // Most segments are passed whole.
        if low < high && !reaches(high - 1) {
            return high;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if reaches(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    /// A bucket, of the zero bucket only the side on which observations can be.
    fn segment_bucket(&self, segment: Segment<'_>, place: usize) -> Bucket<f64> {
        let (place, count) = segment.at(place);
        let mut bucket = self.bucket_at(place, count);
        if bucket.touches_zero() {
            self.narrow_zero_bucket(&mut bucket);
        }
        bucket
    }

    /// How many observations are below a value that is not above the bucket, before which there are `before`.
    fn rank_within(&self, bucket: &Bucket<f64>, value: f64, before: f64) -> f64 {
        if bucket.lower >= value {
            return before;
        }
        if !self.has_custom_bounds() && !bucket.touches_zero() {
            return before + bucket.count * bucket.share_below(value, Spread::Logarithmic);
        }
        // Nothing can be said about where in a bucket without a lower bound observations are.
        if bucket.lower == f64::NEG_INFINITY {
            return bucket.count;
        }
        before + bucket.count * bucket.share_below(value, Spread::Even)
    }
}

/// Consecutive buckets, in ascending order.
#[derive(Clone, Copy)]
enum Segment<'a> {
    Negative(Run<'a, f64>),
    Zero(f64),
    Positive(Run<'a, f64>),
}

impl Segment<'_> {
    const fn len(self) -> usize {
        match self {
            Self::Negative(run) | Self::Positive(run) => run.buckets.len(),
            Self::Zero(_) => 1,
        }
    }

    /// Which bucket is at this place, and what it holds.
    fn at(self, place: usize) -> (Place, f64) {
        match self {
            Self::Negative(run) => {
                let place = run.buckets.len() - 1 - place;
                (Place::Negative(run.first_index.wrapping_add(place as i32)), run.buckets[place])
            }
            Self::Zero(count) => (Place::Zero, count),
            Self::Positive(run) => {
                (Place::Positive(run.first_index.wrapping_add(place as i32)), run.buckets[place])
            }
        }
    }

    /// Adds the buckets at these places to a sum, one after the other.
    fn fold(self, places: std::ops::Range<usize>, sum: f64) -> f64 {
        let add = |sum: f64, count: &f64| sum + count;
        match self {
            Self::Negative(run) => {
                let end = run.buckets.len();
                run.buckets[end - places.end..end - places.start].iter().rev().fold(sum, add)
            }
            Self::Zero(count) => places.fold(sum, |sum, _| sum + count),
            Self::Positive(run) => run.buckets[places].iter().fold(sum, add),
        }
    }
}

impl From<f64> for NativeFraction {
    fn from(value: f64) -> Self {
        Self { value, excludes_nan: false }
    }
}

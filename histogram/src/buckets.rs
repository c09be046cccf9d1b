//! Walking over buckets.

use crate::bucket::{Bucket, BucketLayout};
use crate::{FloatHistogram, Histogram};

/// Which bucket of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Negative(i32),
    Zero,
    Positive(i32),
}

impl Histogram {
    /// Positive buckets, ascending.
    pub fn positive_buckets(&self) -> impl Iterator<Item = Bucket<u64>> {
        let layout = self.layout();
        self.positive.counts().map(move |(index, count)| layout.positive(index, count as u64))
    }

    /// Negative buckets, from zero downwards.
    pub fn negative_buckets(&self) -> impl Iterator<Item = Bucket<u64>> {
        let layout = self.layout();
        self.negative.counts().map(move |(index, count)| layout.negative(index, count as u64))
    }

    /// What a classic histogram would have: the zero bucket if it is not empty, then all positive buckets up to the
    /// last, those in gaps included, each with all observations up to its upper bound. Negative buckets are passed
    /// over.
    pub fn cumulative_buckets(&self) -> impl Iterator<Item = Bucket<u64>> {
        let layout = self.layout();
        let zero = (self.zero_count > 0).then_some((self.zero_threshold, -1, self.zero_count));
        let mut cumulative = self.zero_count;
        let mut next = None;
        let positive = self.positive.counts().flat_map(move |(index, count)| {
            let before = cumulative;
            cumulative = cumulative.wrapping_add(count as u64);
            let first = next.unwrap_or(index);
            next = Some(index.wrapping_add(1));
            (first..index)
                .map(move |empty| (empty, before))
                .chain(std::iter::once((index, cumulative)))
                .map(move |(index, count)| (layout.upper_bound(index), index, count))
        });
        zero.into_iter().chain(positive).map(|(upper, index, count)| Bucket {
            lower: f64::NEG_INFINITY,
            upper,
            lower_inclusive: true,
            upper_inclusive: true,
            count,
            index,
        })
    }
}

impl FloatHistogram {
    /// Positive buckets, ascending; `rev()` to go down.
    pub fn positive_buckets(&self) -> impl DoubleEndedIterator<Item = Bucket<f64>> {
        let layout = self.layout();
        self.positive.float_counts().map(move |(index, count)| layout.positive(index, count))
    }

    /// Negative buckets, from zero downwards; `rev()` to go up.
    pub fn negative_buckets(&self) -> impl DoubleEndedIterator<Item = Bucket<f64>> {
        let layout = self.negative_layout();
        self.negative.float_counts().map(move |(index, count)| layout.negative(index, count))
    }

    /// All buckets, ascending: negative ones, the zero bucket unless it is empty, and positive ones. What of a bucket
    /// lies in the zero bucket is cut off.
    ///
    /// ```
    /// use emberdb_histogram::FloatHistogram;
    ///
    /// let histogram: FloatHistogram = "{{z_bucket:2 z_bucket_w:0.6 buckets:[5 7] n_buckets:[3]}}".parse()?;
    /// let bounds: Vec<_> = histogram.all_buckets().map(|bucket| (bucket.lower, bucket.upper)).collect();
    /// assert_eq!(bounds, [(-1.0, -0.6), (-0.6, 0.6), (0.6, 1.0), (1.0, 2.0)]);
    /// # Ok::<(), emberdb_histogram::NotationError>(())
    /// ```
    pub fn all_buckets(&self) -> impl DoubleEndedIterator<Item = Bucket<f64>> {
        self.places().map(|(place, count)| self.bucket_at(place, count))
    }

    /// All buckets as [`all_buckets`](Self::all_buckets) has them, without the cost of bounds.
    pub(crate) fn places(&self) -> impl DoubleEndedIterator<Item = (Place, f64)> {
        let negative = self.negative.float_counts().map(|(index, count)| (Place::Negative(index), count));
        let zero = (self.zero_count > 0.0).then_some((Place::Zero, self.zero_count));
        let positive = self.positive.float_counts().map(|(index, count)| (Place::Positive(index), count));
        negative.rev().chain(zero).chain(positive)
    }

    /// The bucket at a place, without what of it lies in the zero bucket.
    pub(crate) fn bucket_at(&self, place: Place, count: f64) -> Bucket<f64> {
        match place {
            Place::Negative(index) => {
                self.negative_layout().negative(index, count).clipped(self.zero_threshold)
            }
            Place::Zero => Bucket::zero(self.zero_threshold, count),
            Place::Positive(index) => self.layout().positive(index, count).clipped(self.zero_threshold),
        }
    }

    /// Custom bounds are those of positive buckets.
    pub(crate) const fn negative_layout(&self) -> BucketLayout<'static> {
        BucketLayout { schema: self.schema, custom_bounds: &[] }
    }
}

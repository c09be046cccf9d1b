//! A native histogram: one sample with all its buckets.

use std::sync::Arc;

use crate::bucket::BucketLayout;
use crate::compact::compact_side;
use crate::equality;
use crate::number::BucketNumber;
use crate::{CounterResetHint, HistogramError, Schema, Side};

/// A native histogram. [`Histogram`] counts in whole numbers, as observations are recorded, stored and sent;
/// [`FloatHistogram`] in floats, as queries calculate.
///
/// It is plain data, and can be wrong in all the ways in which data from outside can be wrong:
/// [`validate`](Self::validate) tells. No method panics on a wrong one, but what it answers means nothing.
///
/// ```
/// use emberdb_histogram::{FloatHistogram, Schema, Side, Span};
///
/// let histogram = FloatHistogram {
///     count: 9.0,
///     sum: 20.0,
///     zero_threshold: 0.001,
///     zero_count: 2.0,
///     positive: Side { spans: vec![Span { offset: 1, length: 2 }], buckets: vec![4.0, 3.0] },
///     ..FloatHistogram::default()
/// };
/// histogram.validate()?;
/// assert_eq!(histogram.to_string(), "{count:9, sum:20, [-0.001,0.001]:2, (1,2]:4, (2,4]:3}");
/// assert_eq!(histogram.quantile(1.0).value, 4.0);
/// # Ok::<(), emberdb_histogram::HistogramError>(())
/// ```
#[derive(Debug, PartialEq)]
pub struct NativeHistogram<N: BucketNumber> {
    /// What is known about a counter reset.
    pub counter_reset_hint: CounterResetHint,
    /// Which buckets there are.
    pub schema: Schema,
    /// The zero bucket holds what is not farther from zero than this.
    pub zero_threshold: f64,
    /// Observations in the zero bucket.
    pub zero_count: N::Count,
    /// All observations, including those that are not a number, which are in no bucket.
    pub count: N::Count,
    /// The sum of all observations. A certain NaN marks the series as stale.
    pub sum: f64,
    /// Buckets of positive observations; with custom bounds all.
    pub positive: Side<N>,
    /// Buckets of negative observations, by the same indices mirrored at zero.
    pub negative: Side<N>,
    /// The upper bounds of custom buckets, without the last, which is `+Inf`. Shared by all samples of a series.
    pub custom_values: Option<Arc<[f64]>>,
}

/// A histogram that counts in whole numbers. Its buckets hold the differences between counts.
pub type Histogram = NativeHistogram<i64>;

/// A histogram that counts in floats.
pub type FloatHistogram = NativeHistogram<f64>;

impl<N: BucketNumber> Clone for NativeHistogram<N> {
    fn clone(&self) -> Self {
        Self {
            positive: self.positive.clone(),
            negative: self.negative.clone(),
            custom_values: self.custom_values.clone(),
            ..*self
        }
    }

    /// Keeps the memory, so that a series of histograms can be copied into one place without allocating.
    fn clone_from(&mut self, source: &Self) {
        let Self {
            counter_reset_hint,
            schema,
            zero_threshold,
            zero_count,
            count,
            sum,
            positive,
            negative,
            custom_values,
        } = source;
        self.positive.clone_from(positive);
        self.negative.clone_from(negative);
        self.custom_values.clone_from(custom_values);
        (self.counter_reset_hint, self.schema) = (*counter_reset_hint, *schema);
        (self.zero_threshold, self.zero_count) = (*zero_threshold, *zero_count);
        (self.count, self.sum) = (*count, *sum);
    }
}

impl<N: BucketNumber> Default for NativeHistogram<N> {
    fn default() -> Self {
        Self {
            counter_reset_hint: CounterResetHint::Unknown,
            schema: Schema::default(),
            zero_threshold: 0.0,
            zero_count: N::Count::default(),
            count: N::Count::default(),
            sum: 0.0,
            positive: Side::default(),
            negative: Side::default(),
            custom_values: None,
        }
    }
}

impl<N: BucketNumber> NativeHistogram<N> {
    /// Whether the bounds of its buckets are custom.
    #[must_use]
    pub const fn has_custom_bounds(&self) -> bool {
        self.schema.is_custom()
    }

    /// The custom bounds; none for exponential histograms.
    #[must_use]
    pub fn custom_bounds(&self) -> &[f64] {
        self.custom_values.as_deref().unwrap_or_default()
    }

    /// The bounds of its buckets.
    #[must_use]
    pub fn layout(&self) -> BucketLayout<'_> {
        BucketLayout { schema: self.schema, custom_bounds: self.custom_bounds() }
    }

    /// Removes empty buckets at both ends of spans, merges spans that are at most `max_empty_buckets` apart, and splits
    /// those that have more empty buckets than that in a row.
    ///
    /// ```
    /// use emberdb_histogram::FloatHistogram;
    ///
    /// let mut histogram: FloatHistogram = "{{buckets:[0 1 0 0 2 0]}}".parse()?;
    /// histogram.compact(0);
    /// assert_eq!(histogram.positive.buckets, [1.0, 2.0]);
    /// histogram.compact(2);
    /// assert_eq!(histogram.positive.buckets, [1.0, 0.0, 0.0, 2.0]);
    /// # Ok::<(), emberdb_histogram::NotationError>(())
    /// ```
    pub fn compact(&mut self, max_empty_buckets: usize) {
        compact_side(&mut self.positive, max_empty_buckets);
        compact_side(&mut self.negative, max_empty_buckets);
    }

    /// Whether two histograms hold the same data: equal fields, floats bit for bit, and the same spans but for empty
    /// ones. The counter reset hint does not count, nor what the schema does not use.
    #[must_use]
    pub fn has_same_data(&self, other: &Self) -> bool {
        equality::is_same(self, other)
    }

    /// Brings a histogram that comes from outside to a schema that can be calculated with.
    ///
    /// # Errors
    /// If the schema is unknown, or the spans are wrong.
    pub fn accept_schema(&mut self) -> Result<(), HistogramError> {
        let schema = self.schema.accepted()?;
        if schema == self.schema { Ok(()) } else { self.reduce_resolution(schema) }
    }

    /// The size that upstream reckons with when it limits the memory of queries, in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        let side = |side: &Side<N>| side.spans.len() + side.buckets.len();
        168 + 8 * (side(&self.positive) + side(&self.negative) + self.custom_bounds().len())
    }
}

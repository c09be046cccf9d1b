//! Recording with exponential buckets.

use std::fmt;
use std::sync::atomic::{AtomicI32, Ordering};

use super::sharded::Sharded;
use super::table::CountTable;
use crate::span::SpanBuilder;
use crate::{Histogram, Schema, Side};

/// How a recorder with exponential buckets divides the number line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExponentialOptions {
    /// A bucket's upper bound is at most so many times its lower bound. Above 1; the finest possible is 1.0027.
    pub bucket_factor: f64,
    /// What is not farther from zero than this is in the zero bucket.
    pub zero_threshold: f64,
    /// When more buckets than this would be used, each two are merged, and so on. At the coarsest resolution there
    /// are about 130 of each sign, whatever this says.
    pub buckets_max: usize,
}

impl Default for ExponentialOptions {
    /// A factor of 1.1, 2^-128, and 160 buckets.
    fn default() -> Self {
        Self { bucket_factor: 1.1, zero_threshold: 2_f64.powi(-128), buckets_max: 160 }
    }
}

/// Why there is no recorder with these options.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RecorderError {
    /// The bucket factor is not above 1.
    BucketFactor(f64),
    /// The zero threshold is negative or not finite.
    ZeroThreshold(f64),
}

impl std::error::Error for RecorderError {}

impl fmt::Display for RecorderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BucketFactor(factor) => write!(f, "bucket factor {factor} is not above 1"),
            Self::ZeroThreshold(threshold) => {
                write!(f, "zero threshold {threshold} is negative or not finite")
            }
        }
    }
}

/// Counts observations in exponential buckets. Many threads can record at the same time.
///
/// ```
/// use emberdb_histogram::{ExponentialOptions, ExponentialRecorder};
///
/// let recorder = ExponentialRecorder::new(ExponentialOptions { bucket_factor: 2.0, ..Default::default() })?;
/// for value in [0.0, 1.5, 1.7, 3.0, -6.0] {
///     recorder.observe(value);
/// }
/// let zero = 2_f64.powi(-128);
/// assert_eq!(
///     recorder.snapshot().to_string(),
///     format!("{{count:5, sum:0.20000000000000018, [-8,-4):1, [-{zero:e},{zero:e}]:1, (1,2]:2, (2,4]:1}}"),
/// );
/// # Ok::<(), emberdb_histogram::RecorderError>(())
/// ```
#[derive(Debug)]
pub struct ExponentialRecorder {
    state: Sharded<State>,
    zero_threshold: f64,
    buckets_max: usize,
    /// The number of the coarsest schema that was ever handed out: a finer one would look like a counter reset.
    schema: AtomicI32,
}

/// What a part of the threads has observed.
#[derive(Debug, Clone)]
struct State {
    schema: Schema,
    /// By [`key`].
    counts: CountTable,
    zero_count: u64,
    nan_count: u64,
    sum: f64,
}

/// A positive and a negative bucket of the same index have neighbouring keys.
const fn key(index: i32, is_negative: bool) -> i32 {
    index << 1 | is_negative as i32
}

const fn index(key: i32) -> i32 {
    key >> 1
}

const fn is_negative(key: i32) -> bool {
    key & 1 == 1
}

impl ExponentialRecorder {
    /// A recorder that has seen nothing.
    ///
    /// # Errors
    /// If the options make no sense.
    pub fn new(options: ExponentialOptions) -> Result<Self, RecorderError> {
        let ExponentialOptions { bucket_factor, zero_threshold, buckets_max } = options;
        if bucket_factor.is_nan() || bucket_factor <= 1.0 {
            return Err(RecorderError::BucketFactor(bucket_factor));
        }
        if !(0.0..=f64::MAX).contains(&zero_threshold) {
            return Err(RecorderError::ZeroThreshold(zero_threshold));
        }
        let schema = coarsest_within(bucket_factor);
        let state = Sharded::new(|| State {
            schema,
            counts: CountTable::new(),
            zero_count: 0,
            nan_count: 0,
            sum: 0.0,
        });
        Ok(Self { state, zero_threshold, buckets_max, schema: AtomicI32::new(schema.number()) })
    }

    /// Counts an observation. One that is not a number is in no bucket, but makes the sum one.
    #[inline]
    pub fn observe(&self, value: f64) {
        let mut state = self.state.own();
        state.sum += value;
        let magnitude = value.abs();
        if magnitude > self.zero_threshold {
            let index = state.schema.index_above(magnitude);
            if state.counts.add(key(index, value < 0.0), 1) && state.counts.len() > self.buckets_max {
                state.limit(self.buckets_max);
            }
        } else if value.is_nan() {
            state.nan_count += 1;
        } else {
            state.zero_count += 1;
        }
    }

    /// What was observed up to now. Its resolution falls from one snapshot to the next or stays.
    #[must_use]
    pub fn snapshot(&self) -> Histogram {
        let handed_out = Schema::new(self.schema.load(Ordering::Relaxed));
        let mut total: Option<State> = None;
        for mut state in self.state.each() {
            state.reduce_to(handed_out);
            match &mut total {
                None => total = Some(state.clone()),
                Some(total) => total.add(&mut state),
            }
        }
        let Some(mut total) = total else { return Histogram::default() };
        total.limit(self.buckets_max);
        self.schema.fetch_min(total.schema.number(), Ordering::Relaxed);
        total.into_histogram(self.zero_threshold)
    }
}

impl State {
    /// Merges buckets until there are not more than this, or they are as coarse as can be.
    #[cold]
    fn limit(&mut self, buckets_max: usize) {
        while self.counts.len() > buckets_max && self.schema > Schema::COARSEST {
            self.reduce_to(Schema::new(self.schema.number() - 1));
        }
    }

    fn reduce_to(&mut self, schema: Schema) {
        if schema < self.schema {
            let from = std::mem::replace(&mut self.schema, schema);
            self.counts = self.counts.mapped(|of| key(from.coarsened(index(of), schema), is_negative(of)));
        }
    }

    fn add(&mut self, other: &mut Self) {
        self.reduce_to(other.schema);
        other.reduce_to(self.schema);
        for (key, count) in other.counts.iter() {
            self.counts.add(key, count);
        }
        self.zero_count += other.zero_count;
        self.nan_count += other.nan_count;
        self.sum += other.sum;
    }

    fn into_histogram(self, zero_threshold: f64) -> Histogram {
        let counts = self.counts.sorted();
        let in_buckets: u64 = counts.iter().map(|&(_, count)| count).sum();
        let side = |wanted: bool| {
            let side = counts.iter().filter(|&&(key, _)| is_negative(key) == wanted);
            side_of(side.map(|&(key, count)| (index(key), count)))
        };
        let mut histogram = Histogram {
            schema: self.schema,
            zero_threshold,
            zero_count: self.zero_count,
            count: in_buckets + self.zero_count + self.nan_count,
            sum: self.sum,
            positive: side(false),
            negative: side(true),
            ..Histogram::default()
        };
        // A few empty buckets cost less than another span.
        histogram.compact(2);
        histogram
    }
}

/// Buckets from counts in ascending order.
pub(super) fn side_of(counts: impl Iterator<Item = (i32, u64)>) -> Side<i64> {
    let (mut spans, mut previous) = (SpanBuilder::default(), 0);
    let buckets = counts
        .map(|(index, count)| {
            spans.push(index, 1);
            let count = count as i64;
            count - std::mem::replace(&mut previous, count)
        })
        .collect();
    Side { spans: spans.finish(), buckets }
}

/// The coarsest schema whose buckets are not wider than the factor.
fn coarsest_within(bucket_factor: f64) -> Schema {
    let number = -bucket_factor.log2().log2().floor();
    let (coarsest, finest) = (Schema::COARSEST.number(), Schema::FINEST.number());
    Schema::new((number as i32).clamp(coarsest, finest))
}

#[cfg(test)]
mod tests {
    use super::{ExponentialOptions, ExponentialRecorder, RecorderError, coarsest_within};
    use crate::{FloatHistogram, Histogram, Schema};
    use proptest::prelude::*;

    fn recorder(buckets_max: usize) -> ExponentialRecorder {
        let options =
            ExponentialOptions { bucket_factor: 1.002, buckets_max, ..ExponentialOptions::default() };
        ExponentialRecorder::new(options).unwrap()
    }

    #[test]
    fn factors_and_thresholds_are_checked() {
        for (factor, number) in
            [(1.001, 8), (1.1, 3), (2.0, 0), (4.0, -1), (65536.0, -4), (f64::INFINITY, -4)]
        {
            assert_eq!(coarsest_within(factor).number(), number, "{factor}");
        }
        let options = ExponentialOptions { bucket_factor: 1.0, ..ExponentialOptions::default() };
        assert_eq!(ExponentialRecorder::new(options).unwrap_err(), RecorderError::BucketFactor(1.0));
        let options = ExponentialOptions { zero_threshold: -1.0, ..ExponentialOptions::default() };
        assert_eq!(ExponentialRecorder::new(options).unwrap_err(), RecorderError::ZeroThreshold(-1.0));
    }

    #[test]
    fn special_numbers_have_their_places() {
        let recorder = recorder(160);
        for value in [f64::INFINITY, f64::MAX, f64::MIN, 5e-324, -0.0] {
            recorder.observe(value);
        }
        let found = recorder.snapshot();
        found.validate().unwrap();
        assert_eq!((found.zero_count, found.count), (2, 5));
        assert_eq!(
            found.positive_buckets().map(|bucket| bucket.upper).collect::<Vec<_>>(),
            [f64::MAX, f64::INFINITY]
        );
        assert_eq!(found.negative_buckets().map(|bucket| bucket.lower).collect::<Vec<_>>(), [f64::MIN]);
        recorder.observe(f64::NAN);
        let found = recorder.snapshot();
        found.validate().unwrap();
        assert!(found.count == 6 && found.sum.is_nan());
    }

    #[test]
    fn threads_are_added_up_and_the_resolution_never_rises() {
        let recorder = recorder(20);
        let mut previous = Histogram { schema: Schema::FINEST, ..Histogram::default() };
        for round in 1..=5_i32 {
            std::thread::scope(|scope| {
                for thread in 0..12 {
                    let recorder = &recorder;
                    scope.spawn(move || {
                        (0..100)
                            .for_each(|value| recorder.observe(f64::from(round * (value + 100 * thread))));
                    });
                }
            });
            let found = recorder.snapshot();
            found.validate().unwrap();
            assert_eq!(found.count, 1200 * round as u64);
            assert!(found.positive.buckets.len() <= 22);
            assert!(!found.to_float().is_reset_after(&previous.to_float()));
            previous = found;
        }
    }

    proptest! {
        #[test]
        fn each_observation_is_in_its_bucket(values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..60), buckets_max in 1..40_usize) {
            let recorder = recorder(buckets_max);
            values.iter().for_each(|&value| recorder.observe(value));
            let found: FloatHistogram = recorder.snapshot().to_float();
            prop_assert_eq!(found.count, values.len() as f64);
            for bucket in found.all_buckets() {
                let holds = |value: f64| {
                    if bucket.upper > 0.0 && bucket.lower < 0.0 {
                        value.abs() <= bucket.upper
                    } else if bucket.upper > 0.0 {
                        bucket.lower < value && value <= bucket.upper
                    } else {
                        bucket.lower <= value && value < bucket.upper
                    }
                };
                prop_assert_eq!(bucket.count, values.iter().filter(|&&value| holds(value)).count() as f64);
            }
            let used = found.all_buckets().filter(|bucket| bucket.count > 0.0).count();
            prop_assert!(used <= buckets_max + 1 || found.schema == Schema::COARSEST);
        }
    }
}

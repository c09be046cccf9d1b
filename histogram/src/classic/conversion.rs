//! From classic histograms to native ones with custom bounds.

use std::fmt;
use std::sync::Arc;

use super::ClassicBucket;
use crate::decimal::General;
use crate::{FloatHistogram, Histogram, HistogramError, Schema, Side, Span};

/// Puts a native histogram with custom bounds together from the series of a classic one, which come in any order.
///
/// ```
/// use emberdb_histogram::ClassicConversion;
///
/// let mut classic = ClassicConversion::new();
/// classic.set_bucket(2.0, 5.0)?;
/// classic.set_bucket(1.0, 3.0)?;
/// classic.set_count(6.0)?;
/// classic.set_sum(9.0)?;
/// let histogram = classic.finish()?.into_float();
/// assert_eq!(histogram.to_string(), "{count:6, sum:9, [-Inf,1]:3, (1,2]:2, (2,+Inf]:1}");
/// # Ok::<(), emberdb_histogram::ClassicConversionError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ClassicConversion {
    /// In ascending order of their bounds.
    buckets: Vec<ClassicBucket>,
    count: Option<f64>,
    sum: f64,
    error: Option<ClassicConversionError>,
}

/// A native histogram that was a classic one. It counts in whole numbers if all its counts are whole.
#[derive(Debug, Clone, PartialEq)]
pub enum ConvertedHistogram {
    /// All counts are whole numbers.
    Integer(Histogram),
    /// Some are not.
    Float(FloatHistogram),
}

impl ConvertedHistogram {
    /// The histogram in floats.
    #[must_use]
    pub fn into_float(self) -> FloatHistogram {
        match self {
            Self::Integer(histogram) => histogram.to_float(),
            Self::Float(histogram) => histogram,
        }
    }

    /// Checks the histogram.
    ///
    /// # Errors
    /// See [`Histogram::validate`].
    pub fn validate(&self) -> Result<(), HistogramError> {
        match self {
            Self::Integer(histogram) => histogram.validate(),
            Self::Float(histogram) => histogram.validate(),
        }
    }
}

impl ClassicConversion {
    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets everything but its memory.
    pub fn clear(&mut self) {
        self.buckets.clear();
        (self.count, self.sum, self.error) = (None, 0.0, None);
    }

    /// Says how many observations there are up to a bound. A second word about the same bound is ignored.
    ///
    /// # Errors
    /// If the count is negative or does not fit between those of the neighbouring bounds, or the bound is not a number.
    /// After an error everything fails with it.
    pub fn set_bucket(&mut self, upper_bound: f64, count: f64) -> Result<(), ClassicConversionError> {
        self.try_to(|conversion| {
            if upper_bound.is_nan() {
                return Err(ClassicConversionError::NanBound);
            }
            if count < 0.0 {
                return Err(ClassicConversionError::NegativeBucketCount { upper_bound, count });
            }
            let buckets = &mut conversion.buckets;
            let place = buckets.partition_point(|bucket| bucket.upper_bound < upper_bound);
            if buckets.get(place).is_some_and(|bucket| bucket.upper_bound == upper_bound) {
                return Ok(());
            }
            let before = place.checked_sub(1).and_then(|before| buckets.get(before));
            if let Some(before) = before.filter(|before| count < before.count) {
                return Err(ClassicConversionError::NotCumulative { count, sign: '<', other: before.count });
            }
            if let Some(after) = buckets.get(place).filter(|after| count > after.count) {
                return Err(ClassicConversionError::NotCumulative { count, sign: '>', other: after.count });
            }
            buckets.insert(place, ClassicBucket { upper_bound, count });
            Ok(())
        })
    }

    /// Says how many observations there are in all. Without it, there are as many as up to the highest bound.
    ///
    /// # Errors
    /// If it is negative, or there was an error before.
    pub fn set_count(&mut self, count: f64) -> Result<(), ClassicConversionError> {
        self.try_to(|conversion| {
            if count < 0.0 {
                return Err(ClassicConversionError::NegativeCount { count });
            }
            conversion.count = Some(count);
            Ok(())
        })
    }

    /// Says what the sum of all observations is. Without it, it is 0.
    ///
    /// # Errors
    /// If there was an error before.
    pub fn set_sum(&mut self, sum: f64) -> Result<(), ClassicConversionError> {
        self.try_to(|conversion| {
            conversion.sum = sum;
            Ok(())
        })
    }

    fn try_to(
        &mut self,
        set: impl FnOnce(&mut Self) -> Result<(), ClassicConversionError>,
    ) -> Result<(), ClassicConversionError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let result = set(self);
        self.error = result.clone().err();
        result
    }

    /// The native histogram, compacted.
    ///
    /// # Errors
    /// If there was an error before, or the count is not that of the bucket up to `+Inf`.
    pub fn finish(&self) -> Result<ConvertedHistogram, ClassicConversionError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let highest = self.buckets.last();
        let count = self.count.unwrap_or(highest.map_or(0.0, |bucket| bucket.count));
        let last =
            highest.filter(|bucket| bucket.upper_bound == f64::INFINITY).map_or(count, |bucket| bucket.count);
        let bounds: Arc<[f64]> = self
            .buckets
            .iter()
            .map(|bucket| bucket.upper_bound)
            .filter(|bound| *bound != f64::INFINITY)
            .collect();
        // One for each bound, and the last.
        let cumulative = || self.buckets[..bounds.len()].iter().map(|bucket| bucket.count).chain([last]);
        let is_whole = |count: f64| count == count.round() as i64 as f64;
        let is_integer = is_whole(count) && cumulative().all(is_whole);
        if count != last {
            return Err(ClassicConversionError::CountMismatch { count, last, is_integer });
        }
        let spans = vec![Span { offset: 0, length: bounds.len() as u32 + 1 }];
        let custom_values = (!bounds.is_empty()).then(|| Arc::clone(&bounds));

        if is_integer {
            let (mut below, mut previous) = (0, 0);
            let differences = cumulative().map(|cumulative| {
                let cumulative = cumulative as i64;
                let count = cumulative - std::mem::replace(&mut below, cumulative);
                count - std::mem::replace(&mut previous, count)
            });
            let mut histogram = Histogram {
                schema: Schema::CUSTOM,
                count: count as u64,
                sum: self.sum,
                positive: Side { spans, buckets: differences.collect() },
                custom_values,
                ..Histogram::default()
            };
            // A few empty buckets cost less than another span.
            histogram.compact(2);
            return Ok(ConvertedHistogram::Integer(histogram));
        }
        let mut below = 0.0;
        let counts = cumulative().map(|cumulative| cumulative - std::mem::replace(&mut below, cumulative));
        let mut histogram = FloatHistogram {
            schema: Schema::CUSTOM,
            count,
            sum: self.sum,
            positive: Side { spans, buckets: counts.collect() },
            custom_values,
            ..FloatHistogram::default()
        };
        histogram.compact(0);
        Ok(ConvertedHistogram::Float(histogram))
    }
}

/// Why the series of a classic histogram do not make one.
#[derive(Debug, Clone, PartialEq)]
pub enum ClassicConversionError {
    /// A bound is not a number.
    NanBound,
    /// A bucket has fewer than no observations.
    NegativeBucketCount {
        /// The bound of the bucket.
        upper_bound: f64,
        /// What it holds.
        count: f64,
    },
    /// There are fewer than no observations.
    NegativeCount {
        /// How many.
        count: f64,
    },
    /// A higher bound has fewer observations below it.
    NotCumulative {
        /// What the new bucket holds.
        count: f64,
        /// How that compares to its neighbour: `<` to the one before, `>` to the one behind.
        sign: char,
        /// What the neighbour holds.
        other: f64,
    },
    /// The count is not that of the last bucket.
    CountMismatch {
        /// The count.
        count: f64,
        /// That of the last bucket.
        last: f64,
        /// Whether all counts are whole numbers.
        is_integer: bool,
    },
}

impl std::error::Error for ClassicConversionError {}

impl fmt::Display for ClassicConversionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NanBound => f.write_str("bucket boundary must not be NaN"),
            Self::NegativeBucketCount { upper_bound, count } => write!(
                f,
                "bucket count must be non-negative: le={}, count={}",
                General(upper_bound),
                General(count)
            ),
            Self::NegativeCount { count } => {
                write!(f, "count must be non-negative: count={}", General(count))
            }
            Self::NotCumulative { count, sign, other } => {
                write!(f, "count is not cumulative: {} {sign} {}", General(count), General(other))
            }
            Self::CountMismatch { count, last, is_integer } => {
                let count = if is_integer { count.to_string() } else { General(count).to_string() };
                write!(f, "count mismatch: count={count} != le=+Inf count={}", General(last))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ClassicConversion, ConvertedHistogram};

    fn convert(buckets: &[(f64, f64)], count: Option<f64>) -> Result<ConvertedHistogram, String> {
        let mut conversion = ClassicConversion::new();
        for &(bound, cumulative) in buckets {
            let _ = conversion.set_bucket(bound, cumulative);
        }
        if let Some(count) = count {
            let _ = conversion.set_count(count);
        }
        conversion.finish().map_err(|error| error.to_string())
    }

    #[test]
    fn whole_counts_make_an_integer_histogram() {
        let Ok(ConvertedHistogram::Integer(found)) =
            convert(&[(1.0, 2.0), (f64::INFINITY, 9.0), (2.0, 2.0), (3.0, 7.0), (4.0, 7.0)], None)
        else {
            panic!("not an integer histogram");
        };
        found.validate().unwrap();
        assert_eq!(found.to_string(), "{count:9, sum:0, [-Inf,1]:2, (2,3]:5, (4,+Inf]:2}");
        assert_eq!(found.positive.buckets, [2, -2, 5, -5, 2]);
    }

    #[test]
    fn other_counts_make_a_float_histogram() {
        let Ok(ConvertedHistogram::Float(found)) = convert(&[(1.0, 0.0), (2.0, 0.5)], Some(1.25)) else {
            panic!("not a float histogram");
        };
        assert_eq!(found.to_string(), "{count:1.25, sum:0, (1,2]:0.5, (2,+Inf]:0.75}");
        assert_eq!(found.positive.buckets, [0.5, 0.75]);
        let none = convert(&[], Some(3.0)).unwrap().into_float();
        assert_eq!(
            (none.to_string().as_str(), none.custom_values),
            ("{count:3, sum:0, [-Inf,+Inf]:3}", None)
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (buckets, count, message) in [
            (&[(f64::NAN, 1.0)][..], None, "bucket boundary must not be NaN"),
            (&[(1.0, -1.0)], None, "bucket count must be non-negative: le=1, count=-1"),
            (&[(1.0, 2.0), (2.0, 1.0)], None, "count is not cumulative: 1 < 2"),
            (&[(2.0, 1.0), (1.0, 2.0)], None, "count is not cumulative: 2 > 1"),
            (&[(1.0, 2.0)], Some(-1.0), "count must be non-negative: count=-1"),
            (&[(f64::INFINITY, 2e6)], Some(3e6), "count mismatch: count=3000000 != le=+Inf count=2e+06"),
            (&[(f64::INFINITY, 0.5)], Some(3e6), "count mismatch: count=3e+06 != le=+Inf count=0.5"),
        ] {
            assert_eq!(convert(buckets, count).unwrap_err(), message);
        }
    }
}

//! One sample, and the handle of the series that it belongs to.

use std::fmt;
use std::sync::Arc;

use emberdb_histogram::FloatHistogram;

use crate::is_stale;
use crate::number::write_sample;

/// A value at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// The value; [`crate::STALE_NAN`] ends the series.
    pub value: f64,
}

/// What a sample may hold: a number, or a native histogram, shared because it is large.
#[derive(Clone, Debug, PartialEq)]
pub enum SampleValue {
    /// A number.
    Float(f64),
    /// A native histogram.
    Histogram(Arc<FloatHistogram>),
}

impl SampleValue {
    /// Whether it is the staleness marker, which a histogram has as its sum.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        match self {
            Self::Float(value) => is_stale(*value),
            Self::Histogram(histogram) => is_stale(histogram.sum),
        }
    }
}

/// As answers print it: a number in decimal digits, a histogram with its count, its sum and its buckets.
impl fmt::Display for SampleValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(value) => {
                let mut text = String::new();
                write_sample(&mut text, *value);
                f.write_str(&text)
            }
            Self::Histogram(histogram) => fmt::Display::fmt(histogram, f),
        }
    }
}

impl From<Sample> for (i64, SampleValue) {
    fn from(sample: Sample) -> Self {
        (sample.timestamp_ms, SampleValue::Float(sample.value))
    }
}

/// A storage's own handle of a series: appending by it skips the label look-up.
///
/// Valid for the open storage that gave it, not across restarts, and as long as the storage remembers the series: after that
/// [`AppendError::UnknownSeries`](crate::storage::AppendError::UnknownSeries) says so, and the series is to be named by its labels again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesRef(pub u64);

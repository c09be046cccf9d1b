//! One series.

use emberdb_histogram::{FloatHistogram, Histogram};
use emberdb_model::{Exemplar, Labels};

/// A series with all that is sent of it.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSeries {
    /// With the name.
    pub labels: Labels,
    /// In the order of time, also those that are sent late.
    pub samples: Vec<DataSample>,
    /// In the order of time; sent with the samples around them.
    pub exemplars: Vec<Exemplar>,
}

/// A value at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSample {
    /// In milliseconds since the epoch.
    pub time_ms: i64,
    /// The value.
    pub value: DataValue,
    /// Whether it is sent after samples that are newer.
    pub is_late: bool,
}

/// A number or a native histogram, as it is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum DataValue {
    /// A number.
    Float(f64),
    /// A native histogram in whole numbers.
    Integer(Box<Histogram>),
    /// A native histogram in floats.
    FloatHistogram(Box<FloatHistogram>),
}

impl DataSample {
    /// A number that is sent in time.
    #[must_use]
    pub fn float(time_ms: i64, value: f64) -> Self {
        Self { time_ms, value: DataValue::Float(value), is_late: false }
    }
}

//! The messages of remote write, for those who write them or want to look at them as a whole. The receiver reads requests
//! in place instead.

mod histogram;
mod metadata;
pub mod v1;
pub mod v2;

pub use histogram::{BucketSpan, Count, Histogram, ZeroCount};
pub use metadata::{metric_type, metric_type_number};

/// A value at a time.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Sample {
    /// The value, with all its bits; none is 0. A negative zero has to be there, since it is equal to the one that is left out.
    #[prost(double, optional, tag = "1")]
    pub value: Option<f64>,
    /// When, in milliseconds since the Unix epoch.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
    /// When the series began to count, in milliseconds since the Unix epoch; 0 if that is not said. Of 2.0 alone.
    #[prost(int64, tag = "3")]
    pub start_timestamp: i64,
}

impl Sample {
    /// A value at a time, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn new(timestamp: i64, value: f64) -> Self {
        let value = (value.to_bits() != 0).then_some(value);
        Self { value, timestamp, start_timestamp: 0 }
    }
}

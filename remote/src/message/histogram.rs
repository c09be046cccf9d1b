//! A native histogram as a message.

use emberdb_histogram::{CounterResetHint, FloatHistogram, Histogram as Integer, Side, Span};

/// A native histogram at a time. Both versions have the same, but for the start timestamp.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Histogram {
    /// All observations; which of the two it is decides whether buckets are differences or counts.
    #[prost(oneof = "Count", tags = "1, 2")]
    pub count: Option<Count>,
    /// The sum of all observations.
    #[prost(double, tag = "3")]
    pub sum: f64,
    /// The number of the schema.
    #[prost(sint32, tag = "4")]
    pub schema: i32,
    /// How far the zero bucket reaches.
    #[prost(double, tag = "5")]
    pub zero_threshold: f64,
    /// Observations in the zero bucket.
    #[prost(oneof = "ZeroCount", tags = "6, 7")]
    pub zero_count: Option<ZeroCount>,
    /// Which negative buckets there are.
    #[prost(message, repeated, tag = "8")]
    pub negative_spans: Vec<BucketSpan>,
    /// Differences between negative buckets, of histograms of whole numbers.
    #[prost(sint64, repeated, tag = "9")]
    pub negative_deltas: Vec<i64>,
    /// Negative buckets of histograms of floats.
    #[prost(double, repeated, tag = "10")]
    pub negative_counts: Vec<f64>,
    /// Which positive buckets there are.
    #[prost(message, repeated, tag = "11")]
    pub positive_spans: Vec<BucketSpan>,
    /// Differences between positive buckets, of histograms of whole numbers.
    #[prost(sint64, repeated, tag = "12")]
    pub positive_deltas: Vec<i64>,
    /// Positive buckets of histograms of floats.
    #[prost(double, repeated, tag = "13")]
    pub positive_counts: Vec<f64>,
    /// What is known about a counter reset: 0 nothing, 1 there was one, 2 there was none, 3 it is a gauge.
    #[prost(int32, tag = "14")]
    pub reset_hint: i32,
    /// When, in milliseconds since the Unix epoch.
    #[prost(int64, tag = "15")]
    pub timestamp: i64,
    /// Upper bounds of custom buckets, without the last.
    #[prost(double, repeated, tag = "16")]
    pub custom_values: Vec<f64>,
    /// When the histogram began to count, in milliseconds since the Unix epoch; 0 if that is not said. Of 2.0 alone.
    #[prost(int64, tag = "17")]
    pub start_timestamp: i64,
}

/// All observations of a histogram.
#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub enum Count {
    /// In whole numbers.
    #[prost(uint64, tag = "1")]
    Integer(u64),
    /// In floats.
    #[prost(double, tag = "2")]
    Float(f64),
}

/// Observations in the zero bucket.
#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub enum ZeroCount {
    /// In whole numbers.
    #[prost(uint64, tag = "6")]
    Integer(u64),
    /// In floats.
    #[prost(double, tag = "7")]
    Float(f64),
}

/// A run of buckets.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct BucketSpan {
    /// For the first span the index of its first bucket, for others how many buckets are left out before it.
    #[prost(sint32, tag = "1")]
    pub offset: i32,
    /// How many buckets it has.
    #[prost(uint32, tag = "2")]
    pub length: u32,
}

impl Histogram {
    /// The message of a histogram of whole numbers; times in milliseconds since the Unix epoch, a start of 0 is none.
    #[must_use]
    pub fn of_integer(timestamp_ms: i64, start_ms: i64, histogram: &Integer) -> Self {
        Self {
            count: Some(Count::Integer(histogram.count)),
            sum: histogram.sum,
            schema: histogram.schema.number(),
            zero_threshold: histogram.zero_threshold,
            zero_count: Some(ZeroCount::Integer(histogram.zero_count)),
            negative_spans: spans(&histogram.negative),
            negative_deltas: histogram.negative.buckets.clone(),
            positive_spans: spans(&histogram.positive),
            positive_deltas: histogram.positive.buckets.clone(),
            reset_hint: hint_number(histogram.counter_reset_hint),
            timestamp: timestamp_ms,
            custom_values: histogram.custom_bounds().to_vec(),
            start_timestamp: start_ms,
            ..Self::default()
        }
    }

    /// The message of a histogram of floats; times in milliseconds since the Unix epoch, a start of 0 is none.
    #[must_use]
    pub fn of_float(timestamp_ms: i64, start_ms: i64, histogram: &FloatHistogram) -> Self {
        Self {
            count: Some(Count::Float(histogram.count)),
            sum: histogram.sum,
            schema: histogram.schema.number(),
            zero_threshold: histogram.zero_threshold,
            zero_count: Some(ZeroCount::Float(histogram.zero_count)),
            negative_spans: spans(&histogram.negative),
            negative_counts: histogram.negative.buckets.clone(),
            positive_spans: spans(&histogram.positive),
            positive_counts: histogram.positive.buckets.clone(),
            reset_hint: hint_number(histogram.counter_reset_hint),
            timestamp: timestamp_ms,
            custom_values: histogram.custom_bounds().to_vec(),
            start_timestamp: start_ms,
            ..Self::default()
        }
    }
}

fn spans<N>(side: &Side<N>) -> Vec<BucketSpan> {
    side.spans.iter().map(|&Span { offset, length }| BucketSpan { offset, length }).collect()
}

fn hint_number(hint: CounterResetHint) -> i32 {
    match hint {
        CounterResetHint::Unknown => 0,
        CounterResetHint::Reset => 1,
        CounterResetHint::NotReset => 2,
        CounterResetHint::Gauge => 3,
    }
}

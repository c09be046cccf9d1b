//! `prometheus.WriteRequest`, the message of remote write 1.0.

use super::{Histogram, Sample};

/// A request to store samples.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WriteRequest {
    /// The series. One may be there several times.
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
    /// What metrics are for. Receivers may pass over it; ours and upstream's do.
    #[prost(message, repeated, tag = "3")]
    pub metadata: Vec<MetricMetadata>,
}

/// A series with what is to be stored of it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeSeries {
    /// Sorted by name, with a metric name.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    /// In the order of time.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    /// Examples of what was counted.
    #[prost(message, repeated, tag = "3")]
    pub exemplars: Vec<Exemplar>,
    /// Native histograms, in the order of time.
    #[prost(message, repeated, tag = "4")]
    pub histograms: Vec<Histogram>,
}

/// A label.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Label {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// An example of what a series counted.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Exemplar {
    /// Names the example.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    /// What was observed.
    #[prost(double, tag = "2")]
    pub value: f64,
    /// When, in milliseconds since the Unix epoch.
    #[prost(int64, tag = "3")]
    pub timestamp: i64,
}

/// What a metric is for.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MetricMetadata {
    /// What kind of metric it is, as [`metric_type_number`](super::metric_type_number) says.
    #[prost(int32, tag = "1")]
    pub r#type: i32,
    /// The metric, without endings such as `_total` or `_bucket`.
    #[prost(string, tag = "2")]
    pub metric_family_name: String,
    /// What it means, in words.
    #[prost(string, tag = "4")]
    pub help: String,
    /// Its unit, such as `seconds`.
    #[prost(string, tag = "5")]
    pub unit: String,
}

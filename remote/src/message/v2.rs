//! `io.prometheus.write.v2.Request`, the message of remote write 2.0.

use super::{Histogram, Sample};

/// A request to store samples. All texts are in one table.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Request {
    /// The texts, of which the first is empty. Everything else refers to them by number, from 0.
    #[prost(string, repeated, tag = "4")]
    pub symbols: Vec<String>,
    /// The series. One may be there several times.
    #[prost(message, repeated, tag = "5")]
    pub timeseries: Vec<TimeSeries>,
}

/// A series with what is to be stored of it: samples or histograms, not both.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeSeries {
    /// Names and values of labels in turns, sorted by name, with a metric name.
    #[prost(uint32, repeated, tag = "1")]
    pub labels_refs: Vec<u32>,
    /// In the order of time.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    /// Native histograms, in the order of time.
    #[prost(message, repeated, tag = "3")]
    pub histograms: Vec<Histogram>,
    /// Examples of what was counted.
    #[prost(message, repeated, tag = "4")]
    pub exemplars: Vec<Exemplar>,
    /// What the metric is for.
    #[prost(message, optional, tag = "5")]
    pub metadata: Option<Metadata>,
}

/// An example of what a series counted.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Exemplar {
    /// Names and values of labels in turns.
    #[prost(uint32, repeated, tag = "1")]
    pub labels_refs: Vec<u32>,
    /// What was observed.
    #[prost(double, tag = "2")]
    pub value: f64,
    /// When, in milliseconds since the Unix epoch.
    #[prost(int64, tag = "3")]
    pub timestamp: i64,
}

/// What a metric is for.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Metadata {
    /// What kind of metric it is, as [`metric_type_number`](super::metric_type_number) says.
    #[prost(int32, tag = "1")]
    pub r#type: i32,
    /// What it means, in words.
    #[prost(uint32, tag = "3")]
    pub help_ref: u32,
    /// Its unit, such as `seconds`.
    #[prost(uint32, tag = "4")]
    pub unit_ref: u32,
}

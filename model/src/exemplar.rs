//! Examples of what a series counted.

use crate::Labels;

/// All names and values of an exemplar's labels have together at most so many characters: OpenMetrics says so, and Prometheus
/// refuses more.
pub const EXEMPLAR_CHARACTERS_MAX: usize = 128;

/// An example of what a series counted: a trace, for instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// Names the example: `trace_id`, for instance.
    pub labels: Labels,
    /// What was observed.
    pub value: f64,
    /// When, in milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
}

/// A series and its exemplars, in the order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesExemplars {
    /// The series.
    pub series: Labels,
    /// At least one.
    pub exemplars: Vec<Exemplar>,
}

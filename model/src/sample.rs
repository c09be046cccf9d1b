//! One sample, and the handle of the series that it belongs to.

/// A value at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// The value; [`crate::STALE_NAN`] ends the series.
    pub value: f64,
}

/// A storage's own handle of a series: appending by it skips the label look-up.
///
/// Valid for the open storage that gave it, not across restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesRef(pub u64);

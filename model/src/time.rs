//! Spans of time in milliseconds.

/// A closed span of time: both ends belong to it. Empty when `min_ms > max_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// First millisecond, since the Unix epoch.
    pub min_ms: i64,
    /// Last millisecond.
    pub max_ms: i64,
}

impl TimeRange {
    /// All of time.
    pub const ALL: Self = Self { min_ms: i64::MIN, max_ms: i64::MAX };

    /// The range from `min_ms` to `max_ms`, both included.
    #[must_use]
    pub const fn new(min_ms: i64, max_ms: i64) -> Self {
        Self { min_ms, max_ms }
    }

    /// Whether `timestamp_ms` lies within.
    #[must_use]
    pub const fn contains(&self, timestamp_ms: i64) -> bool {
        self.min_ms <= timestamp_ms && timestamp_ms <= self.max_ms
    }

    /// Whether no millisecond lies within.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.min_ms > self.max_ms
    }

    /// Whether the two ranges share a millisecond.
    #[must_use]
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.min_ms <= other.max_ms && other.min_ms <= self.max_ms
    }

    /// What both ranges share; [empty](Self::is_empty) if they share nothing.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { min_ms: self.min_ms.max(other.min_ms), max_ms: self.max_ms.min(other.max_ms) }
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { min_ms: self.min_ms.min(other.min_ms), max_ms: self.max_ms.max(other.max_ms) }
    }
}

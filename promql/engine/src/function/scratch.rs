//! Memory that the range functions reuse from series to series.

/// Buffers of the range functions. One a thread; what is in them does not matter between calls.
#[derive(Debug, Default)]
pub struct RangeScratch {
    /// Positions of samples: those before a counter reset, or a queue of candidates.
    pub(super) positions: Vec<u32>,
    /// A running count or sum before each sample.
    pub(super) prefix: Vec<i64>,
    /// The values of a window in order, as sortable keys.
    pub(super) sorted: Vec<i64>,
    /// Distances from a median, as sortable keys.
    pub(super) distances: Vec<i64>,
}

impl RangeScratch {
    /// Empty buffers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

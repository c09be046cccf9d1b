//! Memory that the range functions reuse from series to series.

/// Buffers of the range functions. One a thread; content does not matter between calls.
#[derive(Debug, Default)]
pub struct RangeScratch {
    /// Positions of samples: those after a counter reset, or a queue.
    pub(super) positions: Vec<u32>,
}

impl RangeScratch {
    /// Empty buffers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

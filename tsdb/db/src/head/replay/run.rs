//! Floats of one page and one time that come one behind the other, as those of a scrape do.

use super::super::page::PAGE_SERIES;

/// A run of floats that is being gathered, in memory that stays in the processor's first cache. It goes where it waits in one piece: that
/// memory was last read by another processor, and is waited for once a run instead of once a float.
pub(super) struct Run {
    pub(super) page: usize,
    pub(super) timestamp_ms: i64,
    slots: [u8; PAGE_SERIES],
    values: [f64; PAGE_SERIES],
    len: usize,
}

impl Default for Run {
    fn default() -> Self {
        Self { page: 0, timestamp_ms: 0, slots: [0; PAGE_SERIES], values: [0.0; PAGE_SERIES], len: 0 }
    }
}

impl Run {
    /// Adds a float of the series at a place in a page, unless it does not go with those that are there.
    #[inline(always)]
    pub(super) fn push(&mut self, page: usize, slot: usize, timestamp_ms: i64, value: f64) -> bool {
        if page != self.page || timestamp_ms != self.timestamp_ms || self.len >= PAGE_SERIES {
            return false;
        }
        self.slots[self.len] = slot as u8;
        self.values[self.len] = value;
        self.len += 1;
        true
    }

    /// Forgets what is there, and begins with this float.
    pub(super) fn begin(&mut self, page: usize, slot: usize, timestamp_ms: i64, value: f64) {
        self.page = page;
        self.timestamp_ms = timestamp_ms;
        self.len = 0;
        self.push(page, slot, timestamp_ms, value);
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// The places of the series, and the values.
    pub(super) fn floats(&self) -> (&[u8], &[f64]) {
        (self.slots.get(..self.len).unwrap_or_default(), self.values.get(..self.len).unwrap_or_default())
    }
}

//! Which samples of which series are deleted.

use std::collections::BTreeMap;

use emberdb_model::TimeRange;

use super::Intervals;

/// Deleted ranges of time by series. In a block's file a series is named by its entry in the index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TombstoneSet {
    by_series: BTreeMap<u64, Intervals>,
    ranges: u64,
}

impl TombstoneSet {
    /// Nothing is deleted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Deletes the samples of a series in a range.
    pub fn add(&mut self, series: u64, range: TimeRange) {
        if range.is_empty() {
            return;
        }
        let intervals = self.by_series.entry(series).or_default();
        self.ranges -= intervals.len() as u64;
        intervals.add(range);
        self.ranges += intervals.len() as u64;
    }

    /// What is deleted of a series.
    #[must_use]
    pub fn of(&self, series: u64) -> &Intervals {
        self.by_series.get(&series).unwrap_or(Intervals::NONE)
    }

    /// Series with something deleted, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Intervals)> + '_ {
        self.by_series.iter().map(|(&series, intervals)| (series, intervals))
    }

    /// Ranges over all series.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.ranges
    }

    /// Whether nothing is deleted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ranges == 0
    }
}

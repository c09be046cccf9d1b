//! Counting labels.

use std::collections::HashMap;
use std::hash::Hash;

/// What labels the series of a range of time have, by the symbols `S` in which names and values are spelled.
pub(super) struct Census<S> {
    /// How long the range is.
    pub(super) span_ms: u64,
    /// How many series there are.
    pub(super) series: u64,
    /// How many labels they have together.
    pub(super) labels: u64,
    pub(super) pairs: HashMap<(S, S), Tally>,
}

/// Series that have something in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// How many there are.
    pub(super) series: u64,
    /// For how long they have no samples, before their first and after their last: what comes and goes has much of it.
    pub(super) uncovered_ms: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.series += other.series;
        self.uncovered_ms = self.uncovered_ms.saturating_add(other.uncovered_ms);
    }
}

impl<S: Copy + Eq + Hash> Census<S> {
    pub(super) fn new(span_ms: i64) -> Self {
        // Negative is nothing: of a block whose meta says that it ends before it begins.
        let span_ms = u64::try_from(span_ms).unwrap_or(0);
        Self { span_ms, series: 0, labels: 0, pairs: HashMap::new() }
    }

    /// Adds a series with the times of its first and its last sample, if it has any.
    pub(super) fn add(&mut self, labels: impl Iterator<Item = (S, S)>, range_ms: Option<(i64, i64)>) {
        let covered_ms = range_ms.map_or(0, |(first, last)| last.saturating_sub(first).max(0).unsigned_abs());
        let tally = Tally { series: 1, uncovered_ms: self.span_ms.saturating_sub(covered_ms) };
        self.series += 1;
        for pair in labels {
            self.labels += 1;
            self.pairs.entry(pair).or_default().add(tally);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_counted_by_their_labels() {
        let mut census = Census::new(100);
        census.add([("job", "a"), ("host", "x")].into_iter(), Some((10, 30)));
        census.add([("job", "a")].into_iter(), Some((0, 1000)));
        census.add([("job", "b")].into_iter(), None);
        assert_eq!((census.series, census.labels), (3, 4));
        assert_eq!(census.pairs[&("job", "a")], Tally { series: 2, uncovered_ms: 80 });
        assert_eq!(census.pairs[&("job", "b")], Tally { series: 1, uncovered_ms: 100 });
        assert_eq!(Census::<u8>::new(-5).span_ms, 0);
    }
}

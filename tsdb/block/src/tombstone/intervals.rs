//! Ranges of time in which samples are deleted.

use emberdb_model::TimeRange;

/// Closed ranges of time: ascending, and between two of them lies at least a millisecond that is in neither.
///
/// ```
/// use emberdb_model::TimeRange;
/// use emberdb_tsdb_block::Intervals;
///
/// let mut deleted = Intervals::default();
/// deleted.add(TimeRange::new(10, 20));
/// deleted.add(TimeRange::new(30, 40));
/// deleted.add(TimeRange::new(21, 25));
/// assert_eq!(deleted.as_slice(), [TimeRange::new(10, 25), TimeRange::new(30, 40)]);
/// assert!(deleted.covers(TimeRange::new(12, 25)) && !deleted.covers(TimeRange::new(20, 30)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals {
    ranges: Vec<TimeRange>,
}

impl Intervals {
    /// Nothing.
    pub const NONE: &'static Self = &Self { ranges: Vec::new() };

    /// Adds a range; those that overlap it or touch it become one with it. An empty range adds nothing.
    pub fn add(&mut self, range: TimeRange) {
        if range.is_empty() {
            return;
        }
        let first = self.ranges.partition_point(|held| held.max_ms < range.min_ms.saturating_sub(1));
        let end = self.ranges.partition_point(|held| held.min_ms <= range.max_ms.saturating_add(1));
        let Some(touched) = self.ranges.get(first..end).filter(|touched| !touched.is_empty()) else {
            self.ranges.insert(first, range);
            return;
        };
        let whole = touched.iter().fold(range, |whole, held| whole.union(held));
        self.ranges.splice(first..end, [whole]);
    }

    /// The ranges in order of time.
    #[must_use]
    pub fn as_slice(&self) -> &[TimeRange] {
        &self.ranges
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether a millisecond is in one of them.
    #[must_use]
    pub fn contains(&self, timestamp_ms: i64) -> bool {
        self.covers(TimeRange::new(timestamp_ms, timestamp_ms))
    }

    /// Whether all of a range that is not empty is in one of them.
    #[must_use]
    pub fn covers(&self, range: TimeRange) -> bool {
        let place = self.ranges.partition_point(|held| held.max_ms < range.max_ms);
        self.ranges.get(place).is_some_and(|held| held.min_ms <= range.min_ms)
    }

    /// Those that share a millisecond with `range`.
    #[must_use]
    pub fn overlapping(&self, range: TimeRange) -> &[TimeRange] {
        let first = self.ranges.partition_point(|held| held.max_ms < range.min_ms);
        let end = self.ranges.partition_point(|held| held.min_ms <= range.max_ms);
        self.ranges.get(first..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_the_set_of_its_milliseconds(
            ranges in proptest::collection::vec((-20_i64..20, -2_i64..8), 0..12),
            asked in (-25_i64..25, 0_i64..10),
        ) {
            let mut intervals = Intervals::default();
            let mut milliseconds = BTreeSet::new();
            for (min_ms, length) in ranges {
                intervals.add(TimeRange::new(min_ms, min_ms + length));
                milliseconds.extend(min_ms..=min_ms + length);
            }
            for t in -30..30 {
                prop_assert_eq!(intervals.contains(t), milliseconds.contains(&t));
            }
            for pair in intervals.as_slice().windows(2) {
                prop_assert!(pair[0].max_ms + 1 < pair[1].min_ms, "{:?}", pair);
            }
            let asked = TimeRange::new(asked.0, asked.0 + asked.1);
            let in_asked = |t: &i64| asked.contains(*t);
            let found = milliseconds.iter().filter(|t| in_asked(t)).count() as i64;
            prop_assert_eq!(intervals.covers(asked), found == asked.max_ms - asked.min_ms + 1);
            prop_assert_eq!(intervals.overlapping(asked).is_empty(), found == 0);
            prop_assert!(intervals.overlapping(asked).iter().all(|range| range.overlaps(&asked)));
        }
    }

    #[test]
    fn the_ends_of_time_are_no_places_to_overflow() {
        let mut intervals = Intervals::default();
        intervals.add(TimeRange::new(i64::MIN, -1));
        intervals.add(TimeRange::new(1, i64::MAX));
        assert_eq!(intervals.len(), 2);
        intervals.add(TimeRange::new(0, 0));
        assert_eq!(intervals.as_slice(), [TimeRange::ALL]);
        intervals.add(TimeRange::ALL);
        assert!(intervals.covers(TimeRange::ALL) && intervals.contains(i64::MAX));
    }
}

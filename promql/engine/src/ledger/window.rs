//! How many samples the windows of a series hold.

use emberdb_model::SampleColumns;

use crate::batch::{Steps, histogram_weight};

/// How windows lie: each sees `(end - back, end + ahead]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WindowGrid {
    /// When they end: as many as there are steps, or one for all of them.
    pub(crate) ends: Steps,
    pub(crate) back_ms: i64,
    pub(crate) ahead_ms: i64,
}

/// What the windows of one series hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeriesWindows {
    /// Samples at each end.
    pub(crate) held: Vec<u64>,
    /// Of these, how many the window before did not see.
    pub(crate) fresh: Vec<u64>,
}

impl SeriesWindows {
    /// Of a series with these samples.
    pub(crate) fn of(samples: &SampleColumns, grid: &WindowGrid) -> Self {
        let floats = samples.timestamps.iter().map(|&time_ms| (time_ms, 1));
        let histograms = &samples.histograms;
        let weights = histograms.values.iter().map(|histogram| histogram_weight(histogram) as u64);
        let mut weighed: Vec<(i64, u64)> =
            floats.chain(histograms.timestamps.iter().copied().zip(weights)).collect();
        weighed.sort_unstable_by_key(|&(time_ms, _)| time_ms);
        let sum_of = |after_ms: i64, until_ms: i64| {
            let first = weighed.partition_point(|&(time_ms, _)| time_ms <= after_ms);
            let end = weighed.partition_point(|&(time_ms, _)| time_ms <= until_ms).max(first);
            weighed[first..end].iter().map(|&(_, weight)| weight).sum()
        };
        let mut windows = Self::default();
        for (number, end_ms) in grid.ends.times().enumerate() {
            let until_ms = end_ms.saturating_add(grid.ahead_ms);
            let after_ms = end_ms.saturating_sub(grid.back_ms);
            let is_empty = after_ms == until_ms;
            let held = if is_empty { 0 } else { sum_of(after_ms, until_ms) };
            let seen_ms = until_ms.saturating_sub(grid.ends.step_ms).max(after_ms);
            windows.held.push(held);
            windows.fresh.push(if number == 0 || is_empty { held } else { sum_of(seen_ms, until_ms) });
        }
        windows
    }

    /// The most that one of them holds.
    pub(crate) fn most(&self) -> u64 {
        self.held.iter().copied().max().unwrap_or(0)
    }

    /// What the last one holds.
    pub(crate) fn last(&self) -> u64 {
        self.held.last().copied().unwrap_or(0)
    }

    /// What the window of a step holds: one window may be that of all steps.
    pub(crate) fn at_step(&self, step: usize) -> u64 {
        self.held.get(step).copied().unwrap_or_else(|| self.last())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emberdb_model::Sample;

    #[test]
    fn windows_are_open_at_their_start_and_share_what_they_see() {
        let mut samples = SampleColumns::new();
        (0..7).for_each(|i| samples.push(Sample { timestamp_ms: i * 10, value: 1.0 }));
        let ends = Steps { start_ms: 20, step_ms: 20, count: 3 };
        let windows = SeriesWindows::of(&samples, &WindowGrid { ends, back_ms: 30, ahead_ms: 0 });
        assert_eq!((windows.held, windows.fresh), (vec![3, 3, 3], vec![3, 2, 2]));
        let windows = SeriesWindows::of(&samples, &WindowGrid { ends, back_ms: 10, ahead_ms: 5 });
        assert_eq!((windows.held, windows.fresh), (vec![1, 1, 1], vec![1, 1, 1]));
    }
}

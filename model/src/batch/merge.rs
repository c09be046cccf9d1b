//! Samples of several sources as one series.

use std::sync::Arc;

use emberdb_histogram::FloatHistogram;

use super::SampleColumns;
use crate::Sample;

/// A sample of one of the sources.
struct Merged<'a> {
    timestamp_ms: i64,
    start_ms: i64,
    source: usize,
    value: MergedValue<'a>,
}

enum MergedValue<'a> {
    Float(f64),
    Histogram(&'a Arc<FloatHistogram>),
}

impl SampleColumns {
    /// Adds the samples of `sources`, each of which is in the order of time, at the end in the order of time. Of several
    /// samples of the same time, floats or histograms, only that of the first source is taken.
    ///
    /// A histogram that does not stand behind the one before it in its own source does not know any more whether a counter was
    /// reset between the two, and says so, as upstream's do.
    ///
    /// ```
    /// use emberdb_model::{Sample, SampleColumns};
    ///
    /// let of = |samples: &[(i64, f64)]| {
    ///     let mut columns = SampleColumns::new();
    ///     samples.iter().for_each(|&(timestamp_ms, value)| columns.push(Sample { timestamp_ms, value }));
    ///     columns
    /// };
    /// let mut merged = SampleColumns::new();
    /// merged.merge(&[of(&[(1, 0.1), (3, 0.3)]), of(&[(2, 0.2), (3, 0.9)])]);
    /// assert_eq!((merged.timestamps, merged.values), (vec![1, 2, 3], vec![0.1, 0.2, 0.3]));
    /// ```
    pub fn merge(&mut self, sources: &[Self]) {
        let mut samples = gather(sources);
        // Sorting is stable, and quick for what consists of sorted runs: the first source stays first.
        samples.sort_by_key(|sample| sample.timestamp_ms);
        let mut previous: Option<(i64, usize)> = None;
        for Merged { timestamp_ms, start_ms, source, value } in samples {
            if previous.is_some_and(|(previous_ms, _)| previous_ms == timestamp_ms) {
                // Upstream's iterator changes its source for a sample that it drops.
                previous = Some((timestamp_ms, usize::MAX));
                continue;
            }
            let is_next = previous.is_some_and(|(_, previous)| previous == source);
            previous = Some((timestamp_ms, source));
            match value {
                MergedValue::Float(value) => self.push_started(Sample { timestamp_ms, value }, start_ms),
                MergedValue::Histogram(histogram) => {
                    self.histograms.push_started(timestamp_ms, histogram.clone(), start_ms);
                    if !is_next {
                        self.histograms.forget_reset(self.histograms.len() - 1);
                    }
                }
            }
        }
    }
}

/// The samples of all sources, one source after the other.
fn gather(sources: &[SampleColumns]) -> Vec<Merged<'_>> {
    let count = sources.iter().map(|source| source.len() + source.histograms.len()).sum();
    let mut samples = Vec::with_capacity(count);
    let start = |lane: &[i64], index: usize| lane.get(index).copied().unwrap_or(0);
    for (number, source) in sources.iter().enumerate() {
        samples.extend(source.iter().enumerate().map(|(index, Sample { timestamp_ms, value })| Merged {
            timestamp_ms,
            start_ms: start(&source.start_timestamps, index),
            source: number,
            value: MergedValue::Float(value),
        }));
        let histograms = &source.histograms;
        samples.extend(histograms.iter().enumerate().map(|(index, (timestamp_ms, histogram))| Merged {
            timestamp_ms,
            start_ms: start(&histograms.start_timestamps, index),
            source: number,
            value: MergedValue::Histogram(histogram),
        }));
    }
    samples
}

#[cfg(test)]
mod tests {
    use emberdb_histogram::CounterResetHint;

    use super::*;

    #[test]
    fn the_first_source_wins_whatever_the_kinds_are() {
        let histogram = |count: f64| {
            let counter_reset_hint = CounterResetHint::NotReset;
            Arc::new(FloatHistogram { count, counter_reset_hint, ..FloatHistogram::default() })
        };
        let (mut one, mut two) = (SampleColumns::new(), SampleColumns::new());
        one.push_started(Sample { timestamp_ms: 10, value: 1.0 }, 5);
        one.histograms.push(20, histogram(1.0));
        two.histograms.push(10, histogram(2.0));
        two.push(Sample { timestamp_ms: 20, value: 2.0 });
        two.push(Sample { timestamp_ms: 30, value: 3.0 });
        two.histograms.push_started(40, histogram(4.0), 35);
        two.histograms.push(50, histogram(5.0));
        let mut merged = SampleColumns::new();
        merged.merge(&[one, two]);
        merged.complete_start_timestamps();
        assert_eq!((merged.timestamps, merged.values), (vec![10, 30], vec![1.0, 3.0]));
        assert_eq!(merged.start_timestamps, [5, 0]);
        let counts: Vec<_> = merged.histograms.iter().map(|(t, h)| (t, h.count)).collect();
        assert_eq!(counts, [(20, 1.0), (40, 4.0), (50, 5.0)]);
        let hints: Vec<_> = merged.histograms.values.iter().map(|h| h.counter_reset_hint).collect();
        // That at 40 stands behind the float at 30 of its own source.
        assert_eq!(
            hints,
            [CounterResetHint::Unknown, CounterResetHint::NotReset, CounterResetHint::NotReset]
        );
        assert_eq!(merged.histograms.start_timestamps, [0, 35, 0]);
    }
}

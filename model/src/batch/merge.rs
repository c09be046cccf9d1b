//! Samples of several sources as one series.

use std::sync::Arc;

use emberdb_histogram::FloatHistogram;

use super::SampleColumns;
use crate::Sample;

/// A sample of one of the sources.
enum Merged<'a> {
    Float(f64),
    Histogram(&'a Arc<FloatHistogram>),
}

impl SampleColumns {
    /// Adds the samples of `sources`, each of which is in the order of time, at the end in the order of time. Of several
    /// samples of the same time, floats or histograms, only that of the first source is taken.
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
        let count = sources.iter().map(|source| source.len() + source.histograms.len()).sum();
        let mut merged: Vec<(i64, i64, Merged<'_>)> = Vec::with_capacity(count);
        for source in sources {
            let start = |lane: &[i64], index: usize| lane.get(index).copied().unwrap_or(0);
            merged.extend(source.iter().enumerate().map(|(index, sample)| {
                let start_ms = start(&source.start_timestamps, index);
                (sample.timestamp_ms, start_ms, Merged::Float(sample.value))
            }));
            let histograms = &source.histograms;
            merged.extend(histograms.iter().enumerate().map(|(index, (t_ms, value))| {
                (t_ms, start(&histograms.start_timestamps, index), Merged::Histogram(value))
            }));
        }
        // Sorting is stable, and quick for what consists of sorted runs: the first source stays first.
        merged.sort_by_key(|&(timestamp_ms, ..)| timestamp_ms);
        merged.dedup_by_key(|&mut (timestamp_ms, ..)| timestamp_ms);
        for (timestamp_ms, start_ms, sample) in merged {
            match sample {
                Merged::Float(value) => self.push_started(Sample { timestamp_ms, value }, start_ms),
                Merged::Histogram(value) => {
                    self.histograms.push_started(timestamp_ms, value.clone(), start_ms)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_source_wins_whatever_the_kinds_are() {
        let histogram = |count: f64| Arc::new(FloatHistogram { count, ..FloatHistogram::default() });
        let (mut one, mut two) = (SampleColumns::new(), SampleColumns::new());
        one.push_started(Sample { timestamp_ms: 10, value: 1.0 }, 5);
        one.histograms.push(20, histogram(1.0));
        two.histograms.push(10, histogram(2.0));
        two.push(Sample { timestamp_ms: 20, value: 2.0 });
        two.push(Sample { timestamp_ms: 30, value: 3.0 });
        two.histograms.push_started(40, histogram(4.0), 35);
        let mut merged = SampleColumns::new();
        merged.merge(&[one, two]);
        merged.complete_start_timestamps();
        assert_eq!((merged.timestamps, merged.values), (vec![10, 30], vec![1.0, 3.0]));
        assert_eq!(merged.start_timestamps, [5, 0]);
        let counts: Vec<_> = merged.histograms.iter().map(|(t, h)| (t, h.count)).collect();
        assert_eq!(counts, [(20, 1.0), (40, 4.0)]);
        assert_eq!(merged.histograms.start_timestamps, [0, 35]);
    }
}

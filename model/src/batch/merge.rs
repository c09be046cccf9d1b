//! Samples of several sources as one series.

use std::sync::Arc;

use emberdb_histogram::FloatHistogram;

use super::SampleColumns;
use crate::Sample;

/// A sample of one of the sources.
struct Merged<'a> {
    timestamp_ms: i64,
    start_ms: i64,
    value: MergedValue<'a>,
}

enum MergedValue<'a> {
    Float(f64),
    Histogram(&'a Arc<FloatHistogram>),
}

impl SampleColumns {
    /// Adds the samples of `sources`, each of which is in the order of time, at the end in the order of time. Of several
    /// samples of the same time, floats or histograms, one is taken: the same that upstream takes, whose iterator changes the
    /// source then, so that it is mostly not that of the sample before.
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
    /// merged.merge(&[of(&[(1, 0.1), (3, 0.3)]), of(&[(2, 0.2), (4, 0.4)])]);
    /// assert_eq!((merged.timestamps, merged.values), (vec![1, 2, 3, 4], vec![0.1, 0.2, 0.3, 0.4]));
    /// ```
    pub fn merge(&mut self, sources: &[Self]) {
        let mut chain = Chain::new(sources);
        while let Some((&Merged { timestamp_ms, start_ms, ref value }, is_next)) = chain.next() {
            match value {
                MergedValue::Float(value) => {
                    self.push_started(Sample { timestamp_ms, value: *value }, start_ms);
                }
                MergedValue::Histogram(histogram) => {
                    self.histograms.push_started(timestamp_ms, Arc::clone(histogram), start_ms);
                    if !is_next {
                        self.histograms.forget_reset(self.histograms.len() - 1);
                    }
                }
            }
        }
    }
}

/// The samples of a source in the order of time, floats and histograms together.
fn in_order(source: &SampleColumns) -> Vec<Merged<'_>> {
    let start = |lane: &[i64], index: usize| lane.get(index).copied().unwrap_or(0);
    let mut samples = Vec::with_capacity(source.len() + source.histograms.len());
    samples.extend(source.iter().enumerate().map(|(index, Sample { timestamp_ms, value })| Merged {
        timestamp_ms,
        start_ms: start(&source.start_timestamps, index),
        value: MergedValue::Float(value),
    }));
    let histograms = &source.histograms;
    samples.extend(histograms.iter().enumerate().map(|(index, (timestamp_ms, histogram))| Merged {
        timestamp_ms,
        start_ms: start(&histograms.start_timestamps, index),
        value: MergedValue::Histogram(histogram),
    }));
    // Quick for what consists of two sorted runs, or of one.
    samples.sort_by_key(|sample| sample.timestamp_ms);
    samples
}

/// Sources one after the other as time goes. Which of several samples of one time comes is a matter of the order in which sources
/// wait in the heap, so that is upstream's.
struct Chain<'a> {
    sources: Vec<Vec<Merged<'a>>>,
    /// How many samples of each source were looked at; the last of these is its current one.
    looked_at: Vec<usize>,
    /// The sources that wait, with their current samples: a binary heap, the earliest on top.
    waiting: Vec<usize>,
    current: Option<usize>,
    last_ms: Option<i64>,
}

impl<'a> Chain<'a> {
    fn new(sources: &'a [SampleColumns]) -> Self {
        let sources: Vec<_> = sources.iter().map(in_order).collect();
        let current = (!sources.is_empty()).then_some(0);
        let looked_at = vec![0; sources.len()];
        let mut chain = Self { sources, looked_at, waiting: Vec::new(), current, last_ms: None };
        for source in 1..chain.sources.len() {
            if chain.advance(source).is_some() {
                chain.wait(source);
            }
        }
        chain
    }

    /// The next sample, and whether it stands behind the one before it in the same source.
    fn next(&mut self) -> Option<(&Merged<'a>, bool)> {
        let mut is_next = self.last_ms.is_some();
        loop {
            let current = self.current?;
            match self.advance(current) {
                Some(t_ms) if Some(t_ms) == self.last_ms => continue,
                Some(t_ms) if self.waiting.first().is_none_or(|&top| t_ms < self.time(top)) => break,
                Some(_) => self.wait(current),
                None => {}
            }
            self.current = self.take_earliest();
            is_next = false;
            if self.current.is_some_and(|current| Some(self.time(current)) != self.last_ms) {
                break;
            }
        }
        let current = self.current?;
        self.last_ms = Some(self.time(current));
        let sample = self.sources.get(current)?.get(self.looked_at.get(current)?.checked_sub(1)?)?;
        Some((sample, is_next))
    }

    /// Looks at the next sample of a source: its time, or none at the end.
    fn advance(&mut self, source: usize) -> Option<i64> {
        let looked_at = &mut self.looked_at[source];
        let sample = self.sources[source].get(*looked_at)?;
        *looked_at += 1;
        Some(sample.timestamp_ms)
    }

    /// The time of a source's current sample.
    fn time(&self, source: usize) -> i64 {
        self.sources[source][self.looked_at[source] - 1].timestamp_ms
    }

    fn wait(&mut self, source: usize) {
        self.waiting.push(source);
        let mut place = self.waiting.len() - 1;
        while place > 0 {
            let parent = (place - 1) / 2;
            if self.time(self.waiting[place]) >= self.time(self.waiting[parent]) {
                break;
            }
            self.waiting.swap(place, parent);
            place = parent;
        }
    }

    fn take_earliest(&mut self) -> Option<usize> {
        let last = self.waiting.len().checked_sub(1)?;
        self.waiting.swap(0, last);
        let mut place = 0;
        loop {
            let (left, right) = (2 * place + 1, 2 * place + 2);
            if left >= last {
                break;
            }
            let is_right = right < last && self.time(self.waiting[right]) < self.time(self.waiting[left]);
            let earlier = if is_right { right } else { left };
            if self.time(self.waiting[earlier]) >= self.time(self.waiting[place]) {
                break;
            }
            self.waiting.swap(place, earlier);
            place = earlier;
        }
        self.waiting.pop()
    }
}

#[cfg(test)]
mod tests {
    use emberdb_histogram::CounterResetHint;

    use super::*;

    #[test]
    fn a_source_that_waits_wins_whatever_the_kinds_are() {
        let histogram = |count: f64| {
            let counter_reset_hint = CounterResetHint::NotReset;
            Arc::new(FloatHistogram { count, counter_reset_hint, ..FloatHistogram::default() })
        };
        let (mut one, mut two) = (SampleColumns::new(), SampleColumns::new());
        one.push_started(Sample { timestamp_ms: 10, value: 1.0 }, 5);
        one.histograms.push(20, histogram(1.0));
        two.histograms.push(10, histogram(2.0));
        two.push(Sample { timestamp_ms: 30, value: 3.0 });
        two.histograms.push_started(40, histogram(4.0), 35);
        let mut merged = SampleColumns::new();
        merged.merge(&[one, two]);
        merged.complete_start_timestamps();
        assert_eq!((merged.timestamps, merged.values), (vec![30], vec![3.0]));
        let counts: Vec<_> = merged.histograms.iter().map(|(t, h)| (t, h.count)).collect();
        assert_eq!(counts, [(10, 2.0), (20, 1.0), (40, 4.0)]);
        assert_eq!(merged.histograms.start_timestamps, [0, 0, 35]);
        let hints: Vec<_> = merged.histograms.values.iter().map(|h| h.counter_reset_hint).collect();
        // That at 40 stands behind the float at 30 of its own source.
        assert_eq!(hints, [CounterResetHint::Unknown, CounterResetHint::Unknown, CounterResetHint::NotReset]);
    }

    #[test]
    fn many_sources_are_in_order_and_each_time_comes_once() {
        let sources: Vec<SampleColumns> = (0..7_i64)
            .map(|number| {
                let mut source = SampleColumns::new();
                let times = (0..40).filter(|t| (t * 7 + number) % (number + 2) == 0);
                times.for_each(|t| source.push(Sample { timestamp_ms: t, value: number as f64 }));
                source
            })
            .collect();
        let mut merged = SampleColumns::new();
        merged.merge(&sources);
        let times: std::collections::BTreeSet<i64> =
            sources.iter().flat_map(|s| s.timestamps.clone()).collect();
        assert_eq!(merged.timestamps, times.into_iter().collect::<Vec<_>>());
        for sample in merged.iter() {
            assert!(sources[sample.value as usize].timestamps.contains(&sample.timestamp_ms));
        }
    }
}

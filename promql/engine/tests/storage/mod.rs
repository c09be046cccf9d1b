//! A storage in memory: series with their samples in columns, in the order in which they were added.

use std::sync::Arc;

use emberdb_model::storage::{Querier, Queryable, SeriesSet, StorageError};
use emberdb_model::{Label, Labels, Matcher, Sample, SampleColumns, SymbolTable, TimeRange};

/// Series with their samples.
#[derive(Clone, Default)]
pub(crate) struct MemoryStorage {
    series: Arc<Vec<(Labels, SampleColumns)>>,
}

impl MemoryStorage {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a series.
    pub(crate) fn add(&mut self, labels: Labels, samples: SampleColumns) {
        Arc::make_mut(&mut self.series).push((labels, samples));
    }

    fn matching(&self, matchers: &[Matcher], range: TimeRange) -> Vec<usize> {
        let matches =
            |labels: &Labels| matchers.iter().all(|m| m.matches(labels.get(m.name()).unwrap_or("")));
        let overlaps = |samples: &SampleColumns| {
            let from = samples.timestamps.partition_point(|&t| t < range.min_ms);
            samples.timestamps.get(from).is_some_and(|&t| t <= range.max_ms)
        };
        let series = self.series.iter().enumerate();
        series.filter(|(_, (labels, samples))| matches(labels) && overlaps(samples)).map(|(i, _)| i).collect()
    }
}

impl Queryable for MemoryStorage {
    fn querier(&self) -> Result<Box<dyn Querier>, StorageError> {
        Ok(Box::new(self.clone()))
    }
}

impl Querier for MemoryStorage {
    fn select(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
        symbols: &mut SymbolTable,
    ) -> Result<Box<dyn SeriesSet>, StorageError> {
        let chosen = self.matching(matchers, range);
        let labels = chosen.iter().map(|&series| {
            let pairs = self.series[series].0.iter();
            pairs.map(|(n, v)| Label { name: symbols.intern(n), value: symbols.intern(v) }).collect()
        });
        let labels = labels.collect();
        Ok(Box::new(Selected { storage: self.clone(), chosen, labels }))
    }

    fn label_names(&self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<String>, StorageError> {
        let chosen = self.matching(matchers, range).into_iter();
        let mut names: Vec<String> = chosen
            .flat_map(|i| self.series[i].0.iter().map(|(n, _)| n.to_owned()).collect::<Vec<_>>())
            .collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        range: TimeRange,
    ) -> Result<Vec<String>, StorageError> {
        let chosen = self.matching(matchers, range).into_iter();
        let mut values: Vec<String> =
            chosen.filter_map(|i| self.series[i].0.get(name).map(str::to_owned)).collect();
        values.sort();
        values.dedup();
        Ok(values)
    }
}

struct Selected {
    storage: MemoryStorage,
    chosen: Vec<usize>,
    labels: Vec<Vec<Label>>,
}

impl SeriesSet for Selected {
    fn len(&self) -> usize {
        self.chosen.len()
    }

    fn labels(&self, series: usize) -> &[Label] {
        &self.labels[series]
    }

    fn read(&self, series: usize, range: TimeRange, samples: &mut SampleColumns) -> Result<(), StorageError> {
        let held = &self.storage.series[self.chosen[series]].1;
        let from = held.timestamps.partition_point(|&t| t < range.min_ms);
        let to = held.timestamps.partition_point(|&t| t <= range.max_ms).max(from);
        samples.timestamps.extend_from_slice(&held.timestamps[from..to]);
        samples.values.extend_from_slice(&held.values[from..to]);
        Ok(())
    }

    fn newest(
        &self,
        series: usize,
        range: TimeRange,
        _: &mut SampleColumns,
    ) -> Result<Option<Sample>, StorageError> {
        let held = &self.storage.series[self.chosen[series]].1;
        let newest = held.timestamps.partition_point(|&t| t <= range.max_ms).checked_sub(1);
        let sample = newest.map(|i| Sample { timestamp_ms: held.timestamps[i], value: held.values[i] });
        Ok(sample.filter(|sample| range.contains(sample.timestamp_ms)))
    }
}

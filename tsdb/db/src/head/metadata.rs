//! What the metrics of series are for.
//!
//! Most heads have none, and in one that has, the series of a metric share theirs: a table beside the series costs 16 bytes a series
//! that has metadata, and nothing the others.

use std::sync::Arc;

use emberdb_model::Metadata;
use emberdb_tsdb_index::SeriesId;
use emberdb_wal::{MetricType, RefMetadata};
use foldhash::HashMap;
use parking_lot::RwLock;

/// The newest metadata of each series that has any. The lock is taken last.
#[derive(Default)]
pub(crate) struct MetadataTable {
    tables: RwLock<Tables>,
}

#[derive(Default)]
struct Tables {
    by_series: HashMap<SeriesId, Arc<Metadata>>,
    /// All that differ, and how many series have each.
    distinct: HashMap<Arc<Metadata>, usize>,
}

impl MetadataTable {
    /// Whether a series has exactly this.
    pub(super) fn has(&self, series: SeriesId, metadata: &Metadata) -> bool {
        self.tables.read().by_series.get(&series).is_some_and(|known| **known == *metadata)
    }

    /// Stores what was logged.
    pub(super) fn store(&self, batch: MetadataBatch) {
        if batch.list.is_empty() {
            return;
        }
        let mut tables = self.tables.write();
        for BatchMetadata { id, metadata, .. } in batch.list {
            tables.set(id, metadata);
        }
    }

    /// Stores what the log has.
    pub(super) fn restore(&self, series: SeriesId, logged: RefMetadata<'_>) {
        let metadata = Metadata {
            metric_type: from_logged(logged.metric_type),
            unit: logged.unit.to_owned(),
            help: logged.help.to_owned(),
        };
        self.tables.write().set(series, metadata);
    }

    /// Forgets the metadata of series whose labels leave the log: they are to be logged again when there are samples again.
    pub(super) fn forget(&self, series: &[SeriesId]) {
        if self.tables.read().by_series.is_empty() {
            return;
        }
        let mut tables = self.tables.write();
        for id in series {
            tables.remove(*id);
        }
    }

    /// All series that have metadata, ascending, and what they have.
    pub(crate) fn all(&self) -> Vec<(SeriesId, Arc<Metadata>)> {
        let tables = self.tables.read();
        let mut all: Vec<_> = tables.by_series.iter().map(|(&id, m)| (id, Arc::clone(m))).collect();
        drop(tables);
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    /// Bytes on the heap, about.
    pub(crate) fn heap_bytes(&self) -> usize {
        let tables = self.tables.read();
        let texts = tables.distinct.keys().map(|m| size_of::<Metadata>() + m.unit.len() + m.help.len());
        tables.by_series.capacity() * (size_of::<(SeriesId, Arc<Metadata>)>() + 1)
            + tables.distinct.capacity() * (size_of::<(Arc<Metadata>, usize)>() + 1)
            + texts.sum::<usize>()
    }
}

impl Tables {
    fn set(&mut self, series: SeriesId, metadata: Metadata) {
        self.remove(series);
        let metadata = match self.distinct.get_key_value(&metadata) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::new(metadata),
        };
        *self.distinct.entry(Arc::clone(&metadata)).or_default() += 1;
        self.by_series.insert(series, metadata);
    }

    fn remove(&mut self, series: SeriesId) {
        let Some(metadata) = self.by_series.remove(&series) else { return };
        if let Some(count) = self.distinct.get_mut(&metadata) {
            *count -= 1;
            if *count == 0 {
                self.distinct.remove(&metadata);
            }
        }
    }
}

/// The metadata of one batch, of each series the newest.
#[derive(Default)]
pub(super) struct MetadataBatch {
    list: Vec<BatchMetadata>,
    places: HashMap<SeriesId, usize>,
}

/// The metadata of a series in a batch.
pub(super) struct BatchMetadata {
    pub(super) id: SeriesId,
    pub(super) wal_ref: u64,
    pub(super) metadata: Metadata,
}

impl MetadataBatch {
    /// Whether nothing would change.
    pub(super) fn is_known(&self, stored: &MetadataTable, series: SeriesId, metadata: &Metadata) -> bool {
        match self.places.get(&series).and_then(|&place| self.list.get(place)) {
            Some(newest) => newest.metadata == *metadata,
            None => stored.has(series, metadata),
        }
    }

    /// Replaces what the batch has of the series.
    pub(super) fn set(&mut self, added: BatchMetadata) {
        let place = *self.places.entry(added.id).or_insert(self.list.len());
        match self.list.get_mut(place) {
            Some(earlier) => *earlier = added,
            None => self.list.push(added),
        }
    }

    pub(super) fn as_slice(&self) -> &[BatchMetadata] {
        &self.list
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}

impl BatchMetadata {
    pub(super) fn logged(&self) -> RefMetadata<'_> {
        let Metadata { metric_type, unit, help } = &self.metadata;
        RefMetadata { series_ref: self.wal_ref, metric_type: to_logged(*metric_type), unit, help }
    }
}

fn to_logged(metric_type: emberdb_model::MetricType) -> MetricType {
    use emberdb_model::MetricType as Known;
    match metric_type {
        Known::Unknown => MetricType::Unknown,
        Known::Counter => MetricType::Counter,
        Known::Gauge => MetricType::Gauge,
        Known::Histogram => MetricType::Histogram,
        Known::GaugeHistogram => MetricType::GaugeHistogram,
        Known::Summary => MetricType::Summary,
        Known::Info => MetricType::Info,
        Known::StateSet => MetricType::StateSet,
    }
}

fn from_logged(metric_type: MetricType) -> emberdb_model::MetricType {
    use emberdb_model::MetricType as Known;
    match metric_type {
        MetricType::Unknown | MetricType::Other(_) => Known::Unknown,
        MetricType::Counter => Known::Counter,
        MetricType::Gauge => Known::Gauge,
        MetricType::Histogram => Known::Histogram,
        MetricType::GaugeHistogram => Known::GaugeHistogram,
        MetricType::Summary => Known::Summary,
        MetricType::Info => Known::Info,
        MetricType::StateSet => Known::StateSet,
    }
}

#[cfg(test)]
mod tests {
    use emberdb_model::MetricType as Known;
    use proptest::prelude::*;

    use super::*;

    fn metadata(help: u8) -> Metadata {
        Metadata { help: help.to_string(), ..Metadata::default() }
    }

    proptest! {
        /// Against a plain map: what nobody has any more is not kept.
        #[test]
        fn texts_are_kept_once_and_while_a_series_has_them(
            events in prop::collection::vec((0..4u32, prop::option::weighted(0.8, 0..3u8)), 0..40),
        ) {
            let table = MetadataTable::default();
            let mut model = std::collections::BTreeMap::new();
            for (series, help) in events {
                let id = SeriesId(series);
                match help {
                    Some(help) => {
                        let mut batch = MetadataBatch::default();
                        prop_assert_eq!(
                            batch.is_known(&table, id, &metadata(help)), model.get(&series) == Some(&help)
                        );
                        batch.set(BatchMetadata { id, wal_ref: 1, metadata: metadata(9) });
                        batch.set(BatchMetadata { id, wal_ref: 1, metadata: metadata(help) });
                        prop_assert!(batch.is_known(&table, id, &metadata(help)) && batch.len() == 1);
                        table.store(batch);
                        model.insert(series, help);
                    }
                    None => {
                        table.forget(&[id]);
                        model.remove(&series);
                    }
                }
                let all: Vec<_> = table.all().into_iter().map(|(id, m)| (id.0, (*m).clone())).collect();
                let expected: Vec<_> = model.iter().map(|(&series, &help)| (series, metadata(help))).collect();
                prop_assert_eq!(all, expected);
                let distinct: std::collections::BTreeSet<_> = model.values().collect();
                prop_assert_eq!(table.tables.read().distinct.len(), distinct.len());
            }
        }
    }

    #[test]
    fn types_go_there_and_back() {
        for byte in 0..=8 {
            let logged = MetricType::from_byte(byte);
            let expected = if byte == 8 { MetricType::Unknown } else { logged };
            assert_eq!(to_logged(from_logged(logged)), expected);
        }
        assert_eq!(from_logged(MetricType::StateSet), Known::StateSet);
    }
}

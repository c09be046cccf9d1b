//! Asking for exemplars.

use emberdb_model::storage::{ExemplarQueryable, StorageError};
use emberdb_model::{Matcher, SeriesExemplars, TimeRange};
use emberdb_tsdb_index::SeriesId;

use super::Tsdb;

impl ExemplarQueryable for Tsdb {
    fn select_exemplars(
        &self,
        selectors: &[Vec<Matcher>],
        range: TimeRange,
    ) -> Result<Vec<SeriesExemplars>, StorageError> {
        self.shared.check_open()?;
        let head = &self.shared.head;
        let ids = {
            let index = head.index.read();
            let mut ids: Vec<SeriesId> =
                selectors.iter().flat_map(|matchers| index.select(matchers)).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let found = head.exemplars.select(&ids, range);
        let index = head.index.read();
        let named = found.into_iter().map(|(id, exemplars)| {
            let series = index.labels(id).to_labels().expect("a stored series has a valid label set");
            SeriesExemplars { series, exemplars }
        });
        let mut named: Vec<_> = named.collect();
        named.sort_unstable_by(|a, b| a.series.cmp(&b.series));
        Ok(named)
    }
}

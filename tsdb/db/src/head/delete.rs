//! Hiding samples of the head.

use emberdb_model::storage::StorageError;
use emberdb_model::{Matcher, TimeRange};
use emberdb_tsdb_index::SeriesId;
use emberdb_wal::{RefTombstone, encode_tombstones};

use super::Head;
use crate::error::{closed, log_failed};

impl Head {
    /// Hides the samples in `range` of all series that meet `matchers`: logged first, then in memory. What is deleted of a series
    /// ends with its samples, so that what comes later is there.
    pub(crate) fn delete(&self, matchers: &[Matcher], range: TimeRange) -> Result<(), StorageError> {
        let ids = self.index.read().select(matchers);
        let mut log = self.log.lock();
        self.isolation.check().map_err(log_failed)?;
        let Some(writer) = &mut log.writer else { return Err(closed()) };
        let deleted: Vec<(SeriesId, RefTombstone)> =
            ids.into_iter().filter_map(|id| Some((id, self.tombstone(id, range)?))).collect();
        if deleted.is_empty() {
            return Ok(());
        }
        let mut record = Vec::new();
        encode_tombstones(deleted.iter().map(|(_, tombstone)| *tombstone), &mut record);
        writer.log(&[&record]).map_err(log_failed).inspect_err(|error| self.note_failure(error))?;
        for (id, RefTombstone { min_ms, max_ms, .. }) in deleted {
            self.pages.with(id, |series| series.delete(TimeRange::new(min_ms, max_ms)));
        }
        let promise = log.promise(self.options.durability);
        drop(log);
        promise.wait().inspect_err(|error| self.isolation.fail(error)).map_err(log_failed)
    }

    /// What is to be deleted of a series; none if it has nothing there.
    fn tombstone(&self, id: SeriesId, range: TimeRange) -> Option<RefTombstone> {
        let found =
            self.pages.read(id, |series| Some((series.wal_ref, series.time_range()?.intersection(&range))));
        let (series_ref, range) = found.flatten()?;
        let TimeRange { min_ms, max_ms, .. } = range;
        (!range.is_empty()).then_some(RefTombstone { series_ref, min_ms, max_ms })
    }
}

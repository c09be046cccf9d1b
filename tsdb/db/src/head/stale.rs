//! Series that have ended: their newest sample is a staleness marker.

use emberdb_model::TimeRange;
use emberdb_model::storage::StorageError;
use emberdb_tsdb_index::SeriesId;
use emberdb_wal::{RefTombstone, encode_tombstones};

use super::Head;
use super::page::Pages;
use crate::error::{closed, log_failed};

/// The series that had ended at one moment.
pub(crate) struct StaleSeries {
    /// With the time of the marker, ascending.
    ended: Vec<(SeriesId, i64)>,
    /// All series that have samples in memory, these too.
    in_memory: usize,
    /// From the first to the last time of their samples; absent without any.
    range: Option<TimeRange>,
}

impl StaleSeries {
    /// From the first to the last time of their samples; absent without any.
    pub(crate) fn range(&self) -> Option<TimeRange> {
        self.range
    }

    /// Whether they are at least such a part of all series in memory.
    pub(crate) fn is_at_least(&self, ratio: f64) -> bool {
        self.ended.len() as f64 >= ratio * self.in_memory as f64
    }

    /// Which they are.
    pub(crate) fn ids(&self) -> impl Iterator<Item = SeriesId> {
        self.ended.iter().map(|&(id, _)| id)
    }
}

impl Head {
    /// The series that have ended, of those whose samples are all at `from_ms` or later. Those with late samples are left out, and those
    /// that may still get some: these go into blocks in another way, and must not come to where a deletion hides them.
    pub(crate) fn stale_series(&self, from_ms: i64) -> StaleSeries {
        let late_from_ms = self.accepted().late_from_ms.unwrap_or(i64::MAX);
        let mut stale = StaleSeries { ended: Vec::new(), in_memory: 0, range: None };
        for (number, page) in self.pages.all().iter().enumerate() {
            for (slot, series) in page.read().iter().enumerate() {
                let Some(range) = series.time_range() else { continue };
                stale.in_memory += 1;
                let is_left_alone = range.min_ms >= from_ms && range.max_ms < late_from_ms;
                if is_left_alone && series.late().is_none() && series.is_stale() {
                    stale.ended.push((Pages::id(number, slot), range.max_ms));
                    stale.range = Some(stale.range.map_or(range, |all| all.union(&range)));
                }
            }
        }
        stale
    }

    /// Forgets the samples of series that have ended, which are in blocks now: in the log first, so that they do not come back, then in
    /// memory. A series that goes on meanwhile is left as it is. Nobody may want to read them any more.
    pub(crate) fn forget_stale(&self, stale: &StaleSeries) -> Result<(), StorageError> {
        let mut log = self.settled_log().map_err(log_failed)?;
        let has_ended = |&(id, marker_ms): &(SeriesId, i64)| {
            let found = self.pages.read(id, |series| {
                let range = series.time_range().filter(|range| range.max_ms == marker_ms)?;
                let TimeRange { min_ms, max_ms, .. } = range;
                series.late().is_none().then_some(RefTombstone { series_ref: series.wal_ref, min_ms, max_ms })
            });
            Some((id, found.flatten()?))
        };
        let ended: Vec<(SeriesId, RefTombstone)> = stale.ended.iter().filter_map(has_ended).collect();
        if ended.is_empty() {
            return Ok(());
        }
        let Some(writer) = &mut log.writer else { return Err(closed()) };
        let mut record = Vec::new();
        encode_tombstones(ended.iter().map(|(_, tombstone)| *tombstone), &mut record);
        writer.log(&[&record]).map_err(log_failed)?;
        let late_from_ms = self.accepted().late_from_ms.unwrap_or(i64::MAX);
        let forget = |&(id, RefTombstone { min_ms, max_ms, .. }): &(SeriesId, RefTombstone)| {
            self.pages.with(id, |series| {
                let forgotten = series.forget_before(max_ms.saturating_add(1), late_from_ms);
                // As a restart will find it: what is in files is not wanted any more, and what comes next is newer.
                series.delete(TimeRange::new(min_ms, max_ms));
                forgotten
            })
        };
        let forgotten: u64 = ended.iter().filter_map(forget).map(u64::from).sum();
        self.note_forgotten(forgotten);
        Ok(())
    }
}

//! What a reader sees of one series.

use std::sync::Arc;

use emberdb_model::storage::{StorageError, StorageErrorKind};
use emberdb_model::{Sample, SampleColumns, SampleValue, TimeRange};
use emberdb_tsdb_chunk::{ChunkError, Encoding, decode_floats};

use super::Series;
use crate::head::chunk::HeadChunk;
use crate::head::chunk_file::ChunkFiles;
use crate::head::late::LateSamples;

/// What a reader sees, and where it finds it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) files: &'a ChunkFiles,
    /// The last commit that is seen.
    pub(crate) commit: u64,
    /// Samples in order are seen from this time on; earlier ones are in blocks. Late samples are seen whatever their time is.
    pub(crate) in_order_from_ms: i64,
}

impl View<'_> {
    /// The part of a range in which samples in order are looked for.
    fn in_order(self, range: TimeRange) -> TimeRange {
        TimeRange::new(range.min_ms.max(self.in_order_from_ms), range.max_ms)
    }
}

impl Series {
    /// Whether a reader sees any sample, and whether the series reaches into `range`.
    pub(crate) fn may_have(&self, view: View<'_>, range: TimeRange) -> bool {
        if self.is_all_deleted() {
            return false;
        }
        let is_late = |late: &LateSamples| late.range().is_some_and(|late| late.overlaps(&range));
        self.may_have_in_order(view.commit, view.in_order(range)) || self.late().is_some_and(is_late)
    }

    /// Whether one deletion takes all samples.
    fn is_all_deleted(&self) -> bool {
        let Some(rare) = self.rare.as_ref().filter(|rare| !rare.deleted.is_empty()) else { return false };
        self.time_range().is_some_and(|all| rare.deleted.iter().any(|range| range.intersection(&all) == all))
    }

    /// Whether a reader that holds `commit` sees any sample in order, and whether these reach into `range`.
    pub(in crate::head) fn may_have_in_order(&self, commit: u64, range: TimeRange) -> bool {
        let oldest_ms = self.finished.first().map_or(self.open_min_ms, |c| c.min_ms);
        let newest_ms = match self.open.last() {
            Some((t, _)) => t,
            None => self.finished.last().map_or(i64::MIN, |c| c.max_ms),
        };
        let has_floats = self.visibility.visible(commit, self.samples) > 0
            && range.overlaps(&TimeRange::new(oldest_ms, newest_ms));
        has_floats || self.histograms.as_ref().is_some_and(|lane| lane.may_have(commit, range))
    }

    /// Whether there may be histograms. If not, nobody who reads now will ever see one.
    pub(crate) fn may_have_histograms(&self) -> bool {
        self.histograms.is_some() || self.late().is_some_and(LateSamples::may_have_histograms)
    }

    /// Appends to `columns` the samples in `range` that a reader sees.
    pub(crate) fn read(
        &self,
        view: View<'_>,
        range: TimeRange,
        columns: &mut SampleColumns,
    ) -> Result<(), StorageError> {
        match self.late() {
            Some(late) if late.range().is_some_and(|late| late.overlaps(&range)) => {
                self.read_with_late(late, view, range, columns)
            }
            _ => self.read_in_order(view, range, columns),
        }
    }

    /// Merges samples in order with late ones. As upstream, chunks are taken in the order of their first time, and merged are those
    /// that overlap: of samples with one time that tells which one is seen.
    fn read_with_late(
        &self,
        late: &LateSamples,
        view: View<'_>,
        range: TimeRange,
        columns: &mut SampleColumns,
    ) -> Result<(), StorageError> {
        let mut in_order = SampleColumns::new();
        self.read_in_order(view, range, &mut in_order)?;
        let chunks = self.finished_chunks().map(HeadChunk::range).chain(self.open_chunk().map(|(r, ..)| r));
        let mut sources: Vec<(TimeRange, SampleColumns)> =
            chunks.map(|chunk| (chunk, in_order.within(chunk))).collect();
        late.read(view.files, range, &mut sources)?;
        sources.sort_by_key(|(chunk, _)| chunk.min_ms);
        let mut merged = SampleColumns::new();
        let mut end_ms = None;
        let mut group: Vec<SampleColumns> = Vec::new();
        for (chunk, samples) in sources {
            if end_ms.is_some_and(|end_ms| chunk.min_ms > end_ms) {
                append_group(&mut group, &mut merged);
            }
            end_ms = end_ms.max(Some(chunk.max_ms));
            group.push(samples);
        }
        append_group(&mut group, &mut merged);
        self.deleted().iter().for_each(|&deleted| merged.remove_all(deleted));
        columns.append(merged);
        Ok(())
    }

    fn read_in_order(
        &self,
        view: View<'_>,
        range: TimeRange,
        columns: &mut SampleColumns,
    ) -> Result<(), StorageError> {
        let range = view.in_order(range);
        self.read_floats(view.files, view.commit, range, columns)?;
        match &self.histograms {
            Some(lane) => lane.read(view.files, view.commit, range, self.deleted(), &mut columns.histograms),
            None => Ok(()),
        }
    }

    /// Appends to `columns` the floats in `range` that a reader sees who holds `commit`.
    fn read_floats(
        &self,
        files: &ChunkFiles,
        commit: u64,
        range: TimeRange,
        columns: &mut SampleColumns,
    ) -> Result<(), StorageError> {
        let from = columns.len();
        let mut unseen_from = self.visibility.visible(commit, self.samples) as usize;
        for chunk in &self.finished {
            if unseen_from == 0 || chunk.min_ms > range.max_ms {
                break;
            }
            let visible = unseen_from.min(usize::from(chunk.samples));
            unseen_from -= visible;
            if chunk.max_ms >= range.min_ms {
                read_chunk(chunk.encoding, &chunk.bytes(files)?, visible, columns)?;
            }
        }
        if unseen_from > 0 && self.open_min_ms <= range.max_ms {
            read_chunk(self.open.encoding(), self.open.bytes(), unseen_from, columns)?;
        }
        columns.trim(from, range);
        for &deleted in self.deleted() {
            columns.remove(from, deleted);
        }
        Ok(())
    }

    /// The newest sample in `range` that a reader sees, if it can be told without decoding because it is a float: `None` if
    /// not. Late samples are never the newest.
    pub(crate) fn newest_if_near(&self, view: View<'_>, range: TimeRange) -> Option<Option<Sample>> {
        let (timestamp_ms, value) = self.open.last()?;
        let all_visible = self.visibility.visible(view.commit, self.samples) == self.samples;
        let is_seen = all_visible && self.rare.is_none() && timestamp_ms >= view.in_order_from_ms;
        (is_seen && timestamp_ms <= range.max_ms)
            .then(|| Some(Sample { timestamp_ms, value }).filter(|_| timestamp_ms >= range.min_ms))
    }

    /// The newest sample in `range` that a reader sees. `scratch` is memory to work in.
    pub(crate) fn newest_in(
        &self,
        view: View<'_>,
        range: TimeRange,
        scratch: &mut SampleColumns,
    ) -> Result<Option<(i64, SampleValue)>, StorageError> {
        if self.late().is_some() {
            scratch.clear();
            self.read(view, range, scratch)?;
            return Ok(scratch.newest());
        }
        let View { files, commit, .. } = view;
        let range = view.in_order(range);
        let newest = match &self.histograms {
            Some(lane) => lane.newest_in(files, commit, range, self.deleted())?,
            None => None,
        };
        // Floats before the histogram are not looked for.
        let min_ms = newest.as_ref().map_or(range.min_ms, |&(t_ms, _)| t_ms.max(range.min_ms));
        scratch.clear();
        self.read_floats(files, commit, TimeRange::new(min_ms, range.max_ms), scratch)?;
        Ok(match scratch.last() {
            Some(float) => Some(float.into()),
            None => newest.map(|(t_ms, histogram)| (t_ms, SampleValue::Histogram(Arc::new(histogram)))),
        })
    }
}

/// Takes out chunks that overlap, or one that overlaps none, and appends their samples.
fn append_group(group: &mut Vec<SampleColumns>, merged: &mut SampleColumns) {
    match group.len() {
        0 | 1 => group.drain(..).for_each(|only| merged.append(only)),
        _ => {
            merged.merge(group);
            group.clear();
        }
    }
}

/// Decodes the first `visible` samples of a chunk of floats.
pub(in crate::head) fn read_chunk(
    encoding: Encoding,
    bytes: &[u8],
    visible: usize,
    columns: &mut SampleColumns,
) -> Result<(), StorageError> {
    let from = columns.len();
    let SampleColumns { timestamps, values, start_timestamps, .. } = columns;
    if encoding == Encoding::Xor2 {
        // The lane may have ended before, where no start timestamps were known.
        start_timestamps.resize(from, 0);
    }
    decode_floats(encoding, bytes, timestamps, values, start_timestamps).map_err(corrupt)?;
    columns.truncate(from.saturating_add(visible).min(columns.len()));
    Ok(())
}

pub(in crate::head) fn corrupt(error: ChunkError) -> StorageError {
    StorageError::new(StorageErrorKind::Corrupt, format!("a chunk in memory is damaged: {error}"))
        .caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::super::tests::series;
    use super::*;

    fn view(files: &ChunkFiles) -> View<'_> {
        View { files, commit: 0, in_order_from_ms: i64::MIN }
    }

    #[test]
    fn extreme_times_are_kept() {
        let times = [i64::MIN, -1, 0, 1, i64::MAX];
        let series = series(times.into_iter(), |t| t as f64);
        let mut columns = SampleColumns::new();
        series.read(view(&ChunkFiles::none()), TimeRange::ALL, &mut columns).unwrap();
        assert_eq!(columns.timestamps, times);
    }

    #[test]
    fn deleted_samples_are_hidden() {
        let mut series = series(0..5, |t| t as f64);
        series.delete(TimeRange::new(1, 2));
        series.delete(TimeRange::new(4, 9));
        let mut columns = SampleColumns::new();
        series.read(view(&ChunkFiles::none()), TimeRange::ALL, &mut columns).unwrap();
        assert_eq!(columns.timestamps, [0, 3]);
        assert_eq!(series.newest_if_near(view(&ChunkFiles::none()), TimeRange::ALL), None);
    }

    #[test]
    fn reads_a_range_across_chunks() {
        let series = series((0..500).map(|i| i * 15_000), |t| t as f64);
        let mut columns = SampleColumns::new();
        series.read(view(&ChunkFiles::none()), TimeRange::new(1_799_000, 1_830_000), &mut columns).unwrap();
        assert_eq!(columns.timestamps, [1_800_000, 1_815_000, 1_830_000]);
        assert_eq!(columns.values, [1_800_000.0, 1_815_000.0, 1_830_000.0]);
    }
}

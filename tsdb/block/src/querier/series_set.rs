//! Selected series of a block.

use std::sync::Arc;

use emberdb_model::storage::{SeriesSet, StorageError};
use emberdb_model::{Label, SampleColumns, SampleValue, TimeRange};
use emberdb_tsdb_index::ChunkMeta;

use super::overlap::append_overlapping;
use super::selection::Selected;
use crate::chunk_file::ChunkFiles;
use crate::decode::ChunkDecoder;
use crate::tombstone::{Intervals, TombstoneSet};
use crate::{BlockError, BlockResult};

/// Selected series of a block, with their labels in the caller's symbols.
pub(super) struct BlockSeriesSet {
    selected: Selected,
    files: Arc<ChunkFiles>,
    tombstones: Arc<TombstoneSet>,
    may_have_histograms: bool,
}

impl BlockSeriesSet {
    pub(super) fn new(
        selected: Selected,
        files: Arc<ChunkFiles>,
        tombstones: Arc<TombstoneSet>,
        may_have_histograms: bool,
    ) -> Self {
        Self { selected, files, tombstones, may_have_histograms }
    }

    fn deleted(&self, series: usize) -> &Intervals {
        self.selected
            .entries
            .get(series)
            .map_or(Intervals::NONE, |entry| self.tombstones.of(u64::from(entry.0)))
    }

    /// Appends the samples of chunks that are in the order of time.
    fn append(
        &self,
        chunks: &[ChunkMeta],
        range: TimeRange,
        deleted: &Intervals,
        samples: &mut SampleColumns,
    ) -> BlockResult<()> {
        let mut decoder = ChunkDecoder::new();
        let histograms_before = samples.histograms.len();
        let mut left = chunks;
        while let Some((group, rest)) = split_group(left) {
            left = rest;
            if let [chunk] = group {
                let times = TimeRange::new(chunk.min_ms, chunk.max_ms);
                if times.overlaps(&range) {
                    let deleted = deleted.overlapping(times);
                    decoder.append(&self.files, chunk.chunk_ref, range, deleted, samples)?;
                }
            } else {
                append_overlapping(&self.files, group, range, deleted, &mut decoder, samples)?;
            }
        }
        if !self.may_have_histograms && samples.histograms.len() > histograms_before {
            let (path, offset) =
                chunks.first().map_or_else(Default::default, |chunk| self.files.describe(chunk.chunk_ref));
            let (expected, found) =
                ("floats, as the meta counts no histograms".to_owned(), "histograms".to_owned());
            return Err(BlockError::Corrupt { path, offset, expected, found });
        }
        Ok(())
    }

    /// The newest sample, for which mostly one chunk is decoded.
    fn find_newest(
        &self,
        series: usize,
        range: TimeRange,
        scratch: &mut SampleColumns,
    ) -> BlockResult<Option<(i64, SampleValue)>> {
        let mut left = self.selected.chunks(series);
        while let [rest @ .., last] = left
            && last.min_ms > range.max_ms
        {
            left = rest;
        }
        while let Some((rest, group)) = split_last_group(left) {
            left = rest;
            if group.iter().all(|chunk| chunk.max_ms < range.min_ms) {
                // Groups follow each other in time: those before it are older still.
                break;
            }
            scratch.clear();
            self.append(group, range, self.deleted(series), scratch)?;
            if let Some(newest) = scratch.newest() {
                return Ok(Some(newest));
            }
        }
        Ok(None)
    }
}

impl SeriesSet for BlockSeriesSet {
    fn len(&self) -> usize {
        self.selected.entries.len()
    }

    fn labels(&self, series: usize) -> &[Label] {
        self.selected.labels(series)
    }

    fn may_have_histograms(&self) -> bool {
        self.may_have_histograms
    }

    fn read(&self, series: usize, range: TimeRange, samples: &mut SampleColumns) -> Result<(), StorageError> {
        Ok(self.append(self.selected.chunks(series), range, self.deleted(series), samples)?)
    }

    fn newest(
        &self,
        series: usize,
        range: TimeRange,
        scratch: &mut SampleColumns,
    ) -> Result<Option<(i64, SampleValue)>, StorageError> {
        Ok(self.find_newest(series, range, scratch)?)
    }
}

/// The first chunk with all that overlap it, directly or through others, and the rest.
fn split_group(chunks: &[ChunkMeta]) -> Option<(&[ChunkMeta], &[ChunkMeta])> {
    let mut end_ms = chunks.first()?.max_ms;
    let later = chunks.iter().skip(1).take_while(|chunk| {
        let is_overlapping = chunk.min_ms <= end_ms;
        end_ms = end_ms.max(chunk.max_ms);
        is_overlapping
    });
    let len = 1 + later.count();
    chunks.split_at_checked(len)
}

/// The rest, and the last chunk with all that overlap it, directly or through others.
fn split_last_group(chunks: &[ChunkMeta]) -> Option<(&[ChunkMeta], &[ChunkMeta])> {
    // Where chunks end does not rise with their order, so the border is found from the front.
    let (mut end_ms, mut begin) = (chunks.first()?.max_ms, 0);
    for (place, chunk) in chunks.iter().enumerate().skip(1) {
        if chunk.min_ms > end_ms {
            begin = place;
        }
        end_ms = end_ms.max(chunk.max_ms);
    }
    chunks.split_at_checked(begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(times: &[(i64, i64)]) -> Vec<ChunkMeta> {
        times.iter().map(|&(min_ms, max_ms)| ChunkMeta { min_ms, max_ms, chunk_ref: 0 }).collect()
    }

    #[test]
    fn groups_are_what_hangs_together() {
        let chunks = chunks(&[(0, 9), (2, 3), (9, 12), (13, 20), (21, 22), (21, 30)]);
        let mut left = &chunks[..];
        let mut lengths = Vec::new();
        while let Some((group, rest)) = split_group(left) {
            lengths.push(group.len());
            left = rest;
        }
        assert_eq!(lengths, [3, 1, 2]);
        let mut left = &chunks[..];
        let mut lengths = Vec::new();
        while let Some((rest, group)) = split_last_group(left) {
            lengths.push(group.len());
            left = rest;
        }
        assert_eq!(lengths, [2, 1, 3]);
    }
}

//! The head as what a block is made of.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use emberdb_model::storage::StorageError;
use emberdb_model::{Label, Labels, Symbol, TimeRange};
use emberdb_tsdb_block::{BlockChunk, BlockError, BlockResult, BlockSource, Intervals, SourceSeries};
use emberdb_tsdb_index::SeriesId;

use super::chunk::HeadChunk;
use super::chunk_file::ChunkFiles;
use super::late::{LateSamples, add_block_starts};
use super::page::Pages;
use super::series::{Series, corrupt};
use super::stale::StaleSeries;
use super::{Head, Log};
use crate::error::log_failed;

/// Series whose labels are copied at a time: whoever waits for the index meanwhile waits for a fraction of a millisecond.
const SERIES_AT_ONCE: usize = 1024;

/// The series of a head that have samples in a range of time, in the order of their labels. Nothing is locked but for a
/// moment, so that appends and queries go on.
pub(crate) struct HeadSource<'a> {
    head: &'a Head,
    range: TimeRange,
    /// Absent where samples in order are meant.
    late: Option<&'a LateChunks>,
    /// All names and values of labels, sorted.
    symbols: Vec<Box<str>>,
    /// Names and values of all series, as places in `symbols`, one series after the other in the order of `series`.
    labels: Vec<(u32, u32)>,
    series: Vec<ListedSeries>,
}

#[derive(Clone, Copy)]
struct ListedSeries {
    id: SeriesId,
    /// Where its labels are in `labels`.
    start: usize,
    end: usize,
}

impl<'a> HeadSource<'a> {
    /// What the head has in `range` now. Samples that come in this range later may be in it or not.
    pub(crate) fn new(head: &'a Head, range: TimeRange) -> Self {
        Self::of(head, range, None, &series_in(head, range))
    }

    /// What the head has in `range` of series that have ended.
    pub(crate) fn of_stale(head: &'a Head, range: TimeRange, stale: &StaleSeries) -> Self {
        Self::of(head, range, None, &stale.ids().collect::<Vec<_>>())
    }

    fn of(head: &'a Head, range: TimeRange, late: Option<&'a LateChunks>, ids: &[SeriesId]) -> Self {
        let (symbols, labels, series) = (Vec::new(), Vec::new(), Vec::new());
        let mut source = Self { head, range, late, symbols, labels, series };
        source.copy_labels(ids);
        source.sort();
        source
    }

    /// Copies the labels of all series, and then the texts of their symbols.
    fn copy_labels(&mut self, ids: &[SeriesId]) {
        let mut labels: Vec<Label> = Vec::new();
        for some in ids.chunks(SERIES_AT_ONCE) {
            let index = self.head.index.read();
            for &id in some {
                let start = labels.len();
                labels.extend(index.symbol_labels(id));
                self.series.push(ListedSeries { id, start, end: labels.len() });
            }
        }
        let mut used: Vec<Symbol> = labels.iter().flat_map(|label| [label.name, label.value]).collect();
        used.sort_unstable();
        used.dedup();
        let mut texts: Vec<(Box<str>, Symbol)> = Vec::with_capacity(used.len());
        for some in used.chunks(SERIES_AT_ONCE) {
            let index = self.head.index.read();
            texts.extend(some.iter().map(|&symbol| (index.symbols().resolve(symbol).into(), symbol)));
        }
        texts.sort_unstable();
        let mut places = vec![0; used.last().map_or(0, |last| last.index() + 1)];
        for (place, (_, symbol)) in (0..).zip(&texts) {
            places[symbol.index()] = place;
        }
        let place = |label: &Label| (places[label.name.index()], places[label.value.index()]);
        self.labels = labels.iter().map(place).collect();
        self.symbols = texts.into_iter().map(|(text, _)| text).collect();
    }

    /// Sorts the series by their labels. The places of symbols sort as the texts do.
    fn sort(&mut self) {
        let labels = &self.labels;
        let of = |series: &ListedSeries| &labels[series.start..series.end];
        self.series.sort_unstable_by(|a, b| of(a).cmp(of(b)));
    }

    fn series_of(&self, listed: ListedSeries) -> BlockResult<SourceSeries> {
        let text = |place: u32| &*self.symbols[place as usize];
        let pairs = self.labels[listed.start..listed.end].iter().map(|&(n, v)| (text(n), text(v)));
        let labels = Labels::new(pairs).map_err(|error| BlockError::Refused(error.to_string()))?;
        let files = &self.head.chunk_files;
        let found = self.head.pages.read(listed.id, |series| {
            let mut deleted = Intervals::default();
            series.deleted().iter().for_each(|&range| deleted.add(range));
            let chunks = match self.late {
                None => chunks_in(series, self.range, files)?,
                Some(late) => late_chunks_in(series, late.count(listed.id), self.range, files)?,
            };
            Ok((chunks, deleted))
        });
        let refused = |error: StorageError| BlockError::Refused(error.to_string());
        let (chunks, deleted) = found.transpose().map_err(refused)?.unwrap_or_default();
        Ok(SourceSeries { labels, chunks, deleted })
    }
}

/// The series with samples that may be in `range`.
fn series_in(head: &Head, range: TimeRange) -> Vec<SeriesId> {
    let mut ids = Vec::new();
    for (number, page) in head.pages.all().iter().enumerate() {
        for (slot, series) in page.read().iter().enumerate() {
            if series.may_have_in_order(u64::MAX, range) {
                ids.push(Pages::id(number, slot));
            }
        }
    }
    ids
}

/// Copies of a series' chunks in `range`, in the order of time.
fn chunks_in(series: &Series, range: TimeRange, files: &ChunkFiles) -> Result<Vec<BlockChunk>, StorageError> {
    let mut chunks = Vec::new();
    for chunk in series.finished_chunks().filter(|chunk| chunk.range().overlaps(&range)) {
        chunks.push(copy(chunk, files)?);
    }
    if let Some((open_range, encoding, bytes)) = series.open_chunk()
        && open_range.overlaps(&range)
    {
        let TimeRange { min_ms, max_ms, .. } = open_range;
        let data = Bytes::copy_from_slice(bytes);
        chunks.push(BlockChunk { min_ms, max_ms, encoding: encoding.id(), data });
    }
    chunks.sort_by_key(|chunk| chunk.min_ms);
    Ok(chunks)
}

/// Copies of the first `count` chunks of a series' late samples in `range`, in the order of their first time.
fn late_chunks_in(
    series: &Series,
    count: usize,
    range: TimeRange,
    files: &ChunkFiles,
) -> Result<Vec<BlockChunk>, StorageError> {
    let chunks = series.late().map_or(&[][..], LateSamples::chunks).iter().take(count);
    let mut chunks = chunks
        .filter(|chunk| chunk.range().overlaps(&range))
        .map(|chunk| copy(chunk, files))
        .collect::<Result<Vec<_>, _>>()?;
    chunks.sort_by_key(|chunk| chunk.min_ms);
    Ok(chunks)
}

fn copy(chunk: &HeadChunk, files: &ChunkFiles) -> Result<BlockChunk, StorageError> {
    let data = chunk.bytes(files)?.into_bytes();
    let encoding = chunk.encoding.id();
    Ok(BlockChunk { min_ms: chunk.min_ms, max_ms: chunk.max_ms, encoding, data })
}

/// The late samples of a head that are in chunks, as they were at one moment.
pub(crate) struct LateChunks {
    /// For each series with late samples, ascending, how many chunks they are in.
    counts: Vec<(SeriesId, usize)>,
    /// From the first to the last time; absent without any.
    range: Option<TimeRange>,
}

impl LateChunks {
    /// From the first to the last time; absent without any.
    pub(crate) fn range(&self) -> Option<TimeRange> {
        self.range
    }

    /// The late samples in `range` as what a block is made of.
    pub(crate) fn within<'a>(&'a self, head: &'a Head, range: TimeRange) -> HeadSource<'a> {
        let ids: Vec<SeriesId> = self.counts.iter().map(|&(id, _)| id).collect();
        HeadSource::of(head, range, Some(self), &ids)
    }

    /// Where blocks begin that hold all of them, ascending. Between two there may be years.
    pub(crate) fn block_starts(&self, head: &Head) -> Result<BTreeSet<i64>, StorageError> {
        let (block_ms, mut starts) = (head.options.block_range_ms, BTreeSet::new());
        for &(id, count) in &self.counts {
            let found = head.pages.read(id, |series| {
                let mut chunks = series.late().map_or(&[][..], LateSamples::chunks).iter().take(count);
                chunks.try_for_each(|chunk| add_block_starts(chunk, &head.chunk_files, block_ms, &mut starts))
            });
            found.transpose()?;
        }
        Ok(starts)
    }

    fn count(&self, id: SeriesId) -> usize {
        self.counts.binary_search_by_key(&id, |&(id, _)| id).map_or(0, |place| self.counts[place].1)
    }
}

impl Head {
    /// Puts all late samples into chunks; returns these, and the last segment of their log that has nothing of what comes later.
    pub(crate) fn finish_late(&self) -> Result<(LateChunks, Option<u32>), StorageError> {
        // No commit is under way, so that what the segments have is in memory.
        let mut log = self.settled_log().map_err(log_failed)?;
        let begun = log.late_writer.as_mut().map(|writer| writer.begin_segment().map_err(log_failed));
        let begun = begun.transpose()?;
        let part = self.begin_late_part(&log);
        drop(log);
        let late = self.late_before(part)?;
        self.sync().map_err(log_failed)?;
        Ok((late, begun.and_then(|segment| segment.checked_sub(1))))
    }

    /// Puts all late samples into chunks; returns these.
    pub(crate) fn late_chunks(&self) -> Result<LateChunks, StorageError> {
        let part = self.begin_late_part(&*self.settled_log().map_err(log_failed)?);
        self.late_before(part)
    }

    /// Begins a part of the late samples; `_settled` has none that are not in memory.
    fn begin_late_part(&self, _settled: &Log) -> u32 {
        self.late_part.fetch_add(1, Ordering::AcqRel).wrapping_add(1)
    }

    /// The late samples that came before a part was begun.
    fn late_before(&self, part: u32) -> Result<LateChunks, StorageError> {
        let mut late = LateChunks { counts: Vec::new(), range: None };
        for (number, page) in self.pages.all().iter().enumerate() {
            if !page.read().iter().any(|series| series.late().is_some()) {
                continue;
            }
            for (slot, series) in page.write().iter_mut().enumerate().filter(|(_, s)| s.late().is_some()) {
                let samples = series.late_mut();
                let count = samples.begin_part(part, self.options.float_encoding).map_err(corrupt)?;
                late.counts.push((Pages::id(number, slot), count));
                let ranges = samples.chunks().iter().take(count).map(HeadChunk::range);
                late.range = late.range.into_iter().chain(ranges).reduce(|whole, range| whole.union(&range));
            }
        }
        Ok(late)
    }

    /// Forgets late samples that are in blocks.
    pub(crate) fn forget_late(&self, late: &LateChunks) -> Result<(), StorageError> {
        for &(id, count) in &late.counts {
            self.pages.with(id, |series| series.forget_late(count));
        }
        // Nothing is stored meanwhile that would not be seen.
        let _log = self.settled_log().map_err(log_failed)?;
        let ranges = self.pages.all().into_iter().filter_map(|page| {
            page.read().iter().filter_map(|series| Some(series.late()?.range()?.min_ms)).min()
        });
        self.late_from_ms.store(ranges.min().unwrap_or(i64::MAX), Ordering::Release);
        Ok(())
    }
}

impl BlockSource for HeadSource<'_> {
    fn symbols(&self) -> Box<dyn Iterator<Item = BlockResult<&str>> + '_> {
        Box::new(self.symbols.iter().map(|text| Ok(&**text)))
    }

    fn series(&self) -> BlockResult<Box<dyn Iterator<Item = BlockResult<SourceSeries>> + '_>> {
        Ok(Box::new(self.series.iter().map(|&listed| self.series_of(listed))))
    }
}

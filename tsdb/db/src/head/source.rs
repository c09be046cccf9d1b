//! The head as what a block is made of.

use bytes::Bytes;
use emberdb_model::storage::StorageError;
use emberdb_model::{Label, Labels, Symbol, TimeRange};
use emberdb_tsdb_block::{BlockChunk, BlockError, BlockResult, BlockSource, Intervals, SourceSeries};
use emberdb_tsdb_index::SeriesId;

use super::Head;
use super::chunk_file::ChunkFiles;
use super::page::Pages;
use super::series::Series;

/// Series whose labels are copied at a time: whoever waits for the index meanwhile waits for a fraction of a millisecond.
const SERIES_AT_ONCE: usize = 1024;

/// The series of a head that have samples in a range of time, in the order of their labels. Nothing is locked but for a
/// moment, so that appends and queries go on.
pub(crate) struct HeadSource<'a> {
    head: &'a Head,
    range: TimeRange,
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
        let mut source = Self { head, range, symbols: Vec::new(), labels: Vec::new(), series: Vec::new() };
        let ids = series_in(head, range);
        source.copy_labels(&ids);
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
            Ok((chunks_in(series, self.range, files)?, deleted))
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
        let data = chunk.bytes(files)?.into_bytes();
        let encoding = chunk.encoding.id();
        chunks.push(BlockChunk { min_ms: chunk.min_ms, max_ms: chunk.max_ms, encoding, data });
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

impl BlockSource for HeadSource<'_> {
    fn symbols(&self) -> Box<dyn Iterator<Item = BlockResult<&str>> + '_> {
        Box::new(self.symbols.iter().map(|text| Ok(&**text)))
    }

    fn series(&self) -> BlockResult<Box<dyn Iterator<Item = BlockResult<SourceSeries>> + '_>> {
        Ok(Box::new(self.series.iter().map(|&listed| self.series_of(listed))))
    }
}

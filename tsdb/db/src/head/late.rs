//! The samples of one series that came out of order: few in memory, sorted, and the others in chunks that may overlap.
//!
//! Upstream keeps them the same way, and logs them a second time in a log of their own, the write-behind log.

use std::collections::BTreeSet;
use std::sync::Arc;

use emberdb_model::storage::StorageError;
use emberdb_model::{SampleColumns, TimeRange};
use emberdb_tsdb_chunk::{
    ChunkError, ChunkHistograms as ChunkColumns, Encoding, FloatAppender, HistogramChunks,
};

use super::chunk::HeadChunk;
use super::chunk_file::{ChunkFiles, StoredChunk};
use super::held::HeldHistogram;
use super::series::{corrupt, read_chunk};
use crate::options::FloatEncoding;

/// So many samples are sorted in memory before they become a chunk, as upstream.
const OPEN_SAMPLES_MAX: usize = 32;

/// The late samples of a series.
#[derive(Default)]
pub(super) struct LateSamples {
    /// Rising in time, each time once.
    open: Vec<LateSample>,
    /// In the order in which they were finished. They may overlap.
    chunks: Vec<HeadChunk>,
    /// How many chunks have what came before the newest part that was begun.
    ended_chunks: usize,
    /// The part that samples in memory are of.
    part: u32,
}

struct LateSample {
    timestamp_ms: i64,
    /// Since when it counts; 0 is unknown.
    start_ms: i64,
    value: LateValue,
}

/// A late sample's value.
pub(super) enum LateValue {
    Float(f64),
    Histogram(Box<HeldHistogram>),
}

impl LateSamples {
    /// Adds a sample; false if there is one of this time among those that are in memory: then that one stays.
    ///
    /// # Errors
    /// If the samples in memory cannot be written into chunks; nothing has changed then.
    pub(super) fn insert(
        &mut self,
        timestamp_ms: i64,
        start_ms: i64,
        value: LateValue,
        part: u32,
        floats: FloatEncoding,
    ) -> Result<bool, ChunkError> {
        self.begin_part(part, floats)?;
        if self.open.len() >= OPEN_SAMPLES_MAX {
            self.finish_open(floats)?;
        }
        match self.open.binary_search_by_key(&timestamp_ms, |sample| sample.timestamp_ms) {
            Ok(_) => Ok(false),
            Err(place) => {
                self.open.insert(place, LateSample { timestamp_ms, start_ms, value });
                Ok(true)
            }
        }
    }

    /// The number of the first file that chunks are in; none if all are in memory.
    pub(super) fn first_file(&self) -> Option<u32> {
        self.chunks.iter().filter_map(HeadChunk::file).min()
    }

    /// Adds a chunk that was found in a file.
    pub(super) fn restore(&mut self, chunk: &StoredChunk) {
        self.chunks.push(HeadChunk::stored(chunk));
    }

    /// The samples in memory are in the chunk at this place, as the log says, and in those before it. They are kept if it was not
    /// found there.
    pub(super) fn forget_stored(&mut self, place: u64) {
        if self.chunks.iter().any(|chunk| chunk.is_stored_at(place)) {
            self.open.clear();
            self.chunks.retain(|chunk| chunk.held_bytes().is_none());
        }
    }

    /// Begins a part, if it was not begun before: all that came before is in chunks then. Returns how many these are.
    ///
    /// The log of late samples is removed part by part. So that nobody waits until all series have ended one, each does so before its next
    /// sample.
    pub(super) fn begin_part(&mut self, part: u32, floats: FloatEncoding) -> Result<usize, ChunkError> {
        if self.part != part {
            self.finish_open(floats)?;
            self.part = part;
            self.ended_chunks = self.chunks.len();
        }
        Ok(self.ended_chunks)
    }

    /// Makes chunks of the samples in memory.
    fn finish_open(&mut self, floats: FloatEncoding) -> Result<(), ChunkError> {
        let chunks = encode(&self.open, floats)?;
        self.chunks.extend(chunks);
        self.open.clear();
        Ok(())
    }

    /// The chunks, oldest work first.
    pub(super) fn chunks(&self) -> &[HeadChunk] {
        &self.chunks
    }

    /// Forgets the first chunks.
    pub(super) fn forget_chunks(&mut self, count: usize) {
        self.chunks.drain(..count.min(self.chunks.len()));
        self.ended_chunks = self.ended_chunks.saturating_sub(count);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.chunks.is_empty()
    }

    /// First and last time.
    pub(super) fn range(&self) -> Option<TimeRange> {
        let ends = self.open.first().zip(self.open.last());
        let open = ends.map(|(first, last)| TimeRange::new(first.timestamp_ms, last.timestamp_ms));
        self.chunks.iter().map(HeadChunk::range).chain(open).reduce(|whole, range| whole.union(&range))
    }

    /// Whether there may be histograms.
    pub(super) fn may_have_histograms(&self) -> bool {
        self.chunks.iter().any(|chunk| chunk.encoding.is_histogram())
            || self.open.iter().any(|sample| matches!(sample.value, LateValue::Histogram(_)))
    }

    /// Adds to `sources` one for each chunk with samples in `range`, and for those in memory, each with its first and last time.
    pub(super) fn read(
        &self,
        files: &ChunkFiles,
        range: TimeRange,
        sources: &mut Vec<(TimeRange, SampleColumns)>,
    ) -> Result<(), StorageError> {
        // Samples in memory are read as the chunk that they will be: so it is told of histograms what a chunk tells.
        let open = encode(&self.open, FloatEncoding::default()).map_err(corrupt)?;
        for chunk in self.chunks.iter().chain(&open).filter(|chunk| chunk.range().overlaps(&range)) {
            let mut columns = SampleColumns::new();
            read_any(chunk.encoding, &chunk.bytes(files)?, range, &mut columns)?;
            sources.push((chunk.range(), columns));
        }
        Ok(())
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.open.capacity() * size_of::<LateSample>()
            + self.chunks.capacity() * size_of::<HeadChunk>()
            + self.chunks.iter().map(HeadChunk::heap_bytes).sum::<usize>()
    }
}

/// Appends the samples of a chunk of any encoding that lie in `range`.
fn read_any(
    encoding: Encoding,
    bytes: &[u8],
    range: TimeRange,
    columns: &mut SampleColumns,
) -> Result<(), StorageError> {
    if !encoding.is_histogram() {
        read_chunk(encoding, bytes, usize::MAX, columns)?;
        columns.trim(0, range);
        return Ok(());
    }
    let mut decoded = ChunkColumns::new();
    decoded.decode(encoding, bytes).map_err(corrupt)?;
    for (index, &t_ms) in decoded.timestamps().iter().enumerate().filter(|(_, t_ms)| range.contains(**t_ms)) {
        let start_ms = decoded.start_timestamps().get(index).copied().unwrap_or(0);
        columns.histograms.push_started(t_ms, Arc::new(decoded.histogram(index)), start_ms);
    }
    Ok(())
}

/// Adds where the blocks begin that hold the samples of a chunk, which may be far from each other.
pub(super) fn add_block_starts(
    chunk: &HeadChunk,
    files: &ChunkFiles,
    block_ms: i64,
    starts: &mut BTreeSet<i64>,
) -> Result<(), StorageError> {
    let start_of = |t_ms: &i64| t_ms.div_euclid(block_ms).saturating_mul(block_ms);
    let first_ms = start_of(&chunk.min_ms);
    starts.insert(first_ms);
    if start_of(&chunk.max_ms) == first_ms {
        return Ok(());
    }
    let mut columns = SampleColumns::new();
    read_any(chunk.encoding, &chunk.bytes(files)?, TimeRange::ALL, &mut columns)?;
    starts.extend(columns.timestamps.iter().chain(&columns.histograms.timestamps).map(start_of));
    Ok(())
}

/// Chunks of sorted samples: another one begins where floats follow histograms, or histograms cannot follow each other.
fn encode(samples: &[LateSample], floats: FloatEncoding) -> Result<Vec<HeadChunk>, ChunkError> {
    let is_float = |sample: &LateSample| matches!(sample.value, LateValue::Float(_));
    let mut chunks = Vec::new();
    for run in samples.chunk_by(|a, b| is_float(a) == is_float(b)) {
        let start_ms = run.iter().map(|sample| sample.start_ms).find(|&start_ms| start_ms != 0);
        let mut floats = FloatAppender::new(floats.of(start_ms.unwrap_or(0)));
        let mut histograms = HistogramChunks::uncut();
        for &LateSample { timestamp_ms, start_ms, ref value } in run {
            match value {
                LateValue::Float(value) => floats.append(timestamp_ms, *value, start_ms)?,
                LateValue::Histogram(held) => {
                    let finished = match histograms.append_started(timestamp_ms, held.as_any(), start_ms) {
                        Ok(finished) => finished,
                        // The buckets of the chunk and its own together are too many. Alone they are not.
                        Err(_) => {
                            chunks.extend(histograms.finish().map(HeadChunk::from));
                            histograms.append_started(timestamp_ms, held.as_any(), start_ms)?
                        }
                    };
                    chunks.extend(finished.map(HeadChunk::from));
                }
            }
        }
        chunks.extend(histograms.finish().map(HeadChunk::from));
        if let (Some(first), Some((max_ms, _))) = (run.first(), floats.last()) {
            let range = TimeRange::new(first.timestamp_ms, max_ms);
            let (count, encoding) = (floats.samples(), floats.encoding());
            chunks.push(HeadChunk::held(range, count, encoding, floats.finish()));
        }
    }
    Ok(chunks)
}

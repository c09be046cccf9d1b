//! Chunks into columns of samples.

use std::sync::Arc;

use emberdb_model::{HistogramColumns, SampleColumns, TimeRange};
use emberdb_tsdb_chunk::{ChunkError, ChunkHistograms, Encoding, decode_floats};

use crate::chunk_file::{ChunkFiles, RawChunk};
use crate::{BlockError, BlockResult};

/// Whether a chunk of this encoding has native histograms. Unknown ones may have.
pub(crate) fn is_histogram(encoding: u8) -> bool {
    Encoding::from_id(encoding).map_or(true, Encoding::is_histogram)
}

/// How many samples a chunk's header counts; none if there is no header.
pub(crate) fn samples_in(encoding: u8, data: &[u8]) -> u64 {
    let samples =
        Encoding::from_id(encoding).and_then(|encoding| emberdb_tsdb_chunk::samples_in(encoding, data));
    samples.map_or(0, u64::from)
}

/// Decodes chunks, with memory that is used again.
#[derive(Debug, Default)]
pub(crate) struct ChunkDecoder {
    histograms: ChunkHistograms,
}

impl ChunkDecoder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Appends to `columns` the samples of a chunk that lie in `range` and in none of `deleted`.
    pub(crate) fn append(
        &mut self,
        files: &ChunkFiles,
        chunk_ref: u64,
        range: TimeRange,
        deleted: &[TimeRange],
        columns: &mut SampleColumns,
    ) -> BlockResult<()> {
        let chunk = files.chunk(chunk_ref)?;
        self.append_raw(chunk, range, deleted, columns).map_err(|source| {
            let (path, offset) = files.describe(chunk_ref);
            BlockError::Chunk { path, offset, source }
        })
    }

    fn append_raw(
        &mut self,
        chunk: RawChunk<'_>,
        range: TimeRange,
        deleted: &[TimeRange],
        columns: &mut SampleColumns,
    ) -> Result<(), ChunkError> {
        let encoding = Encoding::from_id(chunk.encoding)?;
        if encoding.is_histogram() {
            self.histograms.decode(encoding, chunk.data)?;
            self.append_histograms(range, deleted, &mut columns.histograms);
            return Ok(());
        }
        let from = columns.len();
        let SampleColumns { timestamps, values, start_timestamps, .. } = columns;
        decode_floats(encoding, chunk.data, timestamps, values, start_timestamps)?;
        columns.trim(from, range);
        for &deleted in deleted {
            columns.remove(from, deleted);
        }
        Ok(())
    }

    fn append_histograms(&self, range: TimeRange, deleted: &[TimeRange], columns: &mut HistogramColumns) {
        let (timestamps, starts) = (self.histograms.timestamps(), self.histograms.start_timestamps());
        let end = timestamps.partition_point(|&t| t <= range.max_ms);
        let start = timestamps.partition_point(|&t| t < range.min_ms).min(end);
        for (index, &t_ms) in timestamps.iter().enumerate().take(end).skip(start) {
            if !deleted.iter().any(|deleted| deleted.contains(t_ms)) {
                let start_ms = starts.get(index).copied().unwrap_or(0);
                columns.push_started(t_ms, Arc::new(self.histograms.histogram(index)), start_ms);
            }
        }
    }
}

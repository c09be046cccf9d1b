//! What a block is made of.

use emberdb_model::Labels;

use crate::tombstone::Intervals;
use crate::{Block, BlockChunk, BlockResult, BlockSeries};

/// Symbols of a source.
pub type SourceSymbols<'a> = Box<dyn Iterator<Item = BlockResult<&'a str>> + 'a>;

/// Series of a source.
pub type SourceIter<'a> = Box<dyn Iterator<Item = BlockResult<SourceSeries>> + 'a>;

/// Something that has series with chunks: a block, or a head.
pub trait BlockSource {
    /// All names and values of labels, sorted, each once.
    fn symbols(&self) -> SourceSymbols<'_>;

    /// All series in the order of their labels.
    ///
    /// # Errors
    /// [`BlockError`](crate::BlockError) if the source cannot be read; items are errors where a series cannot.
    fn series(&self) -> BlockResult<SourceIter<'_>>;
}

/// A series of a source.
#[derive(Clone, Debug)]
pub struct SourceSeries {
    /// Its labels.
    pub labels: Labels,
    /// Its chunks. Deleted samples are still in them.
    pub chunks: Vec<BlockChunk>,
    /// What of it is deleted.
    pub deleted: Intervals,
}

impl BlockSource for Block {
    fn symbols(&self) -> SourceSymbols<'_> {
        Box::new(self.index().symbols().map(|symbol| Ok(symbol?)))
    }

    fn series(&self) -> BlockResult<SourceIter<'_>> {
        Ok(Box::new(Self::series(self)?.map(|series| source_series(self, series?))))
    }
}

fn source_series(block: &Block, series: BlockSeries) -> BlockResult<SourceSeries> {
    let mut chunks = Vec::with_capacity(series.chunks.len());
    for chunk in series.chunks {
        let (encoding, data) = block.chunks().chunk_bytes(chunk.chunk_ref)?;
        chunks.push(BlockChunk { min_ms: chunk.min_ms, max_ms: chunk.max_ms, encoding, data });
    }
    let deleted = block.tombstones().of(u64::from(series.entry.0)).clone();
    Ok(SourceSeries { labels: series.labels, chunks, deleted })
}

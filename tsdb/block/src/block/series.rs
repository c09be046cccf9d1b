//! All series of a block, one by one.

use emberdb_model::{Labels, TimeRange};
use emberdb_tsdb_index::{ChunkMeta, SeriesEntryRef};

use super::Block;
use crate::{BlockError, BlockResult};

/// A series of a block.
#[derive(Clone, Debug)]
pub struct BlockSeries {
    /// Its entry in the index, by which tombstones name it.
    pub entry: SeriesEntryRef,
    /// Its labels.
    pub labels: Labels,
    /// Where its chunks are, in the order of their first samples.
    pub chunks: Vec<ChunkMeta>,
}

/// The series of a block in the order of their labels.
#[derive(Debug)]
pub struct SeriesIter<'a> {
    block: &'a Block,
    entries: std::vec::IntoIter<SeriesEntryRef>,
    symbols: Vec<(u32, u32)>,
}

impl Block {
    /// All series in the order of their labels, those included of which everything is deleted.
    ///
    /// # Errors
    /// [`BlockError::Index`] if the list of series is damaged; items are errors where a series is.
    pub fn series(&self) -> BlockResult<SeriesIter<'_>> {
        let entries = self.index.series_refs()?.into_iter();
        Ok(SeriesIter { block: self, entries, symbols: Vec::new() })
    }

    /// From the first to the last sample, as the index has it, deleted ones included; none if there is no sample.
    ///
    /// # Errors
    /// [`BlockError::Index`] if the list of series, or a series, is damaged.
    pub fn time_range(&self) -> BlockResult<Option<TimeRange>> {
        let (mut symbols, mut chunks, mut range) = (Vec::new(), Vec::new(), None);
        for entry in self.index.series_refs()? {
            self.index.series(entry, &mut symbols, &mut chunks)?;
            let ranges = chunks.iter().map(|chunk| TimeRange::new(chunk.min_ms, chunk.max_ms));
            range = range.into_iter().chain(ranges).reduce(|whole, range| whole.union(&range));
        }
        Ok(range)
    }
}

impl SeriesIter<'_> {
    fn read(&mut self, entry: SeriesEntryRef) -> BlockResult<BlockSeries> {
        let index = &self.block.index;
        let mut chunks = Vec::new();
        index.series(entry, &mut self.symbols, &mut chunks)?;
        let mut pairs = Vec::with_capacity(self.symbols.len());
        for &(name, value) in &self.symbols {
            pairs.push((index.symbol(name)?, index.symbol(value)?));
        }
        let labels = Labels::new(pairs).map_err(|error| BlockError::Inconsistent {
            dir: self.block.dir.clone(),
            expected: format!("labels of series {}", entry.0),
            found: error.to_string(),
        })?;
        Ok(BlockSeries { entry, labels, chunks })
    }
}

impl Iterator for SeriesIter<'_> {
    type Item = BlockResult<BlockSeries>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next()?;
        Some(self.read(entry))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

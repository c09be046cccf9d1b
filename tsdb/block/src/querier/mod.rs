//! Reading a block: what matchers select in it, and the samples of that.
//!
//! - [`BlockQuerier`] selects.
//! - [`series_set`]: what was selected; reads its samples.
//! - [`selection`]: gathers what is selected, and spells its labels.
//! - [`overlap`]: makes one row of samples out of chunks that overlap.

mod overlap;
mod selection;
mod series_set;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use emberdb_model::storage::{Querier, SeriesSet, StorageError};
use emberdb_model::{Matcher, SymbolTable, TimeRange};
use emberdb_tsdb_index::IndexReader;

use crate::chunk_file::ChunkFiles;
use crate::tombstone::TombstoneSet;
use crate::{BlockMeta, BlockResult};
use selection::Selection;
use series_set::BlockSeriesSet;

/// Answers queries from a block, as it was when the querier was made.
pub struct BlockQuerier {
    meta: BlockMeta,
    index: IndexReader,
    chunks: Arc<ChunkFiles>,
    tombstones: Arc<TombstoneSet>,
}

impl BlockQuerier {
    pub(crate) fn new(
        meta: BlockMeta,
        index: IndexReader,
        chunks: Arc<ChunkFiles>,
        tombstones: Arc<TombstoneSet>,
    ) -> Self {
        Self { meta, index, chunks, tombstones }
    }

    fn is_outside(&self, range: TimeRange) -> bool {
        range.is_empty() || !self.meta.overlaps(range.min_ms, range.max_ms)
    }

    fn select_series(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
        symbols: &mut SymbolTable,
    ) -> BlockResult<BlockSeriesSet> {
        let mut selection = Selection::new(&self.index, symbols);
        if !self.is_outside(range) {
            for entry in self.index.select(matchers)? {
                selection.add(entry, range, self.tombstones.of(u64::from(entry.0)))?;
            }
        }
        let selected = selection.finish();
        let stats = &self.meta.stats;
        // Blocks of old versions do not tell floats and histograms apart. Then the chunks are asked.
        let floats_only = stats.num_float_samples == stats.num_samples && stats.num_samples > 0;
        let may_have_histograms = !floats_only && selected.has_histograms(&self.chunks)?;
        let (chunks, tombstones) = (Arc::clone(&self.chunks), Arc::clone(&self.tombstones));
        Ok(BlockSeriesSet::new(selected, chunks, tombstones, may_have_histograms))
    }

    /// Names or values of labels: what `pick` takes out of a series' symbols.
    fn strings(
        &self,
        matchers: &[Matcher],
        mut pick: impl FnMut(&[(u32, u32)], &mut BTreeSet<u32>) -> BlockResult<()>,
    ) -> BlockResult<Vec<String>> {
        let (mut labels, mut chunks, mut picked) = (Vec::new(), Vec::new(), BTreeSet::new());
        for entry in self.index.select(matchers)? {
            self.index.series(entry, &mut labels, &mut chunks)?;
            pick(&labels, &mut picked)?;
        }
        let mut strings = Vec::with_capacity(picked.len());
        for symbol in picked {
            strings.push(self.index.symbol(symbol)?.to_owned());
        }
        strings.sort_unstable();
        Ok(strings)
    }

    fn names(&self, matchers: &[Matcher]) -> BlockResult<Vec<String>> {
        if matchers.is_empty() {
            return Ok(self.index.label_names()?);
        }
        self.strings(matchers, |labels, picked| {
            picked.extend(labels.iter().map(|&(name, _)| name));
            Ok(())
        })
    }

    fn values(&self, name: &str, matchers: &[Matcher]) -> BlockResult<Vec<String>> {
        if matchers.is_empty() {
            return Ok(self.index.label_values(name)?);
        }
        let mut known = None;
        self.strings(matchers, |labels, picked| {
            for &(symbol, value) in labels {
                // The name is compared as text once.
                if known.is_none() && self.index.symbol(symbol)? == name {
                    known = Some(symbol);
                }
                if known == Some(symbol) {
                    picked.insert(value);
                }
            }
            Ok(())
        })
    }
}

/// As upstream, names and values are those of the whole block, if its range and the asked one share a millisecond.
impl Querier for BlockQuerier {
    fn select(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
        symbols: &mut SymbolTable,
    ) -> Result<Box<dyn SeriesSet>, StorageError> {
        Ok(Box::new(self.select_series(matchers, range, symbols)?))
    }

    fn label_names(&self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<String>, StorageError> {
        if self.is_outside(range) {
            return Ok(Vec::new());
        }
        Ok(self.names(matchers)?)
    }

    fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        range: TimeRange,
    ) -> Result<Vec<String>, StorageError> {
        if self.is_outside(range) {
            return Ok(Vec::new());
        }
        Ok(self.values(name, matchers)?)
    }
}

impl fmt::Debug for BlockQuerier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockQuerier").field("ulid", &self.meta.ulid).finish_non_exhaustive()
    }
}

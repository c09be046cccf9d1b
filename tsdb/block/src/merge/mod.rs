//! One block out of several sources: blocks, or a head.
//!
//! - [`source`]: what a block is made of.
//! - [`merge_blocks`]: does it, series by series.
//! - [`symbols`]: all strings of all sources, in order.
//! - [`series`]: the sources' series in one order; [`chunks`]: the chunks of one series in one order.
//! - [`delete`]: without what was deleted.
//! - [`recode`]: samples out of chunks and into new ones.

mod chunks;
mod delete;
pub(crate) mod recode;
mod series;
mod source;
mod symbols;

use std::path::Path;

use emberdb_env::Env;
use emberdb_model::TimeRange;
use emberdb_tsdb_chunk::Encoding;

pub use source::{BlockSource, SourceIter, SourceSeries, SourceSymbols};

use crate::{BlockMeta, BlockResult, BlockWriter, CHUNK_SEGMENT_BYTES_MAX};

/// How a block is written out of others.
#[derive(Clone, Copy, Debug)]
pub struct MergeOptions {
    /// The most bytes of a segment of chunks.
    pub segment_bytes_max: u64,
    /// The encoding of floats that have to be encoded anew.
    pub float_encoding: Encoding,
}

impl Default for MergeOptions {
    fn default() -> Self {
        Self { segment_bytes_max: CHUNK_SEGMENT_BYTES_MAX, float_encoding: Encoding::Xor }
    }
}

/// Writes the block that `meta` names into a data directory: the samples of all sources that are in its range and not
/// deleted. Says what the block is, counts included; without samples there is none.
///
/// Chunks are copied as they are, but for those of which something is deleted or outside of the range, and those that overlap
/// others of their series. Of samples with one time, that of the chunk that begins first is kept, and of two that begin together
/// that of the source that is named first.
///
/// The meta of a merged block comes from [`compacted_meta`](crate::compacted_meta).
///
/// # Errors
/// [`BlockError`](crate::BlockError) if a source is damaged or the system refuses; nothing is left then.
pub fn merge_blocks(
    env: &Env,
    parent: &Path,
    meta: BlockMeta,
    sources: &[&dyn BlockSource],
    options: MergeOptions,
) -> BlockResult<Option<BlockMeta>> {
    let range = TimeRange::new(meta.min_ms, meta.max_ms.saturating_sub(1));
    let mut symbols = symbols::MergedSymbols::new(sources);
    let created = BlockWriter::create(env, parent, meta, &mut symbols, options.segment_bytes_max);
    symbols.finish()?;
    let mut writer = created?;
    let mut merged = series::MergedSeries::new(sources)?;
    while let Some((labels, parts)) = merged.next_series()? {
        let mut chunks = Vec::new();
        for part in parts {
            delete::keep_into(&part, range, &mut chunks)?;
        }
        writer.add_series(&labels, &chunks::without_overlaps(chunks, options.float_encoding)?)?;
    }
    writer.finish()
}

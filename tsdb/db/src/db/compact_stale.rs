//! Series that have ended, to blocks, before their time.

use emberdb_model::TimeRange;
use emberdb_model::storage::StorageError;
use emberdb_tsdb_block::{Block, BlockMeta, HINT_STALE_SERIES, new_ulid};

use super::Shared;
use super::compact::{Forget, Maintenance};
use crate::head::HeadSource;

impl Shared {
    /// If at least as large a part of the series in memory has ended as the options say, writes their samples as blocks, each
    /// of which overlaps what is still in the head of its time. Nothing may be left to be forgotten.
    pub(super) fn compact_stale(
        &self,
        maintenance: &mut Maintenance,
    ) -> Result<Vec<BlockMeta>, StorageError> {
        let Some(ratio) = self.head.options.stale_series_ratio else { return Ok(Vec::new()) };
        let stale = self.head.stale_series(self.head.min_valid_ms());
        let Some(range) = stale.range().filter(|_| stale.is_at_least(ratio)) else { return Ok(Vec::new()) };
        let block_ms = self.head.options.block_range_ms;
        let mut blocks = Vec::new();
        let mut start_ms = range.min_ms.div_euclid(block_ms).saturating_mul(block_ms);
        while start_ms <= range.max_ms {
            let end_ms = start_ms.saturating_add(block_ms);
            let mut meta = BlockMeta::new(new_ulid(&self.head.env), start_ms, end_ms);
            meta.compaction.add_hint(HINT_STALE_SERIES);
            let within = TimeRange::new(start_ms, end_ms - 1);
            blocks.extend(self.write_block(meta, &[&HeadSource::of_stale(&self.head, within, &stale)])?);
            start_ms = end_ms;
        }
        let metas = blocks.iter().map(|block: &Block| block.meta().clone()).collect();
        let earlier = self.publish(|set| set.replaced(&[], blocks));
        maintenance.forget = Some(Forget { stale: Some(stale), readers: vec![earlier], ..Forget::default() });
        Ok(metas)
    }
}

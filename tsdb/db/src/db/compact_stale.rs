//! Series that have ended, to blocks, before their time.

use emberdb_model::storage::StorageError;
use emberdb_tsdb_block::{Block, BlockMeta, HINT_STALE_SERIES};

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
        let first_ms = range.min_ms.div_euclid(block_ms).saturating_mul(block_ms);
        let starts = std::iter::successors(Some(first_ms), |start_ms: &i64| start_ms.checked_add(block_ms))
            .take_while(|&start_ms| start_ms <= range.max_ms);
        let of_stale = |range| HeadSource::of_stale(&self.head, range, &stale);
        let blocks = self.write_ranges(starts, HINT_STALE_SERIES, of_stale)?;
        let metas = blocks.iter().map(|block: &Block| block.meta().clone()).collect();
        let earlier = self.publish(|set| set.replaced(&[], blocks));
        maintenance.forget = Some(Forget { stale: Some(stale), readers: earlier, ..Forget::default() });
        Ok(metas)
    }
}

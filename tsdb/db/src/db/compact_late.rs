//! From late samples to blocks.

use emberdb_model::TimeRange;
use emberdb_model::storage::StorageError;
use emberdb_tsdb_block::{Block, BlockMeta, HINT_OUT_OF_ORDER, new_ulid};
use emberdb_wal::WalListing;

use super::compact::{Forget, Maintenance};
use super::{Shared, WBL_DIR};
use crate::error::{log_failed, system_failed};

impl Shared {
    /// Writes the late samples as blocks, each of which overlaps those of its time; that they become one is the work of the
    /// compaction after it. Nothing may be left to be forgotten.
    pub(super) fn compact_late(&self, maintenance: &mut Maintenance) -> Result<Vec<BlockMeta>, StorageError> {
        let (late, last_segment) = self.head.finish_late()?;
        if late.range().is_none() {
            return Ok(Vec::new());
        }
        let block_ms = self.head.options.block_range_ms;
        let mut blocks = Vec::new();
        for start_ms in late.block_starts(&self.head)? {
            let end_ms = start_ms.saturating_add(block_ms);
            let mut meta = BlockMeta::new(new_ulid(&self.head.env), start_ms, end_ms);
            meta.compaction.add_hint(HINT_OUT_OF_ORDER);
            let within = TimeRange::new(start_ms, end_ms - 1);
            blocks.extend(self.write_block(meta, &[&late.within(&self.head, within)])?);
        }
        let metas = blocks.iter().map(|block: &Block| block.meta().clone()).collect();
        let earlier = self.publish(|set| set.replaced(&[], blocks));
        maintenance.forget = Some(Forget { late: Some(late), readers: vec![earlier], ..Forget::default() });
        self.remove_late_log(last_segment)?;
        Ok(metas)
    }

    /// Removes the segments of the log of late samples up to `last`: blocks have what is in them.
    fn remove_late_log(&self, last: Option<u32>) -> Result<(), StorageError> {
        let env = &self.head.env;
        let listing = WalListing::read(env, &self.dir.join(WBL_DIR)).map_err(log_failed)?;
        for segment in listing.segments.iter().filter(|segment| Some(segment.number) <= last) {
            env.fs().remove_file(&segment.path).map_err(system_failed)?;
        }
        Ok(())
    }
}

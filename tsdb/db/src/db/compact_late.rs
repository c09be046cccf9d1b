//! From late samples to blocks.

use emberdb_model::storage::StorageError;
use emberdb_tsdb_block::{Block, BlockMeta, HINT_OUT_OF_ORDER};
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
        let starts = late.block_starts(&self.head)?;
        let blocks = self.write_ranges(starts, HINT_OUT_OF_ORDER, |range| late.within(&self.head, range))?;
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

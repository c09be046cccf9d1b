//! A copy of the database in another folder.

use std::path::Path;

use emberdb_model::TimeRange;
use emberdb_model::storage::StorageError;
use emberdb_tsdb_block::{BlockMeta, BlockSource, HINT_OUT_OF_ORDER, merge_blocks, new_ulid};

use super::Shared;
use crate::error::system_failed;
use crate::head::HeadSource;

impl Shared {
    /// Links all blocks into a new folder and writes what the head has as blocks beside them: one of the samples that came in order, and one of
    /// those that came late, which Prometheus leaves out.
    pub(super) fn snapshot(&self, to: &Path, with_head: bool) -> Result<(), StorageError> {
        let maintenance = self.maintenance.lock();
        self.check_ready()?;
        let env = &self.head.env;
        env.fs().create_dir_all(to).map_err(system_failed)?;
        let set = self.block_set();
        for block in &set.blocks {
            block.snapshot(to)?;
        }
        if with_head {
            if let Some((oldest_ms, newest_ms)) = self.head.time_range() {
                let from_ms = match maintenance.unwritten {
                    Some(range) => range.min_ms,
                    None => oldest_ms.max(set.head_from_ms),
                };
                let range = TimeRange::new(from_ms, newest_ms);
                self.copy_head(to, range, &[], &HeadSource::new(&self.head, range))?;
            }
            let late = self.head.late_chunks()?;
            if let Some(range) = late.range() {
                self.copy_head(to, range, &[HINT_OUT_OF_ORDER], &late.within(&self.head, range))?;
            }
        }
        env.fs().sync_dir(to).map_err(system_failed)
    }

    /// Writes samples of the head, all of which are in `range`, as a block.
    fn copy_head(
        &self,
        to: &Path,
        range: TimeRange,
        hints: &[&str],
        source: &dyn BlockSource,
    ) -> Result<(), StorageError> {
        let env = &self.head.env;
        let mut meta = BlockMeta::new(new_ulid(env), range.min_ms, range.max_ms.saturating_add(1));
        hints.iter().for_each(|hint| meta.compaction.add_hint(hint));
        merge_blocks(env, to, meta, &[source], self.merge_options())?;
        Ok(())
    }
}

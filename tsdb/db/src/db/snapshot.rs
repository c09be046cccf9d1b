//! A copy of the database in another folder.

use std::path::Path;

use emberdb_model::TimeRange;
use emberdb_model::storage::StorageError;
use emberdb_tsdb_block::{BlockMeta, merge_blocks, new_ulid};

use super::Shared;
use crate::error::system_failed;
use crate::head::HeadSource;

impl Shared {
    /// Links all blocks into a new folder and writes what the head has as a block beside them.
    pub(super) fn snapshot(&self, to: &Path, with_head: bool) -> Result<(), StorageError> {
        let maintenance = self.maintenance.lock();
        self.check_ready()?;
        let env = &self.head.env;
        env.fs().create_dir_all(to).map_err(system_failed)?;
        let set = self.block_set();
        for block in &set.blocks {
            block.snapshot(to)?;
        }
        if let (Some((oldest_ms, newest_ms)), true) = (self.head.time_range(), with_head) {
            let from_ms = match maintenance.unwritten {
                Some(range) => range.min_ms,
                None => oldest_ms.max(set.head_from_ms),
            };
            let range = TimeRange::new(from_ms, newest_ms);
            let meta = BlockMeta::new(new_ulid(env), range.min_ms, newest_ms.saturating_add(1));
            let head = HeadSource::new(&self.head, range);
            merge_blocks(env, to, meta, &[&head], self.merge_options())?;
        }
        env.fs().sync_dir(to).map_err(system_failed)
    }
}

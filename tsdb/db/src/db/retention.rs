//! How long samples are kept, and how much room they may take.

use emberdb_model::storage::StorageError;
use emberdb_tsdb_block::{BlockMeta, Ulid};
use emberdb_wal::WalListing;

use super::{Shared, WAL_DIR, WBL_DIR};
use crate::error::log_failed;

impl Shared {
    /// Removes the blocks that are too old, and then the oldest ones until everything has the room that it may take. Returns
    /// what was removed.
    pub(super) fn expire_blocks(&self) -> Result<Vec<BlockMeta>, StorageError> {
        let metas = self.block_set().metas();
        let mut expired = self.too_old(&metas);
        expired.extend(self.beyond_size(&metas, expired.len())?);
        let removed: Vec<Ulid> = expired.iter().map(|meta| meta.ulid).collect();
        if !removed.is_empty() {
            self.publish(|set| set.replaced(&removed, None));
            self.remove_files(&removed)?;
        }
        Ok(expired)
    }

    /// The blocks whose end lies so far behind the end of the newest block, in the order of their age.
    fn too_old(&self, metas: &[BlockMeta]) -> Vec<BlockMeta> {
        let newest_ms = metas.iter().map(|meta| meta.max_ms).max();
        let (Some(retention_ms), Some(newest_ms)) = (self.head.options.retention_ms, newest_ms) else {
            return Vec::new();
        };
        let is_old = |meta: &&BlockMeta| newest_ms.saturating_sub(meta.max_ms) >= retention_ms;
        metas.iter().filter(is_old).cloned().collect()
    }

    /// The blocks for which there is no room behind the logs, the head's chunks, and all newer blocks. `expired` of the oldest
    /// are gone already.
    fn beyond_size(&self, metas: &[BlockMeta], expired: usize) -> Result<Vec<BlockMeta>, StorageError> {
        let Some(bytes_max) = self.head.options.retention_bytes else { return Ok(Vec::new()) };
        let env = &self.head.env;
        let mut bytes = self.head.chunk_files.bytes();
        for log in [WAL_DIR, WBL_DIR] {
            let log = WalListing::read(env, &self.dir.join(log)).and_then(|listing| listing.bytes(env));
            bytes += log.map_err(log_failed)?;
        }
        let set = self.block_set();
        let mut newest_first: Vec<_> = set.blocks.iter().collect();
        newest_first.sort_by_key(|block| std::cmp::Reverse(block.meta().max_ms));
        newest_first.truncate(metas.len().saturating_sub(expired));
        let mut beyond = Vec::new();
        for block in newest_first {
            bytes += block.size_bytes();
            if bytes > bytes_max {
                beyond.push(block.meta().clone());
            }
        }
        Ok(beyond)
    }
}

//! Deleting samples, and giving their room back.

use emberdb_model::storage::StorageError;
use emberdb_model::{Matcher, TimeRange};
use emberdb_tsdb_block::{Block, BlockMeta, new_ulid};

use super::Shared;
use super::blocks::BlockSet;

impl Shared {
    /// Hides the samples in `range` of all series that meet `matchers`.
    pub(super) fn delete(&self, matchers: &[Matcher], range: TimeRange) -> Result<(), StorageError> {
        let _maintenance = self.maintenance.lock();
        self.check_writable()?;
        let set = self.block_set();
        let mut blocks = Vec::with_capacity(set.blocks.len());
        for block in &set.blocks {
            let mut block: Block = block.clone();
            if block.meta().overlaps(range.min_ms, range.max_ms) {
                block.delete(matchers, range)?;
            }
            blocks.push(block);
        }
        self.head.delete(matchers, range)?;
        self.publish(|set| BlockSet::new(blocks, set.head_from_ms));
        Ok(())
    }

    /// Writes the blocks anew of which something is deleted; returns what they are now.
    pub(super) fn clean_tombstones(&self) -> Result<Vec<BlockMeta>, StorageError> {
        let _maintenance = self.maintenance.lock();
        self.check_writable()?;
        self.remove_unremoved()?;
        let mut cleaned = Vec::new();
        for block in &self.block_set().blocks {
            if block.meta().stats.num_tombstones == 0 {
                continue;
            }
            // It is the same block with less in it: as it was made of others, so is this one.
            let mut meta = block.meta().clone();
            meta.ulid = new_ulid(&self.head.env);
            meta.compaction.parents = vec![block.meta().description()];
            cleaned.extend(self.replace_blocks(&[block], meta)?);
        }
        Ok(cleaned)
    }
}

//! From the head to blocks, and from blocks to larger ones.

use std::sync::{Arc, Weak};

use emberdb_model::TimeRange;
use emberdb_model::storage::{StorageError, StorageErrorKind};
use emberdb_tsdb_block::{
    Block, BlockMeta, BlockResult, BlockSource, MergeOptions, Ulid, block_ranges, compacted_meta,
    merge_blocks, new_ulid, plan_compaction,
};

use super::blocks::{BlockSet, covered_until_ms, remove_block};
use super::{Shared, WAL_DIR};
use crate::error::{log_failed, system_failed};
use crate::head::{HeadSource, LateChunks, StaleSeries};
use crate::options::{Durability, Maintained};

/// Each range of blocks is so many times the one before.
pub(super) const RANGE_FACTOR: i64 = 3;

/// Ranges of blocks do not grow beyond a month.
const RANGE_MAX_MS: i64 = 31 * 24 * 60 * 60 * 1000;

/// What a round of maintenance did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct CompactionReport {
    /// Blocks written out of the head.
    pub blocks_from_head: Vec<BlockMeta>,
    /// Blocks of samples that had come out of order.
    pub blocks_from_late: Vec<BlockMeta>,
    /// Blocks of series that had ended.
    pub blocks_from_stale: Vec<BlockMeta>,
    /// Blocks made of others, which they replace.
    pub blocks_from_blocks: Vec<BlockMeta>,
    /// Blocks removed because they were too old, or all of them too large.
    pub blocks_expired: Vec<BlockMeta>,
    /// Chunks of the head that were moved from memory into files.
    pub chunks_offloaded: usize,
    /// Whether the log was replaced, in part, by a checkpoint.
    pub log_truncated: bool,
    /// Series that had nothing in the head any more, and left its memory.
    pub series_removed: usize,
}

/// What is left to do, and that nobody else is doing anything of it.
#[derive(Default)]
pub(super) struct Maintenance {
    pub(super) forget: Option<Forget>,
    /// A range of the head that was to become a block when something went wrong: the head's time begins after it already.
    pub(super) unwritten: Option<TimeRange>,
    /// Whether late samples are to be put into blocks, as soon as nothing has to be forgotten before.
    is_late_due: bool,
}

/// What is in blocks, and is to be forgotten by the head when nobody reads the sets any more that do not have these.
#[derive(Default)]
pub(super) struct Forget {
    /// Samples in order before this, if any.
    pub(super) before_ms: Option<i64>,
    /// Late samples, if any.
    pub(super) late: Option<LateChunks>,
    /// Series that had ended, if any.
    pub(super) stale: Option<StaleSeries>,
    pub(super) readers: Vec<Weak<BlockSet>>,
}

impl Shared {
    /// Does all that is to be done now.
    pub(super) fn maintain(&self) -> Result<CompactionReport, StorageError> {
        let mut maintenance = self.maintenance.lock();
        self.check_writable()?;
        if let (Durability::Interval(_), Maintained::ByCaller) =
            (self.head.options.durability, self.head.options.maintenance)
        {
            self.head.sync().map_err(log_failed)?;
        }
        let mut report = CompactionReport::default();
        // What fails must not keep the others from what they do: it may be retention that gives the room which is missing.
        let outcomes = [
            self.maintain_head(&mut maintenance, &mut report),
            self.maintain_late(&mut maintenance, &mut report),
            self.maintain_stale(&mut maintenance, &mut report),
            self.maintain_blocks(&mut report),
        ];
        outcomes.into_iter().collect::<Result<(), _>>()?;
        Ok(report)
    }

    /// From memory to files, to blocks, and out of the log.
    fn maintain_head(
        &self,
        maintenance: &mut Maintenance,
        report: &mut CompactionReport,
    ) -> Result<(), StorageError> {
        report.chunks_offloaded = self.head.offload_chunks().map_err(system_failed)?;
        self.forget(maintenance)?;
        while let Some(range) = self.next_range(maintenance)? {
            report.blocks_from_head.extend(self.compact_head(range, maintenance)?);
            report.log_truncated = true;
        }
        if report.log_truncated {
            let from_ms = self.head.min_valid_ms();
            let wal_dir = self.dir.join(WAL_DIR);
            report.log_truncated = self.head.truncate_log(&wal_dir, from_ms).map_err(log_failed)?.is_some();
            self.forget(maintenance)?;
            maintenance.is_late_due = true;
        }
        Ok(())
    }

    fn maintain_late(
        &self,
        maintenance: &mut Maintenance,
        report: &mut CompactionReport,
    ) -> Result<(), StorageError> {
        if maintenance.is_late_due && maintenance.forget.is_none() {
            report.blocks_from_late = self.compact_late(maintenance)?;
            maintenance.is_late_due = false;
            self.forget(maintenance)?;
        }
        Ok(())
    }

    fn maintain_stale(
        &self,
        maintenance: &mut Maintenance,
        report: &mut CompactionReport,
    ) -> Result<(), StorageError> {
        if maintenance.forget.is_none() {
            report.blocks_from_stale = self.compact_stale(maintenance)?;
            self.forget(maintenance)?;
        }
        report.series_removed = self.head.remove_leaving();
        Ok(())
    }

    fn maintain_blocks(&self, report: &mut CompactionReport) -> Result<(), StorageError> {
        // Blocks of which others are made before they are gone would be found by the next opening, with what was deleted since.
        self.remove_unremoved()?;
        report.blocks_expired = self.expire_blocks()?;
        self.compact_blocks(report)
    }

    /// What of the head is to become a block next.
    fn next_range(&self, maintenance: &Maintenance) -> Result<Option<TimeRange>, StorageError> {
        if maintenance.unwritten.is_some() {
            return Ok(maintenance.unwritten);
        }
        self.head.pass_over_gap().map_err(log_failed)?;
        Ok(self.head.range_to_compact())
    }

    /// Writes a range of the head as a block. Without samples that were not deleted there is none.
    fn compact_head(
        &self,
        range: TimeRange,
        maintenance: &mut Maintenance,
    ) -> Result<Option<BlockMeta>, StorageError> {
        let end_ms = range.max_ms + 1;
        maintenance.unwritten = Some(range);
        self.head.begin_at(end_ms).map_err(log_failed)?;
        let meta = BlockMeta::new(new_ulid(&self.head.env), range.min_ms, end_ms);
        let written = self.write_block(meta, &[&HeadSource::new(&self.head, range)])?;
        let meta = written.as_ref().map(|block| block.meta().clone());
        let earlier = self.publish(|set| BlockSet { head_from_ms: end_ms, ..set.replaced(&[], written) });
        maintenance.unwritten = None;
        let waiting = maintenance.forget.take();
        let mut forget = waiting.unwrap_or_default();
        forget.before_ms = Some(end_ms);
        forget.readers.extend(earlier);
        maintenance.forget = Some(forget);
        Ok(meta)
    }

    /// Lets the head forget what is in blocks, if nobody reads it there.
    fn forget(&self, maintenance: &mut Maintenance) -> Result<(), StorageError> {
        let is_ready = |forget: &mut Forget| forget.readers.iter().all(|set| set.strong_count() == 0);
        let Some(Forget { before_ms, late, stale, .. }) = maintenance.forget.take_if(is_ready) else {
            return Ok(());
        };
        if let Some(late) = late {
            self.head.forget_late(&late)?;
        }
        if let Some(stale) = stale {
            self.head.forget_stale(&stale)?;
        }
        before_ms.map_or(Ok(()), |before_ms| self.head.forget_before(before_ms).map_err(system_failed))
    }

    /// Makes larger blocks of blocks, as long as there are any to be made.
    fn compact_blocks(&self, report: &mut CompactionReport) -> Result<(), StorageError> {
        let longest_ms = match self.head.options.retention_ms {
            Some(retention_ms) => RANGE_MAX_MS.min(retention_ms / 10),
            None => RANGE_MAX_MS,
        };
        let ranges_ms = block_ranges(self.head.options.block_range_ms, RANGE_FACTOR, longest_ms);
        loop {
            let set = self.block_set();
            // A block of late samples may reach into the head's time. Made one with others it would look as if the head's samples
            // of that time were in it, too, and after a restart they would not be taken from the log.
            let is_behind = |block: &&Block| block.meta().max_ms <= set.head_from_ms;
            let behind: Vec<&Block> = set.blocks.iter().filter(is_behind).collect();
            let metas: Vec<BlockMeta> = behind.iter().map(|block| block.meta().clone()).collect();
            let chosen = plan_compaction(&metas, &ranges_ms);
            let parents: Vec<&Block> =
                chosen.iter().filter_map(|&place| behind.get(place).copied()).collect();
            if parents.is_empty() {
                return Ok(());
            }
            let metas: Vec<&BlockMeta> = parents.iter().map(|block| block.meta()).collect();
            let meta = compacted_meta(new_ulid(&self.head.env), &metas);
            match self.replace_blocks(&parents, meta) {
                Ok(written) => report.blocks_from_blocks.extend(written),
                Err(error) => {
                    if error.kind() == StorageErrorKind::Corrupt {
                        self.mark_failed(&parents)?;
                    }
                    return Err(error);
                }
            }
        }
    }

    /// Notes in blocks that they cannot be compacted, so that it is not tried again and again: one of them is damaged. What of them
    /// can be read stays readable.
    fn mark_failed(&self, blocks: &[&Block]) -> Result<(), StorageError> {
        let env = &self.head.env;
        for block in blocks {
            let mut meta = block.meta().clone();
            meta.compaction.failed = true;
            meta.write(env, block.dir())?;
            let marked = Block::open(env, block.dir())?;
            self.publish(|set| set.replaced(&[meta.ulid], [marked]));
        }
        Ok(())
    }

    /// Writes one block instead of `parents`, without what was deleted of them.
    pub(super) fn replace_blocks(
        &self,
        parents: &[&Block],
        meta: BlockMeta,
    ) -> Result<Option<BlockMeta>, StorageError> {
        let sources: Vec<&dyn BlockSource> = parents.iter().map(|&block| block as &dyn BlockSource).collect();
        let written = self.write_block(meta, &sources)?;
        let meta = written.as_ref().map(|block| block.meta().clone());
        let removed: Vec<Ulid> = parents.iter().map(|block| block.meta().ulid).collect();
        self.publish(|set| set.replaced(&removed, written));
        self.remove_files(&removed)?;
        Ok(meta)
    }

    /// How samples are written into blocks that have to be encoded anew.
    pub(super) fn merge_options(&self) -> MergeOptions {
        MergeOptions { float_encoding: self.head.options.float_encoding.of(0), ..MergeOptions::default() }
    }

    /// Writes a block into the directory and opens it.
    pub(super) fn write_block(
        &self,
        meta: BlockMeta,
        sources: &[&dyn BlockSource],
    ) -> BlockResult<Option<Block>> {
        let env = &self.head.env;
        let ulid = meta.ulid;
        let open = |written: Option<BlockMeta>| {
            written.map(|_| Block::open(env, &self.dir.join(ulid.to_string()))).transpose()
        };
        let block = merge_blocks(env, &self.dir, meta, sources, self.merge_options()).and_then(open);
        block.inspect_err(|_| {
            // It will be written again. As none of the set it would be found by the next opening, with what was deleted since.
            self.unremoved.lock().push(ulid);
            let _ = self.remove_unremoved();
        })
    }

    /// Writes a block of each range of blocks that begins at one of `starts`: of what `source` has there. They are in the set not yet. If one
    /// fails none is left: the next round would write them again.
    pub(super) fn write_ranges<'h>(
        &self,
        starts: impl IntoIterator<Item = i64>,
        hint: &str,
        source: impl Fn(TimeRange) -> HeadSource<'h>,
    ) -> Result<Vec<Block>, StorageError> {
        let mut blocks: Vec<Block> = Vec::new();
        for start_ms in starts {
            let end_ms = start_ms.saturating_add(self.head.options.block_range_ms);
            let mut meta = BlockMeta::new(new_ulid(&self.head.env), start_ms, end_ms);
            meta.compaction.add_hint(hint);
            match self.write_block(meta, &[&source(TimeRange::new(start_ms, end_ms - 1))]) {
                Ok(written) => blocks.extend(written),
                Err(error) => {
                    self.unremoved.lock().extend(blocks.iter().map(|block| block.meta().ulid));
                    let _ = self.remove_unremoved();
                    return Err(error.into());
                }
            }
        }
        Ok(blocks)
    }

    /// Removes the folders of blocks that are in the set no more.
    pub(super) fn remove_files(&self, removed: &[Ulid]) -> Result<(), StorageError> {
        self.unremoved.lock().extend(removed);
        self.remove_unremoved()
    }

    /// Removes what could not be removed before, as far as it can be now.
    pub(super) fn remove_unremoved(&self) -> Result<(), StorageError> {
        if self.unremoved.lock().is_empty() {
            return Ok(());
        }
        self.keep_floor()?;
        let env = &self.head.env;
        let mut outcome = Ok(());
        self.unremoved.lock().retain(|&ulid| {
            let removed = remove_block(env, &self.dir, ulid);
            // What has another name already is no block any more, and the next opening removes the rest.
            let is_there = env.fs().exists(&self.dir.join(ulid.to_string())).unwrap_or(true);
            if let (Err(error), true) = (removed, is_there) {
                outcome = Err(system_failed(error));
            }
            is_there
        });
        outcome
    }

    /// Blocks that go may have been all that told what the log is done with. Then the log tells it, before they are gone: what was in them must
    /// not come back from there.
    fn keep_floor(&self) -> Result<(), StorageError> {
        let set = self.block_set();
        let told_ms =
            covered_until_ms(&set.blocks, self.head.options.block_range_ms)?.max(self.head.floor_ms());
        if told_ms < set.head_from_ms {
            self.head.settle_log(&self.dir.join(WAL_DIR), set.head_from_ms).map_err(log_failed)?;
        }
        Ok(())
    }

    /// Gives readers another set of blocks from now on; returns all earlier ones that are read still.
    pub(super) fn publish(&self, change: impl FnOnce(&BlockSet) -> BlockSet) -> Vec<Weak<BlockSet>> {
        let mut current = self.blocks.write();
        let next = Arc::new(change(&current));
        let mut earlier = self.earlier_sets.lock();
        earlier.retain(|set| set.strong_count() > 0);
        earlier.push(Arc::downgrade(&current));
        *current = next;
        earlier.clone()
    }

    /// The blocks as they are now.
    pub(super) fn block_set(&self) -> Arc<BlockSet> {
        Arc::clone(&self.blocks.read())
    }
}

//! The blocks of a directory.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use emberdb_env::{Env, FsResult};
use emberdb_tsdb_block::{
    Block, BlockError, BlockMeta, BlockResult, META_FILE, UNFINISHED_SUFFIX, Ulid, repair_versions,
};

use super::compact::RANGE_FACTOR;

/// What is added to the name of a block that is being removed, so that half of it is never taken for a block.
const REMOVED_SUFFIX: &str = ".tmp-for-deletion";

/// What older versions of upstream added to the names of both.
const OLD_SUFFIX: &str = ".tmp";

/// The blocks, and where the head's time begins. It never changes: another one takes its place.
#[derive(Debug)]
pub(crate) struct BlockSet {
    /// In the order of their first time.
    pub(crate) blocks: Vec<Block>,
    /// Readers take from the head what is not older than this; older samples are in blocks.
    pub(crate) head_from_ms: i64,
}

impl BlockSet {
    /// A set of blocks in any order.
    pub(crate) fn new(mut blocks: Vec<Block>, head_from_ms: i64) -> Self {
        blocks.sort_by_key(|block| (block.meta().min_ms, block.meta().ulid));
        Self { blocks, head_from_ms }
    }

    /// The set with `added` instead of the blocks named `removed`.
    pub(crate) fn replaced(&self, removed: &[Ulid], added: impl IntoIterator<Item = Block>) -> Self {
        let kept = self.blocks.iter().filter(|block| !removed.contains(&block.meta().ulid)).cloned();
        Self::new(kept.chain(added).collect(), self.head_from_ms)
    }

    /// The time of the newest sample of these and the head, whose newest is given.
    pub(crate) fn newest_ms(&self, of_head: Option<i64>) -> BlockResult<Option<i64>> {
        let mut latest_first: Vec<&Block> = self.blocks.iter().collect();
        latest_first.sort_by_key(|block| Reverse(block.meta().max_ms));
        let mut newest_ms = of_head;
        for block in latest_first {
            if newest_ms.is_some_and(|newest_ms| newest_ms >= block.meta().max_ms - 1) {
                break;
            }
            newest_ms = newest_ms.max(block.time_range()?.map(|range| range.max_ms));
        }
        Ok(newest_ms)
    }

    /// What the blocks are.
    pub(crate) fn metas(&self) -> Vec<BlockMeta> {
        self.blocks.iter().map(|block| block.meta().clone()).collect()
    }
}

/// The blocks of a directory, and what of it looks like one and is none.
pub(crate) struct OpenedBlocks {
    pub(crate) blocks: Vec<Block>,
    /// Why folders were passed over.
    pub(crate) passed_over: Vec<String>,
}

/// Opens all blocks of a directory but those of which others were made; these may be damaged. With `may_clean`, they are removed, and so is
/// what was being written or removed when the directory was last used. A folder without a meta is no block, to upstream neither.
pub(crate) fn open_blocks(env: &Env, dir: &Path, may_clean: bool) -> BlockResult<OpenedBlocks> {
    let (mut opened, mut passed_over, mut superseded) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
    for entry in env.fs().read_dir(dir)?.into_iter().filter(|entry| entry.is_dir) {
        let is_leftover =
            [UNFINISHED_SUFFIX, REMOVED_SUFFIX, OLD_SUFFIX].iter().any(|suffix| entry.name.ends_with(suffix));
        let path = dir.join(&entry.name);
        if is_leftover && may_clean {
            env.fs().remove_dir_all(&path)?;
        } else if let Ok(ulid) = Ulid::from_string(&entry.name) {
            if !env.fs().exists(&path.join(META_FILE))? {
                passed_over.push(format!("{} has no {META_FILE}", path.display()));
                continue;
            }
            let block = open_block(env, &path, may_clean);
            if let Ok(block) = &block {
                let compaction = &block.meta().compaction;
                superseded.extend(compaction.parents.iter().map(|parent| parent.ulid));
                superseded.extend(compaction.deletable.then_some(ulid));
            }
            opened.insert(ulid, block);
        }
    }
    for old in &superseded {
        if opened.remove(old).is_some() && may_clean {
            remove_block(env, dir, *old)?;
        }
    }
    Ok(OpenedBlocks { blocks: opened.into_values().collect::<BlockResult<_>>()?, passed_over })
}

fn open_block(env: &Env, dir: &Path, may_repair: bool) -> BlockResult<Block> {
    if may_repair {
        repair_versions(env, dir)?;
    }
    Block::open(env, dir)
}

/// Removes a block. Those who are reading it go on.
pub(crate) fn remove_block(env: &Env, dir: &Path, ulid: Ulid) -> FsResult<()> {
    let removed = dir.join(format!("{ulid}{REMOVED_SUFFIX}"));
    env.fs().rename(&dir.join(ulid.to_string()), &removed)?;
    env.fs().sync_dir(dir)?;
    env.fs().remove_dir_all(&removed)
}

/// Up to when the blocks hold all samples in order: the log's samples before that are in them. The smallest time there is
/// without any. Blocks with hints, as those of late samples or of chosen series, tell nothing about the others.
pub(crate) fn covered_until_ms(blocks: &[Block], block_range_ms: i64) -> BlockResult<i64> {
    let mut until_ms = i64::MIN;
    for block in blocks {
        let end_ms = end_ms(block, block_range_ms)?;
        if block.meta().compaction.hints.is_empty() {
            until_ms = until_ms.max(end_ms);
        }
    }
    Ok(until_ms)
}

/// The first time behind a block's samples.
///
/// A meta has no checksum, and a digit that is wrong would hide samples of the block, or of the log. But then the range is not one in which
/// blocks are made: there the index is asked, which has one. That costs time, though not for many: snapshots and a database's first block
/// have such ranges.
fn end_ms(block: &Block, block_range_ms: i64) -> BlockResult<i64> {
    let &BlockMeta { min_ms, max_ms, .. } = block.meta();
    let steps = block.meta().compaction.level.saturating_sub(1);
    let longest_ms = block_range_ms.saturating_mul(RANGE_FACTOR.saturating_pow(steps));
    let is_end_known =
        min_ms < max_ms && max_ms % block_range_ms == 0 && max_ms.saturating_sub(min_ms) <= longest_ms;
    if is_end_known && min_ms % block_range_ms == 0 {
        return Ok(max_ms);
    }
    let Some(range) = block.time_range()? else { return Ok(i64::MIN) };
    if range.min_ms < min_ms || range.max_ms >= max_ms {
        return Err(BlockError::Inconsistent {
            dir: block.dir().to_path_buf(),
            expected: format!("samples from {min_ms} to before {max_ms} ms, as {META_FILE} says"),
            found: format!("some from {} to {} ms in the index", range.min_ms, range.max_ms),
        });
    }
    Ok(if is_end_known { max_ms } else { range.max_ms + 1 })
}

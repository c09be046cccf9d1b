//! The blocks of a directory.

use std::collections::BTreeSet;
use std::path::Path;

use emberdb_env::{Env, FsResult};
use emberdb_tsdb_block::{
    Block, BlockMeta, BlockResult, HINT_OUT_OF_ORDER, HINT_SELECTED_SERIES, HINT_STALE_SERIES,
    UNFINISHED_SUFFIX, Ulid,
};

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

    /// What the blocks are.
    pub(crate) fn metas(&self) -> Vec<BlockMeta> {
        self.blocks.iter().map(|block| block.meta().clone()).collect()
    }
}

/// Opens all blocks of a directory but those of which others were made. With `may_clean`, these are removed, and so is
/// what was being written or removed when the directory was last used.
pub(crate) fn open_blocks(env: &Env, dir: &Path, may_clean: bool) -> BlockResult<Vec<Block>> {
    let (mut blocks, mut superseded) = (Vec::new(), BTreeSet::new());
    for entry in env.fs().read_dir(dir)?.into_iter().filter(|entry| entry.is_dir) {
        let is_leftover =
            [UNFINISHED_SUFFIX, REMOVED_SUFFIX, OLD_SUFFIX].iter().any(|suffix| entry.name.ends_with(suffix));
        if is_leftover && may_clean {
            env.fs().remove_dir_all(&dir.join(&entry.name))?;
        } else if Ulid::from_string(&entry.name).is_ok() {
            let block = Block::open(env, &dir.join(&entry.name))?;
            superseded.extend(block.meta().compaction.parents.iter().map(|parent| parent.ulid));
            if block.meta().compaction.deletable {
                superseded.insert(block.meta().ulid);
            }
            blocks.push(block);
        }
    }
    let (old, current): (Vec<Block>, Vec<Block>) =
        blocks.into_iter().partition(|block| superseded.contains(&block.meta().ulid));
    if may_clean {
        for block in old {
            remove_block(env, dir, block.meta().ulid)?;
        }
    }
    Ok(current)
}

/// Removes a block. Those who are reading it go on.
pub(crate) fn remove_block(env: &Env, dir: &Path, ulid: Ulid) -> FsResult<()> {
    let removed = dir.join(format!("{ulid}{REMOVED_SUFFIX}"));
    env.fs().rename(&dir.join(ulid.to_string()), &removed)?;
    env.fs().sync_dir(dir)?;
    env.fs().remove_dir_all(&removed)
}

/// Up to when the blocks hold all samples in order: the log's samples before that are in them. The smallest time there is
/// without any. Blocks of late samples or of chosen series tell nothing about the others.
pub(crate) fn covered_until_ms(blocks: &[Block]) -> i64 {
    let is_whole = |block: &&Block| {
        let hints = [HINT_OUT_OF_ORDER, HINT_STALE_SERIES, HINT_SELECTED_SERIES];
        !hints.iter().any(|hint| block.meta().compaction.has_hint(hint))
    };
    blocks.iter().filter(is_whole).map(|block| block.meta().max_ms).max().unwrap_or(i64::MIN)
}

//! Blocks of one bad release: its metas say version 2, and its indexes say version 1 of what are indexes of version 2.

use std::path::Path;

use emberdb_env::Env;

use crate::block::INDEX_FILE;
use crate::meta::{META_BYTES_MAX, META_FILE, META_VERSION};
use crate::{BlockError, BlockMeta, BlockResult};

/// What the bad release put for the version of a meta.
const BAD_META_VERSION: u64 = 2;

/// Where an index has its version, and which it should be there.
const INDEX_VERSION_BYTE: usize = 4;
const INDEX_VERSION: u8 = 2;

/// Puts right the versions in a block of the bad release (2.1), and says whether the block is one. Others are left alone.
///
/// The index is replaced first: an interruption leaves a block that is repaired again.
///
/// # Errors
/// [`BlockError`] if the meta cannot be read, the index is too short to have a version, or the system refuses.
pub fn repair_versions(env: &Env, dir: &Path) -> BlockResult<bool> {
    let meta_path = dir.join(META_FILE);
    let json = env.fs().read(&meta_path, META_BYTES_MAX)?;
    let corrupt = |found: String| BlockError::corrupt(&meta_path, 0, "the meta of a block", found);
    let (meta, version) = BlockMeta::parse(&json).map_err(corrupt)?;
    match version {
        META_VERSION => return Ok(false),
        BAD_META_VERSION => {}
        other => return Err(corrupt(format!("version {other}"))),
    }
    let path = dir.join(INDEX_FILE);
    // Mapped, as it may be large: the map stays what it is when another file takes the name.
    let index = env.fs().map(&path)?;
    let Some((head, [_, rest @ ..])) = index.split_at_checked(INDEX_VERSION_BYTE) else {
        let found = format!("a file of {} bytes", index.len());
        return Err(BlockError::corrupt(&path, INDEX_VERSION_BYTE, "the version of an index", found));
    };
    let repaired_path = dir.join("index.repaired");
    let repaired = env.fs().create(&repaired_path)?;
    for piece in [head, &[INDEX_VERSION], rest] {
        repaired.write_all(piece)?;
    }
    repaired.sync_all()?;
    env.fs().rename(&repaired_path, &path)?;
    env.fs().sync_dir(dir)?;
    meta.write(env, dir)?;
    Ok(true)
}

//! Data directories, opened as commands need them.

use std::path::{Path, PathBuf};

use emberdb::tsdb::OpenError;
use emberdb::{BlockMeta, Maintained, ReplayReport, Tsdb, TsdbOptions};
use emberdb_env::{Env, FsResult};
use emberdb_tsdb_block::{Block, BlockResult, Ulid};

/// The log of what came in order.
pub(crate) const WAL_DIR: &str = "wal";

/// Opens a directory for reading.
pub(crate) fn open_to_read(env: &Env, dir: &Path) -> Result<Tsdb, OpenError> {
    let db = Tsdb::open_read_only(env, dir, TsdbOptions::default())?;
    say_what_is_missing(db.replay_report());
    Ok(db)
}

/// Opens a directory that has to be there for writing. Nothing is done in the background.
pub(crate) fn open_to_write(env: &Env, dir: &Path) -> Result<Tsdb, OpenError> {
    // Opening for writing would make an empty database of a folder whose name is misspelled.
    if !holds_database(env, dir)? {
        return Err(OpenError::NoDatabase { dir: dir.to_path_buf() });
    }
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    let db = Tsdb::open(env, dir, options)?;
    say_what_is_missing(db.replay_report());
    Ok(db)
}

/// Says on standard error what of a directory could not be read, if so.
pub(crate) fn say_what_is_missing(report: &ReplayReport) {
    if !report.is_whole() {
        eprintln!("ember: {report}");
    }
}

/// Whether there is a log or a block.
pub(crate) fn holds_database(env: &Env, dir: &Path) -> FsResult<bool> {
    let has_log = || env.fs().exists(&dir.join(WAL_DIR));
    Ok(env.fs().exists(dir)? && (has_log()? || !block_dirs(env, dir)?.is_empty()))
}

/// The folders of blocks in a directory, the oldest name first; also those that were replaced by others and not removed yet.
pub(crate) fn block_dirs(env: &Env, dir: &Path) -> FsResult<Vec<(Ulid, PathBuf)>> {
    let entries = env.fs().read_dir(dir)?.into_iter().filter(|entry| entry.is_dir);
    let mut blocks: Vec<(Ulid, PathBuf)> = entries
        .filter_map(|entry| Some((Ulid::from_string(&entry.name).ok()?, dir.join(&entry.name))))
        .collect();
    blocks.sort_unstable();
    Ok(blocks)
}

/// How many bytes a block's files have.
pub(crate) fn block_bytes(env: &Env, dir: &Path, meta: &BlockMeta) -> BlockResult<u64> {
    Ok(Block::open(env, &dir.join(meta.ulid.to_string()))?.size_bytes())
}

//! Opening a directory.

use std::path::Path;
use std::sync::Arc;

use emberdb_env::{Env, FsError};
use emberdb_wal::{PAGE_BYTES, WalOptions, WalWriter};
use parking_lot::Mutex;

use super::{Access, Shared, State, Tsdb};
use crate::error::OpenError;
use crate::head::{Head, ReplayReport, replay};
use crate::options::TsdbOptions;

/// The folder of the write-ahead log.
const WAL_DIR: &str = "wal";

/// The file whose lock says that the directory is in use; Prometheus locks it, too.
const LOCK_FILE: &str = "lock";

/// The file that makes a folder a block.
const BLOCK_META_FILE: &str = "meta.json";

pub(super) fn open(env: &Env, dir: &Path, options: TsdbOptions) -> Result<Tsdb, OpenError> {
    check_options(&options)?;
    env.fs().create_dir_all(dir)?;
    let lock = env.fs().lock_exclusive(&dir.join(LOCK_FILE)).map_err(|error| locked(dir, error))?;
    refuse_blocks(env, dir)?;
    let wal_dir = dir.join(WAL_DIR);
    let head = Head::new(env.clone(), options);
    let report = replay(&head, &wal_dir, true)?;
    let wal_options = WalOptions {
        segment_bytes_max: head.options.wal_segment_bytes,
        compression: head.options.wal_compression,
    };
    head.log.lock().writer = Some(WalWriter::open(env, &wal_dir, wal_options)?);
    Ok(finish(head, report, Access::ReadWrite, State::Open { _lock: Some(lock) }))
}

pub(super) fn open_read_only(env: &Env, dir: &Path, options: TsdbOptions) -> Result<Tsdb, OpenError> {
    check_options(&options)?;
    let wal_dir = dir.join(WAL_DIR);
    if !env.fs().exists(&wal_dir)? {
        return Err(OpenError::NoDatabase { dir: dir.to_path_buf() });
    }
    refuse_blocks(env, dir)?;
    let head = Head::new(env.clone(), options);
    let report = replay(&head, &wal_dir, false)?;
    Ok(finish(head, report, Access::ReadOnly, State::Open { _lock: None }))
}

fn finish(head: Head, replay: ReplayReport, access: Access, state: State) -> Tsdb {
    Tsdb { shared: Arc::new(Shared { head: Arc::new(head), replay, access, state: Mutex::new(state) }) }
}

fn check_options(options: &TsdbOptions) -> Result<(), OpenError> {
    let refuse = |option, reason: String| Err(OpenError::InvalidOption { option, reason });
    if options.block_range_ms <= 0 {
        let ms = options.block_range_ms;
        return refuse("block_range_ms", format!("{ms} is no time span: give at least 1"));
    }
    let bytes = options.wal_segment_bytes;
    if bytes == 0 || !bytes.is_multiple_of(PAGE_BYTES as u64) {
        return refuse("wal_segment_bytes", format!("{bytes} is not a multiple of {PAGE_BYTES}"));
    }
    if options.series_max > emberdb_tsdb_index::SERIES_MAX {
        return refuse("series_max", format!("{} exceeds 2^32 - 1", options.series_max));
    }
    Ok(())
}

fn locked(dir: &Path, error: FsError) -> OpenError {
    if error.is_locked() { OpenError::Locked { dir: dir.to_path_buf() } } else { error.into() }
}

/// Blocks hold samples that the log no longer has. Answering without them would be wrong in silence.
fn refuse_blocks(env: &Env, dir: &Path) -> Result<(), OpenError> {
    let mut blocks = 0;
    for entry in env.fs().read_dir(dir)? {
        if entry.is_dir && env.fs().exists(&dir.join(&entry.name).join(BLOCK_META_FILE))? {
            blocks += 1;
        }
    }
    if blocks == 0 {
        return Ok(());
    }
    Err(OpenError::Unsupported { dir: dir.to_path_buf(), what: format!("{blocks} blocks") })
}

//! Opening a directory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use emberdb_env::{Env, FileLock, FsError};
use emberdb_tsdb_block::Ulid;
use emberdb_wal::{PAGE_BYTES, WalListing};
use parking_lot::{Mutex, RwLock};

use super::blocks::{BlockSet, OpenedBlocks, covered_until_ms, open_blocks};
use super::dir_state::DirState;
use super::restore::Restore;
use super::{Access, Shared, State, Tsdb, WAL_DIR};
use crate::error::OpenError;
use crate::head::EXEMPLARS_MAX;
use crate::head::Head;
use crate::head::chunk_file::{CHUNKS_HEAD_DIR, ChunkFiles, Scan};
use crate::options::{Durability, Replay, TsdbOptions};

/// The file whose lock says that the directory is in use; Prometheus locks it, too.
const LOCK_FILE: &str = "lock";

/// How long one who only reads waits for a writer that was moving samples, each time.
const PAUSES_MS: [u64; 7] = [25, 50, 100, 200, 400, 800, 1600];

pub(super) fn open(env: &Env, dir: &Path, options: TsdbOptions) -> Result<Tsdb, OpenError> {
    check_options(&options)?;
    env.fs().create_dir_all(dir)?;
    let lock = env.fs().lock_exclusive(&dir.join(LOCK_FILE)).map_err(|error| locked(dir, error))?;
    start(env, dir, options, Access::ReadWrite, Some(lock), None)
}

pub(super) fn open_read_only(env: &Env, dir: &Path, options: TsdbOptions) -> Result<Tsdb, OpenError> {
    check_options(&options)?;
    if !env.fs().exists(dir)? || !holds_database(env, dir)? {
        return Err(OpenError::NoDatabase { dir: dir.to_path_buf() });
    }
    for pause_ms in PAUSES_MS {
        match start_read_only(env, dir, options.clone()) {
            Err(OpenError::Changed { .. }) => env.clock().sleep(Duration::from_millis(pause_ms)),
            outcome => return outcome,
        }
    }
    start_read_only(env, dir, options)
}

fn start_read_only(env: &Env, dir: &Path, options: TsdbOptions) -> Result<Tsdb, OpenError> {
    let before = Arc::new(DirState::read(env, dir)?);
    start(env, dir, options, Access::ReadOnly, None, Some(Arc::clone(&before)))
        .or_else(|error| before.check(env, dir).and(Err(error)))
}

/// Whether there is a log or a block.
fn holds_database(env: &Env, dir: &Path) -> Result<bool, OpenError> {
    let is_part = |name: &str| name == WAL_DIR || Ulid::from_string(name).is_ok();
    Ok(env.fs().read_dir(dir)?.iter().any(|entry| entry.is_dir && is_part(&entry.name)))
}

/// The database as its blocks, the head's files of chunks, and its log have it; of the log, perhaps later. With `before` it has to be so
/// again when all is read.
fn start(
    env: &Env,
    dir: &Path,
    options: TsdbOptions,
    access: Access,
    lock: Option<Box<dyn FileLock>>,
    before: Option<Arc<DirState>>,
) -> Result<Tsdb, OpenError> {
    let may_repair = access == Access::ReadWrite;
    let OpenedBlocks { blocks, passed_over } = open_blocks(env, dir, may_repair)?;
    // Why a log does not even tell this is told when it is replayed.
    let floor_ms = WalListing::read(env, &dir.join(WAL_DIR)).and_then(|listing| listing.floor_ms(env));
    let floor_ms = floor_ms.unwrap_or(i64::MIN);
    let head_from_ms = covered_until_ms(&blocks, options.block_range_ms)?.max(floor_ms);
    let chunks_dir = dir.join(CHUNKS_HEAD_DIR);
    let mut scan = Scan::read(env, &chunks_dir)?;
    let chunk_files = ChunkFiles::open(env, &chunks_dir, &mut scan, may_repair)?;
    let replay = options.replay;
    let head = Arc::new(Head::new(env.clone(), options, chunk_files));
    head.note_floor(floor_ms);
    head.begin_at(head_from_ms)?;
    let shared = Arc::new(Shared {
        head: Arc::clone(&head),
        dir: dir.to_path_buf(),
        blocks: RwLock::new(Arc::new(BlockSet::new(blocks, head_from_ms))),
        earlier_sets: Mutex::default(),
        unremoved: Mutex::default(),
        readiness: Arc::default(),
        replaying: Mutex::new(None),
        access,
        state: Mutex::new(State::Open { _lock: lock }),
        maintenance: Mutex::default(),
        paused: AtomicBool::new(false),
        failure: Mutex::new(None),
        signals: Arc::default(),
    });
    let restore = Restore {
        head,
        readiness: Arc::clone(&shared.readiness),
        signals: Arc::clone(&shared.signals),
        dir: dir.to_path_buf(),
        access,
        before,
        blocks_passed_over: passed_over,
        chunks: scan.chunks,
        chunks_unreadable: scan.damage.map(|damage| damage.message),
        shared: Arc::downgrade(&shared),
    };
    match replay {
        Replay::Foreground => restore.run()?,
        Replay::Background => {
            // What becomes of it is told by `Readiness`.
            let thread = env.spawn("emberdb-open", move || drop(restore.run()));
            let thread = thread.map_err(|source| FsError::new("start a thread for", dir, source))?;
            *shared.replaying.lock() = Some(thread);
        }
    }
    Ok(Tsdb { shared })
}

fn check_options(options: &TsdbOptions) -> Result<(), OpenError> {
    let refuse = |option, reason: String| Err(OpenError::InvalidOption { option, reason });
    if options.block_range_ms <= 0 {
        let ms = options.block_range_ms;
        return refuse("block_range_ms", format!("{ms} is no time span: give at least 1"));
    }
    if options.out_of_order_window_ms < 0 {
        let ms = options.out_of_order_window_ms;
        return refuse("out_of_order_window_ms", format!("{ms} is no time span: give at least 0"));
    }
    let bytes = options.wal_segment_bytes;
    if bytes == 0 || !bytes.is_multiple_of(PAGE_BYTES as u64) {
        return refuse("wal_segment_bytes", format!("{bytes} is not a multiple of {PAGE_BYTES}"));
    }
    if options.exemplars_max > EXEMPLARS_MAX {
        return refuse("exemplars_max", format!("{} exceeds {EXEMPLARS_MAX}", options.exemplars_max));
    }
    if options.durability == Durability::Interval(Duration::ZERO) {
        return refuse("durability", "an interval of 0 is none: choose EveryCommit, or a longer one".into());
    }
    if options.replay_threads == Some(0) {
        return refuse("replay_threads", "0 threads replay nothing: give at least 1".into());
    }
    if options.series_max > emberdb_tsdb_index::SERIES_MAX {
        return refuse("series_max", format!("{} exceeds 2^32 - 1", options.series_max));
    }
    Ok(())
}

fn locked(dir: &Path, error: FsError) -> OpenError {
    if error.is_locked() { OpenError::Locked { dir: dir.to_path_buf() } } else { error.into() }
}

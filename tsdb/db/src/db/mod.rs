//! The database: a directory, opened.

mod blocks;
mod compact;
mod compact_late;
mod compact_stale;
mod delete;
mod dir_state;
mod exemplars;
mod metadata;
mod open;
mod readiness;
mod restore;
mod retention;
mod snapshot;
mod stats;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use emberdb_env::{Env, FileLock, Thread};
use emberdb_model::storage::{Appendable, Appender, Querier, Queryable, StorageError, StorageErrorKind};
use emberdb_model::{Matcher, TimeRange};
use emberdb_tsdb_block::{Block, BlockMeta, Ulid};
use parking_lot::{Mutex, RwLock};

use blocks::BlockSet;
pub use compact::CompactionReport;
use compact::Maintenance;
pub use metadata::MetadataFilter;
use readiness::Readiness;
pub use readiness::ReplayProgress;
pub use stats::TsdbStats;
use worker::Signals;

use crate::error::{OpenError, closed, log_failed, system_failed};
use crate::head::{HeadAppender, ReplayReport, SharedHead};
use crate::options::TsdbOptions;
use crate::query::{HeadQuerier, MergedQuerier, Part};

/// The folder of the write-ahead log.
const WAL_DIR: &str = "wal";

/// The folder of the log of late samples.
const WBL_DIR: &str = "wbl";

/// A Prometheus data directory, opened. Cloning gives another handle of the same database.
///
/// The last handle to be dropped closes it; [`Tsdb::close`] does so at once and reports errors.
#[derive(Clone)]
pub struct Tsdb {
    shared: Arc<Shared>,
}

struct Shared {
    head: SharedHead,
    dir: PathBuf,
    blocks: RwLock<Arc<BlockSet>>,
    /// Sets of before that may still be read.
    earlier_sets: Mutex<Vec<Weak<BlockSet>>>,
    /// Folders of blocks that are in the set no more, and that could not be removed yet.
    unremoved: Mutex<Vec<Ulid>>,
    readiness: Arc<Readiness>,
    /// The thread that replays the log, if it is not the one that opens the database.
    replaying: Mutex<Option<Thread<()>>>,
    access: Access,
    state: Mutex<State>,
    /// Held by whoever moves samples from one place to another, deletes, or copies. Taken before all other locks.
    maintenance: Mutex<Maintenance>,
    /// Whether the thread that maintains the database does nothing.
    paused: AtomicBool,
    /// Why the thread's last round ended early, if it did.
    failure: Mutex<Option<String>>,
    signals: Arc<Signals>,
}

/// What may be done with the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    ReadWrite,
    ReadOnly,
}

/// Whether the database is open, and what it holds while it is.
enum State {
    Open {
        /// Absent when read-only.
        _lock: Option<Box<dyn FileLock>>,
    },
    Closed,
}

impl Tsdb {
    /// Opens a directory, which is created if it does not exist: takes its lock, replays its log, cuts off what of it
    /// cannot be read (see [`Tsdb::replay_report`]), and begins a new segment. With [`Replay::Background`](crate::Replay) it
    /// returns before the log is replayed.
    ///
    /// # Errors
    /// [`OpenError`] if the directory is in use, holds what this version cannot read, or cannot be written.
    pub fn open(env: &Env, dir: &Path, options: TsdbOptions) -> Result<Self, OpenError> {
        open::open(env, dir, options)
    }

    /// Opens a directory for reading, also while another program writes it: takes no lock, changes nothing, and sees
    /// what was logged up to now. If blocks were written meanwhile it is read again, for a few times. With
    /// [`Replay::Background`](crate::Replay) it is not: then all who ask are told to open it again.
    ///
    /// # Errors
    /// [`OpenError`] if there is no database, it holds what this version cannot read, or it does not stand still for as long as it is read.
    pub fn open_read_only(env: &Env, dir: &Path, options: TsdbOptions) -> Result<Self, OpenError> {
        open::open_read_only(env, dir, options)
    }

    /// What opening found in the log: what was restored, passed over and cut off. Waits for a replay in the background; of one that failed nothing is
    /// told here.
    #[must_use]
    pub fn replay_report(&self) -> &ReplayReport {
        self.shared.readiness.report()
    }

    /// How far the replay of the log is.
    #[must_use]
    pub fn replay_progress(&self) -> ReplayProgress {
        self.shared.readiness.progress()
    }

    /// Whether appends are taken and queries see all samples, as far as that depends on the replay of the log.
    ///
    /// # Errors
    /// [`StorageError`] of the kind `Unavailable` while the log is replayed in the background, with how far it is; another one if it could not
    /// be replayed, or the database is closed.
    pub fn check_ready(&self) -> Result<(), StorageError> {
        self.shared.check_ready()
    }

    /// Returns when the log is replayed.
    ///
    /// # Errors
    /// [`StorageError`] if it could not be, or the database is closed.
    pub fn wait_ready(&self) -> Result<(), StorageError> {
        self.shared.readiness.wait();
        self.shared.check_ready()
    }

    /// How much the database holds now.
    #[must_use]
    pub fn stats(&self) -> TsdbStats {
        stats::stats(&self.shared)
    }

    /// Time of the newest sample, in milliseconds since the Unix epoch, whether it was deleted or not; none if there is none. Of blocks
    /// that reach beyond the head's newest sample the index is read.
    ///
    /// # Errors
    /// [`StorageError`] if an index is damaged.
    pub fn newest_ms(&self) -> Result<Option<i64>, StorageError> {
        let of_head = self.shared.head.time_range().map(|(_, newest_ms)| newest_ms);
        Ok(self.shared.block_set().newest_ms(of_head)?)
    }

    /// Why the last round of maintenance in the background did not do all that was due, if so. What it could not do is done by a later one;
    /// until then more and more is kept in memory and in the log.
    #[must_use]
    pub fn maintenance_failure(&self) -> Option<String> {
        self.shared.failure.lock().clone()
    }

    /// What the blocks are, in the order of time.
    #[must_use]
    pub fn blocks(&self) -> Vec<BlockMeta> {
        self.shared.block_set().metas()
    }

    /// Moves samples from the head into blocks, makes larger blocks of blocks, and removes what is too old, as far as
    /// anything of it is due. Appends and queries go on meanwhile. Unless
    /// [`TsdbOptions::maintenance`] says otherwise a thread of the database does this once a minute, and as soon
    /// as the head has so much that a block is due.
    ///
    /// # Errors
    /// [`StorageError`] if a file cannot be read or written, or the database is closed or read-only. What was done until then
    /// stays done, and nothing is lost.
    pub fn maintain(&self) -> Result<CompactionReport, StorageError> {
        self.shared.maintain()
    }

    /// Lets the database's thread do nothing from now on, but for the round that it is in; [`Tsdb::resume_maintenance`] lets it go on.
    pub fn pause_maintenance(&self) {
        self.shared.paused.store(true, Ordering::Release);
    }

    /// Lets the database's thread go on, now.
    pub fn resume_maintenance(&self) {
        self.shared.paused.store(false, Ordering::Release);
        self.shared.signals.maintenance.wake();
    }

    /// Deletes the samples in `range` of all series that meet all of `matchers`. They are not found from now on; their room is given
    /// back when their block is compacted, or by [`Tsdb::clean_tombstones`].
    ///
    /// # Errors
    /// [`StorageError`] if a file cannot be read or written, or the database is closed or read-only. Samples of some blocks may
    /// be deleted then and those of others not: try again.
    pub fn delete(&self, matchers: &[Matcher], range: TimeRange) -> Result<(), StorageError> {
        self.shared.delete(matchers, range)
    }

    /// Writes the blocks anew of which something is deleted, and gives its room back; returns what they are now.
    ///
    /// # Errors
    /// As [`Tsdb::maintain`].
    pub fn clean_tombstones(&self) -> Result<Vec<BlockMeta>, StorageError> {
        self.shared.clean_tombstones()
    }

    /// Copies the database as it is now into the folder `to`, which is created: blocks are linked, which takes no room in the same
    /// file system, and with `with_head` the head is written as a block. The folder is a database of its own.
    ///
    /// # Errors
    /// As [`Tsdb::maintain`]; also if the folder holds one of the blocks already, or lies in another file system.
    pub fn snapshot(&self, to: &Path, with_head: bool) -> Result<(), StorageError> {
        self.shared.snapshot(to, with_head)
    }

    /// Waits until all that was committed is durable against a power cut.
    ///
    /// # Errors
    /// [`StorageError`] if the system fails to make it durable, or the database is closed or read-only.
    pub fn sync(&self) -> Result<(), StorageError> {
        self.shared.check_writable()?;
        self.shared.head.sync().map_err(log_failed)
    }

    /// Makes all commits durable and closes the database: every handle of it answers `Closed` from now on. Queriers
    /// that were taken before go on. Closing twice is no error.
    ///
    /// # Errors
    /// [`StorageError`] if the end of the log cannot be made durable.
    pub fn close(&self) -> Result<(), StorageError> {
        self.shared.close()
    }
}

impl Shared {
    fn check_open(&self) -> Result<(), StorageError> {
        match &*self.state.lock() {
            State::Open { .. } => Ok(()),
            State::Closed => Err(closed()),
        }
    }

    fn check_ready(&self) -> Result<(), StorageError> {
        self.check_open()?;
        self.readiness.check_ready()
    }

    fn check_writable(&self) -> Result<(), StorageError> {
        self.check_open()?;
        match self.access {
            Access::ReadWrite => self.readiness.check_ready(),
            Access::ReadOnly => {
                Err(StorageError::new(StorageErrorKind::Unavailable, "the database was opened read-only"))
            }
        }
    }

    fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    /// Ends a replay in the background. Who comes second waits, too: the log is not touched any more when this returns.
    fn stop_replay(&self) {
        self.readiness.progress.stop();
        let mut replaying = self.replaying.lock();
        if let Some(thread) = replaying.take() {
            // If it panicked, that was told to those who asked for samples.
            let _ = thread.join();
        }
    }

    fn close(&self) -> Result<(), StorageError> {
        // A replay, a round of maintenance and a commit under way end first. The directory's lock is released last.
        self.stop_replay();
        self.signals.maintenance.end();
        self.signals.sync.end();
        let _maintenance = self.maintenance.lock();
        let offloaded = self.offload_at_end();
        let writers = {
            let mut log = self.head.log.lock();
            [log.writer.take(), log.late_writer.take()]
        };
        let outcomes =
            writers.map(|writer| writer.map_or(Ok(()), |writer| writer.close().map_err(log_failed)));
        let outcome = outcomes.into_iter().collect();
        *self.state.lock() = State::Closed;
        offloaded.and(outcome)
    }

    /// Writes what is finished into files: it need not be made of the log again when the database is opened next.
    fn offload_at_end(&self) -> Result<(), StorageError> {
        if self.check_writable().is_err() {
            return Ok(());
        }
        self.head.offload_chunks().map(|_| ()).map_err(system_failed)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Nobody is left to hear of an error: whoever wants to know calls `close`.
        let _ = self.close();
    }
}

impl Appendable for Tsdb {
    fn appender(&self) -> Result<Box<dyn Appender + '_>, StorageError> {
        self.shared.check_writable()?;
        Ok(Box::new(HeadAppender::new(&self.shared.head)))
    }
}

impl Queryable for Tsdb {
    fn querier(&self) -> Result<Box<dyn Querier>, StorageError> {
        self.querier_in(TimeRange::ALL)
    }

    fn querier_in(&self, range: TimeRange) -> Result<Box<dyn Querier>, StorageError> {
        self.shared.check_open()?;
        let has_head = self.shared.readiness.has_head()?;
        let set = self.shared.block_set();
        let part = |block: &Block| Part {
            querier: Box::new(block.querier()),
            range: TimeRange::new(block.meta().min_ms, block.meta().max_ms - 1),
        };
        let is_asked = |block: &&Block| block.meta().overlaps(range.min_ms, range.max_ms);
        let mut parts: Vec<Part> = set.blocks.iter().filter(is_asked).map(part).collect();
        let head_from_ms = set.head_from_ms;
        let of_head = TimeRange::new(self.shared.head.late_from_ms().min(head_from_ms), i64::MAX);
        if has_head && of_head.overlaps(&range) {
            let head = HeadQuerier::new(&self.shared.head, head_from_ms, set);
            parts.push(Part { querier: Box::new(head), range: of_head });
        }
        Ok(Box::new(MergedQuerier::new(parts)))
    }
}

impl std::fmt::Debug for Tsdb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tsdb").field("access", &self.shared.access).finish_non_exhaustive()
    }
}

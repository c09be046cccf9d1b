//! The database: a directory, opened.

mod open;
mod stats;

use std::path::Path;
use std::sync::Arc;

use emberdb_env::{Env, FileLock};
use emberdb_model::storage::{Appendable, Appender, Querier, Queryable, StorageError, StorageErrorKind};
use parking_lot::Mutex;

pub use stats::TsdbStats;

use crate::error::{OpenError, closed, log_failed};
use crate::head::{HeadAppender, ReplayReport, SharedHead};
use crate::options::TsdbOptions;
use crate::query::HeadQuerier;

/// A Prometheus data directory, opened. Cloning gives another handle of the same database.
///
/// The last handle to be dropped closes it; [`Tsdb::close`] does so at once and reports errors.
#[derive(Clone)]
pub struct Tsdb {
    shared: Arc<Shared>,
}

struct Shared {
    head: SharedHead,
    replay: ReplayReport,
    access: Access,
    state: Mutex<State>,
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
    /// cannot be read (see [`Tsdb::replay_report`]), and begins a new segment.
    ///
    /// # Errors
    /// [`OpenError`] if the directory is in use, holds what this version cannot read, or cannot be written.
    pub fn open(env: &Env, dir: &Path, options: TsdbOptions) -> Result<Self, OpenError> {
        open::open(env, dir, options)
    }

    /// Opens a directory for reading, also while another program writes it: takes no lock, changes nothing, and sees
    /// what was logged up to now.
    ///
    /// # Errors
    /// [`OpenError`] if there is no database, or it holds what this version cannot read.
    pub fn open_read_only(env: &Env, dir: &Path, options: TsdbOptions) -> Result<Self, OpenError> {
        open::open_read_only(env, dir, options)
    }

    /// What opening found in the log: what was restored, passed over and cut off.
    #[must_use]
    pub fn replay_report(&self) -> &ReplayReport {
        &self.shared.replay
    }

    /// How much the database holds now.
    #[must_use]
    pub fn stats(&self) -> TsdbStats {
        stats::stats(&self.shared.head)
    }

    /// Waits until all that was committed is durable against a power cut.
    ///
    /// # Errors
    /// [`StorageError`] if the system fails to make it durable, or the database is closed or read-only.
    pub fn sync(&self) -> Result<(), StorageError> {
        self.check_writable()?;
        match &mut self.shared.head.log.lock().writer {
            Some(writer) => writer.sync().map_err(log_failed),
            None => Err(closed()),
        }
    }

    /// Makes all commits durable and closes the database: every handle of it answers `Closed` from now on. Queriers
    /// that were taken before go on. Closing twice is no error.
    ///
    /// # Errors
    /// [`StorageError`] if the end of the log cannot be made durable.
    pub fn close(&self) -> Result<(), StorageError> {
        self.shared.close()
    }

    fn check_open(&self) -> Result<(), StorageError> {
        match &*self.shared.state.lock() {
            State::Open { .. } => Ok(()),
            State::Closed => Err(closed()),
        }
    }

    fn check_writable(&self) -> Result<(), StorageError> {
        self.check_open()?;
        match self.shared.access {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => {
                Err(StorageError::new(StorageErrorKind::Unavailable, "the database was opened read-only"))
            }
        }
    }
}

impl Shared {
    fn close(&self) -> Result<(), StorageError> {
        // A commit under way ends first. The directory's lock is released last.
        let writer = self.head.log.lock().writer.take();
        let outcome = writer.map_or(Ok(()), |writer| writer.close().map_err(log_failed));
        *self.state.lock() = State::Closed;
        outcome
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
        self.check_writable()?;
        Ok(Box::new(HeadAppender::new(&self.shared.head)))
    }
}

impl Queryable for Tsdb {
    fn querier(&self) -> Result<Box<dyn Querier>, StorageError> {
        self.check_open()?;
        Ok(Box::new(HeadQuerier::new(&self.shared.head)))
    }
}

impl std::fmt::Debug for Tsdb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tsdb").field("access", &self.shared.access).finish_non_exhaustive()
    }
}

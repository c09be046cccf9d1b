//! Whether the head is what the log says.

use std::sync::OnceLock;

use emberdb_model::storage::{StorageError, StorageErrorKind};
use parking_lot::{Condvar, Mutex};

use crate::error::OpenError;
use crate::head::{Progress, ReplayReport};

/// Whether the log is replayed, for all who have to know.
#[derive(Default)]
pub(super) struct Readiness {
    state: Mutex<State>,
    /// The replay is over.
    changed: Condvar,
    /// There when the replay is over.
    report: OnceLock<ReplayReport>,
    pub(super) progress: Progress,
}

#[derive(Default)]
enum State {
    #[default]
    Replaying,
    Ready,
    Failed(StorageErrorKind, String),
}

/// How far the replay of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayProgress {
    /// Bytes of the logs that were read.
    pub bytes_read: u64,
    /// Bytes of the logs; 0 until they were found.
    pub bytes_total: u64,
    /// Whether the replay is over, well or not.
    pub is_over: bool,
}

impl ReplayProgress {
    /// How much of it is done, from 0 to 100.
    #[must_use]
    pub fn percent(self) -> u64 {
        match (self.is_over, self.bytes_total) {
            (true, _) => 100,
            (false, 0) => 0,
            // What was read last is still being put into its series.
            (false, total) => (self.bytes_read.saturating_mul(100) / total).min(99),
        }
    }
}

impl Readiness {
    /// The replay is over, and the head can be written to and read.
    pub(super) fn finish(&self, report: ReplayReport) {
        self.end(State::Ready, report);
    }

    /// The replay is over, and the head is worth nothing.
    pub(super) fn fail(&self, error: &OpenError) {
        let kind = match error {
            OpenError::Closed { .. } => StorageErrorKind::Closed,
            OpenError::Limit(_) => StorageErrorKind::Limit,
            OpenError::Wal(
                emberdb_wal::WalError::Corrupt(_) | emberdb_wal::WalError::CheckpointCorrupt(_),
            ) => StorageErrorKind::Corrupt,
            _ => StorageErrorKind::Unavailable,
        };
        let message = format!("the log was not replayed, so that the newest samples are missing: {error}");
        self.end(State::Failed(kind, message), ReplayReport::default());
    }

    /// Nobody replays any more, whatever became of it.
    pub(super) fn abandon(&self) {
        let message = "the log was not replayed: the thread that did ended early".to_owned();
        self.end(State::Failed(StorageErrorKind::Unavailable, message), ReplayReport::default());
    }

    /// The first end counts.
    fn end(&self, end: State, report: ReplayReport) {
        let mut state = self.state.lock();
        if matches!(*state, State::Replaying) {
            *state = end;
            // Nobody has set it before: whoever does holds the state.
            let _ = self.report.set(report);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// What was found; waits until it was. Nothing, if the replay failed.
    pub(super) fn report(&self) -> &ReplayReport {
        self.wait();
        self.report.get_or_init(ReplayReport::default)
    }

    /// Returns when the replay is over.
    pub(super) fn wait(&self) {
        let mut state = self.state.lock();
        while matches!(*state, State::Replaying) {
            self.changed.wait(&mut state);
        }
    }

    fn is_replaying(&self) -> bool {
        matches!(*self.state.lock(), State::Replaying)
    }

    /// Whether the head is what the log says; refuses once the replay has failed.
    pub(super) fn has_head(&self) -> Result<bool, StorageError> {
        match &*self.state.lock() {
            State::Replaying => Ok(false),
            State::Ready => Ok(true),
            State::Failed(kind, message) => Err(StorageError::new(*kind, message.clone())),
        }
    }

    /// Refuses until the replay is over, and once it has failed.
    pub(super) fn check_ready(&self) -> Result<(), StorageError> {
        if !self.has_head()? {
            let percent = self.progress().percent();
            let message =
                format!("the log is being replayed, {percent} % so far: try again when it is through");
            return Err(StorageError::new(StorageErrorKind::Unavailable, message));
        }
        Ok(())
    }

    pub(super) fn progress(&self) -> ReplayProgress {
        let (bytes_read, bytes_total) = self.progress.bytes();
        ReplayProgress { bytes_read, bytes_total, is_over: !self.is_replaying() }
    }
}

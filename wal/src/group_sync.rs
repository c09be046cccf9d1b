//! Group commit: many who wait for the disk share one fsync, and none of them holds the log's lock meanwhile.
//!
//! Each write to the log gets a number. Whoever waits for a number finds it durable, or finds somebody else's fsync under
//! way and waits for its end, or does the fsync for all that is written by then.
//!
//! All fsyncs of a log go through here, one at a time, also the writer's own: the system reports a failed write-back
//! once, so of two fsyncs at the same time one could succeed although the other was told of the loss.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use emberdb_env::{Env, File};

use crate::error::WalError;

/// What a log's writer and those who wait for it share.
pub(crate) struct GroupSync {
    state: Mutex<State>,
    /// An fsync has ended.
    synced: Condvar,
}

struct State {
    /// How many writes the system has.
    written: u64,
    /// How many of them are durable.
    durable: u64,
    /// What an fsync is to make durable, in this order. The last is the segment of the newest writes; before it may be one that
    /// has ended, and the folder with its successor. All else is durable.
    pending: Vec<Pending>,
    is_syncing: bool,
    /// The first write or fsync that failed.
    failure: Option<String>,
}

/// What may not be durable yet.
#[derive(Clone)]
enum Pending {
    /// What was written to a segment.
    Segment(Arc<dyn File>),
    /// That a folder has a segment.
    Folder(Env, PathBuf),
}

impl Pending {
    fn sync(&self) -> Result<(), WalError> {
        match self {
            Self::Segment(file) => Ok(file.sync_all()?),
            Self::Folder(env, dir) => Ok(env.fs().sync_dir(dir)?),
        }
    }
}

/// A moment in a log's life: what was logged before it can be waited for.
///
/// It is independent of the writer: waiting needs no lock, and is possible after the writer is gone.
#[derive(Debug, Clone)]
pub struct SyncPoint {
    group: Arc<GroupSync>,
    written: u64,
}

/// Makes a log durable, from any thread, while others write to it.
#[derive(Debug, Clone)]
pub struct SyncHandle {
    group: Arc<GroupSync>,
}

impl SyncPoint {
    /// Returns when all that was logged before this point is durable. One fsync serves all who wait.
    ///
    /// # Errors
    /// When the fsync fails. Once a write or an fsync has failed, all that was not durable then stays refused, with
    /// [`WalError::RefusesWrites`].
    pub fn wait_durable(&self) -> Result<(), WalError> {
        self.group.wait_durable(self.written)
    }

    /// Whether it is known to be durable already.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.group.lock().durable >= self.written
    }
}

impl SyncHandle {
    pub(crate) fn new(group: &Arc<GroupSync>) -> Self {
        Self { group: Arc::clone(group) }
    }

    /// Returns when all that was logged so far is durable; without an fsync if it is already.
    ///
    /// # Errors
    /// As [`SyncPoint::wait_durable`].
    pub fn sync(&self) -> Result<(), WalError> {
        self.group.check()?;
        self.group.sync_written()
    }
}

impl GroupSync {
    pub(crate) fn new(file: Arc<dyn File>) -> Self {
        let pending = vec![Pending::Segment(file)];
        let state = State { written: 0, durable: 0, pending, is_syncing: false, failure: None };
        Self { state: Mutex::new(state), synced: Condvar::new() }
    }

    pub(crate) fn point(group: &Arc<Self>) -> SyncPoint {
        SyncPoint { group: Arc::clone(group), written: group.lock().written }
    }

    /// The writer has handed bytes to the system.
    pub(crate) fn note_written(&self) {
        self.lock().written += 1;
    }

    /// What is written from now on goes to another file; all before is durable.
    pub(crate) fn begin_file(&self, file: Arc<dyn File>) {
        self.lock().pending = vec![Pending::Segment(file)];
    }

    /// What is written from now on goes to another file, of which the folder does not know durably yet. The next fsync is one of what
    /// was written before, of the folder, and of this file.
    pub(crate) fn begin_file_after_unsynced(&self, file: Arc<dyn File>, env: Env, dir: PathBuf) {
        let mut state = self.lock();
        // The new file is no write, and has to be durable nevertheless before the log counts on it.
        state.written += 1;
        state.pending.extend([Pending::Folder(env, dir), Pending::Segment(file)]);
    }

    /// Refuses if something has failed.
    pub(crate) fn check(&self) -> Result<(), WalError> {
        self.lock().check()
    }

    /// Remembers the first failure, and passes it on.
    pub(crate) fn note(&self, outcome: Result<(), WalError>) -> Result<(), WalError> {
        if let Err(error) = &outcome {
            self.lock().fail(error);
        }
        outcome
    }

    /// Returns when all that is written by now is durable.
    pub(crate) fn sync_written(&self) -> Result<(), WalError> {
        let written = self.lock().written;
        self.wait_durable(written)
    }

    fn wait_durable(&self, written: u64) -> Result<(), WalError> {
        let mut state = self.lock();
        loop {
            if state.durable >= written {
                return Ok(());
            }
            state.check()?;
            if !state.is_syncing {
                break;
            }
            state = self.synced.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.is_syncing = true;
        let turn = Turn { group: self, written: state.written, pending: state.pending.clone() };
        drop(state);
        turn.sync()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under this lock, so what it guards is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self) -> Result<(), WalError> {
        match &self.failure {
            Some(reason) => Err(WalError::RefusesWrites { reason: reason.clone() }),
            None => Ok(()),
        }
    }

    fn fail(&mut self, reason: &impl ToString) {
        self.failure.get_or_insert_with(|| reason.to_string());
    }
}

/// The right to do the one fsync. Whatever becomes of it, those who wait are woken.
struct Turn<'a> {
    group: &'a GroupSync,
    /// What the fsync makes durable.
    written: u64,
    pending: Vec<Pending>,
}

impl Turn<'_> {
    fn sync(self) -> Result<(), WalError> {
        let outcome = self.pending.iter().try_for_each(Pending::sync);
        let mut state = self.group.lock();
        match &outcome {
            Ok(()) => {
                state.durable = state.durable.max(self.written);
                // The last goes on to be written to. Others may have been added behind it meanwhile.
                let ended = self.pending.len() - 1;
                state.pending.drain(..ended);
            }
            Err(error) => state.fail(error),
        }
        outcome
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.group.lock();
        state.is_syncing = false;
        if state.durable < self.written {
            // Only if the fsync did not even return; otherwise its error is there already.
            state.fail(&"an fsync did not return");
        }
        drop(state);
        self.group.synced.notify_all();
    }
}

impl fmt::Debug for GroupSync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { written, durable, failure, .. } = &*self.lock();
        f.debug_struct("GroupSync")
            .field("written", written)
            .field("durable", durable)
            .field("failure", failure)
            .finish_non_exhaustive()
    }
}

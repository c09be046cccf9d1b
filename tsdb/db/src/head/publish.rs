//! From logged and stored to durable and visible.
//!
//! A commit is in memory as soon as it is logged, so that the next one is checked against it, but readers do not see it: they hold the number
//! of an earlier commit. It is *published* when it is as durable as [`Durability`] promises. Who waits for the disk holds no lock, so commits may
//! come back from it in any order; a commit that is durable says the same of all before it, and publishes them, too.
//!
//! Late samples have no numbers that would hide them. They are put into their series when their commit is published.

use std::collections::VecDeque;

use emberdb_wal::{SyncHandle, SyncPoint, WalError, WalWriter};
use parking_lot::{Mutex, MutexGuard};

use super::batch::LateBatch;
use super::isolation::CommitStamp;
use super::{Head, Log};
use crate::options::Durability;

/// The late samples of commits that are not published, in the order of the log.
#[derive(Default)]
pub(super) struct Unpublished {
    late: Mutex<VecDeque<(u64, LateBatch)>>,
}

impl Unpublished {
    /// Adds those of the newest commit, if there are any. Whoever calls holds the log.
    pub(super) fn add(&self, stamp: CommitStamp, late: LateBatch) {
        if late.len() > 0 {
            self.late.lock().push_back((stamp.number, late));
        }
    }
}

/// What a commit waits for before it is published: points in the log, and in that of late samples.
pub(super) struct Promise([Option<SyncPoint>; 2]);

impl Promise {
    /// Returns when it is kept.
    pub(super) fn wait(&self) -> Result<(), WalError> {
        self.0.iter().flatten().try_for_each(SyncPoint::wait_durable)
    }
}

impl Log {
    /// What is promised of all that was logged so far.
    pub(super) fn promise(&self, durability: Durability) -> Promise {
        match durability {
            Durability::Never | Durability::Interval(_) => Promise([None, None]),
            // Also of a commit without late samples: it will publish those of commits before it.
            Durability::EveryCommit => {
                Promise([&self.writer, &self.late_writer].map(|w| w.as_ref().map(WalWriter::sync_point)))
            }
        }
    }

    /// What makes the logs durable without holding them.
    pub(crate) fn sync_handles(&self) -> Vec<SyncHandle> {
        [&self.writer, &self.late_writer].into_iter().flatten().map(WalWriter::sync_handle).collect()
    }
}

impl Head {
    /// Shows a commit, and all before it, to readers that begin from now on.
    pub(super) fn publish(&self, stamp: CommitStamp) {
        let mut waiting = self.unpublished.late.lock();
        while let Some((_, late)) = waiting.pop_front_if(|(number, _)| *number <= stamp.number) {
            self.store_late(late);
        }
        // Under the lock: a later commit that finds nothing to store must not be finished before what is stored here.
        self.isolation.finish_commit(stamp);
    }

    /// The log, when all that it has is published.
    pub(crate) fn settled_log(&self) -> Result<MutexGuard<'_, Log>, WalError> {
        let log = self.log.lock();
        // Those who publish need no log.
        self.isolation.wait_finished()?;
        Ok(log)
    }

    /// Makes durable what is logged by now, without holding the log meanwhile.
    pub(crate) fn sync(&self) -> Result<(), WalError> {
        let handles = self.log.lock().sync_handles();
        handles.iter().try_for_each(SyncHandle::sync).inspect_err(|error| self.isolation.fail(error))
    }
}

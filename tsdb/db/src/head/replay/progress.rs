//! How far a replay is, for those who wait for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What the thread that replays tells, and what it is told.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    bytes_read: AtomicU64,
    bytes_total: AtomicU64,
    is_stopped: AtomicBool,
}

impl Progress {
    /// Bytes of the logs that were read, and of all.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        (self.bytes_read.load(Ordering::Relaxed), self.bytes_total.load(Ordering::Relaxed))
    }

    /// Ends the replay soon.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_total(&self, bytes: u64) {
        self.bytes_total.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn set_read(&self, bytes: u64) {
        self.bytes_read.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }
}

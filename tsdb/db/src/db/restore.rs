//! From an empty head to one that has what the log says, and takes more.

use std::path::PathBuf;
use std::sync::{Arc, Weak};

use emberdb_env::FsError;
use emberdb_wal::{WalOptions, WalWriter};

use super::dir_state::DirState;
use super::readiness::Readiness;
use super::worker::{self, Signals};
use super::{Access, Shared, WAL_DIR, WBL_DIR};
use crate::error::OpenError;
use crate::head::chunk_file::StoredChunk;
use crate::head::{ReplayReport, SharedHead, replay};
use crate::options::{Durability, Maintained};

/// An empty head, and what it is filled from. It keeps the database's head, but not the database, which may be closed meanwhile.
pub(super) struct Restore {
    pub(super) head: SharedHead,
    pub(super) readiness: Arc<Readiness>,
    pub(super) signals: Arc<Signals>,
    pub(super) dir: PathBuf,
    pub(super) access: Access,
    /// What a writer must not have changed meanwhile.
    pub(super) before: Option<Arc<DirState>>,
    /// Why folders with the names of blocks were passed over.
    pub(super) blocks_passed_over: Vec<String>,
    /// The head's finished chunks, as their files have them.
    pub(super) chunks: Vec<StoredChunk>,
    /// Why a file of chunks was given up, if so.
    pub(super) chunks_unreadable: Option<String>,
    /// For the thread that maintains the database.
    pub(super) shared: Weak<Shared>,
}

impl Restore {
    /// Does it, and tells who waits for it. The error is for who opens the database; others are told of it, too.
    pub(super) fn run(mut self) -> Result<(), OpenError> {
        let replayed = self.replay();
        let unchanged = self.before.as_ref().map_or(Ok(()), |before| before.check(&self.head.env, &self.dir));
        let outcome = unchanged.and(replayed).and_then(|report| {
            if self.access == Access::ReadWrite {
                self.open_logs()?;
                self.start_threads()?;
            }
            Ok(report)
        });
        match outcome {
            Ok(report) => {
                self.readiness.finish(report);
                Ok(())
            }
            Err(error) => {
                self.readiness.fail(&error);
                Err(error)
            }
        }
    }

    fn replay(&mut self) -> Result<ReplayReport, OpenError> {
        let (wal, wbl) = (self.dir.join(WAL_DIR), self.dir.join(WBL_DIR));
        let may_repair = self.access == Access::ReadWrite;
        let chunks = std::mem::take(&mut self.chunks);
        let mut report = replay(&self.head, &chunks, &wal, &wbl, may_repair, &self.readiness.progress)?;
        report.blocks_passed_over = std::mem::take(&mut self.blocks_passed_over);
        report.chunks_unreadable = self.chunks_unreadable.take();
        Ok(report)
    }

    /// Begins new segments.
    fn open_logs(&self) -> Result<(), OpenError> {
        let (env, options) = (&self.head.env, &self.head.options);
        let wal_options =
            WalOptions { segment_bytes_max: options.wal_segment_bytes, compression: options.wal_compression };
        let mut log = self.head.log.lock();
        log.writer = Some(WalWriter::open(env, &self.dir.join(WAL_DIR), wal_options)?);
        // Late samples that are there are not in blocks yet, even if no more of them are taken.
        let late_dir = self.dir.join(WBL_DIR);
        if options.out_of_order_window_ms > 0 || env.fs().exists(&late_dir)? {
            log.late_writer = Some(WalWriter::open(env, &late_dir, wal_options)?);
        }
        Ok(())
    }

    fn start_threads(&self) -> Result<(), OpenError> {
        let (env, options) = (&self.head.env, &self.head.options);
        if options.maintenance != Maintained::InBackground {
            return Ok(());
        }
        let failed = |source| FsError::new("start a thread for", &self.dir, source);
        if let Durability::Interval(every) = options.durability {
            let handles = self.head.log.lock().sync_handles();
            worker::start_sync(env, &self.signals, handles, every).map_err(failed)?;
        }
        worker::start_maintenance(env, &self.signals, Weak::clone(&self.shared)).map_err(failed)?;
        let signals = Arc::clone(&self.signals);
        self.head.when_due(move || signals.maintenance.wake());
        Ok(())
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        // Who waits must not wait for ever for a thread that panicked.
        self.readiness.abandon();
    }
}

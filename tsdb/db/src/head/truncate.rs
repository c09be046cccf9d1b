//! What blocks have goes out of the head, out of its files, and out of the log.

use std::path::Path;
use std::sync::atomic::Ordering;

use emberdb_env::FsResult;
use emberdb_wal::{
    CheckpointBounds, CheckpointReport, WalError, WalListing, WalOptions, checkpoint, encode_tombstones,
    truncate,
};

use foldhash::HashSet;

use super::Head;
use super::late::LateSamples;
use super::leaving::Life;
use super::page::Pages;
use super::series::Series;

impl Head {
    /// Forgets the chunks of which all samples are older than `before_ms`, in memory and in files. Nobody may want to read them
    /// any more.
    pub(crate) fn forget_before(&self, before_ms: i64) -> FsResult<()> {
        let (mut forgotten, mut first_late_file) = (0, None);
        let late_from_ms = self.accepted().late_from_ms.unwrap_or(i64::MAX);
        for page in self.pages.all() {
            for series in page.write().iter_mut() {
                forgotten += u64::from(series.forget_before(before_ms, late_from_ms));
                let of_series = series.late().and_then(LateSamples::first_file);
                first_late_file = first_late_file.into_iter().chain(of_series).min();
            }
        }
        self.note_forgotten(forgotten);
        // Prometheus puts late samples into the same files; they are not in blocks yet.
        self.chunk_files.remove_before(before_ms, first_late_file)?;
        Ok(())
    }

    /// Replaces the older two thirds of the log by a checkpoint without samples older than `before_ms`, as upstream does: the
    /// youngest third has hardly any of these. None if the log is too short for that.
    pub(crate) fn truncate_log(
        &self,
        dir: &Path,
        before_ms: i64,
    ) -> Result<Option<CheckpointReport>, WalError> {
        let ended = match &mut self.settled_log()?.writer {
            Some(writer) => writer.begin_segment()?.checked_sub(1),
            None => None,
        };
        self.sync()?;
        let first = WalListing::read(&self.env, dir)?.segments.first().map(|segment| segment.number);
        let (Some(first), Some(ended)) = (first, ended) else { return Ok(None) };
        let last = first + ended.saturating_sub(first) * 2 / 3;
        if last <= first {
            return Ok(None);
        }
        self.checkpoint(dir, last, before_ms).map(Some)
    }

    /// Replaces all of the log but its newest segment by a checkpoint, which says that the log is done with what is before `before_ms`.
    pub(crate) fn settle_log(&self, dir: &Path, before_ms: i64) -> Result<(), WalError> {
        let ended = match &mut self.settled_log()?.writer {
            Some(writer) => {
                // So that there is a segment to be replaced, though nothing was logged since the last checkpoint.
                let mut nothing = Vec::new();
                encode_tombstones([], &mut nothing);
                writer.log(&[&nothing])?;
                writer.begin_segment()?.checked_sub(1)
            }
            None => None,
        };
        self.sync()?;
        let Some(ended) = ended else { return Ok(()) };
        self.checkpoint(dir, ended, before_ms).map(drop)
    }

    fn checkpoint(&self, dir: &Path, last: u32, before_ms: i64) -> Result<CheckpointReport, WalError> {
        let unused = self.let_go_of_unused()?;
        let options = WalOptions {
            segment_bytes_max: self.options.wal_segment_bytes,
            compression: self.options.wal_compression,
        };
        let bounds = CheckpointBounds {
            samples_from_ms: before_ms,
            // What was deleted of samples that came late must stay so until they are in blocks, however old they are.
            deletions_from_ms: before_ms.min(self.late_from_ms()),
        };
        let report = checkpoint(&self.env, dir, last, |wal_ref| !unused.contains(&wal_ref), bounds, options)?;
        self.note_floor(before_ms);
        truncate(&self.env, dir, last)?;
        Ok(report)
    }

    /// The references of series that have no samples any more, late ones neither, and no deletions. Their labels may leave the log: they
    /// will be logged again before the next sample.
    fn let_go_of_unused(&self) -> Result<HashSet<u64>, WalError> {
        let mut unused_ids = Vec::new();
        for (number, page) in self.pages.all().iter().enumerate() {
            let page = page.read();
            let is_unused = |series: &Series| series.life != Life::Removed && series.is_unused();
            let slots = page.iter().enumerate().filter(|(_, series)| is_unused(series));
            unused_ids.extend(slots.map(|(slot, _)| Pages::id(number, slot)));
        }
        // Not while a commit is under way, which may count on the labels of a series that it is about to fill. Those that come later
        // will see that they cannot.
        let _log = self.settled_log()?;
        let mut unused = HashSet::default();
        unused_ids.retain(|&id| {
            let wal_ref = self.pages.with(id, |series| {
                let is_unused = series.is_unused();
                if !is_unused {
                    return None;
                }
                series.logged = false;
                series.life = Life::Unused;
                Some(series.wal_ref)
            });
            wal_ref.flatten().is_some_and(|wal_ref| unused.insert(wal_ref))
        });
        self.forget_marks(&unused_ids);
        self.let_go.fetch_add(1, Ordering::AcqRel);
        let further = self.further_refs.lock();
        let of_unused = further.iter().filter(|(id, _)| unused_ids.binary_search(id).is_ok());
        unused.extend(of_unused.map(|&(_, wal_ref)| wal_ref));
        drop(further);
        self.note_leaving(unused_ids);
        Ok(unused)
    }
}

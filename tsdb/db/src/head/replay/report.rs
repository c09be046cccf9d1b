//! What opening found.

use std::fmt;
use std::time::Duration;

use emberdb_wal::{RecordKind, RepairReport};

use super::shard::Tally;

/// What was found in the files of chunks and in the log.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ReplayReport {
    /// Series restored.
    pub series: usize,
    /// Samples restored, floats and native histograms.
    pub samples: u64,
    /// Native histograms restored.
    pub histograms: u64,
    /// Of these samples, those that were in files of chunks.
    pub samples_in_chunks: u64,
    /// Chunks in files that belong to no series of the log, or overlap with what the series has.
    pub chunks_passed_over: u64,
    /// Why a file of chunks, and those written later, were given up, if so. Their samples are in the log, too.
    pub chunks_unreadable: Option<String>,
    /// Folders with the names of blocks that are none, and why.
    pub blocks_passed_over: Vec<String>,
    /// Samples of the log that are in blocks already.
    pub samples_in_blocks: u64,
    /// Samples that came out of order and are not in blocks yet, from chunks and from the log of late samples.
    pub late_samples: u64,
    /// Samples that were logged but are not newer than what the series has: late or repeated ones.
    pub samples_passed_over: u64,
    /// Series whose labels are no valid set: an empty name, or a name twice.
    pub series_invalid: u64,
    /// Samples of series whose labels the log does not have, or not validly.
    pub samples_without_series: u64,
    /// Native histograms that cannot be stored: of a schema that nobody knows, or with other buckets than their spans say.
    pub histograms_invalid: u64,
    /// Exemplars restored. More may have been in the log than the database keeps: then the newest are there.
    pub exemplars: u64,
    /// Exemplars of the log that are older than the head, of series that it does not have, repeated, or with labels that are too long.
    pub exemplars_dropped: u64,
    /// Metadata of series that were restored, all versions counted.
    pub metadata: u64,
    /// Metadata of series whose labels the log does not have.
    pub metadata_without_series: u64,
    /// Records of kinds that this version does not keep, with their number.
    pub records_skipped: Vec<(RecordKind, u64)>,
    /// What was cut off because it could not be read.
    pub repair: Option<RepairReport>,
    /// What was cut off the log of late samples.
    pub late_repair: Option<RepairReport>,
    /// Why the end of the log, and of that of late samples, could not be read, if they were opened read-only and so not repaired.
    pub unreadable_ends: Vec<String>,
    /// Time taken.
    pub duration: Duration,
}

impl fmt::Display for ReplayReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.duration.as_secs_f64() * 1000.0;
        write!(f, "replayed {} samples of {} series in {ms:.1} ms", self.samples, self.series)?;
        if self.samples_in_chunks > 0 {
            write!(f, "; {} of these samples were in finished chunks", self.samples_in_chunks)?;
        }
        if self.chunks_passed_over > 0 {
            write!(f, "; passed over {} chunks that fit no series", self.chunks_passed_over)?;
        }
        if let Some(reason) = &self.chunks_unreadable {
            write!(f, "; gave up finished chunks, whose samples the log has: {reason}")?;
        }
        for reason in &self.blocks_passed_over {
            write!(f, "; passed over a folder: {reason}")?;
        }
        if self.samples_in_blocks > 0 {
            write!(f, "; {} samples of the log were in blocks", self.samples_in_blocks)?;
        }
        if self.samples_passed_over > 0 {
            write!(f, "; passed over {} samples that came late or twice", self.samples_passed_over)?;
        }
        if self.samples_without_series > 0 {
            write!(f, "; dropped {} samples of unknown series", self.samples_without_series)?;
        }
        if self.series_invalid > 0 {
            write!(f, "; dropped {} series with invalid labels", self.series_invalid)?;
        }
        if self.histograms_invalid > 0 {
            write!(f, "; dropped {} invalid histograms", self.histograms_invalid)?;
        }
        if self.exemplars > 0 {
            write!(f, "; {} exemplars", self.exemplars)?;
        }
        if self.exemplars_dropped > 0 {
            write!(
                f,
                "; dropped {} exemplars that are too old or of unknown series",
                self.exemplars_dropped
            )?;
        }
        for (kind, count) in &self.records_skipped {
            write!(f, "; skipped {count} records of kind {kind}")?;
        }
        if self.late_samples > 0 {
            write!(f, "; {} samples had come late", self.late_samples)?;
        }
        for repair in [&self.repair, &self.late_repair].into_iter().flatten() {
            write!(f, "; {repair}")?;
        }
        for reason in &self.unreadable_ends {
            write!(f, "; the end of a log was not read: {reason}")?;
        }
        Ok(())
    }
}

impl ReplayReport {
    /// Whether nothing was damaged, nor of a kind that this version does not keep.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let repaired = self.repair.is_some() || self.late_repair.is_some();
        !repaired
            && self.unreadable_ends.is_empty()
            && self.blocks_passed_over.is_empty()
            && self.chunks_unreadable.is_none()
            && self.records_skipped.is_empty()
    }

    /// Adds what those found who put samples into their series.
    pub(super) fn add(&mut self, tally: &Tally) {
        self.samples += tally.samples;
        self.histograms += tally.histograms;
        self.samples_in_chunks += tally.samples_in_chunks;
        self.chunks_passed_over += tally.chunks_passed_over;
        self.late_samples += tally.late_samples;
        self.samples_passed_over += tally.samples_passed_over;
        self.histograms_invalid += tally.histograms_invalid;
    }
}

//! Errors of the log.

use std::path::PathBuf;

use emberdb_env::FsError;
use thiserror::Error;

use crate::corruption::Corruption;
use crate::page::PAGE_BYTES;
use crate::record::{RECORD_BYTES_MAX, RecordError};

/// Why the log cannot be written, read or repaired.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WalError {
    /// The system failed to do something with a file.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The log cannot be read beyond some place; [`repair`](crate::repair()) keeps what is before.
    #[error(transparent)]
    Corrupt(Box<Corruption>),
    /// A record does not say what a record of its kind must.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Segments are missing.
    #[error(
        "segments {missing_first:08} to {missing_last:08} are missing in {}: restore them, or move the later ones away",
        dir.display()
    )]
    SegmentGap {
        /// The log's directory.
        dir: PathBuf,
        /// The first that is missing.
        missing_first: u32,
        /// The last that is missing.
        missing_last: u32,
    },
    /// A record is compressed with zstd, which this program was compiled without. Nothing is damaged.
    #[error(
        "the record at offset {offset} of {} is compressed with zstd: compile with the feature `zstd` to read it",
        segment_path.display()
    )]
    ZstdNotCompiledIn {
        /// The segment.
        segment_path: PathBuf,
        /// Where the record begins in it.
        offset: u64,
    },
    /// A record exceeds [`RECORD_BYTES_MAX`]: one to be written, or one found.
    #[error("a record of {bytes} bytes exceeds the limit of {RECORD_BYTES_MAX}: {place}")]
    RecordTooLarge {
        /// Its size, uncompressed.
        bytes: u64,
        /// Where it is, or that it was to be written.
        place: String,
    },
    /// A segment size that is not a positive multiple of the page size.
    #[error("a segment size of {bytes} bytes is not a positive multiple of the page size, {PAGE_BYTES}")]
    SegmentSize {
        /// The size that was asked for.
        bytes: u64,
    },
    /// There is no number left for another segment.
    #[error("no segment can follow segment {last}")]
    SegmentsExhausted {
        /// The number of the last segment.
        last: u32,
    },
    /// An earlier write or fsync failed, so what the disk holds is unknown: nothing is written any more.
    #[error("the log refuses writes, since earlier: {reason}; open it again to go on")]
    RefusesWrites {
        /// The earlier error.
        reason: String,
    },
    /// A checkpoint cannot replace the segments up to this one.
    #[error(
        "no checkpoint can replace the segments up to {last:08} in {}: expected {}",
        dir.display(),
        match replaceable {
            Some((first, newest)) => format!("{first:08} to {newest:08}"),
            None => "more segments, since the newest one is not replaced".to_owned(),
        }
    )]
    CheckpointRange {
        /// The log's directory.
        dir: PathBuf,
        /// The last segment that was to be replaced.
        last: u32,
        /// The first and the last one up to which a checkpoint could be made now.
        replaceable: Option<(u32, u32)>,
    },
    /// Segments were to be removed that no checkpoint replaces.
    #[error("the segments up to {last:08} in {} are not removed: no checkpoint replaces them", dir.display())]
    NotReplaced {
        /// The log's directory.
        dir: PathBuf,
        /// The last segment that was to be removed.
        last: u32,
    },
    /// A tail cannot go on: what it was to read next was removed, or cut off by a repair.
    #[error(
        "cannot follow the log in {} beyond offset {offset} of segment {segment:08}, since it was removed or cut: \
         begin again at the checkpoint",
        dir.display()
    )]
    TailLost {
        /// The log's directory.
        dir: PathBuf,
        /// The segment to be read next.
        segment: u32,
        /// Where reading was to go on.
        offset: u64,
    },
    /// A corruption lies in a checkpoint, which cannot be cut.
    #[error("cannot repair a checkpoint: {0}")]
    CheckpointCorrupt(Box<Corruption>),
}

impl From<Corruption> for WalError {
    fn from(corruption: Corruption) -> Self {
        Self::Corrupt(Box::new(corruption))
    }
}

//! What is wrong with a log, and where.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::fragment::FragmentKind;
use crate::reader::RecordPosition;
use crate::record::RecordError;
use crate::segment::segment_name;

/// The first place where a log cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{} in segment {}, record at offset {record_offset}, found at offset {fault_offset}: {reason}",
    if *torn_tail { "torn tail" } else { "corruption" },
    dir.join(segment_name(*segment)).display()
)]
#[non_exhaustive]
pub struct Corruption {
    /// The directory of the segment: the log's, or a checkpoint's in it.
    pub dir: PathBuf,
    /// The segment's number.
    pub segment: u32,
    /// Where the record that cannot be read begins; everything before is readable.
    pub record_offset: u64,
    /// Where in the segment the fault was seen; in or after that record.
    pub fault_offset: u64,
    /// What was seen.
    pub reason: CorruptionReason,
    /// Whether the log's last segment just ends too early, as it does after a crash during a write. All else is damage.
    pub torn_tail: bool,
}

impl Corruption {
    /// A record that was stored as it was written but does not say what a record of its kind must.
    #[must_use]
    pub fn undecodable(dir: &Path, position: RecordPosition, error: RecordError) -> Self {
        Self {
            dir: dir.to_path_buf(),
            segment: position.segment,
            record_offset: position.offset,
            fault_offset: position.offset,
            reason: CorruptionReason::Record(error),
            torn_tail: false,
        }
    }
}

/// What was seen at a [`Corruption`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CorruptionReason {
    /// The segment ends in a fragment.
    #[error("expected a fragment of {expected_bytes} bytes, the segment ends after {found_bytes}")]
    EndsInFragment {
        /// Header, or header and data, in bytes.
        expected_bytes: usize,
        /// What is there of it.
        found_bytes: usize,
    },
    /// The segment ends after a first or middle fragment.
    #[error("expected a middle or last fragment, the segment ends")]
    EndsInRecord,
    /// A byte that begins no fragment and no padding.
    #[error("expected a fragment, found a byte {found:#04x}")]
    NoFragment {
        /// The byte.
        found: u8,
    },
    /// A page is too short for the fragment that begins in it.
    #[error(
        "expected a fragment of at most {left_bytes} bytes to the end of the page, found one of {found_bytes}"
    )]
    CrossesPage {
        /// Bytes left in the page.
        left_bytes: usize,
        /// Size of header and data.
        found_bytes: usize,
    },
    /// The rest of a page, which must be zero, is not.
    #[error("expected zeros to the end of the page, found a byte {found:#04x}")]
    PaddingNotZero {
        /// The first other byte.
        found: u8,
    },
    /// The data is not what was written.
    #[error("expected the checksum {expected:#010x}, found {found:#010x}")]
    Checksum {
        /// What the header says.
        expected: u32,
        /// What the data has.
        found: u32,
    },
    /// A fragment that cannot come here.
    #[error(
        "expected {}, found a {found} fragment",
        if *in_record { "a middle or last fragment" } else { "a full or first fragment" }
    )]
    Sequence {
        /// Whether a record is under way.
        in_record: bool,
        /// The fragment.
        found: FragmentKind,
    },
    /// The fragments of a record disagree about its compression.
    #[error("the fragments of the record are compressed differently")]
    MixedCompression,
    /// The record cannot be decompressed.
    #[error("cannot decompress the record: {0}")]
    Decompression(String),
    /// The record cannot be decoded.
    #[error("cannot decode the record: {0}")]
    Record(RecordError),
}

impl CorruptionReason {
    /// Whether the segment just ends too early: the rest may be yet to come, or was never written.
    pub(crate) fn ends_early(&self) -> bool {
        matches!(self, Self::EndsInFragment { .. } | Self::EndsInRecord)
    }
}

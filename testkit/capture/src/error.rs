//! What can be wrong with a capture.

use std::io;

/// A capture that cannot be read or written. Offsets count bytes of the decompressed stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The zstd frame is damaged, cut short, or asks for too great a window.
    #[error("capture: the zstd frame cannot be used: {0}")]
    Zstd(#[source] io::Error),
    /// Bytes follow the zstd frame or the end record.
    #[error("capture: {found} bytes follow {after}")]
    TrailingBytes {
        /// The part that should be the last.
        after: &'static str,
        /// How many bytes follow it.
        found: usize,
    },
    /// The stream does not begin as a capture does.
    #[error("capture: not a capture file: magic {found:02x?}, expected \"EMBERCAP\"")]
    Magic {
        /// The first bytes.
        found: [u8; 8],
    },
    /// A version that this reader does not know.
    #[error("capture: version {found}, expected {expected}")]
    Version {
        /// The version in the file.
        found: u32,
        /// The version this reader knows.
        expected: u32,
    },
    /// The stream ends inside a part.
    #[error("capture: offset {offset}: {what} needs {needed} bytes, {left} are left")]
    Truncated {
        /// Where the part begins.
        offset: usize,
        /// The part.
        what: &'static str,
        /// How many bytes the part needs.
        needed: usize,
        /// How many there are.
        left: usize,
    },
    /// A checksum does not hold.
    #[error("capture: offset {offset}: checksum of {what} is {found:08x}, the bytes give {computed:08x}")]
    Checksum {
        /// Where the checksummed part begins.
        offset: usize,
        /// The part.
        what: &'static str,
        /// The checksum in the file.
        found: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// A record kind that does not exist.
    #[error("capture: offset {offset}: unknown record kind {kind}")]
    Kind {
        /// Where the payload begins.
        offset: usize,
        /// The kind byte.
        kind: u8,
    },
    /// A text part that is not UTF-8.
    #[error("capture: offset {offset}: {what} is not UTF-8")]
    Utf8 {
        /// Where the part begins.
        offset: usize,
        /// The part.
        what: &'static str,
    },
    /// The end record counts other than what came before it.
    #[error("capture: the end record counts {found} records, {read} came before it")]
    Count {
        /// The count in the end record.
        found: u32,
        /// The records that were read.
        read: usize,
    },
    /// A record that is not later than the one before it.
    #[error("capture: record at {timestamp_ms} ms does not come after the one at {previous_ms} ms")]
    TimeOrder {
        /// The record before.
        previous_ms: i64,
        /// The record.
        timestamp_ms: i64,
    },
    /// A part longer than the format holds.
    #[error("capture: {what}: {found}, at most {limit}")]
    LimitExceeded {
        /// The part.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The named limit.
        limit: usize,
    },
}

//! The numbers of the capture format.
//!
//! A file is one zstd frame (with content checksum). Inside, all integers little-endian:
//!
//! ```text
//! ┌───────────────────────── header ─────────────────────────┐
//! │ magic "EMBERCAP" <8b> │ version <u32> = 1 │ labels <u32> │
//! ├──────────────────────────────────────────────────────────┤
//! │ name length <u32>  │ name                                │ × labels
//! │ value length <u32> │ value                               │
//! ├──────────────────────────────────────────────────────────┤
//! │ CRC32 of all header bytes above <u32>                    │
//! └──────────────────────────────────────────────────────────┘
//! ┌───────────────────────── record ─────────────────────────┐ × any number
//! │ payload length <u32> │ payload │ CRC32 of the two <u32>  │
//! └──────────────────────────────────────────────────────────┘
//!   payload of kind 1 (scraped), 2 (failed), 3 (removed):
//!   │ kind <u8> │ timestamp_ms <i64> │ duration_us <u32> │ rest │
//!     rest of 1: │ content type length <u16> │ content type │ body │
//!     rest of 2: │ reason │        rest of 3: nothing
//!   payload of kind 0 (end, exactly once, the last):
//!   │ kind <u8> │ records before this one <u32> │
//! ```
//!
//! The checksums are CRC-32 (IEEE). The end record makes a file that lost its tail distinguishable from a
//! shorter capture even after decompression.

/// The first bytes of the decompressed stream.
pub(crate) const MAGIC: [u8; 8] = *b"EMBERCAP";
/// The only version so far.
pub(crate) const VERSION: u32 = 1;

pub(crate) const KIND_END: u8 = 0;
pub(crate) const KIND_SCRAPED: u8 = 1;
pub(crate) const KIND_FAILED: u8 = 2;
pub(crate) const KIND_REMOVED: u8 = 3;

/// Most target labels a capture may have; real targets have fewer than ten.
pub const LABELS_MAX: usize = 64;
/// Most bytes of one label name or value of the target.
pub const LABEL_BYTES_MAX: usize = 4 * 1024;
/// Most bytes of one `Content-Type`; the longest that exporters send is near 100.
pub const CONTENT_TYPE_BYTES_MAX: usize = 1024;
/// Most bytes of one failed scrape's error text.
pub const REASON_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of one scraped body.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most bytes of a decompressed capture, so that a small file cannot fill the memory.
pub const DECODED_BYTES_MAX: usize = 256 * 1024 * 1024;

/// kind, timestamp and duration: what each payload but the end's begins with.
pub(crate) const PAYLOAD_HEAD_BYTES: usize = 1 + 8 + 4;
/// The greatest payload: a scrape with both its parts at their limits.
pub(crate) const PAYLOAD_BYTES_MAX: usize = PAYLOAD_HEAD_BYTES + 2 + CONTENT_TYPE_BYTES_MAX + BODY_BYTES_MAX;

/// Scrapes repeat nearly the same text, so the window must reach back over at least one body: 16 MiB holds
/// a whole twenty-minute capture of a usual target. The reader refuses frames that ask for more.
pub(crate) const ZSTD_WINDOW_LOG: u32 = 24;
/// Captures are written rarely and kept in git for long.
pub(crate) const ZSTD_LEVEL: i32 = 19;

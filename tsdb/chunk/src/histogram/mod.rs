//! Chunks of native histograms: encoding ids 2, of whole numbers, and 3, of floats; 5 and 6, with start timestamps.
//!
//! ```text
//! ┌──────────────┬───────────────┬──────────┬──────────┬──────────┬─ ─ ─┬──────┐
//! │ count (BE16) │ flags (8 bit) │ layout   │ sample 0 │ sample 1 │  …  │ 0..7 │
//! └──────────────┴───────────────┴──────────┴──────────┴──────────┴─ ─ ─┴──────┘
//!                      whole bytes up to here │ bits from here on         zero bits
//!
//! flags: the top two bits say what is known about counter resets
//! ```
//!
//! With start timestamps, the flags are the top two bits of the count, and the third byte says which samples bring their
//! start, which stands behind the sample: see [`Starts`](crate::Starts).
//!
//! | field | first sample | 2 | 3 | later samples | 2 | 3 |
//! |---|---|---|---|---|---|---|
//! | time | | varbit | varbit | | dod | dod |
//! | count, zero count | | uvarbit | 64 bits | | dod | xor |
//! | sum | | 64 bits | 64 bits | | xor | xor |
//! | each positive, then each negative bucket | | varbit | 64 bits | | dod | xor |
//!
//! `dod` is a varbit of the change of the change, `xor` that of XOR chunks, with a window for each number. Buckets of
//! whole numbers are differences to the bucket before. A stale sample ends with its sum.
//!
//! - [`appender`]: builds a chunk, histogram by histogram; [`follow`]: whether one may follow the others; [`union`] and
//!   [`widen`]: how both get the buckets of both.
//! - [`head`]: which chunks a head makes of a series.
//! - [`reader`]: one histogram after the other, every field checked.
//! - [`columns`]: a whole chunk at once; [`decode`] and [`cursor`]: how that gets fast.
//! - [`codec`]: a sample's fields in their order; [`field`]: one of them; [`number`], [`integer`] and [`float`]: what is
//!   different between the two encodings.
//! - [`starts`]: what is different where start timestamps are kept.
//! - [`layout`], [`bound`], [`header`]: what all histograms of a chunk have in common.

mod appender;
mod bound;
mod codec;
mod columns;
mod cursor;
mod decode;
mod field;
mod float;
mod follow;
mod head;
mod header;
mod integer;
mod layout;
mod number;
mod reader;
#[cfg(test)]
mod reference;
mod starts;
#[cfg(test)]
mod tests;
mod union;
mod widen;

pub use appender::{
    Appended, FloatHistogramAppender, FloatHistogramStAppender, HistogramAppender, HistogramStAppender,
    NativeHistogramAppender,
};
pub use columns::HistogramColumns;
pub use head::{AnyHistogram, HistogramChunk, HistogramChunks};
pub use header::CounterResetHeader;
pub use layout::HistogramLayout;
pub use number::HistogramNumber;
pub use reader::{
    FloatHistogramReader, FloatHistogramStReader, HistogramReader, HistogramStReader, NativeHistogramReader,
};
pub use starts::{HistogramStarts, NoStarts};

/// Length of the header: the sample count, the flags, and which samples bring start timestamps.
const HEADER_BYTES: usize = 3;

/// The place of the flags in chunks without start timestamps.
const FLAGS_BYTE: usize = 2;

/// What lies behind so many bytes of a chunk is not looked at, so that bit positions fit 32 bits everywhere. Heads cut
/// chunks at 2 KiB or ten histograms.
const CHUNK_BYTES_MAX: usize = 1 << 28;

/// The most buckets of either sign: all that there can be between the least and the greatest float are 537 344 at the
/// finest schema.
const BUCKETS_MAX: u64 = 1 << 20;

/// The most spans of either sign: as many as buckets.
const SPANS_MAX: u64 = BUCKETS_MAX;

/// The most custom bounds: as many as buckets.
const BOUNDS_MAX: u64 = BUCKETS_MAX;

/// The NaN that marks a series as stale, as a sum.
const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// Whether a histogram with this sum only says that the series is stale.
#[inline(always)]
const fn is_stale(sum: f64) -> bool {
    sum.to_bits() == STALE_NAN_BITS
}

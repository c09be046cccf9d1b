//! XOR chunks: floats, encoding id 1.
//!
//! ```text
//! ┌──────────────┬─────────────┬──────────────┬────────────────┬───────────┬─────────────────────┬─ ─ ─┬──────┐
//! │ count (BE16) │ t0 (varint) │ v0 (64 bits) │ t1-t0 (uvarint)│ value 1   │ dod 2 │ value 2     │  …  │ 0..7 │
//! └──────────────┴─────────────┴──────────────┴────────────────┴───────────┴─────────────────────┴─ ─ ─┴──────┘
//!                                              byte-aligned up to here ┘    bits from here on          zero bits
//!
//! dod: change of the time step, wrapping 64-bit arithmetic    value: XOR with the value before it
//!   0                              no change                    0                          no change
//!   10   + 14 bits      -8191 ..=   8192 ms                     10 + window bits           bits of the window in use
//!   110  + 17 bits     -65535 ..=  65536 ms                     11 + 5 bits  L: zeros skipped at the top, at most 31
//!   1110 + 20 bits    -524287 ..= 524288 ms                        + 6 bits  S: length of the window, 0 means 64
//!   1111 + 64 bits     any                                         + S bits of the XOR: a new window
//! ```
//!
//! The ranges are those of two's complement, moved up by one. The window in use is that of the newest `11`; a
//! `10` before any stands for all 64 bits: upstream writes it when it continues a chunk of equal values.
//!
//! - [`appender`]: builds a chunk, sample by sample.
//! - [`decode`]: a whole chunk into two columns, fast.
//! - [`checked`]: one sample after the other, every field checked: how a chunk starts, and what is wrong with it.
//! - [`value`]: one value as the XOR with another; histogram chunks are made of these, too.
//! - [`window`]: which bits of a value's XOR are stored.

mod appender;
mod checked;
mod decode;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
mod value;
mod window;

pub use appender::XorAppender;
pub use decode::decode_columns;
pub(crate) use decode::value as peek_xor;
pub(crate) use value::{WindowPrefixes, read_in_window, read_new_window, read_xor, write_changed, write_xor};
pub(crate) use window::Window;

/// Length of the header, the sample count.
const HEADER_BYTES: usize = 2;

/// The least that samples take: a varint byte and a float; a uvarint byte and `0`; then `0` and `0`.
const SAMPLE_BITS_MIN: [usize; 3] = [8 + 64, 8 + 1, 1 + 1];

/// The most that a sample takes, the longest of: varint and float; uvarint and a new window of 64 bits; `1111`
/// and 64 bits and a new window of 64 bits.
const SAMPLE_BYTES_MAX: usize = 20;

/// Longer than any chunk: what lies behind is not looked at, so that bit positions fit 32 bits everywhere.
const CHUNK_BYTES_MAX: usize = HEADER_BYTES + u16::MAX as usize * SAMPLE_BYTES_MAX;

/// The lengths of a time step's change behind the prefixes `10`, `110` and `1110`.
const DOD_BITS: [u32; 3] = [14, 17, 20];

/// What the next sample is coded against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Coded {
    /// Time of the newest sample.
    t_ms: i64,
    /// From the sample before it.
    step_ms: u64,
    /// Its value.
    value_bits: u64,
    /// The window of the newest changed value.
    window: Window,
}

impl Coded {
    /// Before the first sample.
    const NONE: Self = Self { t_ms: 0, step_ms: 0, value_bits: 0, window: Window::NONE };
}

/// The number that `count` bits of a time step's change stand for: two's complement moved up by one, as the
/// greatest positive number is one more than the least negative one.
#[inline(always)]
pub(crate) const fn dod_from_bits(bits: u64, count: u32) -> u64 {
    let unused = 64 - count;
    // One below, sign-extended, one up again.
    ((bits.wrapping_sub(1) << unused).cast_signed() >> unused).cast_unsigned().wrapping_add(1)
}

//! XOR2 chunks: floats with start timestamps, encoding id 4.
//!
//! ```text
//! ┌──────────────┬────────────────┬─────────────┬──────────────┬───────┬─────────────────┬─ ─ ┬─────────────────┬─ ─ ─┬──────┐
//! │ count (BE16) │ starts (8 bit) │ t0 (varint) │ v0 (64 bits) │ start │ t1-t0 (uvarint) │ v1 │ joint 2 │ start │  …  │ 0..7 │
//! └──────────────┴────────────────┴─────────────┴──────────────┴───────┴─────────────────┴─ ─ ┴─────────────────┴─ ─ ─┴──────┘
//!                                                                  whole bytes up to here │ bits from here on    zero bits
//!
//! joint: change of the time step, and value               value: XOR with the newest one that is no staleness marker
//!   0                  no change, same value                0      the same
//!   10    + changed    no change, another value             10     + bits of the window in use
//!   110   + 13 bits    -4096 ..= 4095 ms, then a value      110    + 5 bits L, 6 bits S, S bits: a new window
//!   1110  + 20 bits    -524288 ..= 524287 ms, a value       111    the staleness marker
//!   11110 + 64 bits    any, then a value
//!   11111              no change, the staleness marker    changed: as value, without the first bit: 0 + .., 1 + ..
//! ```
//!
//! Windows are those of XOR chunks, and so is a window in use before any. Ranges are those of two's complement, not moved
//! up by one. Where starts stand, if they do, is said at [`Starts`].
//!
//! - [`appender`]: builds a chunk, sample by sample.
//! - [`decode`]: a whole chunk into columns, every field checked.

mod appender;
mod decode;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

pub use appender::Xor2Appender;
pub(crate) use decode::decode_columns;

use crate::start::Starts;
use crate::xor::{Window, WindowPrefixes};

/// Length of the header: the sample count, and which samples bring starts.
const HEADER_BYTES: usize = 3;

/// The least that samples take: a varint byte and a float; a uvarint byte and `0`; then `0`.
const SAMPLE_BITS_MIN: [usize; 3] = [8 + 64, 8 + 1, 1];

/// The most that a sample takes: `11110` and 64 bits, a new window of 64 bits, and a start of 72.
const SAMPLE_BYTES_MAX: usize = 28;

/// Longer than any chunk: what lies behind is not looked at.
const CHUNK_BYTES_MAX: usize = HEADER_BYTES + u16::MAX as usize * SAMPLE_BYTES_MAX;

/// The lengths of a time step's change behind the prefixes `110`, `1110` and `11110`.
const DOD_BITS: [u32; 3] = [13, 20, 64];

/// Ones of the prefix before the shortest of them; each other has one more.
const DOD_ONES_MIN: u32 = 2;

/// Ones, and no zero, that stand for a staleness marker at the time that was due.
const STALE_ONES: u32 = 5;

/// How a changed value begins at the time that was due, the joint prefix included.
const CHANGED_ON_TIME: WindowPrefixes = WindowPrefixes { in_use: (0b100, 3), new: (0b101, 3) };

/// How a changed value begins at another time.
const CHANGED: WindowPrefixes = WindowPrefixes { in_use: (0b10, 2), new: (0b110, 3) };

/// Ones, and no zero, that stand for a staleness marker at another time.
const STALE_VALUE_ONES: u32 = 3;

/// The NaN that marks a series as stale: values are not coded against it.
const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// What the next sample is coded against.
#[derive(Debug, Clone, Copy)]
struct Coded {
    /// Time of the newest sample.
    t_ms: i64,
    /// From the sample before it.
    step_ms: u64,
    /// The newest value that is no staleness marker; 0 before any.
    value_bits: u64,
    /// The window of the newest changed value.
    window: Window,
    /// Start timestamps, and how many samples there are.
    starts: Starts,
}

impl Coded {
    /// Before the first sample of a chunk with these starts.
    const fn new(starts: Starts) -> Self {
        Self { t_ms: 0, step_ms: 0, value_bits: 0, window: Window::NONE, starts }
    }
}

//! Whether a chunk keeps start timestamps: what the one codec for chunks with and without them asks.
//!
//! ```text
//!                 byte 0               byte 1    byte 2
//! without         sample count (BE16)            flags, 6 bits that nobody uses
//! with            flags, sample count (14 bits)  header of start timestamps
//! ```

use std::fmt::Debug;

use super::cursor::Cursor;
use super::{FLAGS_BYTE, HEADER_BYTES};
use crate::bits::{BitReader, BitWriter};
use crate::start::Starts;
use crate::{ChunkError, Encoding};

/// The header of a chunk.
pub(super) type HeaderBytes = [u8; HEADER_BYTES];

/// What appenders and readers of histograms do about start timestamps: [`NoStarts`] or [`Starts`].
#[expect(private_bounds, reason = "nobody else can implement it")]
pub trait HistogramStarts: StartCoding {}

impl HistogramStarts for NoStarts {}

impl HistogramStarts for Starts {}

/// The chunks keep no start timestamps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoStarts;

/// The start timestamp of the newest sample, what the next one is coded against, and the header that goes with it.
pub(crate) trait StartCoding: Copy + Debug + Default {
    /// Whether there are any: if not, nothing is done.
    const ARE_KEPT: bool;

    /// The byte whose two top bits are the flags.
    const FLAGS_BYTE: usize;

    /// The encoding, given that of the same histograms without start timestamps.
    fn encoding(plain: Encoding) -> Encoding;

    /// The sample count of a header, and what stands before the first sample of its chunk.
    fn from_header(header: HeaderBytes) -> (u16, Self);

    /// Puts everything into a header but the flags.
    fn put_into(self, header: &mut HeaderBytes, samples: u16);

    /// Writes what stands behind a sample; `previous_ms` is the time of the one before.
    fn write(&mut self, bits: &mut BitWriter<'_>, previous_ms: i64, t_ms: i64, start_ms: i64);

    /// Reads what stands behind a sample.
    fn read(&mut self, bits: &mut BitReader<'_>, previous_ms: i64, t_ms: i64) -> Result<(), ChunkError>;

    /// Reads what stands behind another sample than the first as far as nothing is unusual.
    fn read_fast(&mut self, cursor: &mut Cursor<'_>, previous_ms: i64) -> Option<()>;

    /// The start timestamp of the newest sample; 0 is unknown.
    fn start_ms(self) -> i64;

    /// Whether the chunk, read to its end, can be gone on with as it is.
    fn can_go_on(self) -> bool;
}

impl StartCoding for NoStarts {
    const ARE_KEPT: bool = false;
    const FLAGS_BYTE: usize = FLAGS_BYTE;

    fn encoding(plain: Encoding) -> Encoding {
        plain
    }

    fn from_header([high, low, _]: HeaderBytes) -> (u16, Self) {
        (u16::from_be_bytes([high, low]), Self)
    }

    #[inline(always)]
    fn put_into(self, [high, low, _]: &mut HeaderBytes, samples: u16) {
        [*high, *low] = samples.to_be_bytes();
    }

    #[inline(always)]
    fn write(&mut self, _bits: &mut BitWriter<'_>, _previous_ms: i64, _t_ms: i64, _start_ms: i64) {}

    #[inline(always)]
    fn read(&mut self, _bits: &mut BitReader<'_>, _previous_ms: i64, _t_ms: i64) -> Result<(), ChunkError> {
        Ok(())
    }

    #[inline(always)]
    fn read_fast(&mut self, _cursor: &mut Cursor<'_>, _previous_ms: i64) -> Option<()> {
        Some(())
    }

    #[inline(always)]
    fn start_ms(self) -> i64 {
        0
    }

    fn can_go_on(self) -> bool {
        true
    }
}

/// The bits of byte 0 that belong to the flags.
const FLAGS_MASK: u8 = 0b1100_0000;

impl StartCoding for Starts {
    const ARE_KEPT: bool = true;
    const FLAGS_BYTE: usize = 0;

    fn encoding(plain: Encoding) -> Encoding {
        plain.with_starts()
    }

    fn from_header([high, low, starts]: HeaderBytes) -> (u16, Self) {
        (u16::from_be_bytes([high & !FLAGS_MASK, low]), Self::from_byte(starts))
    }

    #[inline]
    fn put_into(self, [high, low, starts]: &mut HeaderBytes, samples: u16) {
        let [count_high, count_low] = samples.to_be_bytes();
        *high = *high & FLAGS_MASK | count_high & !FLAGS_MASK;
        *low = count_low;
        *starts = self.to_byte();
    }

    #[inline]
    fn write(&mut self, bits: &mut BitWriter<'_>, previous_ms: i64, t_ms: i64, start_ms: i64) {
        Self::write(self, bits, previous_ms, t_ms, start_ms);
    }

    #[inline]
    fn read(&mut self, bits: &mut BitReader<'_>, previous_ms: i64, t_ms: i64) -> Result<(), ChunkError> {
        Self::read(self, bits, previous_ms, t_ms)
    }

    #[inline(always)]
    fn read_fast(&mut self, cursor: &mut Cursor<'_>, previous_ms: i64) -> Option<()> {
        let change = if self.is_next_stored() { Some(cursor.varbit()?) } else { None };
        self.advance(previous_ms, change);
        Some(())
    }

    #[inline(always)]
    fn start_ms(self) -> i64 {
        Self::start_ms(self)
    }

    fn can_go_on(self) -> bool {
        Self::can_go_on(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{NoStarts, StartCoding, Starts};

    #[test]
    fn a_header_keeps_what_it_does_not_say() {
        let mut header = [0b1011_1111, 0xff, 0x81];
        assert_eq!(<Starts as StartCoding>::from_header(header).0, 0x3fff);
        let (_, starts) = <Starts as StartCoding>::from_header(header);
        starts.put_into(&mut header, 0x0102);
        assert_eq!(header, [0b1000_0001, 0x02, 0x81]);
        assert_eq!(NoStarts::from_header(header).0, 0x8102);
        NoStarts.put_into(&mut header, 0xfffe);
        assert_eq!(header, [0xff, 0xfe, 0x81]);
    }
}

//! Reading fields from a register of bits, without a word about errors.

use crate::bits::{PEEK_BITS, peek, peek_full};
use crate::xor::{Window, dod_from_bits, peek_xor};

/// As many zeros must lie behind the bytes that a cursor reads, so that the last field is read as fast as others: the
/// longest load has nine bytes and begins at the last bit.
pub(super) const PADDING_BYTES: usize = 16;

/// Ones in the longest prefix of a number that is read without a second look: `1111110` and 25 bits.
const NARROW_ONES_MAX: u32 = 6;

/// A byte for each number of ones in a prefix, from the lowest on: how many bits a number has with its prefix. The last
/// is more than is ever at hand: seven ones may be more where the bits at hand end.
const NARROW_LENGTHS: u64 = u64::from_le_bytes([1, 5, 9, 13, 17, 24, 32, 63]);

/// The same: how far a number's own bits must be moved down from the register's top.
const NARROW_UNUSED: u64 = u64::from_le_bytes([63, 61, 58, 55, 52, 46, 39, 0]);

/// A place in the bits of a chunk, with the next of them at hand. Nothing is known to be wrong as long as there is an
/// answer, and something may be: whoever reads compares [`Cursor::at_bit`] with the end.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at_bit: usize,
    /// The bits from `at_bit` on, left-aligned.
    word: u64,
    /// How many of them are real.
    real_bits: u32,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8], at_bit: usize) -> Self {
        Self { bytes, at_bit, word: 0, real_bits: 0 }
    }

    /// The position of the next bit.
    #[inline(always)]
    pub(super) const fn at_bit(&self) -> usize {
        self.at_bit
    }

    /// Takes as many bits to hand as there is room for: [`PEEK_BITS`].
    #[inline(always)]
    pub(super) fn refill(&mut self) -> Option<()> {
        self.word = peek(self.bytes, self.at_bit)?;
        self.real_bits = PEEK_BITS;
        Some(())
    }

    /// A signed number of variable length.
    ///
    /// Lengths are computed and not branched on, as they are hard to predict: from one number to the next there are
    /// only a few dependent instructions, and no load.
    #[inline(always)]
    pub(super) fn varbit(&mut self) -> Option<i64> {
        let (mut ones, mut length) = self.prefix();
        if length > self.real_bits {
            self.refill()?;
            (ones, length) = self.prefix();
        }
        if ones > NARROW_ONES_MAX {
            return self.wide(ones);
        }
        let unused = (NARROW_UNUSED >> (8 * ones)) as u32 & 63;
        let bits = self.word << (ones + 1) >> unused;
        let number = dod_from_bits(bits, 64 - unused).cast_signed();
        self.word <<= length & 63;
        self.real_bits -= length;
        self.at_bit += length as usize;
        Some(if ones == 0 { 0 } else { number })
    }

    /// The ones that the next number begins with, and how many bits it has if they are at most [`NARROW_ONES_MAX`]. Where
    /// the bits at hand end within the ones, it has more than these.
    #[inline(always)]
    const fn prefix(&self) -> (u32, u32) {
        let ones = self.word.leading_ones();
        (ones, (NARROW_LENGTHS >> ((8 * ones) & 63)) as u32 & 63)
    }

    /// A number behind seven ones or more.
    #[cold]
    fn wide(&mut self, ones: u32) -> Option<i64> {
        let contents = peek_full(self.bytes, self.at_bit + 8)?;
        let (number, length) = if ones == 7 {
            (dod_from_bits(contents >> 8, 56).cast_signed(), 8 + 56)
        } else {
            (contents.cast_signed(), 8 + 64)
        };
        self.at_bit += length;
        self.real_bits = 0;
        Some(number)
    }

    /// A XOR.
    #[inline(always)]
    pub(super) fn xor(&mut self, window: &mut Window) -> Option<u64> {
        let word = peek(self.bytes, self.at_bit)?;
        let value = peek_xor::<0>(word, self.bytes, self.at_bit, window.or_full())?;
        *window = value.window;
        self.at_bit = value.end_bit;
        self.real_bits = 0;
        Some(value.xor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cursor, PADDING_BYTES};
    use crate::bits::{BitReader, BitWriter};
    use crate::varbit::{read_varbit, write_varbit};

    proptest! {
        #[test]
        fn numbers_are_those_of_the_checked_reader(
            numbers in prop::collection::vec((any::<i64>(), 0..64_u32), 1..80),
        ) {
            let mut bytes = Vec::new();
            let mut bits = BitWriter::new(&mut bytes, 0);
            numbers.iter().for_each(|&(number, shift)| write_varbit(&mut bits, number >> shift));
            let mut padded = bytes.clone();
            padded.resize(bytes.len() + PADDING_BYTES, 0);
            let (mut cursor, mut bits) = (Cursor::new(&padded, 0), BitReader::new(&bytes));
            for (number, shift) in numbers {
                prop_assert_eq!(read_varbit(&mut bits, "number"), Ok(number >> shift));
                prop_assert_eq!(cursor.varbit(), Some(number >> shift));
                prop_assert_eq!(cursor.at_bit(), bits.at_bit());
            }
        }
    }
}

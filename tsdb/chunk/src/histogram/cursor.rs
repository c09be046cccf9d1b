//! Reading fields from a register of bits, without a word about errors.

use crate::bits::{PEEK_BITS, peek, peek_full};
use crate::xor::{Window, dod_from_bits, peek_xor};

/// As many zeros must lie behind the bytes that a cursor reads, so that the last field is read as fast as others: the
/// longest load has nine bytes and begins at the last bit.
pub(super) const PADDING_BYTES: usize = 16;

/// The longest number that is read without a second look: `1111110` and 25 bits.
const NARROW_BITS_MAX: u32 = 32;

/// Ones in the prefix of that number.
const NARROW_ONES_MAX: u32 = 6;

/// By the number of ones in the prefix: how many bits a number has with its prefix, and how far its own bits must be
/// moved down from the register's top.
const NARROW: [(u8, u8); 8] = [(1, 63), (5, 61), (9, 58), (13, 55), (17, 52), (24, 46), (32, 39), (0, 0)];

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

    /// A signed number of variable length.
    ///
    /// Lengths are looked up and not branched on, as they are hard to predict: from one number to the next there are
    /// only a few dependent instructions.
    #[inline(always)]
    pub(super) fn varbit(&mut self) -> Option<i64> {
        if self.real_bits < NARROW_BITS_MAX {
            self.word = peek(self.bytes, self.at_bit)?;
            self.real_bits = PEEK_BITS;
        }
        let ones = self.word.leading_ones();
        if ones > NARROW_ONES_MAX {
            return self.wide(ones);
        }
        let (length, unused) = NARROW[ones as usize & 7];
        let bits = self.word << (ones + 1) >> unused;
        let number = dod_from_bits(bits, 64 - u32::from(unused)).cast_signed();
        self.word <<= length;
        self.real_bits -= u32::from(length);
        self.at_bit += usize::from(length);
        Some(if ones == 0 { 0 } else { number })
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

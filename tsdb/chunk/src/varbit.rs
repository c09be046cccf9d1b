//! Integers of variable length that do not begin at a byte: ones, a zero, and as many bits as the ones stand for.
//!
//! ```text
//!                      signed                     unsigned
//! 0                    0                          0
//! 10       + 3 bits    -3 ..= 4                   ..= 7
//! 110      + 6 bits    -31 ..= 32                 ..= 63
//! 1110     + 9 bits    -255 ..= 256               ..= 511
//! 11110    + 12 bits   -2047 ..= 2048             ..= 4095
//! 111110   + 18 bits   -131071 ..= 131072         ..= 262143
//! 1111110  + 25 bits   -16777215 ..= 16777216     ..= 33554431
//! 11111110 + 56 bits   -(2^55 - 1) ..= 2^55       ..= 2^56 - 1
//! 11111111 + 64 bits   any                        any
//! ```
//!
//! Signed ranges are those of two's complement, moved up by one, as those of an XOR chunk's time steps.

use crate::ChunkError;
use crate::bits::{BitReader, BitWriter};
use crate::xor::dod_from_bits;

/// How many bits follow a prefix of one, two, .. ones and a zero.
pub(crate) const VARBIT_BITS: [u32; 7] = [3, 6, 9, 12, 18, 25, 56];

/// The most ones of a prefix: eight of them end without a zero.
const PREFIX_ONES_MAX: u32 = VARBIT_BITS.len() as u32 + 1;

/// Writes a signed number.
#[inline]
pub(crate) fn write_varbit(bits: &mut BitWriter<'_>, number: i64) {
    if number == 0 {
        return bits.write(0, 1);
    }
    // One less, the moved ranges are those of two's complement; counting the sign bit.
    let lowered = number.wrapping_sub(1);
    write(bits, number.cast_unsigned(), 65 - (lowered ^ lowered >> 63).leading_zeros());
}

/// Writes an unsigned number.
#[inline]
pub(crate) fn write_uvarbit(bits: &mut BitWriter<'_>, number: u64) {
    if number == 0 {
        return bits.write(0, 1);
    }
    write(bits, number, 64 - number.leading_zeros());
}

/// Writes a number of which `needed_bits` say everything.
#[inline]
fn write(bits: &mut BitWriter<'_>, number: u64, needed_bits: u32) {
    for (ones, count) in (1..).zip(VARBIT_BITS) {
        if needed_bits <= count {
            let prefix = ((1_u64 << ones) - 1) << 1;
            return bits.write(prefix << count | number & ((1 << count) - 1), ones + 1 + count);
        }
    }
    bits.write(0xff, 8);
    bits.write(number, 64);
}

/// Reads a signed number; `expected` names it in the error.
pub(crate) fn read_varbit(bits: &mut BitReader<'_>, expected: &'static str) -> Result<i64, ChunkError> {
    Ok(match read_length(bits, expected)? {
        0 => 0,
        64 => bits.read(64, expected)?.cast_signed(),
        count => dod_from_bits(bits.read(count, expected)?, count).cast_signed(),
    })
}

/// Reads an unsigned number; `expected` names it in the error.
pub(crate) fn read_uvarbit(bits: &mut BitReader<'_>, expected: &'static str) -> Result<u64, ChunkError> {
    match read_length(bits, expected)? {
        0 => Ok(0),
        count => bits.read(count, expected),
    }
}

/// Reads a prefix: how many bits follow it.
fn read_length(bits: &mut BitReader<'_>, expected: &'static str) -> Result<u32, ChunkError> {
    let ones = bits.read_ones(PREFIX_ONES_MAX, expected)?;
    Ok(match ones.checked_sub(1) {
        None => 0,
        Some(shape) => VARBIT_BITS.get(shape as usize).copied().unwrap_or(64),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{read_uvarbit, read_varbit, write_uvarbit, write_varbit};
    use crate::ChunkError;
    use crate::bits::{BitReader, BitWriter};

    fn written(write: impl Fn(&mut BitWriter<'_>)) -> (Vec<u8>, usize) {
        let mut bytes = Vec::new();
        let mut bits = BitWriter::new(&mut bytes, 0);
        write(&mut bits);
        let free_bits = usize::from(bits.free_bits());
        let len_bits = bytes.len() * 8 - free_bits;
        (bytes, len_bits)
    }

    #[test]
    fn lengths_change_at_the_ends_of_the_ranges() {
        let ends = [(3, 4, 5), (31, 32, 9), (255, 256, 13), (2047, 2048, 17), (131_071, 131_072, 24)];
        let wide = [(16_777_215, 16_777_216, 32), ((1 << 55) - 1, 1 << 55, 64)];
        assert_eq!(written(|bits| write_varbit(bits, 0)), (vec![0], 1));
        for (least, most, len_bits) in ends.into_iter().chain(wide) {
            for inside in [-least, most] {
                assert_eq!(written(|bits| write_varbit(bits, inside)).1, len_bits, "{inside}");
            }
            for outside in [-least - 1, most + 1] {
                assert!(written(|bits| write_varbit(bits, outside)).1 > len_bits, "{outside}");
            }
        }
        for number in [i64::MIN, i64::MAX] {
            assert_eq!(written(|bits| write_varbit(bits, number)).1, 72);
        }
        for (most, len_bits) in [(7, 5), (63, 9), (511, 13), (4095, 17), (262_143, 24), (33_554_431, 32)] {
            assert_eq!(written(|bits| write_uvarbit(bits, most)).1, len_bits);
            assert!(written(|bits| write_uvarbit(bits, most + 1)).1 > len_bits);
        }
        assert_eq!(written(|bits| write_uvarbit(bits, (1 << 56) - 1)).1, 64);
        assert_eq!(written(|bits| write_uvarbit(bits, 1 << 56)).1, 72);
    }

    #[test]
    fn bits_are_those_of_the_format() {
        assert_eq!(written(|bits| write_varbit(bits, -3)).0, [0b1010_1000]);
        assert_eq!(written(|bits| write_varbit(bits, 4)).0, [0b1010_0000]);
        assert_eq!(written(|bits| write_uvarbit(bits, 5)).0, [0b1010_1000]);
        assert_eq!(written(|bits| write_varbit(bits, -31)).0, [0b1101_0000, 0b1000_0000]);
        assert_eq!(written(|bits| write_uvarbit(bits, 1 << 63)).0, [0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_cut_off_number_is_an_error() {
        let mut bits = BitReader::new(&[0xff]);
        let error = ChunkError::Truncated { at_bit: 8, needed_bits: 64, len_bits: 8, expected: "number" };
        assert_eq!(read_varbit(&mut bits, "number"), Err(error));
        assert!(read_uvarbit(&mut BitReader::new(&[]), "number").is_err());
    }

    proptest! {
        #[test]
        fn numbers_come_back(number in any::<i64>(), shift in 0..64_u32) {
            let number = number >> shift;
            let (bytes, len_bits) = written(|bits| write_varbit(bits, number));
            let mut bits = BitReader::new(&bytes);
            prop_assert_eq!(read_varbit(&mut bits, "number"), Ok(number));
            prop_assert_eq!(bits.at_bit(), len_bits);
            let number = number.cast_unsigned() >> shift;
            let (bytes, len_bits) = written(|bits| write_uvarbit(bits, number));
            let mut bits = BitReader::new(&bytes);
            prop_assert_eq!(read_uvarbit(&mut bits, "number"), Ok(number));
            prop_assert_eq!(bits.at_bit(), len_bits);
        }
    }
}

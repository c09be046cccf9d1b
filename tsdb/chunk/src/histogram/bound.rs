//! Floats that mostly have a short form: the zero threshold and custom bounds.

use crate::ChunkError;
use crate::bits::{BitReader, BitWriter};
use crate::varbit::{read_uvarbit, write_uvarbit};

/// The byte for a zero threshold of 2^0; each power of 2 has the next one.
const THRESHOLD_OF_ONE: u64 = 244;

/// The byte for a zero threshold that follows in full.
const THRESHOLD_IN_FULL: u64 = 255;

/// What is added to the exponent of a float.
const EXPONENT_BIAS: u64 = 1023;

/// Bits of a float behind its exponent.
const MANTISSA_BITS: u32 = 52;

/// The most thousandths that a custom bound's short form holds: with one more they would take 25 bits and a bit.
const THOUSANDTHS_MAX: f64 = 33_554_430.0;

/// Writes a zero threshold: a byte for 0 and for the powers of 2 from 2^-243 to 2^10, nine bytes for others.
pub(super) fn write_zero_threshold(bits: &mut BitWriter<'_>, threshold: f64) {
    if threshold == 0.0 {
        return bits.write(0, 8);
    }
    let stored = threshold.to_bits();
    let is_power_of_2 = stored & ((1 << MANTISSA_BITS) - 1) == 0;
    // With the sign, so that a negative number is out of range.
    let byte = (stored >> MANTISSA_BITS).wrapping_add(THRESHOLD_OF_ONE).wrapping_sub(EXPONENT_BIAS);
    if is_power_of_2 && (1..THRESHOLD_IN_FULL).contains(&byte) {
        return bits.write(byte, 8);
    }
    bits.write(THRESHOLD_IN_FULL, 8);
    bits.write(stored, 64);
}

/// Reads a zero threshold.
pub(super) fn read_zero_threshold(bits: &mut BitReader<'_>) -> Result<f64, ChunkError> {
    const EXPECTED: &str = "the zero threshold";
    Ok(match bits.read(8, EXPECTED)? {
        0 => 0.0,
        THRESHOLD_IN_FULL => f64::from_bits(bits.read(64, EXPECTED)?),
        byte => f64::from_bits((byte + EXPONENT_BIAS - THRESHOLD_OF_ONE) << MANTISSA_BITS),
    })
}

/// Writes a custom bound: in thousandths if that is exact and not too large, else `0` and the float.
pub(super) fn write_custom_bound(bits: &mut BitWriter<'_>, bound: f64) {
    let thousandths = bound * 1000.0;
    // A NaN is neither within the range nor outside of it, but never equal to what its thousandths give.
    let is_in_range = (0.0..=THOUSANDTHS_MAX).contains(&thousandths);
    if is_in_range && thousandths.round() / 1000.0 == bound {
        // One more, so that it is never the `0` of the other form.
        return write_uvarbit(bits, thousandths.round() as u64 + 1);
    }
    bits.write(0, 1);
    bits.write(bound.to_bits(), 64);
}

/// Reads a custom bound.
pub(super) fn read_custom_bound(bits: &mut BitReader<'_>) -> Result<f64, ChunkError> {
    const EXPECTED: &str = "a custom bound";
    Ok(match read_uvarbit(bits, EXPECTED)? {
        0 => f64::from_bits(bits.read(64, EXPECTED)?),
        more => (more - 1) as f64 / 1000.0,
    })
}

#[cfg(test)]
mod tests {
    use super::{read_custom_bound, read_zero_threshold, write_custom_bound, write_zero_threshold};
    use crate::bits::{BitReader, BitWriter};

    /// The bytes that are written, how many of their bits, and what is read from them.
    fn there_and_back(
        write: impl Fn(&mut BitWriter<'_>),
        read: impl Fn(&mut BitReader<'_>) -> f64,
    ) -> (Vec<u8>, usize, f64) {
        let mut bytes = Vec::new();
        let mut bits = BitWriter::new(&mut bytes, 0);
        write(&mut bits);
        let len_bits = usize::from(bits.free_bits());
        let len_bits = bytes.len() * 8 - len_bits;
        let mut bits = BitReader::new(&bytes);
        let number = read(&mut bits);
        assert_eq!(bits.at_bit(), len_bits);
        (bytes, len_bits, number)
    }

    fn threshold(number: f64) -> (Vec<u8>, usize) {
        let read = |bits: &mut BitReader<'_>| read_zero_threshold(bits).expect("written by us");
        let (bytes, len_bits, back) = there_and_back(|bits| write_zero_threshold(bits, number), read);
        assert!(back.to_bits() == number.to_bits() || number == 0.0 && back == 0.0, "{number:e}");
        (bytes, len_bits)
    }

    fn bound(number: f64) -> usize {
        let read = |bits: &mut BitReader<'_>| read_custom_bound(bits).expect("written by us");
        let (_, len_bits, back) = there_and_back(|bits| write_custom_bound(bits, number), read);
        assert!(back.to_bits() == number.to_bits() || number == 0.0 && back == 0.0, "{number:e}");
        len_bits
    }

    #[test]
    fn powers_of_2_are_a_byte() {
        for (exponent, byte) in [(-243, 1), (-128, 116), (-1, 243), (0, 244), (10, 254)] {
            assert_eq!(threshold(2_f64.powi(exponent)), (vec![byte], 8));
        }
        for other in [0.0, -0.0] {
            assert_eq!(threshold(other), (vec![0], 8));
        }
        let others = [
            2_f64.powi(-244),
            2048.0,
            0.001,
            -0.5,
            5e-324,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            f64::MAX,
        ];
        for other in others {
            let (bytes, len_bits) = threshold(other);
            assert_eq!((bytes[0], len_bits), (255, 72), "{other:e}");
        }
    }

    #[test]
    fn thousandths_are_short() {
        for (number, len_bits) in [
            (0.0, 5),
            (0.006, 5),
            (0.007, 9),
            (0.1, 13),
            (1.0, 17),
            (10.0, 24),
            (1000.0, 32),
            (33554.43, 32),
            (33554.431, 65),
            (0.0001, 65),
            (1.0 / 3.0, 65),
            (-1.0, 65),
            (f64::INFINITY, 65),
            (f64::NAN, 65),
            (1e300, 65),
        ] {
            assert_eq!(bound(number), len_bits, "{number}");
        }
        assert_eq!(bound(-0.0), 5);
    }
}

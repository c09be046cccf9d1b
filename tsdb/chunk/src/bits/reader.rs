//! Reading bits: checked and one field at a time, or by peeking at a register's worth.

use crate::ChunkError;

/// How many bits of [`peek`]'s answer are always real: 64 less the most that an unaligned start shifts out.
pub(crate) const PEEK_BITS: u32 = 57;

/// Reads fields of bits from a slice and says what was expected where the slice ends too early.
#[derive(Debug, Clone)]
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    at_bit: usize,
}

impl<'a> BitReader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at_bit: 0 }
    }

    /// Reads `count` bits (1 to 64) as the low bits of a number; `expected` names the field in the error.
    /// Nothing is consumed when the field is cut off.
    pub(crate) fn read(&mut self, count: u32, expected: &'static str) -> Result<u64, ChunkError> {
        debug_assert!((1..=u64::BITS).contains(&count));
        let end_bit = self.at_bit + count as usize;
        if let Some(word) = peek_full(self.bytes, self.at_bit) {
            self.at_bit = end_bit;
            return Ok(word >> (u64::BITS - count));
        }
        let Some(covering) = self.bytes.get(self.at_bit / 8..end_bit.div_ceil(8)) else {
            return Err(ChunkError::Truncated {
                at_bit: self.at_bit,
                needed_bits: count,
                len_bits: self.len_bits(),
                expected,
            });
        };
        // At most nine bytes cover 64 bits: 72 bits fit the wide register.
        let wide = covering.iter().fold(0_u128, |wide, &byte| wide << 8 | u128::from(byte));
        let surplus = covering.len() * 8 - self.at_bit % 8 - count as usize;
        let mask = (1_u128 << count) - 1;
        self.at_bit = end_bit;
        Ok((wide >> surplus & mask) as u64)
    }

    /// Reads ones up to a zero, at most `ones_max` (below [`PEEK_BITS`]) of them, and the zero if it is there; says how
    /// many ones. In the error they are single bits, as they are read one by one where the slice ends.
    #[inline]
    pub(crate) fn read_ones(&mut self, ones_max: u32, expected: &'static str) -> Result<u32, ChunkError> {
        debug_assert!(ones_max < PEEK_BITS);
        if let Some(word) = peek(self.bytes, self.at_bit) {
            let ones = word.leading_ones().min(ones_max);
            self.at_bit += (ones + u32::from(ones < ones_max)) as usize;
            return Ok(ones);
        }
        let mut ones = 0;
        while ones < ones_max && self.read(1, expected)? == 1 {
            ones += 1;
        }
        Ok(ones)
    }

    /// The bytes that are read from.
    pub(crate) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The position of the next bit.
    pub(crate) const fn at_bit(&self) -> usize {
        self.at_bit
    }

    /// Goes on at another bit, at most [`Self::len_bits`].
    pub(crate) const fn seek(&mut self, at_bit: usize) {
        debug_assert!(at_bit <= self.len_bits());
        self.at_bit = at_bit;
    }

    /// How many bits there are behind that position.
    pub(crate) const fn left_bits(&self) -> usize {
        self.len_bits() - self.at_bit
    }

    /// How many bits there are, read or not.
    pub(crate) const fn len_bits(&self) -> usize {
        self.bytes.len() * 8
    }
}

/// The bits from `at_bit` on, left-aligned: at least [`PEEK_BITS`] of them, zeros behind. `None` within the
/// slice's last eight bytes.
#[inline(always)]
pub(crate) fn peek(bytes: &[u8], at_bit: usize) -> Option<u64> {
    let at_byte = at_bit / 8;
    let word = bytes.get(at_byte..at_byte + 8)?.first_chunk::<8>()?;
    Some(u64::from_be_bytes(*word) << (at_bit % 8))
}

/// Exactly 64 bits from `at_bit` on. `None` within the slice's last nine bytes.
#[inline(always)]
pub(crate) fn peek_full(bytes: &[u8], at_bit: usize) -> Option<u64> {
    let at_byte = at_bit / 8;
    let [head @ .., last] = bytes.get(at_byte..at_byte + 9)?.first_chunk::<9>()?;
    let shift = at_bit % 8;
    Some(u64::from_be_bytes(*head) << shift | u64::from(*last) >> (8 - shift))
}

#[cfg(test)]
mod tests {
    use super::{BitReader, PEEK_BITS, peek, peek_full};
    use crate::ChunkError;

    /// The bit at a position, by definition.
    fn bit(bytes: &[u8], at_bit: usize) -> u64 {
        u64::from(bytes[at_bit / 8] >> (7 - at_bit % 8) & 1)
    }

    #[test]
    fn every_field_of_every_length_equals_its_bits() {
        let bytes: Vec<u8> = (0..24_u8).map(|i| i.wrapping_mul(0x9d) ^ 0x5a).collect();
        for at_bit in 0..bytes.len() * 8 {
            for count in 1..=64_u32 {
                let mut reader = BitReader::new(&bytes);
                reader.seek(at_bit);
                let got = reader.read(count, "field");
                if at_bit + count as usize > bytes.len() * 8 {
                    let expected = "field";
                    let error =
                        ChunkError::Truncated { at_bit, needed_bits: count, len_bits: 24 * 8, expected };
                    assert_eq!((got, reader.at_bit()), (Err(error), at_bit));
                    continue;
                }
                let want = (0..count as usize).fold(0, |want, i| want << 1 | bit(&bytes, at_bit + i));
                assert_eq!(got, Ok(want), "{count} bits at {at_bit}");
                if let Some(full) = peek_full(&bytes, at_bit) {
                    assert_eq!(full >> (64 - count), want);
                }
                if let Some(word) = peek(&bytes, at_bit).filter(|_| count <= PEEK_BITS) {
                    assert_eq!(word >> (64 - count), want);
                }
            }
        }
        for at_bit in 0..bytes.len() * 8 {
            for ones_max in 0..9 {
                let mut reader = BitReader::new(&bytes);
                reader.seek(at_bit);
                let got = reader.read_ones(ones_max, "prefix");
                let ends =
                    (at_bit..at_bit + ones_max as usize).find(|&at| at >= 24 * 8 || bit(&bytes, at) == 0);
                let (ones, end_bit) = match ends {
                    Some(at) => (at - at_bit, at + 1),
                    None => (ones_max as usize, at_bit + ones_max as usize),
                };
                if end_bit > 24 * 8 {
                    assert!(matches!(got, Err(ChunkError::Truncated { at_bit: 192, needed_bits: 1, .. })));
                } else {
                    assert_eq!((got, reader.at_bit()), (Ok(ones as u32), end_bit));
                }
            }
        }
        assert_eq!((peek(&bytes, 16 * 8 + 7).is_some(), peek(&bytes, 17 * 8)), (true, None));
        assert_eq!((peek_full(&bytes, 15 * 8 + 7).is_some(), peek_full(&bytes, 16 * 8)), (true, None));
    }
}

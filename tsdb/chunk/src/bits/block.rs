//! Writing bits into a block of memory on the stack.

use super::BitSink;

/// The most bits that one write may have: with what is left of a byte before them they fit into a word.
const WRITE_BITS_MAX: u32 = 56;

/// Bits that are put together before they go into a buffer, all at once. Writing is free of branches: who writes fields of
/// lengths that nobody foresees would pay for each byte's border otherwise.
#[derive(Debug)]
pub(crate) struct BitBlock<const BYTES: usize> {
    bytes: [u8; BYTES],
    /// Complete bytes.
    len: usize,
    /// The bits behind them, from the highest on; all others are zero.
    rest: u64,
    /// How many these are: 0 to 7.
    rest_bits: u32,
}

impl<const BYTES: usize> BitBlock<BYTES> {
    /// A block that begins with a byte of which the low `free_bits` (below 8) are unused, and zero. Without such a byte both are 0, and
    /// the block is empty.
    #[inline]
    pub(crate) fn continuing(byte: u8, free_bits: u8) -> Self {
        debug_assert!(free_bits < 8 && (free_bits > 0 || byte == 0));
        let rest_bits = if free_bits == 0 { 0 } else { 8 - u32::from(free_bits) };
        Self { bytes: [0; BYTES], len: 0, rest: u64::from(byte) << 56, rest_bits }
    }

    /// Appends at most [`WRITE_BITS_MAX`] bits.
    #[inline(always)]
    fn write_short(&mut self, number: u64, count: u32) {
        let word = self.rest | number << (64 - self.rest_bits - count);
        self.bytes[self.len..self.len + 8].copy_from_slice(&word.to_be_bytes());
        let bits = self.rest_bits + count;
        self.len += (bits / 8) as usize;
        self.rest = word << (bits / 8 * 8);
        self.rest_bits = bits % 8;
    }

    /// How many bytes there are, the last one counted if it is not complete.
    #[inline(always)]
    pub(crate) fn len_bytes(&self) -> usize {
        self.len + usize::from(self.rest_bits > 0)
    }

    /// All of them, and how many low bits of the last one are unused.
    #[inline]
    pub(crate) fn finish(&self) -> (&[u8], u8) {
        // What is left of the last byte was stored with the bits before.
        let free_bits = if self.rest_bits == 0 { 0 } else { 8 - self.rest_bits as u8 };
        (self.bytes.get(..self.len_bytes()).unwrap_or_default(), free_bits)
    }
}

impl<const BYTES: usize> BitSink for BitBlock<BYTES> {
    /// The block must have room for them, and 8 bytes behind.
    #[inline(always)]
    fn write(&mut self, number: u64, count: u32) {
        debug_assert!((1..=64).contains(&count) && (count == 64 || number >> count == 0));
        if count > WRITE_BITS_MAX {
            self.write_short(number >> 32, count - 32);
            self.write_short(number & u64::from(u32::MAX), 32);
        } else {
            self.write_short(number, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::BitWriter;
    use super::*;

    proptest! {
        /// Against the writer that appends to a buffer.
        #[test]
        fn fields_are_laid_end_to_end(
            before in (0..8_u32, any::<u64>()),
            fields in prop::collection::vec((any::<u64>(), 1..=64_u32), 1..30),
        ) {
            let (mut expected, mut free_bits) = (Vec::new(), 0);
            let mut write = |number: u64, count: u32| {
                let mut writer = BitWriter::new(&mut expected, free_bits);
                writer.write(number >> (64 - count), count);
                free_bits = writer.free_bits();
            };
            let mut block = BitBlock::<256>::continuing(0, 0);
            if before.0 > 0 {
                write(before.1, before.0);
                let byte = (before.1 >> (64 - before.0) << (8 - before.0)) as u8;
                block = BitBlock::continuing(byte, 8 - before.0 as u8);
            }
            for (number, count) in fields {
                write(number, count);
                block.write(number >> (64 - count), count);
            }
            prop_assert_eq!(block.len_bytes(), expected.len());
            prop_assert_eq!(block.finish(), (&expected[..], free_bits));
        }
    }
}

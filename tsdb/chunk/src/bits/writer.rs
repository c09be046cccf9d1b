//! Writing bits behind the last bit of a byte buffer.

use super::BitSink;

/// Appends bits to a buffer that may end within a byte. Between two writers the buffer's owner keeps
/// [`BitWriter::free_bits`]; the bytes themselves are always complete, unused low bits of the last one zero.
#[derive(Debug)]
pub(crate) struct BitWriter<'a> {
    bytes: &'a mut Vec<u8>,
    /// Unused low bits of the last byte: 0 to 7.
    free_bits: u32,
}

impl<'a> BitWriter<'a> {
    /// Continues a buffer whose last byte has `free_bits` (below 8) unused low bits, all zero.
    #[inline(always)]
    pub(crate) fn new(bytes: &'a mut Vec<u8>, free_bits: u8) -> Self {
        debug_assert!(free_bits < 8 && (free_bits == 0 || !bytes.is_empty()));
        Self { bytes, free_bits: u32::from(free_bits) }
    }

    /// Appends the low `count` bits (1 to 64) of a number that has no others.
    #[inline(always)]
    pub(crate) fn write(&mut self, number: u64, count: u32) {
        debug_assert!((1..=64).contains(&count) && (count == 64 || number >> count == 0));
        let mut aligned = number << (64 - count);
        let mut left = count;
        if self.free_bits > 0 {
            if let Some(last) = self.bytes.last_mut() {
                *last |= (aligned >> (64 - self.free_bits)) as u8;
            }
            if count <= self.free_bits {
                self.free_bits -= count;
                return;
            }
            aligned <<= self.free_bits;
            left -= self.free_bits;
        }
        let len_bytes = left.div_ceil(8);
        self.push(aligned.to_be_bytes(), len_bytes as usize);
        self.free_bits = len_bytes * 8 - left;
    }

    /// Unused low bits of the last byte, for the next writer.
    #[inline(always)]
    pub(crate) const fn free_bits(&self) -> u8 {
        self.free_bits as u8
    }

    /// Appends the first `len_bytes` of a word. Where the buffer has room, the whole word is stored and cut:
    /// one store of known size instead of a copy of unknown size.
    #[inline(always)]
    fn push(&mut self, word: [u8; 8], len_bytes: usize) {
        let len_before = self.bytes.len();
        if self.bytes.capacity() - len_before >= word.len() {
            self.bytes.extend_from_slice(&word);
            self.bytes.truncate(len_before + len_bytes);
        } else {
            push_near_end(self.bytes, &word[..len_bytes]);
        }
    }
}

impl BitSink for BitWriter<'_> {
    #[inline(always)]
    fn write(&mut self, number: u64, count: u32) {
        self.write(number, count);
    }
}

/// Appends where the word might not fit: the buffer only grows when what is kept of it does not.
#[cold]
fn push_near_end(bytes: &mut Vec<u8>, kept: &[u8]) {
    bytes.extend_from_slice(kept);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn fields_are_laid_end_to_end(
            fields in prop::collection::vec((any::<u64>(), 1..=64_u32), 0..60),
            capacity in 0..64_usize,
        ) {
            let (mut bytes, mut free_bits) = (Vec::with_capacity(capacity), 0);
            let mut want: Vec<bool> = Vec::new();
            for (number, count) in fields {
                let number = number >> (64 - count);
                let mut writer = BitWriter::new(&mut bytes, free_bits);
                writer.write(number, count);
                free_bits = writer.free_bits();
                want.extend((0..count).rev().map(|bit| number >> bit & 1 == 1));
                let mut packed = vec![0_u8; want.len().div_ceil(8)];
                for (i, _) in want.iter().enumerate().filter(|(_, bit)| **bit) {
                    packed[i / 8] |= 0x80 >> (i % 8);
                }
                prop_assert_eq!(&bytes, &packed);
                prop_assert_eq!(usize::from(free_bits), bytes.len() * 8 - want.len());
            }
        }
    }
}

//! Integers of variable length: seven bits a byte, least significant group first, top bit set on all bytes
//! but the last.
//!
//! ```text
//! uvarint 300 = 0b10_0101100    varint t = uvarint of its zigzag (t << 1) ^ (t >> 63)
//! ┌──────────┬──────────┐         0 -1 1 -2 2 ..  ->  0 1 2 3 4 ..
//! │1 0101100 │0 0000010 │
//! └──────────┴──────────┘
//! ```

use crate::ChunkError;
use crate::bits::{BitReader, BitWriter};

/// The most bytes that 64 bits take; the last of them holds one bit.
const UVARINT_BYTES_MAX: u32 = 10;

/// Appends an unsigned integer to a buffer that ends at a byte's end.
pub(crate) fn push_uvarint(bytes: &mut Vec<u8>, number: u64) {
    each_byte(number, |byte| bytes.push(byte));
}

/// Appends a signed integer to a buffer that ends at a byte's end.
pub(crate) fn push_varint(bytes: &mut Vec<u8>, number: i64) {
    push_uvarint(bytes, zigzag(number));
}

/// Writes an unsigned integer wherever the bits so far end.
pub(crate) fn write_uvarint(bits: &mut BitWriter<'_>, number: u64) {
    each_byte(number, |byte| bits.write(u64::from(byte), 8));
}

/// Writes a signed integer wherever the bits so far end.
pub(crate) fn write_varint(bits: &mut BitWriter<'_>, number: i64) {
    write_uvarint(bits, zigzag(number));
}

const fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

/// The bytes of an unsigned integer in their order.
#[inline]
fn each_byte(mut number: u64, mut push: impl FnMut(u8)) {
    while number >= 0x80 {
        push(number as u8 | 0x80);
        number >>= 7;
    }
    push(number as u8);
}

/// Reads an unsigned integer; `expected` names it in the error. A longer form than needed is accepted, as
/// upstream does; one of more than 64 bits is not.
pub(crate) fn read_uvarint(bits: &mut BitReader<'_>, expected: &'static str) -> Result<u64, ChunkError> {
    let at_bit = bits.at_bit();
    let mut number = 0;
    for index in 0..UVARINT_BYTES_MAX {
        let byte = bits.read(8, expected)?;
        if index == UVARINT_BYTES_MAX - 1 && byte > 1 {
            break;
        }
        number |= (byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(ChunkError::VarintTooLong { at_bit, expected })
}

/// Reads a signed integer; `expected` names it in the error.
pub(crate) fn read_varint(bits: &mut BitReader<'_>, expected: &'static str) -> Result<i64, ChunkError> {
    let zigzag = read_uvarint(bits, expected)?;
    Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{push_uvarint, push_varint, read_uvarint, read_varint, write_varint};
    use crate::ChunkError;
    use crate::bits::{BitReader, BitWriter};

    fn read(bytes: &[u8]) -> Result<u64, ChunkError> {
        read_uvarint(&mut BitReader::new(bytes), "number")
    }

    #[test]
    fn bytes_are_those_of_the_format() {
        for (number, want) in [
            (0, &[0_u8][..]),
            (127, &[0x7f]),
            (128, &[0x80, 1]),
            (300, &[0xac, 2]),
            (u64::MAX, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        ] {
            let mut bytes = Vec::new();
            push_uvarint(&mut bytes, number);
            assert_eq!((&bytes[..], read(&bytes)), (want, Ok(number)));
        }
    }

    #[test]
    fn too_long_and_cut_off_are_errors() {
        let too_long = Err(ChunkError::VarintTooLong { at_bit: 0, expected: "number" });
        assert_eq!(read(&[0xff; 11]), too_long);
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), too_long);
        assert_eq!(read(&[0x80, 0x00]), Ok(0));
        let cut = ChunkError::Truncated { at_bit: 8, needed_bits: 8, len_bits: 8, expected: "number" };
        assert_eq!(read(&[0x80]), Err(cut));
    }

    proptest! {
        #[test]
        fn signed_comes_back(number in any::<i64>(), shift in 0..64_u32) {
            let number = number >> shift;
            let mut bytes = Vec::new();
            push_varint(&mut bytes, number);
            let mut bits = BitReader::new(&bytes);
            prop_assert_eq!(read_varint(&mut bits, "number"), Ok(number));
            prop_assert_eq!(bits.at_bit(), bytes.len() * 8);
            // The same bits behind half a byte.
            let mut moved = vec![0];
            write_varint(&mut BitWriter::new(&mut moved, 4), number);
            let mut bits = BitReader::new(&moved);
            bits.seek(4);
            prop_assert_eq!(read_varint(&mut bits, "number"), Ok(number));
            prop_assert_eq!(bits.at_bit(), 4 + bytes.len() * 8);
        }
    }
}

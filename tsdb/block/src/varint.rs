//! Integers of variable length: seven bits a byte, lowest first, the high bit set on all but the last.

/// The most bytes of 64 bits.
const BYTES_MAX: usize = 10;

/// Appends an unsigned integer.
pub(crate) fn push_uvarint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// Appends a signed integer: 2n for n ≥ 0, -2n-1 for n < 0.
pub(crate) fn push_varint(bytes: &mut Vec<u8>, number: i64) {
    push_uvarint(bytes, (number << 1 ^ number >> 63).cast_unsigned());
}

/// Takes an unsigned integer off the front; `None` if there is none of 64 bits.
pub(crate) fn read_uvarint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for (place, &byte) in bytes.iter().take(BYTES_MAX).enumerate() {
        let bits = u64::from(byte & 0x7f);
        if place == BYTES_MAX - 1 && byte > 1 {
            return None;
        }
        number |= bits << (7 * place);
        if byte < 0x80 {
            *bytes = bytes.get(place + 1..)?;
            return Some(number);
        }
    }
    None
}

/// Takes a signed integer off the front.
pub(crate) fn read_varint(bytes: &mut &[u8]) -> Option<i64> {
    let number = read_uvarint(bytes)?;
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_back() {
        for number in [0, 1, -1, 63, -64, 64, i64::MIN, i64::MAX, 1_700_000_000_000] {
            let mut bytes = Vec::new();
            push_varint(&mut bytes, number);
            push_uvarint(&mut bytes, number.cast_unsigned());
            let mut left = &bytes[..];
            assert_eq!(read_varint(&mut left), Some(number));
            assert_eq!(read_uvarint(&mut left), Some(number.cast_unsigned()));
            assert!(left.is_empty());
        }
    }

    #[test]
    fn too_long_or_too_short_is_none() {
        assert_eq!(read_uvarint(&mut &[0x80][..]), None);
        assert_eq!(read_uvarint(&mut &[][..]), None);
        assert_eq!(read_uvarint(&mut &[0xff; 11][..]), None);
        let mut two = [0xff; 10];
        two[9] = 2;
        assert_eq!(read_uvarint(&mut &two[..]), None);
    }
}

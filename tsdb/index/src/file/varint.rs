//! Numbers of as many bytes as they need: seven bits a byte, lowest first.

/// A `u64` has at most so many.
pub(super) const UVARINT_BYTES_MAX: usize = 10;

/// The number at the start of `bytes` and how many bytes it has; `None` if it does not end or exceeds 64 bits.
pub(super) fn read_uvarint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().enumerate().take(UVARINT_BYTES_MAX) {
        if index + 1 == UVARINT_BYTES_MAX && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Some((value, index + 1));
        }
    }
    None
}

/// Appends `value`.
pub(super) fn put_uvarint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends `value` with its sign in the lowest bit, so that small negative numbers are short, too.
pub(super) fn put_varint(value: i64, out: &mut Vec<u8>) {
    put_uvarint(((value << 1) ^ (value >> 63)).cast_unsigned(), out);
}

/// What [`put_varint`] made of a signed number.
pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// Number of bytes that [`put_uvarint`] appends.
pub(super) fn uvarint_bytes(value: u64) -> u64 {
    u64::from((u64::BITS - (value | 1).leading_zeros()).div_ceil(7))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn read_is_what_was_put(bits in 0..=64u32, noise: u64) {
            let value = noise.checked_shr(64 - bits).unwrap_or(0);
            let mut bytes = Vec::new();
            put_uvarint(value, &mut bytes);
            prop_assert_eq!(uvarint_bytes(value), bytes.len() as u64);
            prop_assert_eq!(read_uvarint(&bytes), Some((value, bytes.len())));
            prop_assert_eq!(read_uvarint(&bytes[..bytes.len() - 1]), None);
            bytes.clear();
            put_varint(value.cast_signed(), &mut bytes);
            prop_assert_eq!(read_uvarint(&bytes).map(|(n, _)| unzigzag(n)), Some(value.cast_signed()));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut bytes = vec![0xff; 9];
        bytes.push(1);
        assert_eq!(read_uvarint(&bytes), Some((u64::MAX, 10)));
        bytes[9] = 2;
        assert_eq!(read_uvarint(&bytes), None);
        assert_eq!(read_uvarint(&[0x80; 20]), None);
    }
}

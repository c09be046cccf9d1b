//! The fields of a record's body.
//!
//! ```text
//! be64      8 bytes, big endian
//! uvarint   7 bits a byte, lowest first; the high bit says that another byte follows; at most 10 bytes
//! varint    as uvarint, of n*2 for n >= 0 and of -n*2-1 for n < 0
//! string    uvarint length, then so many bytes
//! ```

use super::{RecordError, RecordKind};

/// Longest uvarint or varint, in bytes.
pub(crate) const VARINT_BYTES_MAX: usize = 10;

/// Appends a uvarint.
pub(crate) fn put_uvarint(mut value: u64, record: &mut Vec<u8>) {
    while value >= 0x80 {
        record.push(value as u8 | 0x80);
        value >>= 7;
    }
    record.push(value as u8);
}

/// Appends a string.
pub(crate) fn put_string(text: &str, record: &mut Vec<u8>) {
    put_uvarint(text.len() as u64, record);
    record.extend_from_slice(text.as_bytes());
}

/// The unsigned number that stands for a signed one in a varint.
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Reads a record's fields one after the other.
#[derive(Debug, Clone)]
pub(crate) struct FieldReader<'a> {
    record: &'a [u8],
    rest: &'a [u8],
}

impl<'a> FieldReader<'a> {
    /// A reader of the body of a record, which must be of the kind `expected`.
    pub(crate) fn new(record: &'a [u8], expected: RecordKind) -> Result<Self, RecordError> {
        match record.split_first() {
            Some((&byte, rest)) if byte == expected.to_byte() => Ok(Self { record, rest }),
            found => {
                let found = found.map(|(&byte, _)| RecordKind::from_byte(byte));
                Err(RecordError::Kind { expected, found })
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes are left.
    pub(crate) fn left_bytes(&self) -> usize {
        self.rest.len()
    }

    /// Where the next field begins.
    pub(crate) fn offset(&self) -> usize {
        self.record.len() - self.rest.len()
    }

    #[inline]
    pub(crate) fn be64(&mut self, field: &'static str) -> Result<u64, RecordError> {
        match self.rest.split_first_chunk::<8>() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(u64::from_be_bytes(*bytes))
            }
            None => Err(self.short(field, 8)),
        }
    }

    #[inline]
    pub(crate) fn uvarint(&mut self, field: &'static str) -> Result<u64, RecordError> {
        match *self.rest {
            [byte, ref rest @ ..] if byte < 0x80 => {
                self.rest = rest;
                Ok(u64::from(byte))
            }
            [low, high, ref rest @ ..] if high < 0x80 => {
                self.rest = rest;
                Ok(u64::from(low & 0x7f) | u64::from(high) << 7)
            }
            _ => self.long_uvarint(field),
        }
    }

    #[inline]
    pub(crate) fn varint(&mut self, field: &'static str) -> Result<i64, RecordError> {
        let value = self.uvarint(field)?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    pub(crate) fn string(&mut self, field: &'static str) -> Result<&'a str, RecordError> {
        let bytes = self.uvarint(field)?;
        let offset = self.offset();
        let text = usize::try_from(bytes).ok().and_then(|bytes| self.rest.split_at_checked(bytes));
        let Some((text, rest)) = text else { return Err(self.short(field, bytes)) };
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| RecordError::NotUtf8 { field, offset })
    }

    fn long_uvarint(&mut self, field: &'static str) -> Result<u64, RecordError> {
        let mut value = 0_u64;
        for (at, &byte) in self.rest.iter().take(VARINT_BYTES_MAX).enumerate() {
            // Nine bytes hold 63 bits: the tenth can add one.
            if at + 1 == VARINT_BYTES_MAX && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                self.rest = self.rest.get(at + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        if self.rest.len() < VARINT_BYTES_MAX {
            return Err(self.short(field, self.rest.len() as u64 + 1));
        }
        Err(RecordError::Overlong { field, offset: self.offset() })
    }

    fn short(&self, field: &'static str, expected_bytes: u64) -> RecordError {
        RecordError::Short { field, expected_bytes, found_bytes: self.rest.len(), offset: self.offset() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reader(record: &[u8]) -> FieldReader<'_> {
        FieldReader { record, rest: record }
    }

    proptest! {
        #[test]
        fn integers_go_there_and_back(value: u64, shift in 0..64_u32) {
            let value = value >> shift;
            let mut record = Vec::new();
            put_uvarint(value, &mut record);
            prop_assert_eq!(reader(&record).uvarint("n"), Ok(value));
            record.clear();
            put_uvarint(zigzag(value as i64), &mut record);
            prop_assert_eq!(reader(&record).varint("n"), Ok(value as i64));
        }
    }

    #[test]
    fn zigzag_counts_outwards_from_zero() {
        assert_eq!([0, -1, 1, -2, i64::MAX, i64::MIN].map(zigzag), [0, 1, 2, 3, u64::MAX - 1, u64::MAX]);
    }

    #[test]
    fn eleven_bytes_or_65_bits_are_no_integer() {
        let mut most = [0xff; 10];
        most[9] = 1;
        assert_eq!(reader(&most).uvarint("n"), Ok(u64::MAX));
        most[9] = 2;
        assert_eq!(reader(&most).uvarint("n"), Err(RecordError::Overlong { field: "n", offset: 0 }));
        assert_eq!(reader(&[0x80; 11]).uvarint("n"), Err(RecordError::Overlong { field: "n", offset: 0 }));
        let short = RecordError::Short { field: "n", expected_bytes: 3, found_bytes: 2, offset: 0 };
        assert_eq!(reader(&[0x80; 2]).uvarint("n"), Err(short));
    }
}

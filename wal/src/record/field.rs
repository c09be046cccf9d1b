//! The fields of a record's body.
//!
//! ```text
//! be64      8 bytes, big endian: an unsigned or signed integer, or the bits of a float
//! uvarint   7 bits a byte, lowest first; the high bit says that another byte follows; at most 10 bytes
//! varint    as uvarint, of n*2 for n >= 0 and of -n*2-1 for n < 0
//! string    uvarint length, then so many bytes
//! ```

use std::ops::RangeInclusive;

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

/// Appends a varint.
pub(crate) fn put_varint(value: i64, record: &mut Vec<u8>) {
    put_uvarint(zigzag(value), record);
}

/// Appends a float's bits as a be64.
pub(crate) fn put_f64(value: f64, record: &mut Vec<u8>) {
    record.extend_from_slice(&value.to_bits().to_be_bytes());
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
    kind: RecordKind,
    record: &'a [u8],
    rest: &'a [u8],
}

impl<'a> FieldReader<'a> {
    /// A reader of the body of a record, which must be of one of the kinds `expected`.
    pub(crate) fn new(record: &'a [u8], expected: &'static [RecordKind]) -> Result<Self, RecordError> {
        let found = record.split_first().map(|(&byte, rest)| (RecordKind::from_byte(byte), rest));
        match found {
            Some((kind, rest)) if expected.contains(&kind) => Ok(Self { kind, record, rest }),
            _ => Err(RecordError::Kind { expected, found: found.map(|(kind, _)| kind) }),
        }
    }

    /// What the record is.
    pub(crate) fn kind(&self) -> RecordKind {
        self.kind
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

    pub(crate) fn byte(&mut self, field: &'static str) -> Result<u8, RecordError> {
        match self.rest.split_first() {
            Some((&byte, rest)) => {
                self.rest = rest;
                Ok(byte)
            }
            None => Err(self.short(field, 1)),
        }
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

    #[inline]
    pub(crate) fn f64(&mut self, field: &'static str) -> Result<f64, RecordError> {
        self.be64(field).map(f64::from_bits)
    }

    /// A varint that must fit into 32 bits.
    #[inline]
    pub(crate) fn varint32(&mut self, field: &'static str) -> Result<i32, RecordError> {
        let offset = self.offset();
        let found = self.varint(field)?;
        i32::try_from(found).map_err(|_| {
            self.out_of_range(field, found.into(), i64::from(i32::MIN)..=i64::from(i32::MAX), offset)
        })
    }

    /// A uvarint that must fit into 32 bits.
    #[inline]
    pub(crate) fn uvarint32(&mut self, field: &'static str) -> Result<u32, RecordError> {
        let offset = self.offset();
        let found = self.uvarint(field)?;
        u32::try_from(found)
            .map_err(|_| self.out_of_range(field, found.into(), 0..=i64::from(u32::MAX), offset))
    }

    /// The number of elements that follow, at most `max`. The record has room for so many of at least
    /// `element_bytes_min` bytes, so memory for them can be asked for: it is a small multiple of the record's own.
    pub(crate) fn count(
        &mut self,
        elements: &'static str,
        max: usize,
        element_bytes_min: usize,
    ) -> Result<usize, RecordError> {
        let offset = self.offset();
        let count = self.uvarint(elements)?;
        match usize::try_from(count) {
            Ok(fitting) if fitting <= max => {
                let bytes = fitting.saturating_mul(element_bytes_min);
                if bytes <= self.rest.len() { Ok(fitting) } else { Err(self.short(elements, bytes as u64)) }
            }
            _ => Err(RecordError::Count { kind: self.kind, elements, count, max, offset }),
        }
    }

    /// A number of floats, at most `max`, and the floats.
    pub(crate) fn floats(
        &mut self,
        elements: &'static str,
        max: usize,
    ) -> Result<impl ExactSizeIterator<Item = f64> + Clone + use<'a>, RecordError> {
        let count = self.count(elements, max, 8)?;
        let bytes = self.bytes(elements, 8 * count as u64)?;
        let (floats, _) = bytes.as_chunks::<8>();
        Ok(floats.iter().map(|&bits| f64::from_bits(u64::from_be_bytes(bits))))
    }

    /// So many bytes as they are.
    pub(crate) fn bytes(&mut self, field: &'static str, len: u64) -> Result<&'a [u8], RecordError> {
        let split = usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len));
        let Some((bytes, rest)) = split else { return Err(self.short(field, len)) };
        self.rest = rest;
        Ok(bytes)
    }

    /// A string that need not be text.
    pub(crate) fn byte_string(&mut self, field: &'static str) -> Result<&'a [u8], RecordError> {
        let len = self.uvarint(field)?;
        self.bytes(field, len)
    }

    pub(crate) fn string(&mut self, field: &'static str) -> Result<&'a str, RecordError> {
        let len = self.uvarint(field)?;
        let offset = self.offset();
        let text = self.bytes(field, len)?;
        std::str::from_utf8(text).map_err(|_| RecordError::NotUtf8 { kind: self.kind, field, offset })
    }

    /// The error of a number at `offset` that is not in its range.
    pub(crate) fn out_of_range(
        &self,
        field: &'static str,
        found: i128,
        range: RangeInclusive<i64>,
        offset: usize,
    ) -> RecordError {
        let (min, max) = range.into_inner();
        RecordError::OutOfRange { kind: self.kind, field, found, min, max, offset }
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
        Err(RecordError::Overlong { kind: self.kind, field, offset: self.offset() })
    }

    fn short(&self, field: &'static str, expected_bytes: u64) -> RecordError {
        RecordError::Short {
            kind: self.kind,
            field,
            expected_bytes,
            found_bytes: self.rest.len(),
            offset: self.offset(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KIND: RecordKind = RecordKind::Samples;

    fn reader(record: &[u8]) -> FieldReader<'_> {
        FieldReader { kind: KIND, record, rest: record }
    }

    proptest! {
        #[test]
        fn integers_go_there_and_back(value: u64, shift in 0..64_u32) {
            let value = value >> shift;
            let mut record = Vec::new();
            put_uvarint(value, &mut record);
            prop_assert_eq!(reader(&record).uvarint("n"), Ok(value));
            record.clear();
            put_varint(value as i64, &mut record);
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
        assert_eq!(
            reader(&most).uvarint("n"),
            Err(RecordError::Overlong { kind: KIND, field: "n", offset: 0 })
        );
        assert_eq!(
            reader(&[0x80; 11]).uvarint("n"),
            Err(RecordError::Overlong { kind: KIND, field: "n", offset: 0 })
        );
        let short =
            RecordError::Short { kind: KIND, field: "n", expected_bytes: 3, found_bytes: 2, offset: 0 };
        assert_eq!(reader(&[0x80; 2]).uvarint("n"), Err(short));
    }

    #[test]
    fn a_count_is_limited_and_must_have_room() {
        let record = [3, 0, 0, 0, 0, 0, 0];
        assert_eq!(reader(&record).count("pairs", 3, 2), Ok(3));
        let over = RecordError::Count { kind: KIND, elements: "pairs", count: 3, max: 2, offset: 0 };
        assert_eq!(reader(&record).count("pairs", 2, 2), Err(over));
        let short =
            RecordError::Short { kind: KIND, field: "pairs", expected_bytes: 6, found_bytes: 5, offset: 1 };
        assert_eq!(reader(&record[..6]).count("pairs", 3, 2), Err(short));
    }

    #[test]
    fn what_exceeds_32_bits_says_what_it_is() {
        let mut record = Vec::new();
        put_varint(i64::from(i32::MIN) - 1, &mut record);
        let error = reader(&record).varint32("an offset").unwrap_err();
        assert_eq!(
            error.to_string(),
            "record of samples: expected an offset from -2147483648 to 2147483647 at offset 0, found -2147483649"
        );
        record.clear();
        put_uvarint(u64::MAX, &mut record);
        let error = reader(&record).uvarint32("a length").unwrap_err();
        assert_eq!(
            error.to_string(),
            "record of samples: expected a length from 0 to 4294967295 at offset 0, found 18446744073709551615"
        );
    }
}

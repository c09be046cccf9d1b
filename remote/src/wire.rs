//! The wire format of protocol buffers, read in place: a message is a row of fields, each a number, a type and a value.
//!
//! Nothing is copied and nothing is allocated, whatever the bytes claim: a length is only ever a slice of what is there.

/// A message, and where it begins in the whole request, so that errors can say where they are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Message<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
}

/// What a field holds. A number may be any of upstream's numeric types; whoever knows the field knows which.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    /// Text, bytes, a message, or numbers in a row.
    Bytes(Message<'a>),
    Fixed32,
    /// A group, which none of our messages has.
    Group,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) number: u32,
    pub(crate) value: Value<'a>,
    /// Where the field begins in the whole request.
    pub(crate) at: usize,
}

/// Why bytes are no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    /// The bytes end within a field.
    #[error("unexpected end of message in the field that begins at byte {at}")]
    Truncated {
        /// Where the field begins.
        at: usize,
    },
    /// A number of variable length goes on for more bits than a number can have.
    #[error("a varint is longer than 64 bits, in the field that begins at byte {at}")]
    VarintTooLong {
        /// Where the field begins.
        at: usize,
    },
    /// Fields are counted from 1 up to 2^29 - 1.
    #[error("there can be no field {number}, which is read at byte {at}")]
    FieldNumber {
        /// The number.
        number: u64,
        /// Where the field begins.
        at: usize,
    },
    /// A field of a type that does not exist.
    #[error("field {number} at byte {at} has wire type {wire_type}, which does not exist")]
    WireType {
        /// The field.
        number: u32,
        /// Its type.
        wire_type: u8,
        /// Where the field begins.
        at: usize,
    },
    /// A group that does not end, ends before it begins, or has too many groups within.
    #[error("a group that begins or ends at byte {at} has no other end, or is nested too deeply")]
    Group {
        /// Where the field begins.
        at: usize,
    },
    /// A field that we know has a type that it cannot have.
    #[error("field {number} of {message} at byte {at} is not {expected}")]
    Unexpected {
        /// The message's name.
        message: &'static str,
        /// The field.
        number: u32,
        /// What it has to be.
        expected: &'static str,
        /// Where the field begins.
        at: usize,
    },
}

/// Groups may be nested so deep: what other readers allow as well, and no risk for the stack.
const GROUP_DEPTH_MAX: usize = 64;

/// Field numbers have 29 bits.
const FIELD_NUMBER_MAX: u64 = (1 << 29) - 1;

impl<'a> Message<'a> {
    /// A whole request.
    pub(crate) fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The fields, in their order. After an error there are no more.
    #[inline]
    pub(crate) fn fields(self) -> Fields<'a> {
        Fields { rest: self.bytes, end: self.at + self.bytes.len() }
    }

    /// The fields of a message that was [checked](crate::view::check): there is no error that this could hide.
    #[inline]
    pub(crate) fn known_fields(self) -> impl Iterator<Item = Field<'a>> {
        self.fields().map_while(Result::ok)
    }

    /// Numbers of variable length in a row.
    #[inline]
    pub(crate) fn varints(self) -> impl Iterator<Item = Result<u64, WireError>> {
        let mut fields = self.fields();
        let at = self.at;
        std::iter::from_fn(move || {
            if fields.rest.is_empty() {
                return None;
            }
            let number = fields.varint(at);
            if number.is_err() {
                fields.rest = &[];
            }
            Some(number)
        })
    }

    /// Floats in a row; what is too short for one is left out.
    #[inline]
    pub(crate) fn floats(self) -> impl Iterator<Item = f64> + use<'a> {
        self.bytes.as_chunks::<8>().0.iter().map(|eight| f64::from_bits(u64::from_le_bytes(*eight)))
    }
}

/// Iterator over the fields of a message.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    /// Where the message ends in the whole request.
    end: usize,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field(0);
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    /// Where the next byte is in the whole request.
    #[inline]
    fn at(&self) -> usize {
        self.end - self.rest.len()
    }

    #[inline]
    fn field(&mut self, depth: usize) -> Result<Field<'a>, WireError> {
        let at = self.at();
        let (number, wire_type) = self.tag(at)?;
        let value = match wire_type {
            0 => Value::Varint(self.varint(at)?),
            1 => Value::Fixed64(u64::from_le_bytes(self.take_array(at)?)),
            2 => {
                let length = self.varint(at)?;
                let length = usize::try_from(length).map_err(|_| WireError::Truncated { at })?;
                let bytes_at = self.at();
                Value::Bytes(Message { bytes: self.take(length, at)?, at: bytes_at })
            }
            3 => {
                self.skip_group(number, depth, at)?;
                Value::Group
            }
            4 => return Err(WireError::Group { at }),
            5 => {
                let _: [u8; 4] = self.take_array(at)?;
                Value::Fixed32
            }
            _ => return Err(WireError::WireType { number, wire_type, at }),
        };
        Ok(Field { number, value, at })
    }

    /// A field's number and type.
    #[inline]
    fn tag(&mut self, at: usize) -> Result<(u32, u8), WireError> {
        let tag = self.varint(at)?;
        let number = tag >> 3;
        match u32::try_from(number) {
            Ok(number @ 1..) if u64::from(number) <= FIELD_NUMBER_MAX => Ok((number, (tag & 7) as u8)),
            _ => Err(WireError::FieldNumber { number, at }),
        }
    }

    #[inline]
    fn varint(&mut self, at: usize) -> Result<u64, WireError> {
        match self.rest {
            [byte, rest @ ..] if *byte < 0x80 => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            _ => self.long_varint(at),
        }
    }

    /// A number of more than seven bits.
    fn long_varint(&mut self, at: usize) -> Result<u64, WireError> {
        let mut number = 0_u64;
        for (place, &byte) in self.rest.iter().enumerate() {
            // The tenth byte has room for one bit.
            if place == 9 && byte > 1 {
                return Err(WireError::VarintTooLong { at });
            }
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                self.rest = &self.rest[place + 1..];
                return Ok(number);
            }
        }
        Err(WireError::Truncated { at })
    }

    #[inline]
    fn take(&mut self, length: usize, at: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(WireError::Truncated { at })?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn take_array<const N: usize>(&mut self, at: usize) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(WireError::Truncated { at })?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Goes over a group, up to and with its end.
    fn skip_group(&mut self, group: u32, depth: usize, at: usize) -> Result<(), WireError> {
        if depth >= GROUP_DEPTH_MAX {
            return Err(WireError::Group { at });
        }
        loop {
            let before = self.rest;
            let inner_at = self.at();
            match self.tag(inner_at)? {
                (number, 4) if number == group => return Ok(()),
                (_, 4) => return Err(WireError::Group { at: inner_at }),
                _ => self.rest = before,
            }
            let _ = self.field(depth + 1)?;
        }
    }
}

/// Undoes the zigzag that keeps small negative numbers short.
#[inline]
pub(crate) fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// As [`unzigzag`], of numbers of 32 bits: what is above is not looked at, as in other readers.
#[inline]
pub(crate) fn unzigzag_32(number: u64) -> i32 {
    let number = low_32(number);
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// The lower half of a number, which is what other readers keep of a number that has to be one of 32 bits.
#[inline]
pub(crate) fn low_32(number: u64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<u32>, WireError> {
        Message::whole(bytes).fields().map(|field| field.map(|field| field.number)).collect()
    }

    #[test]
    fn fields_of_all_types_are_gone_over() {
        let bytes = [
            &[0x08, 0xac, 0x02][..],            // 1: 300
            &[0x11, 1, 2, 3, 4, 5, 6, 7, 8],    // 2: eight bytes
            &[0x1a, 2, b'h', b'i'],             // 3: "hi"
            &[0x25, 1, 2, 3, 4],                // 4: four bytes
            &[0x2b, 0x08, 1, 0x33, 0x34, 0x2c], // 5: a group with a number and a group
            &[0xf8, 0xff, 0xff, 0xff, 0x0f, 0], // 2^29 - 1: 0
        ]
        .concat();
        assert_eq!(all(&bytes), Ok(vec![1, 2, 3, 4, 5, (1 << 29) - 1]));
        let Some(Ok(Field { value: Value::Varint(300), .. })) = Message::whole(&bytes).fields().next() else {
            panic!("300 is ac 02");
        };
    }

    #[test]
    fn every_kind_of_garbage_is_named() {
        for (bytes, error) in [
            (&[0x08][..], WireError::Truncated { at: 0 }),
            (&[0x08, 0x80], WireError::Truncated { at: 0 }),
            (&[0x08, 1, 0x12, 5, b'x'], WireError::Truncated { at: 2 }),
            (&[0x11, 1, 2, 3], WireError::Truncated { at: 0 }),
            (
                &[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
                WireError::Truncated { at: 0 },
            ),
            (&[0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2], WireError::VarintTooLong { at: 0 }),
            (&[0x00, 1], WireError::FieldNumber { number: 0, at: 0 }),
            (&[0xf8, 0xff, 0xff, 0xff, 0x1f, 0], WireError::FieldNumber { number: (1 << 30) - 1, at: 0 }),
            (&[0x0e], WireError::WireType { number: 1, wire_type: 6, at: 0 }),
            (&[0x0c], WireError::Group { at: 0 }),
            (&[0x0b, 0x14], WireError::Group { at: 1 }),
            (&[0x0b], WireError::Truncated { at: 1 }),
        ] {
            assert_eq!(all(bytes), Err(error), "{bytes:x?}");
        }
        assert!(matches!(all(&[0x0b; 100]), Err(WireError::Group { .. })));
    }

    #[test]
    fn zigzag() {
        let numbers: Vec<i64> = [0, 1, 2, 3, u64::MAX - 1, u64::MAX].map(unzigzag).to_vec();
        assert_eq!(numbers, [0, -1, 1, -2, i64::MAX, i64::MIN]);
        assert_eq!(unzigzag_32(u64::from(u32::MAX)), i32::MIN);
        assert_eq!(unzigzag_32(1 << 32 | 3), -2);
    }
}

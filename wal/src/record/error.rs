//! Why a record cannot be decoded.

use std::fmt;

use thiserror::Error;

use super::RecordKind;

/// Why a record cannot be decoded. Offsets count from the record's first byte.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The record is of another kind than its decoder, or empty.
    #[error("expected a record of {}, found {}", Kinds(expected), match found { Some(kind) => kind.to_string(), None => "an empty one".to_owned() })]
    Kind {
        /// What the decoder decodes.
        expected: &'static [RecordKind],
        /// What the record is.
        found: Option<RecordKind>,
    },
    /// The record ends in a field.
    #[error(
        "record of {kind}: expected {field} of {expected_bytes} bytes at offset {offset}, {found_bytes} are left"
    )]
    Short {
        /// What the record is.
        kind: RecordKind,
        /// What was to be read.
        field: &'static str,
        /// Its size, or at least its size.
        expected_bytes: u64,
        /// What is left of the record.
        found_bytes: usize,
        /// Where the field begins.
        offset: usize,
    },
    /// An integer of variable length exceeds 64 bits.
    #[error("record of {kind}: {field} at offset {offset} exceeds 64 bits")]
    Overlong {
        /// What the record is.
        kind: RecordKind,
        /// What was to be read.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
    },
    /// There are more labels, spans or buckets than any series or histogram has.
    #[error("record of {kind}: {count} {elements} at offset {offset}, at most {max} are accepted")]
    Count {
        /// What the record is.
        kind: RecordKind,
        /// What is counted.
        elements: &'static str,
        /// The number that the record says.
        count: u64,
        /// The limit.
        max: usize,
        /// Where it says so.
        offset: usize,
    },
    /// A number means nothing in its place.
    #[error("record of {kind}: expected {field} from {min} to {max} at offset {offset}, found {found}")]
    OutOfRange {
        /// What the record is.
        kind: RecordKind,
        /// What was to be read.
        field: &'static str,
        /// What is there.
        found: i128,
        /// The least that it can be.
        min: i64,
        /// The most that it can be.
        max: i64,
        /// Where the field begins.
        offset: usize,
    },
    /// A text is none: a label's name or value, a unit, or a help text.
    #[error("record of {kind}: {field} at offset {offset} is not UTF-8")]
    NotUtf8 {
        /// What the record is.
        kind: RecordKind,
        /// What was to be read.
        field: &'static str,
        /// Where the text begins.
        offset: usize,
    },
}

/// Names of kinds with "or" between them.
struct Kinds<'a>(&'a [RecordKind]);

impl fmt::Display for Kinds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, kind) in self.0.iter().enumerate() {
            write!(f, "{}{kind}", if place > 0 { " or " } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_kind_and_the_place() {
        let expected: &[RecordKind] = &[RecordKind::Samples, RecordKind::SamplesV2];
        assert_eq!(
            RecordError::Kind { expected, found: Some(RecordKind::Unknown(77)) }.to_string(),
            "expected a record of samples or samples_v2, found unknown (77)"
        );
        let short = RecordError::Short {
            kind: RecordKind::Exemplars,
            field: "a value",
            expected_bytes: 8,
            found_bytes: 3,
            offset: 19,
        };
        assert_eq!(
            short.to_string(),
            "record of exemplars: expected a value of 8 bytes at offset 19, 3 are left"
        );
    }
}

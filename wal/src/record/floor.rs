//! The record of a floor: before which time the log has no samples in order.
//!
//! ```text
//! ┌──────────┬──────────┐
//! │ type 128 │ ms       │
//! │ 1 B      │ 8 B BE   │
//! └──────────┴──────────┘
//! ```
//!
//! It is our own, the first record of a checkpoint; upstream passes over it, and leaves it out of its next checkpoint. Blocks alone do
//! not tell what the log is done with: a range of which all samples were deleted becomes no block, and one that has become a
//! block may have expired. The deletions are not in the log any more then, and what they hid must not come back from elsewhere.

use super::field::FieldReader;
use super::{RecordError, RecordKind};

/// Appends a floor to `record`: earlier samples in order are in blocks, or nowhere.
pub(crate) fn encode_floor(floor_ms: i64, record: &mut Vec<u8>) {
    record.push(RecordKind::Floor.to_byte());
    record.extend_from_slice(&floor_ms.to_be_bytes());
}

/// The time that a record of this kind has, in milliseconds since the Unix epoch. Bytes after it are passed over.
///
/// # Errors
/// When the record is of another kind, or ends within the time.
pub(crate) fn decode_floor(record: &[u8]) -> Result<i64, RecordError> {
    let mut fields = FieldReader::new(record, &[RecordKind::Floor])?;
    Ok(fields.be64("a floor")?.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_bytes_at_least() {
        let mut record = Vec::new();
        encode_floor(-2, &mut record);
        assert_eq!(record, [128, 255, 255, 255, 255, 255, 255, 255, 254]);
        assert_eq!(decode_floor(&record).unwrap(), -2);
        let _ = decode_floor(&record[..8]).unwrap_err();
        record[0] = 3;
        let _ = decode_floor(&record).unwrap_err();
    }
}

//! The record of deletions: ranges of time of which a series' samples are to be forgotten.
//!
//! ```text
//! ┌────────┬───────────────────────────────────────────────────────────┐
//! │ type 3 │ ┌────────────┬──────────────────┬──────────────────┐ …    │
//! │ 1 B    │ │ ref 8 B BE │ first ms, varint │ last ms, varint  │      │
//! └────────┴─┴────────────┴──────────────────┴──────────────────┴──────┘
//! ```

use super::field::{FieldReader, put_varint};
use super::{RecordError, RecordKind};

/// A series' samples from one time to another, both included, are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefTombstone {
    /// The reference that the series record gave the series.
    pub series_ref: u64,
    /// First deleted time, in milliseconds since the Unix epoch.
    pub min_ms: i64,
    /// Last deleted time.
    pub max_ms: i64,
}

/// Appends a record of these deletions to `record`.
pub fn encode_tombstones(tombstones: impl IntoIterator<Item = RefTombstone>, record: &mut Vec<u8>) {
    record.push(RecordKind::Tombstones.to_byte());
    for RefTombstone { series_ref, min_ms, max_ms } in tombstones {
        record.extend_from_slice(&series_ref.to_be_bytes());
        put_varint(min_ms, record);
        put_varint(max_ms, record);
    }
}

/// Appends the deletions of a record to `tombstones`.
///
/// # Errors
/// When the record is of another kind, or ends within a deletion; those before it have been appended.
pub fn decode_tombstones(record: &[u8], tombstones: &mut Vec<RefTombstone>) -> Result<(), RecordError> {
    let mut fields = FieldReader::new(record, &[RecordKind::Tombstones])?;
    while !fields.is_empty() {
        let series_ref = fields.be64("a series reference")?;
        let min_ms = fields.varint("a first deleted time")?;
        let max_ms = fields.varint("a last deleted time")?;
        tombstones.push(RefTombstone { series_ref, min_ms, max_ms });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_deletions_and_a_cut() {
        let record = [3, 0, 0, 0, 0, 0, 0, 0, 7, 3, 4, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0];
        let mut found = Vec::new();
        decode_tombstones(&record, &mut found).unwrap();
        assert_eq!(
            found,
            [
                RefTombstone { series_ref: 7, min_ms: -2, max_ms: 2 },
                RefTombstone { series_ref: 8, min_ms: 0, max_ms: 0 },
            ]
        );
        let mut encoded = Vec::new();
        encode_tombstones(found.iter().copied(), &mut encoded);
        assert_eq!(encoded, record);
        assert!(decode_tombstones(&record[..record.len() - 1], &mut found).is_err());
    }
}

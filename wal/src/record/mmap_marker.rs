//! Markers of memory-mapped chunks, kind 5, in the log of out-of-order samples.
//!
//! ```text
//! ┌────────┬──────────────────────────────────────────────┐
//! │ 1 byte │ per marker:                                  │
//! │ 5      │ be64 series reference │ be64 chunk reference │
//! └────────┴──────────────────────────────────────────────┘
//! ```

use super::field::FieldReader;
use super::{RecordError, RecordKind};

/// The out-of-order samples of a series that were logged before are in a chunk that is on disk by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RefMmapMarker {
    /// The reference that the series record gave the series.
    pub series_ref: u64,
    /// Where the chunk is: the number of the file in `chunks_head` in the upper 32 bits, the offset in it in the lower.
    /// 0 where the series' out-of-order samples begin: there was nothing to map yet.
    pub chunk_ref: u64,
}

/// Appends a record of these markers to `record`.
pub fn encode_mmap_markers(markers: impl IntoIterator<Item = RefMmapMarker>, record: &mut Vec<u8>) {
    record.push(RecordKind::MmapMarkers.to_byte());
    for RefMmapMarker { series_ref, chunk_ref } in markers {
        record.extend_from_slice(&series_ref.to_be_bytes());
        record.extend_from_slice(&chunk_ref.to_be_bytes());
    }
}

/// Appends the markers of a record to `markers`.
///
/// # Errors
/// When the record is of another kind, or ends within a marker; those before it have been appended.
pub fn decode_mmap_markers(record: &[u8], markers: &mut Vec<RefMmapMarker>) -> Result<(), RecordError> {
    let mut fields = FieldReader::new(record, &[RecordKind::MmapMarkers])?;
    while !fields.is_empty() {
        let series_ref = fields.be64("a series reference")?;
        let chunk_ref = fields.be64("a chunk reference")?;
        markers.push(RefMmapMarker { series_ref, chunk_ref });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_markers_and_a_cut() {
        let markers = [
            RefMmapMarker { series_ref: 7, chunk_ref: 3 << 32 | 8 },
            RefMmapMarker { series_ref: u64::MAX, chunk_ref: 0 },
        ];
        let mut record = Vec::new();
        encode_mmap_markers(markers, &mut record);
        assert_eq!(record[..17], [5, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 3, 0, 0, 0, 8]);
        for cut in 1..=record.len() {
            let mut decoded = Vec::new();
            let outcome = decode_mmap_markers(&record[..cut], &mut decoded);
            assert_eq!(decoded, markers[..(cut - 1) / 16], "cut at {cut}");
            assert_eq!(outcome.is_ok(), (cut - 1).is_multiple_of(16), "cut at {cut}");
        }
    }
}

//! Float samples, kind 2.
//!
//! ```text
//! ┌────────┬────────────────┬──────────────────────┬───────────────────────────────────────────────────┐
//! │ 1 byte │ be64           │ be64                 │ per sample, the first one included:               │
//! │ 2      │ first series   │ first timestamp (ms) │ varint series - first │ varint timestamp - first  │
//! │        │ reference      │                      │ be64 value's bits                                 │
//! └────────┴────────────────┴──────────────────────┴───────────────────────────────────────────────────┘
//! ```
//!
//! Both differences are to the first sample, not to the one before. Without samples the record is the one byte.

use super::field::{FieldReader, VARINT_BYTES_MAX, zigzag};
use super::{RecordError, RecordKind};

/// A float sample of a series that an earlier series record has introduced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RefSample {
    /// The reference that the series record gave the series.
    pub series_ref: u64,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// The value; each bit of a NaN is kept.
    pub value: f64,
}

/// Smallest sample in a record, in bytes: two varints of a byte, and the value.
const SAMPLE_BYTES_MIN: usize = 1 + 1 + 8;

/// Largest sample in a record, in bytes.
const SAMPLE_BYTES_MAX: usize = 2 * VARINT_BYTES_MAX + 8;

/// Appends a record of these samples to `record`.
pub fn encode_samples(samples: impl IntoIterator<Item = RefSample>, record: &mut Vec<u8>) {
    record.push(RecordKind::Samples.to_byte());
    let mut samples = samples.into_iter().peekable();
    let Some(&first) = samples.peek() else { return };
    record.extend_from_slice(&first.series_ref.to_be_bytes());
    record.extend_from_slice(&first.timestamp_ms.to_be_bytes());
    for sample in samples {
        let ref_difference = sample.series_ref.wrapping_sub(first.series_ref) as i64;
        let time_difference_ms = sample.timestamp_ms.wrapping_sub(first.timestamp_ms);
        // The sample is put together on the stack and appended at once.
        let mut bytes = [0; SAMPLE_BYTES_MAX];
        let end = write_varint(ref_difference, &mut bytes, 0);
        let end = write_varint(time_difference_ms, &mut bytes, end);
        bytes[end..end + 8].copy_from_slice(&sample.value.to_bits().to_be_bytes());
        record.extend_from_slice(&bytes[..end + 8]);
    }
}

/// Appends the samples of a record to `samples`.
///
/// # Errors
/// When the record is not of this kind or ends in a sample; `samples` then holds those before.
pub fn decode_samples(record: &[u8], samples: &mut Vec<RefSample>) -> Result<(), RecordError> {
    let mut fields = FieldReader::new(record, &[RecordKind::Samples])?;
    if fields.is_empty() {
        return Ok(());
    }
    let first_ref = fields.be64("the first series reference")?;
    let first_timestamp_ms = fields.be64("the first timestamp")? as i64;
    // The record is in memory, so this asks for at most two and a half times as much.
    samples.reserve(fields.left_bytes() / SAMPLE_BYTES_MIN);
    while !fields.is_empty() {
        let ref_difference = fields.varint("a series reference")?;
        let time_difference_ms = fields.varint("a timestamp")?;
        let value = f64::from_bits(fields.be64("a value")?);
        samples.push(RefSample {
            series_ref: first_ref.wrapping_add(ref_difference as u64),
            timestamp_ms: first_timestamp_ms.wrapping_add(time_difference_ms),
            value,
        });
    }
    Ok(())
}

/// Writes a varint into `bytes` at `end`; returns the new end.
#[inline]
fn write_varint(value: i64, bytes: &mut [u8; SAMPLE_BYTES_MAX], mut end: usize) -> usize {
    let mut value = zigzag(value);
    while value >= 0x80 {
        bytes[end] = value as u8 | 0x80;
        value >>= 7;
        end += 1;
    }
    bytes[end] = value as u8;
    end + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(samples: &[RefSample]) -> Vec<(u64, i64, u64)> {
        samples.iter().map(|s| (s.series_ref, s.timestamp_ms, s.value.to_bits())).collect()
    }

    proptest! {
        #[test]
        fn samples_go_there_and_back(
            parts in prop::collection::vec((any::<u64>(), any::<i64>(), any::<u64>(), 0..64_u32), 0..50),
        ) {
            let samples: Vec<RefSample> = parts
                .into_iter()
                .map(|(series_ref, timestamp_ms, value_bits, shift)| RefSample {
                    series_ref: series_ref >> shift,
                    timestamp_ms: timestamp_ms >> shift,
                    value: f64::from_bits(value_bits),
                })
                .collect();
            let mut record = Vec::new();
            encode_samples(samples.iter().copied(), &mut record);
            let mut decoded = Vec::new();
            decode_samples(&record, &mut decoded).unwrap();
            prop_assert_eq!(bits(&decoded), bits(&samples));
        }

        #[test]
        fn garbage_is_refused_or_read_but_never_panics(mut record: Vec<u8>, as_samples: bool) {
            if let (true, Some(first)) = (as_samples, record.first_mut()) {
                *first = 2;
            }
            let mut samples = Vec::new();
            if decode_samples(&record, &mut samples).is_ok() && record.len() > 1 {
                prop_assert!(samples.len() * SAMPLE_BYTES_MIN <= record.len() - 17);
            }
        }
    }

    /// Where a sample ends the record may end; anywhere else it is short.
    #[test]
    fn a_cut_record_keeps_the_samples_before_the_cut() {
        let samples = [(5, 1000, 0.5), (900, 1015, 1.5), (3, 990, f64::NAN)];
        let samples =
            samples.map(|(series_ref, timestamp_ms, value)| RefSample { series_ref, timestamp_ms, value });
        let mut record = Vec::new();
        encode_samples(samples, &mut record);
        let ends = [17, 27, 38, record.len()];
        for cut in 1..record.len() {
            let mut decoded = Vec::new();
            let outcome = decode_samples(&record[..cut], &mut decoded);
            assert_eq!(outcome.is_ok(), cut == 1 || ends.contains(&cut), "cut at {cut}: {outcome:?}");
            let expected = ends.iter().filter(|&&end| end <= cut).count().saturating_sub(1);
            assert_eq!(decoded.len(), expected, "cut at {cut}");
        }
    }
}

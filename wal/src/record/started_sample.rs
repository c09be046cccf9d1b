//! Float samples with start timestamps, kind 11.
//!
//! ```text
//! ┌────────┬─────────────────────────────┬──────────────────────────┬────────────────────────┬───────┐
//! │ 1 byte │ varint reference            │ varint timestamp         │ varint start timestamp │ value │
//! │ 11     ├─────────────────────────────┼──────────────────────────┼────────────────────────┼───────┤
//! │        │ per further sample:         │                          │                        │       │
//! │        │ varint ref - the one before │ varint timestamp - first │ start                  │ value │
//! └────────┴─────────────────────────────┴──────────────────────────┴────────────────────────┴───────┘
//! start   1 byte: 0 none │ 1 that of the sample before │ 2, varint start timestamp - first start timestamp
//! ```
//!
//! Without samples the record is the one byte.

use super::field::{FieldReader, put_f64};
use super::stamp::{ChainedStamps, RefStamp};
use super::{RecordError, RecordKind};

/// A float sample that says since when it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RefStartedSample {
    /// The reference that the series record gave the series.
    pub series_ref: u64,
    /// Since when it counts, in milliseconds since the Unix epoch; 0 if that is not known.
    pub start_timestamp_ms: i64,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// The value; each bit of a NaN is kept.
    pub value: f64,
}

impl RefStartedSample {
    fn stamp(&self) -> RefStamp {
        RefStamp {
            series_ref: self.series_ref,
            start_timestamp_ms: self.start_timestamp_ms,
            timestamp_ms: self.timestamp_ms,
        }
    }
}

/// Smallest sample in a record, in bytes: two varints of a byte, the kind of start timestamp, and the value.
const SAMPLE_BYTES_MIN: usize = 1 + 1 + 1 + 8;

/// Appends a record of these samples to `record`.
///
/// ```
/// use emberdb_wal::{RefStartedSample, decode_started_samples, encode_started_samples};
///
/// let sample =
///     RefStartedSample { series_ref: 7, start_timestamp_ms: 1_000, timestamp_ms: 16_000, value: 0.5 };
/// let mut record = Vec::new();
/// encode_started_samples([sample], &mut record);
///
/// let mut samples = Vec::new();
/// decode_started_samples(&record, &mut samples)?;
/// assert_eq!(samples, [sample]);
/// # Ok::<(), emberdb_wal::RecordError>(())
/// ```
pub fn encode_started_samples(samples: impl IntoIterator<Item = RefStartedSample>, record: &mut Vec<u8>) {
    record.push(RecordKind::SamplesV2.to_byte());
    let mut samples = samples.into_iter();
    let Some(first) = samples.next() else { return };
    let mut stamps = ChainedStamps::begin(first.stamp(), record);
    put_f64(first.value, record);
    for sample in samples {
        stamps.put(sample.stamp(), record);
        put_f64(sample.value, record);
    }
}

/// Appends the samples of a record to `samples`.
///
/// # Errors
/// When the record is not of this kind, ends in a sample, or has a start timestamp of an unknown kind; `samples` then
/// holds those before.
pub fn decode_started_samples(record: &[u8], samples: &mut Vec<RefStartedSample>) -> Result<(), RecordError> {
    let mut fields = FieldReader::new(record, &[RecordKind::SamplesV2])?;
    if fields.is_empty() {
        return Ok(());
    }
    // The record is in memory, so this asks for at most three times as much.
    samples.reserve(fields.left_bytes() / SAMPLE_BYTES_MIN);
    let (mut stamps, mut stamp) = ChainedStamps::read(&mut fields)?;
    loop {
        let value = fields.f64("a value")?;
        let RefStamp { series_ref, start_timestamp_ms, timestamp_ms } = stamp;
        samples.push(RefStartedSample { series_ref, start_timestamp_ms, timestamp_ms, value });
        if fields.is_empty() {
            return Ok(());
        }
        stamp = stamps.next(&mut fields)?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(samples: &[RefStartedSample]) -> Vec<(RefStamp, u64)> {
        samples.iter().map(|sample| (sample.stamp(), sample.value.to_bits())).collect()
    }

    proptest! {
        #[test]
        fn samples_go_there_and_back(
            parts in prop::collection::vec(
                (any::<u64>(), any::<i64>(), 0..4_i64, any::<u64>(), 0..64_u32),
                0..50,
            ),
        ) {
            let samples: Vec<RefStartedSample> = parts
                .into_iter()
                .map(|(series_ref, timestamp_ms, start, value_bits, shift)| RefStartedSample {
                    series_ref: series_ref >> shift,
                    // None, one that is often that of the sample before, and others.
                    start_timestamp_ms: if start < 2 { start } else { timestamp_ms >> (shift / 2) },
                    timestamp_ms: timestamp_ms >> shift,
                    value: f64::from_bits(value_bits),
                })
                .collect();
            let mut record = Vec::new();
            encode_started_samples(samples.iter().copied(), &mut record);
            let mut decoded = Vec::new();
            decode_started_samples(&record, &mut decoded).unwrap();
            prop_assert_eq!(bits(&decoded), bits(&samples));
        }
    }

    #[test]
    fn starts_are_none_the_same_or_explicit() {
        let samples = [(0, 5), (5, 5), (5, 6), (0, 7), (3, 8)].map(|(start_timestamp_ms, timestamp_ms)| {
            RefStartedSample { series_ref: 1, start_timestamp_ms, timestamp_ms, value: 0.0 }
        });
        let mut record = Vec::new();
        encode_started_samples(samples, &mut record);
        let value = [0; 8];
        let expected = [
            &[11, 2, 10, 0][..],
            &value,
            &[0, 0, 2, 10],
            &value,
            &[0, 2, 1],
            &value,
            &[0, 4, 0],
            &value,
            &[0, 6, 2, 6],
            &value,
        ];
        assert_eq!(record, expected.concat());

        let kind_at = 4 + 8 + 2;
        record[kind_at] = 3;
        let mut decoded = Vec::new();
        assert_eq!(
            decode_started_samples(&record, &mut decoded).unwrap_err().to_string(),
            "record of samples_v2: expected the kind of a start timestamp from 0 to 2 at offset 14, found 3"
        );
        assert_eq!(decoded, samples[..1]);
    }
}

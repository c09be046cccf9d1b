//! Records: what is logged, one kind a record.
//!
//! ```text
//! ┌────────┬──────┐
//! │ 1 byte │ body │
//! │ kind   │      │
//! └────────┴──────┘
//! ```
//!
//! - [`series`]: series and their labels, kind 1
//! - [`sample`]: float samples, kind 2
//! - [`field`]: the integers and strings that bodies are made of
//!
//! The other kinds are known by name: a replay counts what it skips.

use std::fmt;

use thiserror::Error;

mod field;
mod sample;
mod series;
mod tombstone;

pub use sample::{RefSample, decode_samples, encode_samples};
pub use series::{LABELS_PER_SERIES_MAX, SeriesDecoder, SeriesEncoder};
pub use tombstone::{RefTombstone, decode_tombstones};

/// Largest record, uncompressed, in bytes: the largest segment that upstream allows. About 20 million samples.
pub const RECORD_BYTES_MAX: usize = 256 * 1024 * 1024;

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// 1: series and their labels.
    Series,
    /// 2: float samples.
    Samples,
    /// 3: deleted time ranges.
    Tombstones,
    /// 4: exemplars.
    Exemplars,
    /// 5: in the log of out-of-order samples: what is already in a memory-mapped chunk.
    MmapMarkers,
    /// 6: type, unit and help of metrics.
    Metadata,
    /// 7: native histograms with integer counts.
    HistogramSamples,
    /// 8: native histograms with float counts.
    FloatHistogramSamples,
    /// 9: native histograms with custom buckets and integer counts.
    CustomBucketsHistogramSamples,
    /// 10: native histograms with custom buckets and float counts.
    CustomBucketsFloatHistogramSamples,
    /// 11: float samples with start timestamps.
    SamplesV2,
    /// 12: native histograms with integer counts and start timestamps.
    HistogramSamplesV2,
    /// 13: native histograms with float counts and start timestamps.
    FloatHistogramSamplesV2,
    /// Any other byte: of a newer version; to be skipped, as upstream does.
    Unknown(u8),
}

impl RecordKind {
    /// The kind that a record's first byte says.
    #[must_use]
    pub fn from_byte(byte: u8) -> Self {
        match byte {
            1 => Self::Series,
            2 => Self::Samples,
            3 => Self::Tombstones,
            4 => Self::Exemplars,
            5 => Self::MmapMarkers,
            6 => Self::Metadata,
            7 => Self::HistogramSamples,
            8 => Self::FloatHistogramSamples,
            9 => Self::CustomBucketsHistogramSamples,
            10 => Self::CustomBucketsFloatHistogramSamples,
            11 => Self::SamplesV2,
            12 => Self::HistogramSamplesV2,
            13 => Self::FloatHistogramSamplesV2,
            other => Self::Unknown(other),
        }
    }

    /// The first byte of such a record.
    #[must_use]
    pub fn to_byte(self) -> u8 {
        match self {
            Self::Series => 1,
            Self::Samples => 2,
            Self::Tombstones => 3,
            Self::Exemplars => 4,
            Self::MmapMarkers => 5,
            Self::Metadata => 6,
            Self::HistogramSamples => 7,
            Self::FloatHistogramSamples => 8,
            Self::CustomBucketsHistogramSamples => 9,
            Self::CustomBucketsFloatHistogramSamples => 10,
            Self::SamplesV2 => 11,
            Self::HistogramSamplesV2 => 12,
            Self::FloatHistogramSamplesV2 => 13,
            Self::Unknown(byte) => byte,
        }
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Series => "series",
            Self::Samples => "samples",
            Self::Tombstones => "tombstones",
            Self::Exemplars => "exemplars",
            Self::MmapMarkers => "mmap_markers",
            Self::Metadata => "metadata",
            Self::HistogramSamples => "histogram_samples",
            Self::FloatHistogramSamples => "float_histogram_samples",
            Self::CustomBucketsHistogramSamples => "custom_buckets_histogram_samples",
            Self::CustomBucketsFloatHistogramSamples => "custom_buckets_float_histogram_samples",
            Self::SamplesV2 => "samples_v2",
            Self::HistogramSamplesV2 => "histogram_samples_v2",
            Self::FloatHistogramSamplesV2 => "float_histogram_samples_v2",
            Self::Unknown(byte) => return write!(f, "unknown ({byte})"),
        })
    }
}

/// Why a record cannot be decoded. Offsets count from the record's first byte.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The record is of another kind than its decoder, or empty.
    #[error("expected a record of {expected}, found {}", match found { Some(kind) => kind.to_string(), None => "an empty one".to_owned() })]
    Kind {
        /// What the decoder decodes.
        expected: RecordKind,
        /// What the record is.
        found: Option<RecordKind>,
    },
    /// The record ends in a field.
    #[error(
        "expected {field} of {expected_bytes} bytes at offset {offset} of the record, {found_bytes} are left"
    )]
    Short {
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
    #[error("{field} at offset {offset} of the record exceeds 64 bits")]
    Overlong {
        /// What was to be read.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
    },
    /// A series has more labels than any has.
    #[error("{count} labels at offset {offset} of the record, at most {LABELS_PER_SERIES_MAX} are accepted")]
    LabelCount {
        /// The number that the record says.
        count: u64,
        /// Where it says so.
        offset: usize,
    },
    /// A label's name or value is not text.
    #[error("{field} at offset {offset} of the record is not UTF-8")]
    NotUtf8 {
        /// What was to be read.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_256_bytes_are_kinds_and_thirteen_are_known() {
        let kinds: Vec<RecordKind> = (0..=u8::MAX).map(RecordKind::from_byte).collect();
        assert_eq!(kinds.iter().filter(|kind| !matches!(kind, RecordKind::Unknown(_))).count(), 13);
        assert!(kinds.iter().map(|kind| kind.to_byte()).eq(0..=u8::MAX));
    }
}

//! The kinds of records: a record's first byte.

use std::fmt;

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
    /// 128, emberdb's own: before which time the log has no samples in order.
    Floor,
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
            128 => Self::Floor,
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
            Self::Floor => 128,
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
            Self::Floor => "floor",
            Self::Unknown(byte) => return write!(f, "unknown ({byte})"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_256_bytes_are_kinds_and_fourteen_are_known() {
        let kinds: Vec<RecordKind> = (0..=u8::MAX).map(RecordKind::from_byte).collect();
        assert_eq!(kinds.iter().filter(|kind| !matches!(kind, RecordKind::Unknown(_))).count(), 14);
        assert!(kinds.iter().map(|kind| kind.to_byte()).eq(0..=u8::MAX));
    }
}

//! Native histograms of either kind, outside of chunks.

use emberdb_histogram::{BucketNumber, FloatHistogram, Histogram, NativeHistogram};
use emberdb_model::storage::AppendError;
use emberdb_model::{STALE_NAN, is_stale};
use emberdb_tsdb_chunk::{AnyHistogram, Encoding};
use emberdb_wal::{BUCKETS_PER_SIDE_MAX, RecordKind, SPANS_PER_SIDE_MAX};

/// A native histogram of either kind, held by a batch or decoded out of a chunk.
#[derive(Debug)]
pub(super) enum HeldHistogram {
    Integer(Histogram),
    Float(FloatHistogram),
}

impl HeldHistogram {
    /// A copy.
    pub(super) fn of(histogram: AnyHistogram<'_>) -> Self {
        match histogram {
            AnyHistogram::Integer(histogram) => Self::Integer(histogram.clone()),
            AnyHistogram::Float(histogram) => Self::Float(histogram.clone()),
        }
    }

    /// The marker that ends a series whose chunks have this encoding.
    pub(super) fn stale(encoding: Encoding) -> Self {
        match encoding {
            Encoding::FloatHistogram | Encoding::FloatHistogramSt => {
                Self::Float(FloatHistogram { sum: STALE_NAN, ..FloatHistogram::default() })
            }
            Encoding::Histogram | Encoding::HistogramSt | Encoding::Xor | Encoding::Xor2 => {
                Self::Integer(Histogram { sum: STALE_NAN, ..Histogram::default() })
            }
        }
    }

    pub(super) fn as_any(&self) -> AnyHistogram<'_> {
        match self {
            Self::Integer(histogram) => histogram.into(),
            Self::Float(histogram) => histogram.into(),
        }
    }

    /// The record that it goes into.
    pub(super) fn record_kind(&self) -> RecordKind {
        match self {
            Self::Integer(h) if h.has_custom_bounds() => RecordKind::CustomBucketsHistogramSamples,
            Self::Integer(_) => RecordKind::HistogramSamples,
            Self::Float(h) if h.has_custom_bounds() => RecordKind::CustomBucketsFloatHistogramSamples,
            Self::Float(_) => RecordKind::FloatHistogramSamples,
        }
    }

    /// At most so many bytes in a record: ten for each number of the histogram.
    pub(super) fn logged_bytes_max(&self) -> usize {
        fn numbers<N: BucketNumber>(histogram: &NativeHistogram<N>) -> usize {
            let side = |side: &emberdb_histogram::Side<N>| 2 * side.spans.len() + side.buckets.len();
            let numbers = side(&histogram.positive) + side(&histogram.negative);
            // Stamp, hint, schema, threshold, counts, sum and the lengths of five lists.
            13 + numbers + histogram.custom_bounds().len()
        }
        10 * match self {
            Self::Integer(histogram) => numbers(histogram),
            Self::Float(histogram) => numbers(histogram),
        }
    }
}

/// Whether a histogram can be logged and stored.
pub(super) fn check_valid(histogram: AnyHistogram<'_>) -> Result<(), AppendError> {
    fn check_size<N: BucketNumber>(histogram: &NativeHistogram<N>) -> Result<(), AppendError> {
        let (positive, negative) = (&histogram.positive, &histogram.negative);
        for (what, count, count_max) in [
            ("positive spans", positive.spans.len(), SPANS_PER_SIDE_MAX),
            ("negative spans", negative.spans.len(), SPANS_PER_SIDE_MAX),
            ("positive buckets", positive.buckets.len(), BUCKETS_PER_SIDE_MAX),
            ("negative buckets", negative.buckets.len(), BUCKETS_PER_SIDE_MAX),
            ("custom bounds", histogram.custom_bounds().len(), BUCKETS_PER_SIDE_MAX),
        ] {
            if count > count_max {
                let message = format!("a histogram has {count} {what}, at most {count_max} are stored");
                return Err(AppendError::Limit(message));
            }
        }
        Ok(())
    }
    match histogram {
        AnyHistogram::Integer(histogram) => {
            check_size(histogram)?;
            histogram.validate()?;
        }
        AnyHistogram::Float(histogram) => {
            check_size(histogram)?;
            histogram.validate()?;
        }
    }
    Ok(())
}

/// Whether two histograms say the same: equal to the bit but for empty buckets, which one that was in a chunk may have
/// got, and for what is known of resets.
pub(super) fn is_same(left: AnyHistogram<'_>, right: AnyHistogram<'_>) -> bool {
    fn is_same<N: BucketNumber>(left: &NativeHistogram<N>, right: &NativeHistogram<N>) -> bool {
        if is_stale(left.sum) || is_stale(right.sum) {
            return left.sum.to_bits() == right.sum.to_bits();
        }
        let (mut left, mut right) = (left.clone(), right.clone());
        left.compact(0);
        right.compact(0);
        left.has_same_data(&right)
    }
    match (left, right) {
        (AnyHistogram::Integer(left), AnyHistogram::Integer(right)) => is_same(left, right),
        (AnyHistogram::Float(left), AnyHistogram::Float(right)) => is_same(left, right),
        _ => false,
    }
}

/// A histogram in the words of an error.
pub(super) fn describe(histogram: AnyHistogram<'_>) -> Box<str> {
    match histogram {
        AnyHistogram::Integer(histogram) => format!("histogram {histogram}").into(),
        AnyHistogram::Float(histogram) => format!("float histogram {histogram}").into(),
    }
}

//! What laws and cases are checked with.

use emberdb_histogram::{CounterResetHint, FloatHistogram, Histogram, NativeHistogram, Side};

use super::super::reference::{self, Twin};
use super::super::{
    Appended, HistogramColumns, HistogramNumber, NativeHistogramAppender, NativeHistogramReader,
};
use crate::{ChunkError, Encoding};

/// All chunks that an appender makes of a series.
pub(super) fn chunks_of<N: HistogramNumber>(series: &[(i64, NativeHistogram<N>)]) -> Vec<Box<[u8]>> {
    let mut open = NativeHistogramAppender::<N>::new();
    let mut chunks = Vec::new();
    for (t_ms, histogram) in series {
        if let Appended::Cut(bytes) = open.append(*t_ms, histogram).expect("well-formed") {
            chunks.push(bytes);
        }
        assert_eq!(open.newest_ms(), Some(*t_ms));
    }
    chunks.push(open.finish());
    chunks
}

pub(super) fn read<N: HistogramNumber>(bytes: &[u8]) -> Result<Vec<(i64, NativeHistogram<N>)>, ChunkError> {
    NativeHistogramReader::new(bytes)?.collect()
}

/// Everything about a histogram, floats as bits.
pub(super) fn bits<N: Twin>(histogram: &NativeHistogram<N>) -> impl PartialEq + std::fmt::Debug + use<N> {
    let side = |side: &Side<N>| {
        (side.spans.clone(), side.buckets.iter().map(|bucket| bucket.bucket_bits()).collect::<Vec<_>>())
    };
    (
        (histogram.counter_reset_hint, histogram.schema, histogram.zero_threshold.to_bits()),
        [N::count_bits(histogram.count), N::count_bits(histogram.zero_count), histogram.sum.to_bits()],
        side(&histogram.positive),
        side(&histogram.negative),
        histogram.custom_bounds().iter().map(|bound| bound.to_bits()).collect::<Vec<_>>(),
    )
}

/// What a histogram says without its empty buckets and its hint.
pub(super) fn content(histogram: &FloatHistogram) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut histogram = histogram.clone();
    histogram.compact(0);
    histogram.counter_reset_hint = CounterResetHint::Unknown;
    bits(&histogram)
}

/// Both readers and the columns on the same bytes as the definition: the same histograms, or an error at the same bit.
pub(super) fn assert_agreement<N: HistogramNumber + Twin>(encoding: Encoding, bytes: &[u8])
where
    NativeHistogram<N>: ToFloat,
{
    let got = read::<N>(bytes);
    let mut columns = HistogramColumns::new();
    let decoded = columns.decode(encoding, bytes);
    match &got {
        Ok(samples) => {
            assert_eq!(decoded, Ok(samples.len()));
            assert_eq!(columns.len(), samples.len());
            for ((t_ms, histogram), (t_column_ms, float)) in samples.iter().zip(columns.iter()) {
                assert_eq!((*t_ms, bits(&histogram.in_floats())), (t_column_ms, bits(&float)));
            }
        }
        Err(error) => assert_eq!((decoded, columns.len()), (Err(*error), 0)),
    }
    match (got, reference::decode::<N>(bytes)) {
        (Ok(got), Ok(want)) => {
            assert_eq!(got.len(), want.len());
            for ((t_ms, got), (want_ms, mut want)) in got.into_iter().zip(want) {
                want.accept_schema().expect("the reader has done so");
                assert_eq!((t_ms, bits(&got)), (want_ms, bits(&want)));
            }
        }
        (Err(ChunkError::TooManySamples { .. } | ChunkError::TooMany { .. }), Err(_)) => {}
        (Err(ChunkError::SpansOverlap { schema }), want) => {
            let is_refused = |want: Vec<(i64, NativeHistogram<N>)>| {
                want.into_iter().any(|(_, mut want)| want.accept_schema().is_err())
            };
            // Later samples may be cut off: the first was refused before.
            assert!(schema > 8 && want.map_or(true, is_refused));
        }
        (
            Err(
                ChunkError::Truncated { at_bit, .. }
                | ChunkError::WindowTooWide { at_bit, .. }
                | ChunkError::UnknownSchema { at_bit, .. }
                | ChunkError::NumberTooLarge { at_bit, .. },
            ),
            Err(want),
        ) => assert_eq!(at_bit, want),
        (got, want) => panic!("readers disagree on {bytes:02x?}: {got:?}, reference {want:?}"),
    }
}

pub(super) trait ToFloat {
    fn in_floats(&self) -> FloatHistogram;
}

impl ToFloat for Histogram {
    /// As it is, whether or not it makes sense.
    fn in_floats(&self) -> FloatHistogram {
        let side = |side: &Side<i64>| {
            let sums = side.buckets.iter().scan(0.0, |sum, &difference| {
                *sum += difference as f64;
                Some(*sum)
            });
            Side { spans: side.spans.clone(), buckets: sums.collect() }
        };
        FloatHistogram {
            counter_reset_hint: self.counter_reset_hint,
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count as f64,
            count: self.count as f64,
            sum: self.sum,
            positive: side(&self.positive),
            negative: side(&self.negative),
            custom_values: self.custom_values.clone(),
        }
    }
}

impl ToFloat for FloatHistogram {
    fn in_floats(&self) -> FloatHistogram {
        self.clone()
    }
}

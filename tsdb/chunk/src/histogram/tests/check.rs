//! What laws and cases are checked with.

use emberdb_histogram::{CounterResetHint, FloatHistogram, Histogram, NativeHistogram, Side};

use super::super::reference::{self, Twin};
use super::super::{
    Appended, CounterResetHeader, HistogramColumns, HistogramNumber, HistogramStarts,
    NativeHistogramAppender, NativeHistogramReader,
};
use super::series::Sample;
use crate::ChunkError;

/// All chunks that an appender makes of a series.
pub(super) fn chunks_of<N: HistogramNumber, S: HistogramStarts>(series: &[Sample<N>]) -> Vec<Box<[u8]>> {
    let mut open = NativeHistogramAppender::<N, S>::new();
    let mut chunks = Vec::new();
    for (t_ms, histogram, start_ms) in series {
        if let Appended::Cut(bytes) = open.append_with(*t_ms, histogram, *start_ms).expect("well-formed") {
            chunks.push(bytes);
        }
        assert_eq!(open.newest_ms(), Some(*t_ms));
    }
    chunks.push(open.finish());
    chunks
}

pub(super) fn read<N: HistogramNumber, S: HistogramStarts>(
    bytes: &[u8],
) -> Result<Vec<Sample<N>>, ChunkError> {
    let mut reader = NativeHistogramReader::<N, S>::new(bytes)?;
    let (mut samples, mut histogram) = (Vec::new(), NativeHistogram::default());
    while let Some(t_ms) = reader.read_into(&mut histogram)? {
        samples.push((t_ms, histogram.clone(), reader.start_ms()));
    }
    Ok(samples)
}

/// What a chunk's header says about counter resets.
pub(super) fn header_of<S: HistogramStarts>(chunk: &[u8]) -> CounterResetHeader {
    CounterResetHeader::from_byte(chunk[S::FLAGS_BYTE])
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
pub(super) fn assert_agreement<N: HistogramNumber + Twin, S: HistogramStarts>(bytes: &[u8])
where
    NativeHistogram<N>: ToFloat,
{
    let got = read::<N, S>(bytes);
    let of_iterator: Result<Vec<_>, _> =
        NativeHistogramReader::<N, S>::new(bytes).and_then(Iterator::collect);
    assert_eq!(of_iterator.map(|samples| samples.len()), got.as_ref().map(Vec::len).map_err(|&error| error));
    assert_columns::<N, S>(bytes, &got);
    match (got, reference::decode::<N>(bytes, S::ARE_KEPT)) {
        (Ok(got), Ok(want)) => {
            assert_eq!(got.len(), want.len());
            for ((t_ms, got, start_ms), (want_ms, mut want, want_start_ms)) in got.into_iter().zip(want) {
                want.accept_schema().expect("the reader has done so");
                assert_eq!((t_ms, bits(&got), start_ms), (want_ms, bits(&want), want_start_ms));
            }
        }
        (Err(ChunkError::TooManySamples { .. } | ChunkError::TooMany { .. }), Err(_)) => {}
        (Err(ChunkError::SpansOverlap { schema }), want) => {
            let is_refused =
                |want: Vec<Sample<N>>| want.into_iter().any(|(_, mut want, _)| want.accept_schema().is_err());
            // Later samples may be cut off: the first was refused before.
            assert!(schema > 8 && want.map_or(true, is_refused));
        }
        (
            Err(
                ChunkError::Truncated { at_bit, .. }
                | ChunkError::VarintTooLong { at_bit, .. }
                | ChunkError::WindowTooWide { at_bit, .. }
                | ChunkError::UnknownSchema { at_bit, .. }
                | ChunkError::NumberTooLarge { at_bit, .. },
            ),
            Err(want),
        ) => assert_eq!(at_bit, want),
        (got, want) => panic!("readers disagree on {bytes:02x?}: {got:?}, reference {want:?}"),
    }
}

/// Columns have what the reader gave.
fn assert_columns<N: HistogramNumber + Twin, S: HistogramStarts>(
    bytes: &[u8],
    want: &Result<Vec<Sample<N>>, ChunkError>,
) where
    NativeHistogram<N>: ToFloat,
{
    let mut columns = HistogramColumns::new();
    let decoded = columns.decode(S::encoding(N::ENCODING), bytes);
    let samples = match want {
        Ok(samples) => samples,
        Err(error) => {
            assert_eq!((decoded, columns.len(), columns.start_timestamps().len()), (Err(*error), 0, 0));
            return;
        }
    };
    assert_eq!(decoded, Ok(samples.len()));
    assert_eq!(columns.len(), samples.len());
    for ((t_ms, histogram, _), (t_column_ms, float)) in samples.iter().zip(columns.iter()) {
        assert_eq!((*t_ms, bits(&histogram.in_floats())), (t_column_ms, bits(&float)));
    }
    let starts: Vec<i64> = samples.iter().map(|sample| sample.2).collect();
    let is_any = starts.iter().any(|&start_ms| start_ms != 0);
    assert_eq!(columns.start_timestamps(), if is_any { &starts[..] } else { &[] });
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

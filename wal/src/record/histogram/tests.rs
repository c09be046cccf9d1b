use std::sync::Arc;

use emberdb_histogram::{CounterResetHint, FloatHistogram, Histogram, NativeHistogram, Schema, Side, Span};
use proptest::prelude::*;

use super::super::field::put_uvarint;
use super::*;
use crate::{RecordError, RecordKind, RefStamp};

const HINTS: [CounterResetHint; 4] =
    [CounterResetHint::Unknown, CounterResetHint::Reset, CounterResetHint::NotReset, CounterResetHint::Gauge];

fn stamp() -> impl Strategy<Value = RefStamp> {
    (any::<u64>(), any::<i64>(), 0..3_i64, 0..64_u32).prop_map(|(series_ref, timestamp_ms, start, shift)| {
        RefStamp {
            series_ref: series_ref >> shift,
            timestamp_ms: timestamp_ms >> shift,
            start_timestamp_ms: if start < 2 { start } else { timestamp_ms >> (shift / 2) },
        }
    })
}

fn side<N: std::fmt::Debug>(number: impl Strategy<Value = N>) -> impl Strategy<Value = Side<N>> {
    let span = (any::<i32>(), any::<u32>()).prop_map(|(offset, length)| Span { offset, length });
    (prop::collection::vec(span, 0..4), prop::collection::vec(number, 0..20))
        .prop_map(|(spans, buckets)| Side { spans, buckets })
}

/// Any histogram that a record can hold, sensible or not; floats that are equal if their bits are.
fn histogram<N: RecordNumber>(
    count: impl Strategy<Value = N::Count> + Clone,
    bucket: impl Strategy<Value = N> + Clone,
) -> impl Strategy<Value = NativeHistogram<N>> {
    (
        (0..4_usize, prop_oneof![Just(-53), -4..9_i32, any::<i32>()], float(), float()),
        (count.clone(), count),
        (side(bucket.clone()), side(bucket)),
        prop::collection::vec(float(), 0..4),
    )
        .prop_map(
            |((hint, schema, zero_threshold, sum), (zero_count, count), (positive, negative), bounds)| {
                let is_custom = schema == -53 && !bounds.is_empty();
                NativeHistogram {
                    counter_reset_hint: HINTS[hint],
                    schema: Schema::new(schema),
                    zero_threshold,
                    zero_count,
                    count,
                    sum,
                    positive,
                    negative,
                    custom_values: is_custom.then(|| bounds.into()),
                }
            },
        )
}

fn float() -> impl Strategy<Value = f64> + Clone {
    any::<f64>().prop_filter("a NaN does not equal itself", |value| !value.is_nan())
}

fn decode<N: RecordNumber>(record: &[u8]) -> Result<Vec<(RefStamp, NativeHistogram<N>)>, RecordError> {
    let mut decoder = HistogramDecoder::new(record)?;
    let (mut decoded, mut histogram) = (Vec::new(), NativeHistogram::default());
    while let Some(stamp) = decoder.next_histogram(&mut histogram)? {
        decoded.push((stamp, histogram.clone()));
    }
    Ok(decoded)
}

fn check<N: RecordNumber>(histograms: &[(RefStamp, NativeHistogram<N>)]) {
    let borrowed = || histograms.iter().map(|(stamp, histogram)| (*stamp, histogram));
    let mut record = Vec::new();
    encode_started_histograms(borrowed(), &mut record);
    if histograms.is_empty() {
        assert!(record.is_empty());
    } else {
        assert_eq!(decode::<N>(&record).unwrap(), histograms);
    }

    let (mut record, mut record_custom) = (Vec::new(), Vec::new());
    encode_histograms(borrowed(), &mut record, &mut record_custom);
    for (record, is_custom) in [(record, false), (record_custom, true)] {
        let expected: Vec<(RefStamp, NativeHistogram<N>)> = borrowed()
            .filter(|(_, histogram)| histogram.has_custom_bounds() == is_custom)
            .map(|(stamp, histogram)| (RefStamp { start_timestamp_ms: 0, ..stamp }, histogram.clone()))
            .collect();
        if expected.is_empty() {
            assert!(record.is_empty());
        } else {
            assert_eq!(decode::<N>(&record).unwrap(), expected);
        }
    }
}

proptest! {
    #[test]
    fn integer_histograms_go_there_and_back(
        histograms in prop::collection::vec((stamp(), histogram::<i64>(any::<u64>(), any::<i64>())), 0..6),
    ) {
        check(&histograms);
    }

    #[test]
    fn float_histograms_go_there_and_back(
        histograms in prop::collection::vec((stamp(), histogram::<f64>(float(), float())), 0..6),
    ) {
        check(&histograms);
    }

    #[test]
    fn garbage_is_refused_or_read_but_never_panics(mut body: Vec<u8>, kind in 7..14_u8) {
        body.insert(0, kind);
        let (integer, float) = (decode::<i64>(&body), decode::<f64>(&body));
        let is_wrong_kind = |error: &RecordError| matches!(error, RecordError::Kind { .. });
        prop_assert_eq!(integer.is_err_and(|e| is_wrong_kind(&e)), !matches!(kind, 7 | 9 | 12));
        prop_assert_eq!(float.is_err_and(|e| is_wrong_kind(&e)), !matches!(kind, 8 | 10 | 13));
    }
}

/// The NaN that marks a series as stale, and one with other bits.
#[test]
fn each_bit_of_a_nan_is_kept() {
    let bits = [0x7ff0_0000_0000_0002, 0xfff8_1234_5678_9abc];
    let [sum, count] = bits.map(f64::from_bits);
    let histogram = FloatHistogram { sum, count, ..FloatHistogram::default() };
    let (mut record, mut custom) = (Vec::new(), Vec::new());
    encode_histograms([(RefStamp::default(), &histogram)], &mut record, &mut custom);
    let decoded = decode::<f64>(&record).unwrap();
    assert_eq!([decoded[0].1.sum, decoded[0].1.count].map(f64::to_bits), bits);
}

/// Spans are offset and length, integers are zigzag varints, counts are not; the sum is where it belongs.
#[test]
fn an_integer_histogram_byte_by_byte() {
    let histogram = Histogram {
        counter_reset_hint: CounterResetHint::Gauge,
        schema: Schema::new(-2),
        zero_threshold: 1.0,
        zero_count: 3,
        count: 200,
        sum: -2.0,
        positive: Side { spans: vec![Span { offset: -4, length: 2 }], buckets: vec![5, -3] },
        negative: Side { spans: vec![Span { offset: 1, length: 1 }], buckets: vec![64] },
        custom_values: None,
    };
    let stamp = RefStamp { series_ref: 1, timestamp_ms: 2, start_timestamp_ms: 9 };
    let (mut record, mut custom) = (Vec::new(), Vec::new());
    encode_histograms([(stamp, &histogram)], &mut record, &mut custom);
    let expected = [
        &[7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0][..],
        &[3, 3],
        &[0x3f, 0xf0, 0, 0, 0, 0, 0, 0],
        &[3, 0xc8, 1],
        &[0xc0, 0, 0, 0, 0, 0, 0, 0],
        &[1, 7, 2],
        &[1, 2, 1],
        &[2, 10, 5],
        &[1, 0x80, 1],
    ];
    assert_eq!(record, expected.concat());
    record.clear();
    encode_started_histograms([(stamp, &histogram)], &mut record);
    assert_eq!(record[..4], [12, 2, 4, 18]);
    assert_eq!(record[4..], expected[1..].concat());
}

/// As upstream does: differences are to the first histogram of the commit, wherever it goes.
#[test]
fn a_commit_is_based_on_its_first_histogram() {
    let custom = Histogram { schema: Schema::CUSTOM, ..Histogram::default() };
    let exponential = Histogram::default();
    let stamp = |series_ref| RefStamp { series_ref, timestamp_ms: 1, start_timestamp_ms: 0 };
    let (mut record, mut record_custom) = (Vec::new(), Vec::new());
    let commit = [(stamp(4), &custom), (stamp(6), &exponential), (stamp(5), &custom)];
    encode_histograms(commit, &mut record, &mut record_custom);
    assert_eq!(record[..19], [7, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 4, 0]);
    assert_eq!(record_custom[..19], [9, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
    let (decoded, decoded_custom) = (decode::<i64>(&record).unwrap(), decode::<i64>(&record_custom).unwrap());
    assert_eq!(decoded, [(stamp(6), exponential)]);
    assert_eq!(decoded_custom, [(stamp(4), custom.clone()), (stamp(5), custom)]);
}

/// Along a series nothing is allocated: buckets are read into the memory of those before, bounds are shared.
#[test]
fn memory_is_kept_from_histogram_to_histogram() {
    let bounds: Arc<[f64]> = [0.5, 2.0].into();
    let logged = |count, bounds: &Arc<[f64]>| FloatHistogram {
        schema: Schema::CUSTOM,
        count,
        positive: Side { spans: vec![Span { offset: 0, length: 3 }], buckets: vec![count; 3] },
        custom_values: Some(Arc::clone(bounds)),
        ..FloatHistogram::default()
    };
    let others: Arc<[f64]> = [0.5, -0.0].into();
    let histograms = [logged(1.0, &bounds), logged(2.0, &bounds), logged(3.0, &others)];
    let mut record = Vec::new();
    encode_started_histograms(histograms.iter().map(|h| (RefStamp::default(), h)), &mut record);

    let mut decoder = HistogramDecoder::new(&record).unwrap();
    let mut histogram = FloatHistogram::default();
    decoder.next_histogram(&mut histogram).unwrap();
    let first_bounds = histogram.custom_values.clone().unwrap();
    let (spans, buckets) = (histogram.positive.spans.as_ptr(), histogram.positive.buckets.as_ptr());
    decoder.next_histogram(&mut histogram).unwrap();
    assert_eq!(histogram, histograms[1]);
    assert!(Arc::ptr_eq(&first_bounds, histogram.custom_values.as_ref().unwrap()));
    decoder.next_histogram(&mut histogram).unwrap();
    assert_eq!(histogram, histograms[2]);
    assert_eq!(histogram.custom_bounds()[1].to_bits(), (-0.0_f64).to_bits());
    assert_eq!(histogram.positive.spans.as_ptr(), spans);
    assert_eq!(histogram.positive.buckets.as_ptr(), buckets);
    assert_eq!(decoder.next_histogram(&mut histogram), Ok(None));
}

/// A number of elements asks for memory only after it was held against the limit and against what is left.
#[test]
fn counts_that_lie_say_where() {
    let mut record = Vec::new();
    encode_started_histograms([(RefStamp::default(), &Histogram::default())], &mut record);
    let counts_at = record.len() - 4;
    let elements = ["positive spans", "negative spans", "positive buckets", "negative buckets"];
    for (place, elements) in elements.into_iter().enumerate() {
        let offset = counts_at + place;
        let mut lie = record[..offset].to_vec();
        put_uvarint(1 << 40, &mut lie);
        let kind = RecordKind::HistogramSamplesV2;
        let over = RecordError::Count { kind, elements, count: 1 << 40, max: BUCKETS_PER_SIDE_MAX, offset };
        assert_eq!(decode::<i64>(&lie), Err(over));
        lie.truncate(offset);
        put_uvarint(1 << 20, &mut lie);
        let short = RecordError::Short {
            kind,
            field: elements,
            expected_bytes: if place < 2 { 2 << 20 } else { 1 << 20 },
            found_bytes: 0,
            offset: lie.len(),
        };
        assert_eq!(decode::<i64>(&lie), Err(short));
    }
    record[4] = 4;
    assert_eq!(
        decode::<i64>(&record).unwrap_err().to_string(),
        "record of histogram_samples_v2: expected a counter reset hint from 0 to 3 at offset 4, found 4"
    );
}

//! Single cases.

use emberdb_histogram::{FloatHistogram, Histogram, Schema, Side, Span};

use super::super::*;
use super::STALE;
use super::check::{assert_agreement, bits, chunks_of, header_of, read};
use super::series::Sample;
use crate::{ChunkError, Encoding, Starts};

fn histogram(notation: &str) -> FloatHistogram {
    notation.parse().expect("a test's own notation")
}

/// The headers of the chunks that whole numbers, and floats, are in.
fn headers(notations: &[&str]) -> (Vec<CounterResetHeader>, Vec<CounterResetHeader>) {
    let without = headers_with::<NoStarts>(notations);
    assert_eq!(headers_with::<Starts>(notations), without);
    without
}

fn headers_with<S: HistogramStarts>(
    notations: &[&str],
) -> (Vec<CounterResetHeader>, Vec<CounterResetHeader>) {
    let floats: Vec<Sample<f64>> =
        notations.iter().zip(0..).map(|(notation, t_ms)| (t_ms, histogram(notation), 3)).collect();
    let integers: Vec<_> =
        floats.iter().map(|(t_ms, float, start_ms)| (*t_ms, integer(float), *start_ms)).collect();
    let of = |chunks: Vec<Box<[u8]>>| chunks.iter().map(|chunk| header_of::<S>(chunk)).collect();
    (of(chunks_of::<_, S>(&integers)), of(chunks_of::<_, S>(&floats)))
}

/// A histogram of floats that are whole.
fn integer(float: &FloatHistogram) -> Histogram {
    let side = |side: &Side<f64>| {
        let mut previous = 0;
        let mut held = |&count: &f64| {
            let held = count as i64 - previous;
            previous = count as i64;
            held
        };
        Side { spans: side.spans.clone(), buckets: side.buckets.iter().map(&mut held).collect() }
    };
    Histogram {
        counter_reset_hint: float.counter_reset_hint,
        schema: float.schema,
        zero_threshold: float.zero_threshold,
        zero_count: float.zero_count as u64,
        count: float.count as u64,
        sum: float.sum,
        positive: side(&float.positive),
        negative: side(&float.negative),
        custom_values: float.custom_values.clone(),
    }
}

#[test]
fn headers_say_why_a_chunk_was_begun() {
    use CounterResetHeader::{Gauge, NotReset, Reset, Unknown};
    let plain = "{{count:5 buckets:[2 3]}}";
    let cases: [(&str, CounterResetHeader, CounterResetHeader); 9] = [
        ("{{count:4 buckets:[2 2]}}", Reset, Reset),
        ("{{count:9 buckets:[9 0]}}", Reset, Reset),
        ("{{count:9 offset:1 buckets:[9]}}", Reset, Reset),
        ("{{count:9 buckets:[2 7] counter_reset_hint:reset}}", Reset, Reset),
        ("{{schema:1 count:9 buckets:[2 7]}}", Unknown, Unknown),
        ("{{count:9 z_bucket_w:0.5 buckets:[2 7]}}", Unknown, Unknown),
        ("{{schema:1 count:4 buckets:[2 2]}}", Reset, Reset),
        ("{{count:9 buckets:[2 7] counter_reset_hint:gauge}}", Gauge, Gauge),
        ("{{schema:-53 count:9 custom_values:[1] buckets:[2 7]}}", Unknown, Unknown),
    ];
    for (next, integer, float) in cases {
        assert_eq!(headers(&[plain, next]), (vec![Unknown, integer], vec![Unknown, float]), "{next}");
    }
    let gauge = "{{count:5 buckets:[2 3] counter_reset_hint:gauge}}";
    // A reset that is stated behind a gauge is passed over.
    for next in [plain, "{{count:9 buckets:[2 7] counter_reset_hint:reset}}"] {
        assert_eq!(headers(&[gauge, next]), (vec![Gauge, NotReset], vec![Gauge, Unknown]));
    }
    assert_eq!(headers(&[gauge, "{{counter_reset_hint:gauge}}"]), (vec![Gauge], vec![Gauge]));
    let bounds = [
        "{{schema:-53 count:1 custom_values:[1] buckets:[1]}}",
        "{{schema:-53 count:1 custom_values:[2] buckets:[1]}}",
    ];
    assert_eq!(headers(&bounds), (vec![Unknown, Reset], vec![Unknown, Reset]));
}

#[test]
fn a_cut_for_size_knows_whether_there_was_a_reset() {
    use CounterResetHeader::{Gauge, NotReset, Reset, Unknown};
    for (next, integer_header, float_header) in [
        ("{{count:9 buckets:[2 7]}}", NotReset, NotReset),
        ("{{count:9 buckets:[2 7] counter_reset_hint:reset}}", Reset, Reset),
        ("{{count:9 buckets:[2 7] counter_reset_hint:gauge}}", Gauge, Gauge),
        ("{{count:4 buckets:[2 2]}}", Reset, Reset),
        // Upstream's two codecs do not agree here.
        ("{{schema:1 count:9 buckets:[2 7]}}", Unknown, NotReset),
    ] {
        let (first, next) = (histogram("{{count:5 buckets:[2 3]}}"), histogram(next));
        let mut open = FloatHistogramAppender::new();
        open.append(0, &first).expect("well-formed");
        let finished = open.cut(1, &next).expect("well-formed");
        assert_eq!(
            (read::<f64, NoStarts>(&finished).map(|read| read.len()), open.header()),
            (Ok(1), float_header)
        );
        let mut open = HistogramAppender::new();
        open.append(0, &integer(&first)).expect("well-formed");
        open.cut(1, &integer(&next)).expect("well-formed");
        assert_eq!((open.samples(), open.header()), (1, integer_header));
    }
}

#[test]
fn stale_samples_have_nothing_and_end_a_chunk() {
    let live = histogram("{{count:5 sum:3 buckets:[2 3]}}");
    let stale = FloatHistogram { sum: STALE, ..live.clone() };
    let series = [live.clone(), stale.clone(), stale.clone(), live.clone(), live];
    let series: Vec<Sample<f64>> =
        series.into_iter().zip(0..).map(|(sample, t_ms)| (t_ms, sample, 0)).collect();
    let chunks = chunks_of::<_, NoStarts>(&series);
    assert_eq!(chunks.iter().map(|chunk| chunk[1]).collect::<Vec<_>>(), [3, 2]);
    let read = read::<f64, NoStarts>(&chunks[0]).expect("our own chunk");
    let empty = FloatHistogram { sum: STALE, ..FloatHistogram::default() };
    assert!(read[1..].iter().all(|(_, sample, _)| bits(sample) == bits(&empty)));
    // A chunk that begins stale has no layout.
    let chunks = chunks_of::<_, NoStarts>(&[(0, stale, 0)]);
    let mut reader = FloatHistogramReader::new(&chunks[0]).expect("our own chunk");
    assert!(reader.layout().is_none());
    reader.read_into(&mut FloatHistogram::default()).expect("our own chunk");
    assert_eq!(reader.layout(), Some(&HistogramLayout::default()));
}

#[test]
fn buckets_that_a_sample_lacks_are_filled_in() {
    let mut open = FloatHistogramAppender::new();
    assert_eq!(open.append(0, &histogram("{{count:5 buckets:[2 0 3] n_buckets:[0]}}")), Ok(Appended::Here));
    let before = open.bytes().to_vec();
    // Nothing new, but spans of its own: the chunk keeps its layout.
    assert_eq!(open.append(1, &histogram("{{count:6 buckets:[2]}}")), Ok(Appended::Cut(before.into())));
    let mut open = FloatHistogramAppender::new();
    open.append(0, &histogram("{{count:2 buckets:[2 0 0] n_buckets:[0]}}")).expect("well-formed");
    assert_eq!(open.append(1, &histogram("{{count:6 buckets:[6]}}")), Ok(Appended::Here));
    // New ones on one side, lacking ones on both.
    assert_eq!(open.append(2, &histogram("{{count:7 offset:-1 buckets:[1 6]}}")), Ok(Appended::Recoded));
    let read = read::<f64, NoStarts>(open.bytes()).expect("our own chunk");
    assert_eq!(read[0].1.positive.spans, [Span { offset: -1, length: 4 }]);
    assert_eq!(read[0].1.negative.spans, [Span { offset: 0, length: 1 }]);
    let rows: Vec<_> = read.iter().map(|(_, sample, _)| sample.positive.buckets.as_slice()).collect();
    assert_eq!(rows, [[0.0, 2.0, 0.0, 0.0], [0.0, 6.0, 0.0, 0.0], [1.0, 6.0, 0.0, 0.0]]);
}

#[test]
fn finer_schemas_are_brought_to_the_finest_known() {
    let mut open = FloatHistogramAppender::new();
    let fine = FloatHistogram { schema: Schema::new(9), ..histogram("{{count:7 offset:1 buckets:[1 2 4]}}") };
    open.append(0, &fine).expect("well-formed");
    open.append(1, &fine).expect("well-formed");
    let mut columns = HistogramColumns::new();
    assert_eq!(columns.decode(Encoding::FloatHistogram, open.bytes()), Ok(2));
    assert_eq!((columns.layout().schema, columns.positive(1)), (Schema::new(8), &[3.0, 4.0][..]));
    assert_agreement::<f64, NoStarts>(open.bytes());
}

#[test]
fn what_cannot_be_written_changes_nothing() {
    let mut open = FloatHistogramAppender::new();
    open.append(0, &histogram("{{count:5 buckets:[2 3]}}")).expect("well-formed");
    let before = open.bytes().to_vec();
    let mut wrong = histogram("{{count:9 buckets:[2 7]}}");
    wrong.positive.buckets.pop();
    assert_eq!(open.append(1, &wrong), Err(ChunkError::SpansBucketsMismatch { needed: 2, found: 1 }));
    wrong.positive.spans = vec![Span { offset: 0, length: 0 }; SPANS_MAX as usize + 1];
    wrong.positive.buckets.clear();
    assert!(matches!(open.append(1, &wrong), Err(ChunkError::TooMany { what: "spans", .. })));
    assert_eq!(open.bytes(), before);
    let empty = FloatHistogram::default();
    let mut open = FloatHistogramAppender::new();
    for t_ms in 0..u16::MAX {
        open.append(t_ms.into(), &empty).expect("below the limit");
    }
    assert_eq!(open.append(65_535, &empty), Err(ChunkError::Full));
    assert_eq!(read::<f64, NoStarts>(open.bytes()).map(|read| read.len()), Ok(65_535));
    assert!(open.cut(65_535, &empty).is_ok() && open.samples() == 1);
}

#[test]
fn counts_beyond_the_bytes_reserve_nothing() {
    // One sample; no zero threshold, schema 0, one span of 2^32 - 1 buckets.
    let mut bytes = vec![0, 1, 0, 0];
    let mut bits = crate::bits::BitWriter::new(&mut bytes, 0);
    bits.write(0, 1);
    crate::varbit::write_uvarbit(&mut bits, 1);
    crate::varbit::write_uvarbit(&mut bits, u64::from(u32::MAX));
    bits.write(0, 1);
    bytes.resize(40, 0);
    let error = read::<i64, NoStarts>(&bytes).expect_err("four billion buckets in 40 bytes");
    let count_max = (40 * 8 - 32 - 1 - 5 - 64 - 1) as u64;
    let count = u64::from(u32::MAX);
    assert_eq!(error, ChunkError::TooMany { at_bit: 33, count, count_max, what: "buckets" });
    assert_eq!(error.to_string(), "chunk lists 4294967295 buckets at bit 33, expected at most 217");
    let mut columns = HistogramColumns::new();
    assert_eq!(
        columns.decode(Encoding::Histogram, &[0xff, 0xff, 0, 0]).map_err(|error| error.to_string()),
        Err("chunk header counts 65535 samples, expected at most 0 in 4 bytes".into())
    );
    for encoding in [Encoding::Xor, Encoding::Xor2] {
        assert_eq!(columns.decode(encoding, &[0, 0, 0]), Err(ChunkError::NotHistograms));
    }
    assert_eq!(columns.decode(Encoding::Histogram, &[0, 0, 0x80]), Ok(0));
    assert_eq!(columns.header(), CounterResetHeader::Reset);
}

#[test]
fn a_header_with_start_timestamps_counts_less() {
    let mut open = FloatHistogramStAppender::new();
    let gauge = histogram("{{counter_reset_hint:gauge}}");
    for t_ms in 0..16_383 {
        open.append_started(t_ms, &gauge, 7).expect("below the limit");
    }
    let before = open.bytes().to_vec();
    assert_eq!(before[..3], [0xff, 0xff, 0x80 | 127]);
    assert_eq!(open.append_started(16_383, &gauge, 7), Err(ChunkError::Full));
    assert_eq!(
        (open.bytes(), open.samples(), open.header()),
        (&before[..], 16_383, CounterResetHeader::Gauge)
    );
    let mut columns = HistogramColumns::new();
    assert_eq!(columns.decode(FloatHistogramStAppender::ENCODING, &before), Ok(16_383));
    assert_eq!(columns.start_timestamps(), [7; 16_383]);
    assert!(open.cut_started(16_383, &gauge, 8).is_ok());
    assert_eq!((open.samples(), open.newest_start_ms()), (1, 8));
}

#[test]
fn start_timestamps_that_no_header_of_ours_says_are_gone_on_with() {
    let empty = Histogram::default();
    let mut open = HistogramStAppender::new();
    for t_ms in 0..140 {
        open.append(t_ms, &empty).expect("below the limit");
    }
    // Without starts the samples behind number 127 are two bits shorter; a writer that keeps none may write so.
    let mut resumed =
        HistogramStAppender::resume(&plain_of(140, &empty)).expect("a chunk whose header names no start");
    assert_eq!(resumed.bytes(), open.bytes());
    resumed.append_started(140, &empty, 9).expect("below the limit");
    let starts = read::<i64, Starts>(resumed.bytes()).expect("our own chunk");
    assert!(starts[..140].iter().all(|sample| sample.2 == 0) && starts[140].2 == 9);

    // A header that names a sample which has not come.
    let mut ahead = plain_of(2, &empty);
    ahead[2] = 5;
    let mut resumed = HistogramStAppender::resume(&ahead).expect("a chunk of two");
    resumed.append_started(2, &empty, 9).expect("below the limit");
    assert_eq!(read::<i64, Starts>(resumed.bytes()).expect("our own chunk")[2].2, 9);
    assert_eq!(resumed.bytes()[2], 2);
}

/// A chunk without start timestamps, of so many equal histograms.
fn plain_of(samples: i64, histogram: &Histogram) -> Vec<u8> {
    let mut open = HistogramAppender::new();
    for t_ms in 0..samples {
        open.append(t_ms, histogram).expect("below the limit");
    }
    open.bytes().to_vec()
}

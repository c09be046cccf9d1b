//! Native histograms, without start timestamps and with them.

use emberdb_histogram::{CounterResetHint, FloatHistogram, Histogram, NativeHistogram, Schema, Side, Span};
use emberdb_tsdb_chunk::{
    AnyHistogram, Appended, ChunkError, Encoding, HistogramChunks, HistogramColumns, HistogramNumber,
    HistogramStarts, NativeHistogramAppender, NativeHistogramReader, NoStarts, Starts, samples_in,
};
use serde_json::Value;

use crate::data::{array, float, from_base64, parse, read_data};

/// The length of the blocks that the golden directories were written with.
const BLOCK_RANGE_MS: i64 = 2 * 3_600_000;

/// The bits of a chunk's header that say something about counter resets.
const FLAGS_MASK: u8 = 0b1100_0000;

/// Chunks without start timestamps, and with them.
trait Kind: HistogramStarts {
    /// The place of the flags.
    const FLAGS_BYTE: usize;

    fn append<N: HistogramNumber>(
        open: &mut NativeHistogramAppender<N, Self>,
        t_ms: i64,
        histogram: &NativeHistogram<N>,
        start_ms: i64,
    ) -> Result<Appended, ChunkError>;
}

impl Kind for NoStarts {
    const FLAGS_BYTE: usize = 2;

    fn append<N: HistogramNumber>(
        open: &mut NativeHistogramAppender<N, Self>,
        t_ms: i64,
        histogram: &NativeHistogram<N>,
        _start_ms: i64,
    ) -> Result<Appended, ChunkError> {
        open.append(t_ms, histogram)
    }
}

impl Kind for Starts {
    const FLAGS_BYTE: usize = 0;

    fn append<N: HistogramNumber>(
        open: &mut NativeHistogramAppender<N, Self>,
        t_ms: i64,
        histogram: &NativeHistogram<N>,
        start_ms: i64,
    ) -> Result<Appended, ChunkError> {
        open.append_started(t_ms, histogram, start_ms)
    }
}

#[test]
fn golden_chunks_read_and_write_alike() {
    let Some(text) = read_data("tsdb/chunks.jsonl") else {
        println!("skipped: there is no conformance data");
        return;
    };
    let records: Vec<Value> = text.lines().map(parse).collect();
    let chunks = [
        assert_golden::<_, NoStarts>(&records, Encoding::Histogram, integer_of),
        assert_golden::<_, NoStarts>(&records, Encoding::FloatHistogram, float_of),
        assert_golden::<_, Starts>(&records, Encoding::HistogramSt, integer_of),
        assert_golden::<_, Starts>(&records, Encoding::FloatHistogramSt, float_of),
    ];
    println!("{chunks:?} golden chunks: of whole numbers, of floats, and of both with start timestamps");
    assert!(chunks.iter().all(|&chunks| chunks >= 10), "only {chunks:?} chunks in the data");
}

/// Appends what was appended, over all chunks that came of it; and reads each.
fn assert_golden<N: HistogramNumber, S: Kind>(
    records: &[Value],
    encoding: Encoding,
    of: fn(&Value) -> NativeHistogram<N>,
) -> usize {
    let records: Vec<&Value> =
        records.iter().filter(|record| record["encoding"].as_u64() == Some(encoding.id().into())).collect();
    let base = |record: &Value| record["name"].as_str().map(|name| name.split('#').next().map(str::to_owned));
    for group in records.chunk_by(|left, right| base(left) == base(right)) {
        let mut open = NativeHistogramAppender::<N, S>::new();
        let mut written: Vec<Box<[u8]>> = Vec::new();
        for sample in group.iter().flat_map(|record| array(&record["appended"])) {
            let (t_ms, histogram) = (sample["t"].as_i64().expect("a timestamp"), of(&sample["h"]));
            let appended = S::append(&mut open, t_ms, &histogram, start_of(&sample));
            if let Appended::Cut(bytes) = appended.expect("well-formed") {
                written.push(bytes);
            }
        }
        written.push(open.finish());
        assert_eq!(written.len(), group.len(), "{}", group[0]["name"]);
        for (record, written) in group.iter().zip(written) {
            let name = &record["name"];
            let bytes = from_base64(record["data_b64"].as_str().expect("bytes"));
            assert_eq!(*written, *bytes, "{name}");
            let want = array(&record["samples"]);
            let read = read::<N, S>(&bytes);
            assert_eq!(read.len(), want.len(), "{name}");
            assert_eq!(samples_in(encoding, &bytes).map(usize::from), Ok(want.len()), "{name}");
            for ((t_ms, histogram, start_ms), want) in read.iter().zip(&want) {
                assert_eq!((Some(*t_ms), *start_ms), (want["t"].as_i64(), start_of(want)), "{name}");
                assert_same(histogram, &of(&want["h"]), name);
            }
            let resumed = NativeHistogramAppender::<N, S>::resume(&bytes).expect("golden");
            assert_eq!(*resumed.finish(), *bytes, "{name}");
            assert_columns(encoding, &bytes, &want, name);
        }
    }
    records.len()
}

fn read<N: HistogramNumber, S: HistogramStarts>(bytes: &[u8]) -> Vec<(i64, NativeHistogram<N>, i64)> {
    let mut reader = NativeHistogramReader::<N, S>::new(bytes).expect("a header");
    let (mut samples, mut histogram) = (Vec::new(), NativeHistogram::default());
    while let Some(t_ms) = reader.read_into(&mut histogram).expect("golden") {
        samples.push((t_ms, histogram.clone(), reader.start_ms()));
    }
    samples
}

fn start_of(sample: &Value) -> i64 {
    sample["st"].as_i64().unwrap_or_default()
}

fn assert_columns(encoding: Encoding, bytes: &[u8], want: &[Value], name: &Value) {
    let mut columns = HistogramColumns::new();
    assert_eq!(columns.decode(encoding, bytes), Ok(want.len()), "{name}");
    for ((t_ms, histogram), want) in columns.iter().zip(want) {
        assert_eq!(Some(t_ms), want["t"].as_i64(), "{name}");
        assert_same(&histogram, &any_in_floats(&want["h"]), name);
    }
    let starts: Vec<i64> = want.iter().map(start_of).collect();
    let is_any = starts.iter().any(|&start_ms| start_ms != 0);
    assert_eq!(columns.start_timestamps(), if is_any { &starts[..] } else { &[] }, "{name}");
}

fn assert_same<N: HistogramNumber>(got: &NativeHistogram<N>, want: &NativeHistogram<N>, name: &Value) {
    assert!(got.has_same_data(want), "{name}: {got:?}, expected {want:?}");
    assert_eq!(got.counter_reset_hint, want.counter_reset_hint, "{name}");
    assert_eq!(
        (&got.positive.spans, &got.negative.spans),
        (&want.positive.spans, &want.negative.spans),
        "{name}"
    );
}

/// Blocks that Prometheus compacted out of a head: what is read and appended again gives the same bytes.
#[test]
fn chunks_of_golden_blocks_append_to_the_same_bytes() {
    let mut chunks = [0; 4];
    for name in ["blocks", "blocks_compacted", "out_of_order_blocks", "start_timestamps"] {
        let Some(text) = read_data(&format!("tsdb/golden/{name}/blocks.jsonl")) else {
            println!("skipped: there is no conformance data");
            return;
        };
        for chunk in text.lines().map(parse).flat_map(|record| array(&record["chunks"])) {
            let bytes = from_base64(chunk["data_b64"].as_str().expect("bytes"));
            let place = match chunk["encoding"].as_u64() {
                Some(2) => assert_appends_alike::<i64, NoStarts>(&chunk, &bytes, 0),
                Some(3) => assert_appends_alike::<f64, NoStarts>(&chunk, &bytes, 1),
                Some(5) => assert_appends_alike::<i64, Starts>(&chunk, &bytes, 2),
                Some(6) => assert_appends_alike::<f64, Starts>(&chunk, &bytes, 3),
                _ => continue,
            };
            chunks[place] += 1;
        }
    }
    println!("{chunks:?} histogram chunks of golden blocks: without start timestamps and with them");
    assert!(chunks.iter().all(|&chunks| chunks > 0), "{chunks:?} histogram chunks in the golden blocks");
}

/// Gives back the place in the count of chunks.
fn assert_appends_alike<N: HistogramNumber, S: Kind>(chunk: &Value, bytes: &[u8], place: usize) -> usize {
    let samples = read::<N, S>(bytes);
    assert_eq!(chunk["num_samples"].as_u64(), Some(samples.len() as u64));
    assert_eq!(chunk["min_time"].as_i64(), samples.first().map(|first| first.0));
    assert_eq!(chunk["max_time"].as_i64(), samples.last().map(|last| last.0));
    let mut open = NativeHistogramAppender::<N, S>::new();
    for (t_ms, histogram, start_ms) in &samples {
        assert_eq!(S::append(&mut open, *t_ms, histogram, *start_ms), Ok(Appended::Here));
    }
    // Why the chunk was begun, it does not tell.
    let without_flags = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes[S::FLAGS_BYTE] &= !FLAGS_MASK;
        bytes
    };
    assert_eq!(without_flags(open.bytes()), without_flags(bytes));
    assert_eq!(
        NativeHistogramAppender::<N, S>::resume(bytes).map(NativeHistogramAppender::finish),
        Ok(bytes.into())
    );
    place
}

/// The blocks that came out of a head by one compaction: their chunks are those that the head has cut.
#[test]
fn a_head_cuts_the_chunks_of_golden_blocks() {
    let mut cut = 0;
    for name in ["blocks", "blocks_compacted"] {
        let Some(text) = read_data(&format!("tsdb/golden/{name}/blocks.jsonl")) else {
            println!("skipped: there is no conformance data");
            return;
        };
        let mut series: Vec<(String, Vec<Value>)> = Vec::new();
        for record in text.lines().map(parse) {
            let labels = record["labels"].to_string();
            let chunks = array(&record["chunks"]);
            match series.iter_mut().find(|(known, _)| *known == labels) {
                Some((_, all)) => all.extend(chunks),
                None => series.push((labels, chunks)),
            }
        }
        for (labels, mut chunks) in series {
            chunks.sort_by_key(|chunk| chunk["min_time"].as_i64());
            cut += assert_cut_alike(&labels, &chunks);
        }
    }
    println!("{cut} chunks cut as upstream's head does");
    assert!(cut >= 100, "only {cut} chunks");
}

/// Appends all samples of a series to a head; floats end a run of histograms.
fn assert_cut_alike(labels: &str, chunks: &[Value]) -> usize {
    let mut head = HistogramChunks::new(BLOCK_RANGE_MS);
    let mut written = Vec::new();
    let mut want = Vec::new();
    for chunk in chunks {
        let bytes = from_base64(chunk["data_b64"].as_str().expect("bytes"));
        let samples = match chunk["encoding"].as_u64() {
            Some(2) => samples::<i64>(&bytes).into_iter().map(|(t_ms, h)| (t_ms, Any::Integer(h))).collect(),
            Some(3) => samples::<f64>(&bytes).into_iter().map(|(t_ms, h)| (t_ms, Any::Float(h))).collect(),
            _ => {
                written.extend(head.finish());
                continue;
            }
        };
        let samples: Vec<(i64, Any)> = samples;
        for (t_ms, histogram) in &samples {
            written.extend(head.append(*t_ms, histogram.borrowed()).expect("well-formed"));
        }
        want.push((chunk["min_time"].clone(), chunk["max_time"].clone(), bytes));
    }
    written.extend(head.finish());
    let times = |written: &[emberdb_tsdb_chunk::HistogramChunk]| {
        written.iter().map(|chunk| (chunk.min_ms, chunk.max_ms)).collect::<Vec<_>>()
    };
    let want_times: Vec<_> =
        want.iter().map(|(min, max, _)| (min.as_i64().unwrap_or(0), max.as_i64().unwrap_or(0))).collect();
    assert_eq!(times(&written), want_times, "{labels}");
    for (written, (_, _, want)) in written.iter().zip(&want) {
        assert_eq!(*written.bytes, **want, "{labels} at {}", written.min_ms);
    }
    want.len()
}

enum Any {
    Integer(Histogram),
    Float(FloatHistogram),
}

impl Any {
    fn borrowed(&self) -> AnyHistogram<'_> {
        match self {
            Self::Integer(histogram) => histogram.into(),
            Self::Float(histogram) => histogram.into(),
        }
    }
}

/// The samples of a chunk as they may have been appended: what they say of counter resets comes from the chunk.
fn samples<N: HistogramNumber>(bytes: &[u8]) -> Vec<(i64, NativeHistogram<N>)> {
    let mut samples: Vec<_> =
        NativeHistogramReader::<N>::new(bytes).expect("a header").collect::<Result<_, _>>().expect("golden");
    for (_, histogram) in &mut samples {
        if histogram.counter_reset_hint == CounterResetHint::NotReset {
            histogram.counter_reset_hint = CounterResetHint::Unknown;
        }
    }
    samples
}

fn integer_of(value: &Value) -> Histogram {
    NativeHistogram {
        count: value["count"].as_u64().expect("a count"),
        zero_count: value["zero_count"].as_u64().expect("a count"),
        positive: side(&value["pos_spans"], &value["pos_deltas"], |value| {
            value.as_i64().expect("a difference")
        }),
        negative: side(&value["neg_spans"], &value["neg_deltas"], |value| {
            value.as_i64().expect("a difference")
        }),
        ..outline(value)
    }
}

fn float_of(value: &Value) -> FloatHistogram {
    NativeHistogram {
        count: float(&value["count"]),
        zero_count: float(&value["zero_count"]),
        positive: side(&value["pos_spans"], &value["pos_buckets"], float),
        negative: side(&value["neg_spans"], &value["neg_buckets"], float),
        ..outline(value)
    }
}

fn any_in_floats(value: &Value) -> FloatHistogram {
    if value["type"] == "int" { integer_of(value).to_float() } else { float_of(value) }
}

fn outline<N: HistogramNumber>(value: &Value) -> NativeHistogram<N> {
    let bounds: Vec<f64> = array(&value["custom_values"]).iter().map(float).collect();
    NativeHistogram {
        counter_reset_hint: CounterResetHint::from_name(value["hint"].as_str().expect("a hint"))
            .expect("a hint"),
        schema: Schema::new(value["schema"].as_i64().expect("a schema") as i32),
        zero_threshold: float(&value["zero_threshold"]),
        sum: float(&value["sum"]),
        custom_values: (!bounds.is_empty()).then(|| bounds.into()),
        ..NativeHistogram::default()
    }
}

fn side<N>(spans: &Value, buckets: &Value, number: impl Fn(&Value) -> N) -> Side<N> {
    let span = |span: &Value| Span {
        offset: span[0].as_i64().expect("an offset") as i32,
        length: span[1].as_u64().expect("a length") as u32,
    };
    Side {
        spans: array(spans).iter().map(span).collect(),
        buckets: array(buckets).iter().map(number).collect(),
    }
}

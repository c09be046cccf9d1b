//! All records of the logs that upstream wrote, against what upstream reads from the same directories.

use std::collections::BTreeMap;

use emberdb_env::Env;
use emberdb_histogram::{CounterResetHint, FloatHistogram, Histogram, NativeHistogram};
use emberdb_wal::{
    ExemplarDecoder, RecordKind, RecordNumber, RefExemplar, RefMmapMarker, RefStamp, SeriesDecoder,
    decode_mmap_markers, decode_samples, decode_started_samples,
};
use serde_json::{Value, json};

use crate::conformance::conformance;
use crate::json::{float, float_histogram, integer, integer_histogram, is_expected};
use crate::log::read_whole_log;
use crate::transcode::{Histograms, decode_histograms, encode_commit, transcode};

/// The records of a golden directory's log of this name, or `None` where the test data are not at hand.
fn golden_records(log: &str) -> Option<Vec<Vec<u8>>> {
    let dir = conformance(&format!("tsdb/golden/{log}"))?;
    Some(read_whole_log(&Env::real(), &dir))
}

#[derive(Debug)]
enum Logged {
    Float(f64),
    Integer(Histogram),
    FloatHistogram(FloatHistogram),
}

/// What a log says, by labels (as JSON) and timestamp: all samples, also those logged for the same time.
#[derive(Debug, Default)]
struct Log {
    series: BTreeMap<u64, String>,
    samples: BTreeMap<(String, i64), Vec<(i64, Logged)>>,
    exemplars: Vec<(String, i64, f64, String)>,
    markers: Vec<RefMmapMarker>,
    float_count: usize,
    histogram_count: usize,
}

impl Log {
    fn read(records: &[Vec<u8>]) -> Self {
        let mut log = Self::default();
        records.iter().for_each(|record| log.apply(record));
        log
    }

    fn apply(&mut self, record: &[u8]) {
        match RecordKind::from_byte(record[0]) {
            RecordKind::Series => {
                let (mut decoder, mut labels) = (SeriesDecoder::new(record).unwrap(), Vec::new());
                while let Some(series_ref) = decoder.next_series(&mut labels).unwrap() {
                    self.series.insert(series_ref, json!(labels).to_string());
                }
            }
            RecordKind::Samples => {
                let mut samples = Vec::new();
                decode_samples(record, &mut samples).unwrap();
                for sample in samples {
                    let (series_ref, timestamp_ms) = (sample.series_ref, sample.timestamp_ms);
                    let stamp = RefStamp { series_ref, timestamp_ms, start_timestamp_ms: 0 };
                    self.add(stamp, Logged::Float(sample.value));
                }
            }
            RecordKind::SamplesV2 => {
                let mut samples = Vec::new();
                decode_started_samples(record, &mut samples).unwrap();
                for sample in samples {
                    let stamp = RefStamp {
                        series_ref: sample.series_ref,
                        timestamp_ms: sample.timestamp_ms,
                        start_timestamp_ms: sample.start_timestamp_ms,
                    };
                    self.add(stamp, Logged::Float(sample.value));
                }
            }
            RecordKind::HistogramSamples
            | RecordKind::CustomBucketsHistogramSamples
            | RecordKind::HistogramSamplesV2 => {
                for (stamp, histogram) in decode_histograms(record).unwrap() {
                    self.add(stamp, Logged::Integer(histogram));
                }
            }
            RecordKind::FloatHistogramSamples
            | RecordKind::CustomBucketsFloatHistogramSamples
            | RecordKind::FloatHistogramSamplesV2 => {
                for (stamp, histogram) in decode_histograms(record).unwrap() {
                    self.add(stamp, Logged::FloatHistogram(histogram));
                }
            }
            RecordKind::Exemplars => {
                let (mut decoder, mut labels) = (ExemplarDecoder::new(record).unwrap(), Vec::new());
                while let Some(RefExemplar { series_ref, timestamp_ms, value }) =
                    decoder.next_exemplar(&mut labels).unwrap()
                {
                    let series = self.series[&series_ref].clone();
                    self.exemplars.push((series, timestamp_ms, value, json!(labels).to_string()));
                }
            }
            RecordKind::MmapMarkers => decode_mmap_markers(record, &mut self.markers).unwrap(),
            RecordKind::Tombstones => {}
            other => panic!("upstream logs no {other} here"),
        }
    }

    fn add(&mut self, stamp: RefStamp, logged: Logged) {
        match &logged {
            Logged::Float(_) => self.float_count += 1,
            Logged::Integer(histogram) => {
                histogram.validate().unwrap();
                self.histogram_count += 1;
            }
            Logged::FloatHistogram(histogram) => {
                histogram.validate().unwrap();
                self.histogram_count += 1;
            }
        }
        let series = self.series[&stamp.series_ref].clone();
        let samples = self.samples.entry((series, stamp.timestamp_ms)).or_default();
        samples.push((stamp.start_timestamp_ms, logged));
    }

    /// Whether a sample that upstream reads was logged.
    fn has(&self, series: &str, sample: &Value) -> bool {
        let logged = self.samples.get(&(series.to_owned(), integer(&sample["t"])));
        let start_timestamp_ms = sample.get("st").map_or(0, integer);
        logged.into_iter().flatten().any(|(start, logged)| {
            *start == start_timestamp_ms
                && match (logged, sample.get("v"), sample.get("h")) {
                    (Logged::Float(found), Some(expected), None) => is_expected(*found, float(expected)),
                    (Logged::Integer(found), None, Some(expected)) if expected["type"] == "int" => {
                        is_same(found, integer_histogram(expected))
                    }
                    (Logged::FloatHistogram(found), None, Some(expected)) if expected["type"] == "float" => {
                        is_same(found, float_histogram(expected))
                    }
                    _ => false,
                }
        })
    }
}

/// Chunks add empty buckets so that all of them have the same spans, and they know more about resets than the log does.
fn is_same<N: RecordNumber>(found: &NativeHistogram<N>, mut expected: NativeHistogram<N>) -> bool {
    let mut found = found.clone();
    found.compact(0);
    expected.compact(0);
    let is_gauge = |histogram: &NativeHistogram<N>| histogram.counter_reset_hint == CounterResetHint::Gauge;
    found.has_same_data(&expected) && is_gauge(&found) == is_gauge(&expected)
}

/// The numbers of floats, histograms and exemplars that upstream reads were counted by a program that shares nothing with
/// this crate. A log can hold more: what was deleted, and what came twice.
#[test]
fn what_upstream_reads_is_what_the_log_says() {
    let cases = [
        ("wal_none", (1562, 1460, 13)),
        ("memory_snapshot", (1562, 1460, 13)),
        ("out_of_order", (1440, 1360, 12)),
        ("start_timestamps", (1350, 1275, 0)),
        ("blocks", (1284, 1233, 0)),
        ("blocks_compacted", (1728, 1632, 0)),
        ("out_of_order_blocks", (1923, 1810, 0)),
    ];
    for (name, counts) in cases {
        let Some(records) = golden_records(&format!("{name}/data/wal")) else { return };
        let mut log = Log::read(&records);
        let expected = if name == "memory_snapshot" { "wal_none" } else { name };
        let path = conformance(&format!("tsdb/golden/{expected}/expect.jsonl")).unwrap();
        let text = String::from_utf8(Env::real().fs().read(&path, 1 << 24).unwrap()).unwrap();
        let (mut floats, mut histograms, mut exemplars) = (0, 0, Vec::new());
        for line in text.lines() {
            let expected: Value = serde_json::from_str(line).unwrap();
            let series = expected["labels"].to_string();
            for sample in expected["samples"].as_array().into_iter().flatten() {
                let count = if sample.get("v").is_some() { &mut floats } else { &mut histograms };
                *count += 1;
                assert!(log.has(&series, sample), "{name}: {series}: {sample}");
            }
            for exemplar in expected["exemplars"].as_array().into_iter().flatten() {
                let (time, value) = (integer(&exemplar["timestamp_ms"]), float(&exemplar["value"]));
                exemplars.push((series.clone(), time, value, exemplar["labels"].to_string()));
            }
        }
        assert_eq!((floats, histograms, exemplars.len()), counts, "{name}");
        assert!(log.float_count >= floats && log.histogram_count >= histograms, "{name}");
        if !exemplars.is_empty() {
            // They were logged as they came, and are all of one series.
            log.exemplars.sort_by_key(|&(_, timestamp_ms, ..)| timestamp_ms);
            assert_eq!(log.exemplars, exemplars, "{name}");
        }
    }
}

/// The log of out-of-order samples holds samples of the other log, and markers of series and chunk files that there are.
#[test]
fn the_out_of_order_log_repeats_samples_and_has_markers() {
    let Some(records) = golden_records("out_of_order/data/wal") else { return };
    let mut log = Log::read(&records);
    let (floats, histograms) = (log.float_count, log.histogram_count);
    let records = golden_records("out_of_order/data/wbl").unwrap();
    let before = log.samples.len();
    records.iter().for_each(|record| log.apply(record));
    assert_eq!(log.samples.len(), before, "no sample is only in the second log");
    assert!(log.float_count > floats);
    assert_eq!((log.histogram_count - histograms, log.markers.len()), (825, 68));
    let is_begin = |marker: &RefMmapMarker| marker.chunk_ref == 0;
    assert_eq!(log.markers.iter().copied().filter(is_begin).count(), log.series.len());
    for RefMmapMarker { series_ref, chunk_ref } in log.markers {
        assert!(log.series.contains_key(&series_ref), "{series_ref}");
        if chunk_ref == 0 {
            continue;
        }
        let path = format!("tsdb/golden/out_of_order/data/chunks_head/{:06}", chunk_ref >> 32);
        let bytes = Env::real().fs().read(&conformance(&path).unwrap(), 1 << 30).unwrap();
        // A chunk in a head's file begins with the reference of its series.
        let at = chunk_ref as u32 as usize;
        assert_eq!(bytes[at..at + 8], series_ref.to_be_bytes(), "{chunk_ref:#x}");
    }
}

/// The numbers of records were counted by that other program, too.
#[test]
fn each_record_is_encoded_as_upstream_encoded_it() {
    let logs = [
        ("wal_none/data/wal", 190),
        ("memory_snapshot/data/wal", 190),
        ("out_of_order/data/wal", 178),
        ("out_of_order/data/wbl", 209),
        ("start_timestamps/data/wal", 148),
        ("blocks/data/wal", 246),
        ("blocks_compacted/data/wal", 561),
        ("out_of_order_blocks/data/wal", 321),
    ];
    for (name, count) in logs {
        let Some(records) = golden_records(name) else { return };
        let mut encoded = 0;
        let mut rest = records.iter().map(Vec::as_slice).peekable();
        while let Some(record) = rest.next() {
            let custom_kind = match RecordKind::from_byte(record[0]) {
                RecordKind::HistogramSamples => Some(RecordKind::CustomBucketsHistogramSamples),
                RecordKind::FloatHistogramSamples => Some(RecordKind::CustomBucketsFloatHistogramSamples),
                _ => None,
            };
            let custom = custom_kind.and_then(|kind| rest.next_if(|next| next[0] == kind.to_byte()));
            let expected: Vec<&[u8]> = [record].into_iter().chain(custom).collect();
            let found = match (custom, record[0]) {
                (Some(custom), 7) => encode_commit(&commit::<i64>(record, custom)),
                (Some(custom), _) => encode_commit(&commit::<f64>(record, custom)),
                (None, _) => transcode(record).unwrap(),
            };
            assert_eq!(found, expected, "{name}, record {encoded}");
            encoded += expected.len();
        }
        assert_eq!(encoded, count, "{name}");
    }
}

/// The histograms of a commit that became two records: those with custom bounds come first if the other record counts
/// from their stamp.
fn commit<N: RecordNumber>(record: &[u8], record_custom: &[u8]) -> Histograms<N> {
    let exponential = decode_histograms::<N>(record).unwrap();
    let custom = decode_histograms::<N>(record_custom).unwrap();
    let (first, _) = &exponential[0];
    let base = [first.series_ref.to_be_bytes(), first.timestamp_ms.to_be_bytes()].concat();
    if record[1..17] == base { [exponential, custom].concat() } else { [custom, exponential].concat() }
}

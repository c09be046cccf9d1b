//! Single records that upstream encoded, with what they say.

use std::collections::BTreeMap;

use emberdb_env::Env;
use emberdb_histogram::NativeHistogram;
use emberdb_wal::{
    ExemplarDecoder, MetadataDecoder, MetricType, RecordKind, RecordNumber, RefExemplar, RefMetadata,
    RefMmapMarker, RefSample, RefStamp, RefStartedSample, RefTombstone, SeriesDecoder, decode_mmap_markers,
    decode_samples, decode_started_samples, decode_tombstones,
};
use serde_json::Value;

use crate::conformance::conformance;
use crate::json::{
    decode_base64, float, float_histogram, integer, integer_histogram, is_expected, labels, list,
};
use crate::transcode::{decode_histograms, transcode};

#[test]
fn records_as_upstream_encodes_them() {
    let Some(path) = conformance("tsdb/wal_records.jsonl") else { return };
    let text = String::from_utf8(Env::real().fs().read(&path, 1 << 20).unwrap()).unwrap();
    let mut kinds: BTreeMap<RecordKind, usize> = BTreeMap::new();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let record = decode_base64(case["data_b64"].as_str().unwrap());
        let kind = RecordKind::from_byte(record[0]);
        assert_eq!(u64::from(record[0]), case["type"].as_u64().unwrap());
        *kinds.entry(kind).or_default() += 1;
        let name = case["name"].as_str().unwrap();
        match kind {
            RecordKind::SamplesV2 => assert_eq!(name, "samples"),
            RecordKind::HistogramSamplesV2 | RecordKind::FloatHistogramSamplesV2 => {
                assert!(name.ends_with("histogram_samples"), "{name}");
            }
            known => assert_eq!(known.to_string(), name),
        }
        check(kind, &record, &case["decoded"]);
        assert_eq!(transcode(&record).as_deref(), Ok(&[record.clone()][..]), "{name}");
    }
    let kinds: Vec<(u8, usize)> = kinds.into_iter().map(|(kind, count)| (kind.to_byte(), count)).collect();
    // What has no start timestamps is the same without and with them; both kinds of bounds share 12 and 13.
    let twice = [1, 3, 4, 5, 6, 12, 13];
    let expected: Vec<(u8, usize)> =
        (1..=13).map(|kind| (kind, 1 + usize::from(twice.contains(&kind)))).collect();
    assert_eq!(kinds, expected);
}

fn check(kind: RecordKind, record: &[u8], expected: &Value) {
    match kind {
        RecordKind::Series => check_series(record, expected),
        RecordKind::Samples => check_samples(record, expected),
        RecordKind::SamplesV2 => check_started_samples(record, expected),
        RecordKind::Tombstones => check_tombstones(record, expected),
        RecordKind::Exemplars => check_exemplars(record, expected),
        RecordKind::MmapMarkers => check_mmap_markers(record, expected),
        RecordKind::Metadata => check_metadata(record, expected),
        RecordKind::HistogramSamples
        | RecordKind::CustomBucketsHistogramSamples
        | RecordKind::HistogramSamplesV2 => check_histograms(record, expected, integer_histogram),
        RecordKind::FloatHistogramSamples
        | RecordKind::CustomBucketsFloatHistogramSamples
        | RecordKind::FloatHistogramSamplesV2 => check_histograms(record, expected, float_histogram),
        other => panic!("there is no expectation for {other}"),
    }
}

fn series_ref(value: &Value) -> u64 {
    value["ref"].as_u64().unwrap()
}

/// Reference and times; without `st` there is no start timestamp.
fn stamp(value: &Value) -> RefStamp {
    RefStamp {
        series_ref: series_ref(value),
        timestamp_ms: integer(&value["t"]),
        start_timestamp_ms: value.get("st").map_or(0, integer),
    }
}

fn check_series(record: &[u8], expected: &Value) {
    let mut decoder = SeriesDecoder::new(record).unwrap();
    let mut found = Vec::new();
    for expected in list(expected, |series| series) {
        assert_eq!(decoder.next_series(&mut found), Ok(Some(series_ref(expected))));
        assert_eq!(found, labels(&expected["labels"]));
    }
    assert_eq!(decoder.next_series(&mut found), Ok(None));
}

fn check_samples(record: &[u8], expected: &Value) {
    let mut samples = Vec::new();
    decode_samples(record, &mut samples).unwrap();
    assert_eq!(samples.len(), expected.as_array().unwrap().len());
    for (&RefSample { series_ref, timestamp_ms, value }, expected) in
        samples.iter().zip(list(expected, |sample| sample))
    {
        assert_eq!(RefStamp { series_ref, timestamp_ms, start_timestamp_ms: 0 }, stamp(expected));
        assert!(is_expected(value, float(&expected["v"])), "{value}, {expected}");
    }
}

fn check_started_samples(record: &[u8], expected: &Value) {
    let mut samples = Vec::new();
    decode_started_samples(record, &mut samples).unwrap();
    assert_eq!(samples.len(), expected.as_array().unwrap().len());
    for (&RefStartedSample { series_ref, start_timestamp_ms, timestamp_ms, value }, expected) in
        samples.iter().zip(list(expected, |sample| sample))
    {
        assert_eq!(RefStamp { series_ref, timestamp_ms, start_timestamp_ms }, stamp(expected));
        assert!(is_expected(value, float(&expected["v"])), "{value}, {expected}");
    }
}

fn check_tombstones(record: &[u8], expected: &Value) {
    let mut found = Vec::new();
    decode_tombstones(record, &mut found).unwrap();
    let expected: Vec<RefTombstone> = list(expected, |stone| {
        list(&stone["intervals"], move |interval| RefTombstone {
            series_ref: series_ref(stone),
            min_ms: integer(&interval[0]),
            max_ms: integer(&interval[1]),
        })
    })
    .flatten()
    .collect();
    assert_eq!(found, expected);
}

fn check_exemplars(record: &[u8], expected: &Value) {
    let mut decoder = ExemplarDecoder::new(record).unwrap();
    let mut found = Vec::new();
    for expected in list(expected, |exemplar| exemplar) {
        let RefStamp { series_ref, timestamp_ms, .. } = stamp(expected);
        let exemplar = RefExemplar { series_ref, timestamp_ms, value: float(&expected["v"]) };
        assert_eq!(decoder.next_exemplar(&mut found), Ok(Some(exemplar)));
        assert_eq!(found, labels(&expected["labels"]));
    }
    assert_eq!(decoder.next_exemplar(&mut found), Ok(None));
}

fn check_mmap_markers(record: &[u8], expected: &Value) {
    let mut found = Vec::new();
    decode_mmap_markers(record, &mut found).unwrap();
    let marker = |marker: &Value| RefMmapMarker {
        series_ref: series_ref(marker),
        chunk_ref: marker["mmap_ref"].as_u64().unwrap(),
    };
    assert_eq!(found, list(expected, marker).collect::<Vec<_>>());
}

fn check_metadata(record: &[u8], expected: &Value) {
    let mut decoder = MetadataDecoder::new(record).unwrap();
    for expected in list(expected, |metadata| metadata) {
        let metadata = RefMetadata {
            series_ref: series_ref(expected),
            metric_type: MetricType::from_byte(integer(&expected["type"]).try_into().unwrap()),
            unit: expected["unit"].as_str().unwrap(),
            help: expected["help"].as_str().unwrap(),
        };
        assert_eq!(decoder.next_metadata(), Ok(Some(metadata)));
    }
    assert_eq!(decoder.next_metadata(), Ok(None));
}

fn check_histograms<N: RecordNumber>(
    record: &[u8],
    expected: &Value,
    histogram: impl Fn(&Value) -> NativeHistogram<N>,
) {
    let expected: Vec<_> = list(expected, |sample| (stamp(sample), histogram(&sample["h"]))).collect();
    assert_eq!(decode_histograms(record), Ok(expected));
}

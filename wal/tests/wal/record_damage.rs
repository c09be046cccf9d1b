//! Records of which a byte is not what was written: they are refused with evidence, or say something else, but nothing
//! panics and nothing grows.

use emberdb_env::Env;
use emberdb_histogram::{FloatHistogram, Histogram, Schema, Side, Span};
use emberdb_wal::{
    ExemplarEncoder, MetricType, RecordError, RecordKind, RefExemplar, RefMetadata, RefMmapMarker, RefSample,
    RefStamp, RefStartedSample, RefTombstone, SeriesEncoder, encode_histograms, encode_metadata,
    encode_mmap_markers, encode_samples, encode_started_histograms, encode_started_samples,
    encode_tombstones,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::conformance::conformance;
use crate::json::decode_base64;
use crate::transcode::transcode;

fn integer(schema: Schema) -> Histogram {
    Histogram {
        schema,
        count: 300,
        sum: 12.5,
        positive: Side { spans: vec![Span { offset: 1, length: 3 }], buckets: vec![200, -190, 7] },
        custom_values: schema.is_custom().then(|| [0.5, 2.0].into()),
        ..Histogram::default()
    }
}

fn float(schema: Schema) -> FloatHistogram {
    integer(schema).to_float()
}

/// A record of each kind.
fn records() -> Vec<Vec<u8>> {
    let stamps = [1, 300, 2].map(|series_ref| RefStamp {
        series_ref,
        timestamp_ms: 1_700_000_000_000 + series_ref as i64,
        start_timestamp_ms: if series_ref == 2 { 0 } else { 1_699_999_000_000 },
    });
    let mut records = vec![Vec::new(); 13];
    let [
        series,
        samples,
        tombstones,
        exemplars,
        markers,
        metadata,
        histograms @ ..,
        started,
        started_integer,
        started_float,
    ] = &mut records[..]
    else {
        panic!("there are 13 kinds")
    };
    SeriesEncoder::new(series).add(1, [("__name__", "up"), ("job", "é")].into_iter());
    let sample = |stamp: RefStamp| RefSample {
        series_ref: stamp.series_ref,
        timestamp_ms: stamp.timestamp_ms,
        value: 0.5,
    };
    encode_samples(stamps.map(sample), samples);
    encode_tombstones([RefTombstone { series_ref: 1, min_ms: -5, max_ms: 1 << 40 }], tombstones);
    let mut encoder = ExemplarEncoder::new(exemplars);
    for RefStamp { series_ref, timestamp_ms, .. } in stamps {
        encoder.add(RefExemplar { series_ref, timestamp_ms, value: 1.0 }, [("trace_id", "é")].into_iter());
    }
    encode_mmap_markers([RefMmapMarker { series_ref: 1, chunk_ref: 2 << 32 | 8 }], markers);
    let one =
        RefMetadata { series_ref: 300, metric_type: MetricType::Summary, unit: "seconds", help: "Größe" };
    encode_metadata([one, RefMetadata::default()], metadata);

    let (exponential, custom) = (Schema::new(2), Schema::CUSTOM);
    let (integers, floats) =
        ([exponential, custom, exponential].map(integer), [exponential, custom, exponential].map(float));
    let integers = || stamps.into_iter().zip(&integers);
    let floats = || stamps.into_iter().zip(&floats);
    let [integer, float, integer_custom, float_custom] = histograms else { panic!("there are 13 kinds") };
    encode_histograms(integers(), integer, integer_custom);
    encode_histograms(floats(), float, float_custom);
    encode_started_histograms(integers(), started_integer);
    encode_started_histograms(floats(), started_float);
    let started_sample = |stamp: RefStamp| RefStartedSample {
        series_ref: stamp.series_ref,
        start_timestamp_ms: stamp.start_timestamp_ms,
        timestamp_ms: stamp.timestamp_ms,
        value: 0.5,
    };
    encode_started_samples(stamps.map(started_sample), started);
    assert!(records.iter().map(|record| record[0]).eq(1..=13));
    records
}

/// All that a record is when written anew, and anew again.
fn transcode_all(records: &[Vec<u8>]) -> Vec<Vec<u8>> {
    records.iter().flat_map(|record| transcode(record).unwrap()).collect()
}

/// A damaged record is refused by an error that names its kind and a place in it, or what it says can be written and read.
///
/// Returns whether it is read.
fn check_damaged(record: &[u8]) -> bool {
    match transcode(record) {
        Ok(written) => {
            let size = |records: &[Vec<u8>]| records.iter().map(Vec::len).sum::<usize>();
            // Metadata without fields get them, differences get 64 bits.
            assert!(size(&written) <= 5 * record.len() + 64, "{record:?}");
            // Two records of one have different first stamps, so it takes two rounds until nothing changes any more.
            let again = transcode_all(&written);
            assert_eq!(transcode_all(&again), again, "{record:?}");
            true
        }
        Err(error) => {
            let (kind, offset) = match error {
                RecordError::Short { kind, offset, .. }
                | RecordError::Overlong { kind, offset, .. }
                | RecordError::Count { kind, offset, .. }
                | RecordError::OutOfRange { kind, offset, .. }
                | RecordError::NotUtf8 { kind, offset, .. } => (kind, offset),
                other => panic!("{other}"),
            };
            assert_eq!(kind, RecordKind::from_byte(record[0]));
            assert!((1..=record.len()).contains(&offset), "{offset}");
            false
        }
    }
}

#[test]
fn each_byte_of_each_kind_replaced_by_each_other() {
    let mut refused = 0;
    for record in records() {
        assert_eq!(transcode(&record).map(|records| records.len()), Ok(1));
        for place in 0..record.len() {
            for byte in 0..=u8::MAX {
                let mut damaged = record.clone();
                damaged[place] = byte;
                refused += usize::from(!check_damaged(&damaged));
            }
        }
    }
    assert!(refused > 10_000, "{refused}: damage in lengths and counts shows");
}

#[test]
fn each_kind_cut_at_each_byte() {
    for record in records() {
        let mut read = 0;
        for cut in 1..record.len() {
            read += usize::from(check_damaged(&record[..cut]));
        }
        // A record may end after its first byte, after its base, and after each of its elements but the last.
        assert!((1..=4).contains(&read), "kind {}: {read} cuts are read", record[0]);
    }
}

#[test]
fn each_byte_of_upstreams_records_flipped() {
    let Some(path) = conformance("tsdb/wal_records.jsonl") else { return };
    let text = String::from_utf8(Env::real().fs().read(&path, 1 << 20).unwrap()).unwrap();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let record = decode_base64(case["data_b64"].as_str().unwrap());
        for bit in 0..8 * record.len() {
            let mut damaged = record.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            check_damaged(&damaged);
        }
    }
}

proptest! {
    #[test]
    fn garbage_of_each_kind(mut body in prop::collection::vec(prop_oneof![0..4_u8, any::<u8>()], 0..200), kind in 1..14_u8) {
        body.insert(0, kind);
        check_damaged(&body);
    }
}

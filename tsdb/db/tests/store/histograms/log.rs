//! What the log says of histograms, whole and torn.
#![expect(clippy::disallowed_methods, reason = "a test damages files behind the back of the seam")]

use std::fs;

use emberdb_histogram::Schema;
use emberdb_model::STALE_NAN;
use emberdb_wal::{
    RefMetadata, RefSample, RefStamp, RefTombstone, SeriesEncoder, WalOptions, WalWriter, encode_histograms,
    encode_metadata, encode_samples, encode_started_histograms, encode_tombstones,
};

use super::*;

/// Cut at every byte: the samples are always those of the first commits, and appending goes on.
#[test]
fn every_cut_keeps_a_prefix() {
    const COMMITS: usize = 3;
    let origin = TempDir::new();
    let series = labels("latency", "a");
    let db = open(&origin.path);
    for t in 1..=COMMITS as i64 {
        let mut appender = db.appender().unwrap();
        appender.append(&series, 10 * t, t as f64).unwrap();
        appender.append_histogram(&series, 10 * t + 1, &whole(&[t, t])).unwrap();
        appender.append_float_histogram(&series, 10 * t + 2, &whole(&[t]).to_float()).unwrap();
        let _ = appender.commit().unwrap();
    }
    let all = numbers(&read_all(&db, TimeRange::ALL)[0].1);
    // Read before the close, which fills up the page.
    let whole_log = fs::read(origin.path.join("wal/00000000")).unwrap();
    drop(db);
    let mut lengths = std::collections::BTreeSet::new();
    for cut in 0..=whole_log.len() {
        let dir = TempDir::new();
        fs::create_dir(dir.path.join("wal")).unwrap();
        fs::write(dir.path.join("wal/00000000"), &whole_log[..cut]).unwrap();
        let db = open(&dir.path);
        let kept = read_all(&db, TimeRange::ALL).first().map_or(0, |(_, samples)| samples.len());
        lengths.insert(kept);
        let mut appender = db.appender().unwrap();
        appender.append_histogram(&series, 1000, &whole(&[7])).unwrap();
        let _ = appender.commit().unwrap();
        drop(db);
        let again = open(&dir.path);
        assert!(again.replay_report().repair.is_none(), "one repair is enough");
        let expected = [&all[..kept], &[(1000, 7.0)]].concat();
        assert_eq!(numbers(&read_all(&again, TimeRange::ALL)[0].1), expected, "cut at {cut}");
    }
    assert!(lengths.len() > 2 * COMMITS, "most numbers of samples occur: {lengths:?}");
}

fn write_log(dir: &TempDir, records: &[Vec<u8>]) {
    let path = dir.path.join("wal");
    fs::create_dir(&path).unwrap();
    let mut writer = WalWriter::open(&Env::real(), &path, WalOptions::default()).unwrap();
    let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
    writer.log(&records).unwrap();
    writer.close().unwrap();
}

fn series_record() -> Vec<u8> {
    let mut record = Vec::new();
    SeriesEncoder::new(&mut record).add(7, [("__name__", "latency")].into_iter());
    record
}

fn stamp(series_ref: u64, timestamp_ms: i64) -> RefStamp {
    RefStamp { series_ref, timestamp_ms, start_timestamp_ms: 0 }
}

fn histogram_record(histograms: &[(RefStamp, Histogram)]) -> Vec<u8> {
    let (mut record, mut record_custom) = (Vec::new(), Vec::new());
    let histograms = histograms.iter().map(|(stamp, histogram)| (*stamp, histogram));
    encode_histograms(histograms, &mut record, &mut record_custom);
    assert!(record_custom.is_empty());
    record
}

/// As upstream logs them: the marker is a float, as it was appended in another batch.
#[test]
fn a_logged_marker_after_a_histogram_is_one() {
    let dir = TempDir::new();
    let mut floats = Vec::new();
    let samples = [(2, STALE_NAN), (3, 3.0)];
    let samples = samples.map(|(timestamp_ms, value)| RefSample { series_ref: 7, timestamp_ms, value });
    encode_samples(samples, &mut floats);
    let mut tombstones = Vec::new();
    encode_tombstones([RefTombstone { series_ref: 7, min_ms: 4, max_ms: 5 }], &mut tombstones);
    let later: Vec<_> = (4..8).map(|t| (stamp(7, t), whole(&[t]))).collect();
    let records = [
        series_record(),
        histogram_record(&[(stamp(7, 1), whole(&[1]))]),
        floats,
        histogram_record(&later),
        tombstones,
    ];
    write_log(&dir, &records);
    let db = open(&dir.path);
    let samples = &read_all(&db, TimeRange::ALL)[0].1;
    assert_eq!(numbers(samples), [(1, 1.0), (2, 0.0), (3, 3.0), (6, 6.0), (7, 7.0)]);
    assert!(
        matches!(&samples[1].1, SampleValue::Histogram(marker) if marker.sum.to_bits() == STALE_NAN.to_bits())
    );
    assert_eq!(db.replay_report().histograms, 6);
    assert_eq!(numbers(&read_all(&db, TimeRange::new(0, 5))[0].1), [(1, 1.0), (2, 0.0), (3, 3.0)]);
}

#[test]
fn what_of_a_log_cannot_be_kept_is_counted() {
    let dir = TempDir::new();
    let mut metadata = Vec::new();
    let of_series = RefMetadata { series_ref: 7, ..RefMetadata::default() };
    encode_metadata([of_series], &mut metadata);
    let mut started = Vec::new();
    encode_started_histograms([(stamp(7, 90), &whole(&[1]))], &mut started);
    let mut unspanned = whole(&[1]);
    unspanned.positive.spans.clear();
    let unknown = Histogram { schema: Schema::new(60), ..whole(&[1]) };
    // Finer than can be calculated with: stored in schema 8.
    let finest = Histogram { schema: Schema::new(9), ..whole(&[1, 1]) };
    let histograms = histogram_record(&[
        (stamp(7, 10), whole(&[1])),
        (stamp(7, 10), whole(&[1])),
        (stamp(7, 9), whole(&[1])),
        (stamp(8, 11), whole(&[1])),
        (stamp(7, 11), unspanned),
        (stamp(7, 12), unknown),
        (stamp(7, 13), finest),
    ]);
    write_log(&dir, &[series_record(), histograms, metadata, started]);
    let db = open(&dir.path);
    let report = db.replay_report();
    assert_eq!((report.samples, report.histograms, report.samples_passed_over), (3, 3, 2));
    assert_eq!((report.samples_without_series, report.histograms_invalid), (1, 2));
    assert_eq!((report.metadata, report.metadata_without_series), (1, 0));
    assert!(report.records_skipped.is_empty(), "{report}");
    assert!(report.to_string().contains("dropped 2 invalid histograms"), "{report}");
    let samples = &read_all(&db, TimeRange::ALL)[0].1;
    assert_eq!(numbers(samples), [(10, 1.0), (13, 2.0), (90, 1.0)]);
    let SampleValue::Histogram(finest) = &samples[1].1 else { panic!("{samples:?}") };
    assert_eq!(finest.schema, Schema::new(8));
}

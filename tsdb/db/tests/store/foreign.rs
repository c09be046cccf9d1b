//! Directories that Prometheus wrote. The data is not part of this repository: without it, the test says so and passes.
#![expect(clippy::disallowed_methods, reason = "a test reads and copies files that the store did not write")]

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use emberdb_histogram::{BucketNumber, CounterResetHint, NativeHistogram, Schema, Side, Span};
use emberdb_model::storage::ExemplarQueryable;
use emberdb_model::{Exemplar, SampleValue, SeriesExemplars};
use emberdb_tsdb_db::Maintained;
use serde_json::Value;

use super::histograms::{Series, assert_same, read_all};
use super::*;

/// The folder with upstream's data, if it is there.
fn conformance() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let dir = std::env::var_os("EMBERDB_CONFORMANCE").map_or(default, PathBuf::from);
    dir.is_dir().then_some(dir)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The file that says what a directory holds: its own, or that of the directory which `expect.same_as` names.
fn expectation(golden: &Path) -> PathBuf {
    match fs::read_to_string(golden.join("expect.same_as")) {
        Ok(name) => golden.with_file_name(name.trim()).join("expect.jsonl"),
        Err(_) => golden.join("expect.jsonl"),
    }
}

/// The float series that `expect.jsonl` lists: those without any histogram.
fn expected_floats(file: &Path) -> Vec<(String, Vec<(i64, u64)>)> {
    let text = fs::read_to_string(file).unwrap();
    let mut series = Vec::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let Some(samples) = record["samples"].as_array() else { continue };
        if samples.iter().any(|s| s.get("v").is_none()) {
            continue;
        }
        let pairs = record["labels"].as_array().unwrap().iter();
        let labels = Labels::new(pairs.map(|p| (p[0].as_str().unwrap(), p[1].as_str().unwrap()))).unwrap();
        let samples = samples.iter().map(|s| (s["t"].as_i64().unwrap(), float(&s["v"]).to_bits()));
        series.push((labels.to_string(), samples.collect()));
    }
    series.sort();
    series
}

/// A float, which is a JSON string.
fn float(value: &Value) -> f64 {
    match value.as_str().unwrap() {
        "NaN" => emberdb_model::NORMAL_NAN,
        "StaleNaN" => emberdb_model::STALE_NAN,
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        number => number.parse().unwrap(),
    }
}

/// The series that `expect.jsonl` lists with any histogram.
fn expected_histograms(file: &Path) -> Vec<Series> {
    let text = fs::read_to_string(file).unwrap();
    let mut series = Vec::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let Some(samples) = record["samples"].as_array() else { continue };
        if !samples.iter().any(|s| s.get("h").is_some()) {
            continue;
        }
        let pairs = record["labels"].as_array().unwrap().iter();
        let labels = Labels::new(pairs.map(|p| (p[0].as_str().unwrap(), p[1].as_str().unwrap()))).unwrap();
        let value = |sample: &Value| match sample.get("h") {
            Some(histogram) if histogram["type"] == "int" => {
                let deltas = |delta: &Value| delta.as_i64().unwrap();
                let count = |count: &Value| count.as_u64().unwrap();
                SampleValue::Histogram(Arc::new(
                    parse::<i64>(histogram, ["pos_deltas", "neg_deltas"], deltas, count).to_float(),
                ))
            }
            Some(histogram) => SampleValue::Histogram(Arc::new(parse(
                histogram,
                ["pos_buckets", "neg_buckets"],
                float,
                float,
            ))),
            None => SampleValue::Float(float(&sample["v"])),
        };
        let samples = samples.iter().map(|s| (s["t"].as_i64().unwrap(), value(s)));
        series.push((labels.to_string(), samples.collect()));
    }
    series
}

fn parse<N: BucketNumber>(
    value: &Value,
    buckets: [&str; 2],
    bucket: impl Fn(&Value) -> N,
    count: impl Fn(&Value) -> N::Count,
) -> NativeHistogram<N> {
    let span = |pair: &Value| Span {
        offset: pair[0].as_i64().unwrap() as i32,
        length: pair[1].as_i64().unwrap() as u32,
    };
    let side = |spans: &str, buckets: &str| Side {
        spans: value[spans].as_array().unwrap().iter().map(span).collect(),
        buckets: value[buckets].as_array().unwrap().iter().map(&bucket).collect(),
    };
    let bounds = value.get("custom_values").and_then(Value::as_array);
    NativeHistogram {
        counter_reset_hint: CounterResetHint::from_name(value["hint"].as_str().unwrap()).unwrap(),
        schema: Schema::new(value["schema"].as_i64().unwrap() as i32),
        zero_threshold: float(&value["zero_threshold"]),
        zero_count: count(&value["zero_count"]),
        count: count(&value["count"]),
        sum: float(&value["sum"]),
        positive: side("pos_spans", buckets[0]),
        negative: side("neg_spans", buckets[1]),
        custom_values: bounds.map(|bounds| bounds.iter().map(float).collect()),
    }
}

/// Directories that upstream wrote, and what is in them beside a log.
const GOLDEN: [&str; 9] = [
    "wal_none",
    "wal_snappy",
    "wal_zstd",
    "memory_snapshot",
    "blocks",
    "blocks_compacted",
    "out_of_order",
    "out_of_order_blocks",
    "start_timestamps",
];

#[test]
fn upstreams_directories_are_read_as_upstream_reads_them() {
    let Some(data) = conformance() else {
        println!("skipped: no conformance data");
        return;
    };
    for name in GOLDEN {
        let golden = data.join("tsdb/golden").join(name);
        let dir = TempDir::new();
        copy(&golden.join("data"), &dir.path);
        let expectation = expectation(&golden);
        let mut options = TsdbOptions::default();
        options.maintenance = Maintained::ByCaller;
        let read_only = Tsdb::open_read_only(&Env::real(), &dir.path, options.clone()).unwrap();
        println!("{name}: {}", read_only.replay_report());
        check(&read_only, &expectation, name);
        check_exemplars(&read_only, &expectation, name);
        assert!(read_only.replay_report().records_skipped.is_empty(), "{name}");
        // Again as its owner, after it has done what there was to do, and after a restart.
        let db = Tsdb::open(&Env::real(), &dir.path, options.clone()).unwrap();
        assert_eq!(db.replay_report().histograms_invalid, 0);
        check(&db, &expectation, name);
        let report = db.maintain().unwrap();
        println!("{name}: {report:?}");
        check(&db, &expectation, name);
        check_exemplars(&db, &expectation, name);
        db.close().unwrap();
        check(&Tsdb::open(&Env::real(), &dir.path, options).unwrap(), &expectation, name);
    }
}

/// Compares all that is stored with what upstream reads.
fn check(db: &Tsdb, expectation: &Path, name: &str) {
    let floats = expected_floats(expectation);
    let histograms = expected_histograms(expectation);
    let stored = dump(db);
    for (labels, expected) in &floats {
        let found = stored.iter().find(|(l, _)| l == labels).map(|(_, found)| found);
        assert_eq!(found, Some(expected), "{name}: {labels}");
    }
    let with_histograms = read_all(db, TimeRange::ALL);
    for (labels, expected) in &histograms {
        let found = with_histograms.iter().find(|(l, _)| l == labels);
        assert!(found.is_some(), "{name}: {labels} is missing");
        let found = found.map_or(&[][..], |(_, found)| found);
        assert_same(found, expected, &format!("{name}: {labels}"));
    }
    let expected =
        floats.iter().map(|(l, _)| l).chain(histograms.iter().map(|(l, _)| l)).collect::<BTreeSet<_>>();
    let found = with_histograms
        .iter()
        .filter(|(_, samples)| !samples.is_empty())
        .map(|(l, _)| l)
        .collect::<BTreeSet<_>>();
    assert_eq!(found, expected, "{name}");
    assert!(floats.len() > 1, "{name}");
}

/// Compares the exemplars with those that upstream finds.
fn check_exemplars(db: &Tsdb, expectation: &Path, name: &str) {
    let labels_of = |list: &Value| {
        let pairs = list.as_array().unwrap().iter();
        Labels::new(pairs.map(|p| (p[0].as_str().unwrap(), p[1].as_str().unwrap()))).unwrap()
    };
    let text = fs::read_to_string(expectation).unwrap();
    let mut expected = Vec::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let Some(exemplars) = record["exemplars"].as_array() else { continue };
        let exemplars = exemplars.iter().map(|exemplar| Exemplar {
            labels: labels_of(&exemplar["labels"]),
            value: float(&exemplar["value"]),
            timestamp_ms: exemplar["timestamp_ms"].as_i64().unwrap(),
        });
        expected
            .push(SeriesExemplars { series: labels_of(&record["labels"]), exemplars: exemplars.collect() });
    }
    expected.sort_by(|a, b| a.series.cmp(&b.series));
    let found = db.select_exemplars(&[Vec::new()], TimeRange::ALL).unwrap();
    assert_eq!(found, expected, "{name}");
    println!("{name}: exemplars of {} series", found.len());
}

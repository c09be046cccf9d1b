//! Directories that Prometheus wrote. The data is not part of this repository: without it, the test says so and passes.
#![expect(clippy::disallowed_methods, reason = "a test reads and copies files that the store did not write")]

use std::fs;
use std::sync::Arc;

use emberdb_histogram::{BucketNumber, CounterResetHint, NativeHistogram, Schema, Side, Span};
use emberdb_model::SampleValue;
use emberdb_tsdb_db::OpenError;
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

#[test]
fn histograms_of_upstreams_logs_are_read_as_upstream_reads_them() {
    let Some(data) = conformance() else {
        println!("skipped: no conformance data");
        return;
    };
    for name in ["wal_none", "wal_snappy", "memory_snapshot"] {
        let golden = data.join("tsdb/golden").join(name);
        let dir = TempDir::new();
        copy(&golden.join("data"), &dir.path);
        let db = open(&dir.path);
        println!("{name}: {}", db.replay_report());
        assert_eq!(db.replay_report().histograms_invalid, 0);
        let stored = read_all(&db, TimeRange::ALL);
        let (mut series, mut histograms) = (0, 0);
        for (labels, expected) in expected_histograms(&expectation(&golden)) {
            let Some((_, found)) = stored.iter().find(|(l, _)| *l == labels) else {
                panic!("{name}: {labels} is missing");
            };
            assert_same(found, &expected, &format!("{name}: {labels}"));
            series += 1;
            histograms += expected.iter().filter(|(_, v)| matches!(v, SampleValue::Histogram(_))).count();
        }
        println!("{name}: {histograms} histograms of {series} series agree");
        assert!(series > 4 && histograms > 1000, "{name}: only {series} series, {histograms} histograms");
    }
}

#[test]
fn float_series_of_upstreams_logs_are_read_to_the_bit() {
    let Some(data) = conformance() else {
        println!("skipped: no conformance data");
        return;
    };
    for name in ["wal_none", "wal_snappy"] {
        let golden = data.join("tsdb/golden").join(name);
        let dir = TempDir::new();
        copy(&golden.join("data"), &dir.path);
        let db = open(&dir.path);
        println!("{name}: {}", db.replay_report());
        let stored = dump(&db);
        let mut compared = 0;
        for (labels, samples) in expected_floats(&expectation(&golden)) {
            let Some((_, found)) = stored.iter().find(|(l, _)| *l == labels) else {
                panic!("{name}: {labels} is missing");
            };
            assert_eq!(*found, samples, "{name}: {labels}");
            compared += 1;
        }
        assert!(compared > 5, "{name}: only {compared} series compared");
        println!("{name}: {compared} float series agree");
    }
}

#[test]
fn a_directory_with_blocks_is_refused() {
    let dir = TempDir::new();
    let block = dir.path.join("01J00000000000000000000000");
    fs::create_dir_all(&block).unwrap();
    fs::write(block.join("meta.json"), "{}").unwrap();
    let error = Tsdb::open(&Env::real(), &dir.path, TsdbOptions::default()).unwrap_err();
    assert!(matches!(&error, OpenError::Unsupported { what, .. } if what == "1 blocks"), "{error}");
}

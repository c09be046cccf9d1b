//! Samples that say since when they count.

use emberdb_histogram::FloatHistogram;
use emberdb_model::{Labels, SampleValue};
use emberdb_promql_engine::{Engine, EngineOptions, QueryOptions, QueryResult};
use emberdb_testkit::MemoryStorage;

use super::{matrix_text, options};

const MINUTE: i64 = 60_000;

fn labels(name: &str) -> Labels {
    Labels::new([("__name__", name)]).unwrap()
}

/// A series with a sample a minute from the first minute on, each with its start timestamp.
fn storage(samples: &[(f64, i64)]) -> MemoryStorage {
    let timed = (1..).zip(samples);
    let values = timed.clone().map(|(minute, &(value, _))| (minute * MINUTE, SampleValue::Float(value)));
    let storage = MemoryStorage::with_mixed_series([(labels("c_total"), values.collect())]).unwrap();
    let starts = timed.map(|(minute, &(_, start_ms))| (minute * MINUTE, start_ms)).collect();
    storage.set_start_timestamps([(labels("c_total"), starts)]);
    storage
}

fn ask(storage: &MemoryStorage, query: &str, use_start_timestamps: bool) -> QueryResult {
    let engine = Engine::new(EngineOptions { use_start_timestamps, ..options() });
    engine.range(storage, query, 2 * MINUTE, 4 * MINUTE, MINUTE, &QueryOptions::default()).unwrap()
}

fn texts(storage: &MemoryStorage, query: &str, use_start_timestamps: bool) -> Vec<String> {
    matrix_text(&ask(storage, query, use_start_timestamps).value)
}

#[test]
fn they_are_used_if_asked_for() {
    // Each counts from the one before.
    let storage = storage(&[(4.0, 1), (4.0, MINUTE), (4.0, 2 * MINUTE), (4.0, 3 * MINUTE)]);
    let query = "resets(c_total[2m])";
    assert_eq!(texts(&storage, query, true), ["{} 120000:1 180000:1 240000:1"]);
    assert_eq!(texts(&storage, query, false), ["{} 120000:0 180000:0 240000:0"]);
    assert_eq!(texts(&storage, "increase(c_total[2m])", true), ["{} 120000:8 180000:8 240000:8"]);
    assert_eq!(texts(&storage, "increase(c_total[2m])", false), ["{} 120000:0 180000:0 240000:0"]);
    assert_eq!(texts(&storage, "irate(c_total[2m]) * 15", true), ["{} 120000:1 180000:1 240000:1"]);
    assert_eq!(texts(&storage, "delta(c_total[2m])", true), ["{} 120000:0 180000:0 240000:0"]);
    let of_subquery = texts(&storage, "resets(c_total[2m:1m])", true);
    assert_eq!(of_subquery, ["{} 120000:0 180000:0 240000:0"], "points of a subquery have none");
}

#[test]
fn they_are_shown_of_samples_alone() {
    let storage = storage(&[(4.0, 0), (4.0, 500), (4.0, 500)]);
    assert_eq!(texts(&storage, "start_timestamp(c_total)", true), ["{} 120000:0.5 180000:0.5 240000:0.5"]);
    assert_eq!(texts(&storage, "start_timestamp(c_total @ 60)", true), ["{} 120000:0 180000:0 240000:0"]);
    assert_eq!(
        texts(&storage, "start_timestamp((c_total offset 1m))", true),
        ["{} 120000:0 180000:0.5 240000:0.5"]
    );
    assert_eq!(texts(&storage, "start_timestamp(c_total * 1)", true), [""; 0]);
    assert_eq!(texts(&storage, "start_timestamp(c_total)", false), [""; 0]);
}

#[test]
fn overlaps_are_counted() {
    // The second and the third count from before the sample before them, and not from the same time.
    let storage = storage(&[(1.0, 10), (2.0, 20), (3.0, 30), (4.0, 30)]);
    let warnings = |query: &str| -> Vec<String> {
        ask(&storage, query, true).annotations.iter().map(|a| a.render(query)).collect()
    };
    let told = "PromQL warning: sample has start time that overlaps with previous sample timestamp for metric \"c_total\"";
    // At 2 min and at 3 min; at 4 min the window has the fourth alone to compare with, which begins as the third.
    assert_eq!(warnings("rate(c_total[2m])"), [format!("{told} (2 occurrences) (1:6)")]);
    assert_eq!(warnings("sum(increase(c_total[2m] @ 120))"), [format!("{told} (1:14)")]);
    assert_eq!(warnings("rate(c_total[2m]) - rate(c_total[3m])"), [format!("{told} (5 occurrences) (1:6)")]);
    assert_eq!(warnings("topk(0, rate(c_total[2m]))"), [format!("{told} (2 occurrences) (1:14)")]);
    assert_eq!(warnings("irate(c_total[2m]) + resets(c_total[2m])"), [""; 0]);
}

#[test]
fn a_histogram_that_began_in_the_window_was_empty_then() {
    let histogram: FloatHistogram = "{{count:60 sum:30 buckets:[60]}}".parse().unwrap();
    let samples = vec![(2 * MINUTE, SampleValue::Histogram(histogram.into()))];
    let storage = MemoryStorage::with_mixed_series([(labels("h"), samples)]).unwrap();
    let counts = |query: &str| texts(&storage, query, true);
    assert_eq!(counts("histogram_count(increase(h[3m]))"), [""; 0], "one is not enough");
    storage.set_start_timestamps([(labels("h"), vec![(2 * MINUTE, MINUTE)])]);
    assert_eq!(counts("histogram_count(increase(h[3m]))"), ["{} 120000:60 180000:60"]);
    assert_eq!(counts("histogram_sum(increase(h[3m] @ 180))"), ["{} 120000:30 180000:30 240000:30"]);
}

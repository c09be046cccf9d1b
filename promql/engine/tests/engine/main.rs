//! The engine on a storage in memory.
#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests fail as tests do")]

mod aggregation;
mod explain;
mod extended;
mod function;
mod json;
mod limit;
mod matching;
mod selector;
mod start_timestamp;
mod statistics;
mod threads;

use emberdb_model::{Labels, STALE_NAN, Sample, SampleValue};
use emberdb_promql_engine::{Engine, EngineOptions, QueryError, QueryOptions, QueryResult, QueryValue};
use emberdb_promql_syntax::{ParserOptions, parse_metric_selector};
use emberdb_testkit::MemoryStorage;

/// A storage from lines such as `m{a="b"} 1 2 _ stale 5`, the first value at time 0, the others `step_ms` apart.
fn load(step_ms: i64, lines: &str) -> MemoryStorage {
    let mut series = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let end = line.find('}').map_or_else(|| line.find(' ').unwrap(), |brace| brace + 1);
        let matchers = parse_metric_selector(&line[..end]).unwrap();
        let labels = Labels::new(matchers.iter().map(|m| (m.name(), m.value()))).unwrap();
        let mut samples = Vec::new();
        for (at, word) in line[end..].split_whitespace().enumerate() {
            let value = match word {
                "_" => continue,
                "stale" => STALE_NAN,
                number => number.parse().unwrap(),
            };
            samples.push(Sample { timestamp_ms: at as i64 * step_ms, value });
        }
        series.push((labels, samples));
    }
    MemoryStorage::with_series(series).unwrap()
}

fn options() -> EngineOptions {
    EngineOptions { parser: ParserOptions::ALL, ..EngineOptions::default() }
}

fn try_instant(storage: &MemoryStorage, query: &str, time_ms: i64) -> Result<QueryResult, QueryError> {
    Engine::new(options()).instant(storage, query, time_ms, &QueryOptions::default())
}

/// The elements of an instant vector as text, in order.
fn instant(storage: &MemoryStorage, query: &str, time_ms: i64) -> Vec<String> {
    match try_instant(storage, query, time_ms).unwrap().value {
        QueryValue::Vector(vector) => {
            vector.iter().map(|s| format!("{} {}", s.labels, float(&s.value))).collect()
        }
        QueryValue::Scalar { value, .. } => vec![value.to_string()],
        other => vec![other.to_string()],
    }
}

fn float(value: &SampleValue) -> f64 {
    match value {
        SampleValue::Float(value) => *value,
        SampleValue::Histogram(histogram) => panic!("a histogram: {histogram}"),
    }
}

fn try_range(
    storage: &MemoryStorage,
    query: &str,
    times: (i64, i64, i64),
) -> Result<QueryResult, QueryError> {
    let (start_ms, end_ms, step_ms) = times;
    Engine::new(options()).range(storage, query, start_ms, end_ms, step_ms, &QueryOptions::default())
}

/// The series of a range query as text: labels, then `time:value` in milliseconds.
fn range(storage: &MemoryStorage, query: &str, times: (i64, i64, i64)) -> Vec<String> {
    matrix_text(&try_range(storage, query, times).unwrap().value)
}

fn matrix_text(value: &QueryValue) -> Vec<String> {
    let matrix = value.as_matrix().unwrap();
    let line = |series: emberdb_promql_engine::MatrixSeries<'_>| {
        let points: Vec<String> = series.points.iter().map(|(t, v)| format!("{t}:{v}")).collect();
        format!("{} {}", series.labels, points.join(" "))
    };
    matrix.iter().map(line).collect()
}

fn error_text(result: Result<QueryResult, QueryError>) -> String {
    result.unwrap_err().to_string()
}

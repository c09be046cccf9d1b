//! Range queries over 10 000 counters with 240 samples each, 15 s apart: the engine alone, on columns in memory.

#![expect(
    clippy::print_stdout,
    reason = "the checksum of an answer tells whether two runs computed the same"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use emberdb_model::{Labels, Sample};
use emberdb_promql_engine::{Engine, EngineOptions, QueryOptions};
use emberdb_testkit::MemoryStorage;

const SERIES: usize = 10_000;
const SAMPLES: i64 = 240;
const SCRAPE_MS: i64 = 15_000;

/// Counters of 20 jobs with an irregular increase and a reset now and then.
fn counters() -> MemoryStorage {
    let mut all = Vec::new();
    for series in 0..SERIES {
        let (job, instance) = (format!("job-{}", series % 20), format!("host-{series}:9100"));
        let labels = Labels::new([
            ("__name__", "m"),
            ("job", &job),
            ("instance", &instance),
            ("code", ["200", "404", "500"][series % 3]),
            ("handler", "/api/v1/query"),
        ]);
        let mut samples = Vec::new();
        let mut value = 0.0;
        for at in 0..SAMPLES {
            let mix = (series as u64 * 1_000_003 + at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            value = if mix.is_multiple_of(5000) { 0.0 } else { value + (mix % 100) as f64 };
            // A scrape is some milliseconds late.
            samples.push(Sample { timestamp_ms: at * SCRAPE_MS + (series % 97) as i64, value });
        }
        all.push((labels.expect("the names differ"), samples));
    }
    MemoryStorage::with_series(all).expect("samples in time order")
}

fn range_queries(c: &mut Criterion) {
    let storage = counters();
    let (start_ms, end_ms) = (0, SAMPLES * SCRAPE_MS);
    let queries = [
        ("rate", "sum by (job) (rate(m[5m]))"),
        ("last", "sum by (job) (m)"),
        ("max", "max by (job) (max_over_time(m[5m]))"),
        ("ratio", "sum by (job) (rate(m{code=\"500\"}[5m])) / sum by (job) (rate(m[5m]))"),
        ("topk", "topk(5, rate(m[5m]))"),
        ("all", "rate(m{code=\"500\"}[5m])"),
    ];
    let mut group = c.benchmark_group("range_query");
    group.sample_size(10);
    for threads in [1, 2] {
        let engine = Engine::new(EngineOptions { threads, ..EngineOptions::default() });
        for (name, query) in queries {
            let ask = || {
                let options = QueryOptions::default();
                engine
                    .range(&storage, query, start_ms, end_ms, SCRAPE_MS, &options)
                    .expect("the query is valid")
            };
            let answer = ask();
            let json = answer.value.to_json();
            println!(
                "{name}/{threads}: crc32 {:08x}, {} samples read",
                crc32fast::hash(json.as_bytes()),
                answer.samples_read
            );
            group.throughput(Throughput::Elements(answer.samples_read));
            group.bench_function(format!("{name}/{threads}"), |b| b.iter(|| black_box(ask())));
        }
    }
    group.finish();
}

criterion_group!(benches, range_queries);
criterion_main!(benches);

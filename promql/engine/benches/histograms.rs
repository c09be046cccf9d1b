//! Histograms in range queries, the engine alone, on columns in memory: rates of native histograms added up, and quantiles of
//! classic ones. Goal: 40 ns a step for a quantile of 12 buckets, their rates not counted.

#![expect(
    clippy::print_stdout,
    reason = "the checksum of an answer tells whether two runs computed the same"
)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use emberdb_histogram::{FloatHistogram, Schema, Side, Span};
use emberdb_model::{Labels, SampleValue};
use emberdb_promql_engine::{Engine, QueryOptions};
use emberdb_testkit::MemoryStorage;

const SCRAPE_MS: i64 = 15_000;

/// Instances of 10 jobs; few where it is only tested that the bench runs.
const INSTANCES: usize = if cfg!(debug_assertions) { 20 } else { 1000 };

/// Samples of a native histogram, each with so many buckets.
const NATIVE_SAMPLES: i64 = 240;
const NATIVE_BUCKETS: usize = 20;

/// Steps at which classic histograms are asked.
const CLASSIC_STEPS: i64 = 720;

/// The same numbers on any machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn labels(name: &str, instance: usize, le: Option<&str>) -> Labels {
    let (job, instance) = (format!("job-{}", instance % 10), format!("host-{instance}:9100"));
    let pairs = [("__name__", name), ("job", &job), ("instance", &instance), ("le", le.unwrap_or_default())];
    Labels::new(pairs).expect("the names differ")
}

/// Counters that never fall.
fn natives() -> MemoryStorage {
    let mut random = Random(1);
    let series = (0..INSTANCES).map(|instance| {
        let mut buckets = vec![0.0; NATIVE_BUCKETS];
        let samples = (0..NATIVE_SAMPLES).map(|at| {
            buckets.iter_mut().for_each(|bucket| *bucket += random.below(10) as f64);
            let count = buckets.iter().sum();
            let spans = vec![Span { offset: -5, length: NATIVE_BUCKETS as u32 }];
            let histogram = FloatHistogram {
                schema: Schema::new(3),
                count,
                sum: count * 1.5,
                positive: Side { spans, buckets: buckets.clone() },
                ..FloatHistogram::default()
            };
            (at * SCRAPE_MS, SampleValue::Histogram(Arc::new(histogram)))
        });
        let samples = samples.collect();
        (labels("h", instance, None), samples)
    });
    MemoryStorage::with_mixed_series(series).expect("samples in time order")
}

/// Gauges, one of each bucket, so that a query of them costs little beside the quantiles: each has few samples, and is
/// looked back at.
fn classics(buckets: usize) -> MemoryStorage {
    let mut random = Random(2);
    let mut series = Vec::new();
    for instance in 0..INSTANCES {
        let mut cumulative = 0.0;
        for bucket in 0..buckets {
            let le = if bucket + 1 == buckets { "+Inf".to_owned() } else { bucket.to_string() };
            cumulative += random.below(100) as f64;
            let samples = (0..CLASSIC_STEPS / 20)
                .map(|at| (at * 20 * SCRAPE_MS, SampleValue::Float(cumulative * (at + 1) as f64)));
            series.push((labels("b", instance, Some(&le)), samples.collect()));
        }
    }
    MemoryStorage::with_mixed_series(series).expect("samples in time order")
}

fn ask(criterion: &mut Criterion, storage: &MemoryStorage, steps: i64, queries: &[(&str, &str)]) {
    let engine = Engine::default();
    let mut group = criterion.benchmark_group("histograms");
    group.sample_size(10);
    for (name, query) in queries {
        let ask = || {
            let end_ms = (steps - 1) * SCRAPE_MS;
            let answer = engine.range(storage, query, 0, end_ms, SCRAPE_MS, &QueryOptions::default());
            answer.expect("the query is valid")
        };
        let answer = ask();
        println!(
            "{name}: crc32 {:08x}, {} samples read",
            crc32fast::hash(answer.value.to_json().as_bytes()),
            answer.samples_read
        );
        group.throughput(Throughput::Elements(answer.samples_read));
        group.bench_function(*name, |bencher| bencher.iter(|| black_box(ask())));
    }
    group.finish();
}

fn native(criterion: &mut Criterion) {
    let queries = [
        ("native/rate", "rate(h[5m])"),
        ("native/sum of rates", "sum(rate(h[5m]))"),
        ("native/quantile by job", "histogram_quantile(0.9, sum by (job) (rate(h[5m])))"),
        ("native/counts", "sum(histogram_count(rate(h[5m])))"),
    ];
    ask(criterion, &natives(), NATIVE_SAMPLES, &queries);
}

fn classic(criterion: &mut Criterion) {
    for (buckets, queries) in [
        (12, [("classic/12 buckets", "histogram_quantile(0.9, b)"), ("classic/12 buckets read", "count(b)")]),
        (
            100,
            [("classic/100 buckets", "histogram_quantile(0.9, b)"), ("classic/100 buckets read", "count(b)")],
        ),
    ] {
        ask(criterion, &classics(buckets), CLASSIC_STEPS, &queries);
    }
}

criterion_group!(benches, native, classic);
criterion_main!(benches);

//! Range functions over one dashboard panel: 720 steps of 15 s, windows of 5 minutes,
//! scrapes every 15 s. Each bench prints a hash of its answer once, so that a faster one can be seen to say the
//! same.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use emberdb_promql_engine::batch::{Column, Steps};
use emberdb_promql_engine::function::{RangeScratch, Windows, range_body};
use emberdb_promql_syntax::FunctionId;

const STEPS: usize = 720;
const INTERVAL_MS: i64 = 15_000;
const RANGE_MS: i64 = 300_000;

/// Numbers that look random and are the same every time.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

/// Scrape times, off by up to `jitter_ms`.
fn timestamps(jitter_ms: u64) -> Vec<i64> {
    let mut random = Lcg(1);
    let count = STEPS as i64 + RANGE_MS / INTERVAL_MS;
    (0..count).map(|index| index * INTERVAL_MS + (random.next() % (jitter_ms + 1)) as i64).collect()
}

fn counter(len: usize) -> Vec<f64> {
    let mut random = Lcg(2);
    let mut total = 0;
    (0..len)
        .map(|_| {
            total += random.next() % 1000;
            total as f64
        })
        .collect()
}

fn gauge(len: usize) -> Vec<f64> {
    let mut random = Lcg(3);
    (0..len).map(|_| random.next() as f64 / 1e7).collect()
}

fn hash(column: &Column) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for (step, value) in column.iter_present() {
        hasher.update(&(step as u64).to_le_bytes());
        hasher.update(&value.to_bits().to_le_bytes());
    }
    hasher.finalize()
}

#[expect(clippy::print_stderr, reason = "a bench shows what it computed")]
fn show(name: &str, column: &Column) {
    eprintln!("{name}: {} of {} steps, crc32 {:08x}", column.count_present(), column.len(), hash(column));
}

fn range_functions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("range");
    group.throughput(Throughput::Elements(STEPS as u64));
    let functions = [
        FunctionId::Rate,
        FunctionId::Delta,
        FunctionId::Irate,
        FunctionId::Changes,
        FunctionId::SumOverTime,
        FunctionId::AvgOverTime,
        FunctionId::CountOverTime,
        FunctionId::MaxOverTime,
        FunctionId::LastOverTime,
        FunctionId::QuantileOverTime,
        FunctionId::MadOverTime,
        FunctionId::StddevOverTime,
        FunctionId::Deriv,
        FunctionId::DoubleExponentialSmoothing,
    ];
    let half = vec![0.5; STEPS];
    for (series, jitter_ms, is_counter) in [("counter", 0, true), ("jitter", 40, true), ("gauge", 0, false)] {
        let timestamps = timestamps(jitter_ms);
        let values = if is_counter { counter(timestamps.len()) } else { gauge(timestamps.len()) };
        let windows = Windows {
            timestamps: &timestamps,
            values: &values,
            steps: Steps { start_ms: RANGE_MS, step_ms: INTERVAL_MS, count: STEPS },
            range_ms: RANGE_MS,
            offset_ms: 0,
        };
        for function in functions {
            let params: &[&[f64]] = match function {
                FunctionId::QuantileOverTime => &[&half],
                FunctionId::DoubleExponentialSmoothing => &[&half, &half],
                _ => &[],
            };
            let Some(body) = range_body(function) else { continue };
            let (mut scratch, mut out) = (RangeScratch::new(), Column::new());
            body(&windows, params, &mut scratch, &mut out);
            show(&format!("{function}/{series}"), &out);
            group.bench_function(format!("{function}/{series}"), |bencher| {
                bencher.iter(|| body(black_box(&windows), params, &mut scratch, &mut out));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, range_functions);
criterion_main!(benches);

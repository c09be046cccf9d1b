//! Quantiles of a classic histogram over 720 steps, per step: the layout is made once, the counts come anew.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use emberdb_histogram::ClassicLayout;

const STEPS: usize = 720;

/// Cumulative counts, a row a step, with a fall in every tenth row if `falls`.
fn rows(buckets: usize, falls: bool) -> Vec<Vec<f64>> {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64
    };
    (0..STEPS)
        .map(|step| {
            let mut total = 0.0;
            let mut row: Vec<f64> = (0..buckets)
                .map(|_| {
                    total += random() / 1e6;
                    total
                })
                .collect();
            if falls && step % 10 == 0 {
                row[buckets / 2] = 0.0;
            }
            row
        })
        .collect()
}

#[expect(clippy::print_stderr, reason = "a bench shows what it computed")]
fn quantile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("classic_quantile");
    group.throughput(Throughput::Elements(STEPS as u64));
    for (name, buckets, falls) in [("12", 12, false), ("100", 100, false), ("100 with falls", 100, true)] {
        let bounds: Vec<f64> = (0..buckets)
            .map(|index| if index + 1 == buckets { f64::INFINITY } else { index as f64 })
            .collect();
        let layout = ClassicLayout::new(&bounds);
        let rows = rows(buckets, falls);
        let mut counts = Vec::new();
        let mut hasher = crc32fast::Hasher::new();
        for row in &rows {
            layout.merge(row, &mut counts);
            hasher.update(&layout.quantile(0.9, &mut counts).value.to_bits().to_le_bytes());
        }
        eprintln!("{name}: crc32 {:08x}", hasher.finalize());
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                rows.iter().fold(0.0, |sum, row| {
                    layout.merge(black_box(row), &mut counts);
                    sum + layout.quantile(0.9, &mut counts).value
                })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, quantile);
criterion_main!(benches);

//! Native histograms with 160 buckets, and recording.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use emberdb_histogram::{
    CustomRecorder, ExponentialOptions, ExponentialRecorder, FloatHistogram, HistogramSum, Schema, Side, Span,
};

const BUCKETS: usize = 160;

/// Numbers from 0 to 1, the same each time.
fn random() -> impl FnMut() -> f64 {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A histogram of latencies: 160 buckets in spans of 40, with the first bucket at `offset`.
fn histogram(offset: i32, random: &mut impl FnMut() -> f64) -> FloatHistogram {
    let span = |offset| Span { offset, length: BUCKETS as u32 / 4 };
    let buckets: Vec<f64> = (0..BUCKETS).map(|_| (random() * 1000.0).ceil()).collect();
    let in_buckets: f64 = buckets.iter().sum();
    FloatHistogram {
        schema: Schema::new(3),
        zero_threshold: 2_f64.powi(-128),
        zero_count: 2.0,
        count: in_buckets + 2.0,
        sum: in_buckets * 0.25,
        positive: Side { spans: vec![span(offset), span(2), span(1), span(3)], buckets },
        ..FloatHistogram::default()
    }
}

#[expect(clippy::print_stderr, reason = "a bench shows what it computed")]
fn show(name: &str, numbers: impl IntoIterator<Item = f64>) {
    let mut hasher = crc32fast::Hasher::new();
    for number in numbers {
        hasher.update(&number.to_bits().to_le_bytes());
    }
    eprintln!("{name}: crc32 {:08x}", hasher.finalize());
}

fn arithmetic(criterion: &mut Criterion) {
    let mut random = random();
    let first = histogram(-100, &mut random);
    let aligned = histogram(-100, &mut random);
    let shifted = histogram(-90, &mut random);
    let mut group = criterion.benchmark_group("native");

    for (name, other) in [("add aligned", &aligned), ("add within", &shifted)] {
        let mut sum = first.clone();
        let _ = sum.add_assign(other).expect("both are exponential");
        show(name, sum.positive.buckets.iter().copied());
        group.bench_function(name, |bencher| {
            bencher.iter(|| sum.add_assign(black_box(other)).map(|combined| combined.hints_collided));
        });
    }
    group.bench_function("add with new buckets", |bencher| {
        bencher.iter_batched_ref(
            || first.clone(),
            |sum| sum.add_assign(black_box(&shifted)).map(|combined| combined.hints_collided),
            BatchSize::SmallInput,
        );
    });
    let mut sum = HistogramSum::new(first.clone());
    group.bench_function("add aligned, compensated", |bencher| {
        bencher.iter(|| sum.add(black_box(&aligned)).map(|combined| combined.hints_collided));
    });
    let mut later = first.clone();
    let _ = later.add_assign(&aligned).expect("both are exponential");
    assert!(!later.is_reset_after(&first), "all buckets have grown");
    group.bench_function("reset", |bencher| {
        bencher.iter(|| black_box(&later).is_reset_after(black_box(&first)));
    });
    group.bench_function("compact", |bencher| {
        let mut sparse = first.clone();
        sparse.positive.buckets.iter_mut().step_by(3).for_each(|count| *count = 0.0);
        bencher.iter_batched_ref(|| sparse.clone(), |sparse| sparse.compact(0), BatchSize::SmallInput);
    });
    group.finish();
}

fn estimates(criterion: &mut Criterion) {
    let histogram = histogram(-100, &mut random());
    let mut group = criterion.benchmark_group("native");
    show("quantiles", [0.1, 0.5, 0.9, 0.99].map(|phi| histogram.quantile(phi).value));
    for phi in [0.49, 0.5, 0.9, 0.99] {
        group.bench_function(format!("quantile {phi}"), |bencher| {
            bencher.iter(|| black_box(&histogram).quantile(black_box(phi)).value);
        });
    }
    let (lower, upper) = (histogram.quantile(0.1).value, histogram.quantile(0.95).value);
    show("fraction", [histogram.fraction(lower, upper).value]);
    group.bench_function("fraction", |bencher| {
        bencher.iter(|| black_box(&histogram).fraction(black_box(lower), black_box(upper)).value);
    });
    show("standard deviation", [histogram.standard_deviation()]);
    group.bench_function("standard deviation", |bencher| {
        bencher.iter(|| black_box(&histogram).standard_deviation());
    });
    group.finish();
}

fn observe(criterion: &mut Criterion) {
    const OBSERVATIONS: usize = 1000;
    let mut random = random();
    // Latencies: most are short, some are very long.
    let values: Vec<f64> = (0..OBSERVATIONS).map(|_| 0.001 / (random() + 1e-4)).collect();
    let exponential =
        ExponentialRecorder::new(ExponentialOptions::default()).expect("the options make sense");
    let bounds: Vec<f64> = (0..12).map(|place| 0.001 * 2_f64.powi(place)).collect();
    let custom = CustomRecorder::new(&bounds).expect("the bounds are in order");
    values.iter().for_each(|&value| exponential.observe(value));
    values.iter().for_each(|&value| custom.observe(value));
    for (name, snapshot) in [("exponential", exponential.snapshot()), ("custom", custom.snapshot())] {
        show(name, snapshot.to_float().positive.buckets);
    }
    let mut group = criterion.benchmark_group("observe");
    group.throughput(Throughput::Elements(OBSERVATIONS as u64));
    group.bench_function("exponential", |bencher| {
        bencher.iter(|| values.iter().for_each(|&value| exponential.observe(black_box(value))));
    });
    group.bench_function("custom", |bencher| {
        bencher.iter(|| values.iter().for_each(|&value| custom.observe(black_box(value))));
    });
    group.bench_function("index", |bencher| {
        bencher
            .iter(|| values.iter().fold(0, |sum, &value| sum ^ Schema::new(3).index_above(black_box(value))));
    });
    group.finish();
}

criterion_group!(benches, arithmetic, estimates, observe);
criterion_main!(benches);

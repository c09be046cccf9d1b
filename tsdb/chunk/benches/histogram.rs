//! What a sample of a histogram chunk costs to append and to decode.
//!
//! Counters with 20 and with 160 buckets, in whole numbers and in floats; each as many different chunks of 30 samples,
//! so that no branch predictor learns one by heart. Throughput is per sample. Each shape prints, once, how long its
//! samples are and a checksum of what was decoded.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use emberdb_histogram::{FloatHistogram, Histogram, NativeHistogram, Schema, Side, Span};
use emberdb_tsdb_chunk::{
    ChunkHistograms, Encoding, HistogramNumber, NativeHistogramAppender, NativeHistogramReader,
};

const CHUNKS: usize = 100;
const CHUNK_SAMPLES: usize = 30;

fn histogram(c: &mut Criterion) {
    for buckets in [20, 160] {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let chunks: Vec<Vec<(i64, Histogram)>> = (0..CHUNKS).map(|_| counter(&mut random, buckets)).collect();
        let floats: Vec<Vec<(i64, FloatHistogram)>> = chunks.iter().map(|chunk| in_floats(chunk)).collect();
        measure(c, &format!("integer {buckets}"), Encoding::Histogram, &chunks);
        measure(c, &format!("float {buckets}"), Encoding::FloatHistogram, &floats);
    }
}

fn measure<N: HistogramNumber>(
    c: &mut Criterion,
    shape: &str,
    encoding: Encoding,
    chunks: &[Vec<(i64, NativeHistogram<N>)>],
) {
    let encoded: Vec<Box<[u8]>> = chunks.iter().map(|chunk| encode(chunk)).collect();
    print_answer(shape, encoding, &encoded);
    let mut group = c.benchmark_group(format!("histogram/{shape}"));
    group.throughput(Throughput::Elements((CHUNKS * CHUNK_SAMPLES) as u64));
    group.bench_function("encode", |b| {
        b.iter(|| chunks.iter().map(|chunk| encode(black_box(chunk)).len()).sum::<usize>());
    });
    let mut columns = ChunkHistograms::new();
    group.bench_function("decode", |b| {
        b.iter(|| {
            for chunk in &encoded {
                columns.decode(encoding, black_box(chunk)).expect("our own chunk");
                black_box(&columns);
            }
        });
    });
    let mut histogram = NativeHistogram::default();
    group.bench_function("read", |b| {
        b.iter(|| {
            for chunk in &encoded {
                let mut reader = NativeHistogramReader::<N>::new(black_box(chunk)).expect("our own chunk");
                while reader.read_into(&mut histogram).expect("our own chunk").is_some() {
                    black_box(&histogram);
                }
            }
        });
    });
    group.finish();
}

/// A counter scraped with jitter: some buckets are hit often, most seldom.
fn counter(random: &mut Random, buckets: usize) -> Vec<(i64, Histogram)> {
    let mut t_ms = 1_700_000_000_000 + random.below(15_000) as i64;
    let mut counts: Vec<u64> = (0..buckets).map(|_| random.below(10_000)).collect();
    let (mut zero_count, mut sum) = (random.below(1_000), 0.0);
    let next = || {
        t_ms += 15_000;
        for (index, count) in counts.iter_mut().enumerate() {
            let hits = random.below(1 + 60 / (1 + index.abs_diff(buckets / 2) as u64));
            *count += hits;
            sum += hits as f64 * index as f64 / 7.0;
        }
        zero_count += random.below(3);
        let mut previous = 0;
        let held = counts.iter().map(|&count| {
            let held = count as i64 - previous;
            previous = count as i64;
            held
        });
        let half = buckets as u32 / 2;
        let spans =
            vec![Span { offset: -8, length: half }, Span { offset: 3, length: buckets as u32 - half }];
        let histogram = Histogram {
            schema: Schema::new(3),
            zero_threshold: 2_f64.powi(-128),
            zero_count,
            count: zero_count + counts.iter().sum::<u64>(),
            sum,
            positive: Side { spans, buckets: held.collect() },
            ..Histogram::default()
        };
        (t_ms + random.below(7) as i64 - 3, histogram)
    };
    std::iter::repeat_with(next).take(CHUNK_SAMPLES).collect()
}

fn in_floats(chunk: &[(i64, Histogram)]) -> Vec<(i64, FloatHistogram)> {
    chunk.iter().map(|(t_ms, histogram)| (*t_ms, histogram.to_float())).collect()
}

fn encode<N: HistogramNumber>(samples: &[(i64, NativeHistogram<N>)]) -> Box<[u8]> {
    let mut open = NativeHistogramAppender::<N>::new();
    for (t_ms, histogram) in samples {
        open.append(*t_ms, histogram).expect("well-formed");
    }
    assert_eq!(usize::from(open.samples()), samples.len());
    open.finish()
}

#[expect(clippy::print_stdout, reason = "a bench shows its answer")]
fn print_answer(shape: &str, encoding: Encoding, encoded: &[Box<[u8]>]) {
    let mut columns = ChunkHistograms::new();
    let mut answer = crc32fast::Hasher::new();
    let mut samples = 0;
    for chunk in encoded {
        samples += columns.decode(encoding, chunk).expect("our own chunk");
        for (index, t_ms) in columns.timestamps().iter().enumerate() {
            answer.update(&t_ms.to_be_bytes());
            let numbers = [columns.counts()[index], columns.zero_counts()[index], columns.sums()[index]];
            for number in numbers.iter().chain(columns.positive(index)) {
                answer.update(&number.to_bits().to_be_bytes());
            }
        }
    }
    let len_bytes: usize = encoded.iter().map(|chunk| chunk.len()).sum();
    let sample_bytes = len_bytes as f64 / samples as f64;
    println!("{shape}: {sample_bytes:.2} bytes a sample, answer {:08x}", answer.finalize());
}

/// The same numbers every run: a 64-bit multiplicative congruential generator, its upper bits.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        self.0 ^ self.0 >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        ((self.next() >> 32) * end) >> 32
    }
}

criterion_group!(benches, histogram);
criterion_main!(benches);

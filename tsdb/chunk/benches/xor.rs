//! What a sample of an XOR chunk costs to append and to decode.
//!
//! Four shapes of data, each as many different chunks of 120 samples, so that no branch predictor learns one by
//! heart. Throughput is per sample. Each shape prints, once, how long its samples are and a checksum of what
//! was decoded.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use emberdb_tsdb_chunk::{XorAppender, decode_columns};

const CHUNKS: usize = 500;
const CHUNK_SAMPLES: usize = 120;

type Samples = Vec<(i64, f64)>;

fn xor(c: &mut Criterion) {
    for (shape, next) in SHAPES {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let chunks: Vec<Samples> = (0..CHUNKS).map(|_| next(&mut random)).collect();
        let encoded: Vec<Box<[u8]>> = chunks.iter().map(|chunk| encode(chunk)).collect();
        print_answer(shape, &encoded);

        let mut group = c.benchmark_group(format!("xor/{shape}"));
        group.throughput(Throughput::Elements((CHUNKS * CHUNK_SAMPLES) as u64));
        group.bench_function("encode", |b| {
            b.iter(|| chunks.iter().map(|chunk| encode(black_box(chunk)).len()).sum::<usize>());
        });
        group.bench_function("encode, 16 at a time", |b| {
            b.iter(|| chunks.iter().map(|chunk| encode_runs(black_box(chunk)).len()).sum::<usize>());
        });
        let (mut timestamps, mut values) = (Vec::new(), Vec::new());
        group.bench_function("decode", |b| {
            b.iter(|| {
                for chunk in &encoded {
                    timestamps.clear();
                    values.clear();
                    decode_columns(black_box(chunk), &mut timestamps, &mut values).expect("our own chunk");
                    black_box((&timestamps, &values));
                }
            });
        });
        group.finish();
    }
}

/// A shape's name and how one chunk of it is made.
type Shape = (&'static str, fn(&mut Random) -> Samples);

const SHAPES: [Shape; 4] = [
    ("jittery counter", |random| {
        let (mut t_ms, mut value) = (start_ms(random), random.below(1_000_000));
        chunk(|| {
            value += random.below(40);
            t_ms += 15_000;
            (t_ms + random.below(7) as i64 - 3, value as f64)
        })
    }),
    ("constant gauge", |random| {
        let (mut t_ms, value) = (start_ms(random), random.below(1_000) as f64);
        chunk(|| {
            t_ms += 15_000;
            (t_ms, value)
        })
    }),
    ("stepping gauge", |random| {
        let (mut t_ms, mut value) = (start_ms(random), random.below(1_000_000) * 4096);
        chunk(|| {
            t_ms += 15_000;
            if random.below(4) == 0 {
                value = value + 409_600 - random.below(200) * 4096;
            }
            (t_ms, value as f64)
        })
    }),
    ("random floats", |random| {
        let mut t_ms = start_ms(random);
        chunk(|| {
            t_ms += 15_000;
            let value = random.next() as f64 / u64::MAX as f64;
            (t_ms + random.below(7) as i64 - 3, value)
        })
    }),
];

fn chunk(next: impl FnMut() -> (i64, f64)) -> Samples {
    std::iter::repeat_with(next).take(CHUNK_SAMPLES).collect()
}

fn start_ms(random: &mut Random) -> i64 {
    1_700_000_000_000 + random.below(15_000) as i64
}

fn encode(samples: &[(i64, f64)]) -> Box<[u8]> {
    let mut open = XorAppender::new();
    for &(t_ms, value) in samples {
        open.append(t_ms, value).expect("below the limit");
    }
    open.finish()
}

/// The same, as a log that is read back brings them.
fn encode_runs(samples: &[(i64, f64)]) -> Box<[u8]> {
    let mut open = XorAppender::new();
    let (first, behind) = samples.split_at(2);
    first.iter().for_each(|&(t_ms, value)| open.append(t_ms, value).expect("below the limit"));
    for run in behind.chunks(16) {
        assert_eq!(open.append_run(run, usize::MAX), run.len());
    }
    open.finish()
}

#[expect(clippy::print_stdout, reason = "a bench shows its answer")]
fn print_answer(shape: &str, encoded: &[Box<[u8]>]) {
    let (mut timestamps, mut values) = (Vec::new(), Vec::new());
    let mut answer = crc32fast::Hasher::new();
    for chunk in encoded {
        decode_columns(chunk, &mut timestamps, &mut values).expect("our own chunk");
    }
    timestamps.iter().for_each(|t_ms| answer.update(&t_ms.to_be_bytes()));
    values.iter().for_each(|value| answer.update(&value.to_bits().to_be_bytes()));
    let len_bytes: usize = encoded.iter().map(|chunk| chunk.len()).sum();
    let sample_bytes = len_bytes as f64 / timestamps.len() as f64;
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

criterion_group!(benches, xor);
criterion_main!(benches);

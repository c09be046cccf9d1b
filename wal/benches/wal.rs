//! Writing commits of 10 000 samples, and the way of samples and of native histograms into and out of a record.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use emberdb_env::Env;
use emberdb_histogram::{FloatHistogram, Histogram, NativeHistogram, Schema, Side, Span};
use emberdb_wal::{
    Compression, HistogramDecoder, RecordNumber, RefSample, RefStamp, WalOptions, WalWriter, decode_samples,
    encode_histograms, encode_samples,
};

/// A scrape of a large target.
const SAMPLES_PER_COMMIT: usize = 10_000;

/// Commits to one log before it is thrown away: few enough that no segment gets full, since that costs an fsync.
const COMMITS: usize = 50;

/// Counters of which most have moved on by a whole number, all scraped at one time.
fn commit(number: usize) -> Vec<RefSample> {
    (0..SAMPLES_PER_COMMIT)
        .map(|series| RefSample {
            series_ref: series as u64 + 1,
            timestamp_ms: 1_700_000_000_000 + 15_000 * number as i64,
            value: ((series * 37) % 1000 + number * (series % 7)) as f64,
        })
        .collect()
}

fn records() -> Vec<Vec<u8>> {
    let encode = |number| {
        let mut record = Vec::new();
        encode_samples(commit(number), &mut record);
        record
    };
    (0..COMMITS).map(encode).collect()
}

/// A log in a directory of its own, removed with it.
struct Log {
    env: Env,
    dir: PathBuf,
    writer: WalWriter,
}

impl Log {
    fn new(env: &Env, compression: Compression) -> Self {
        let dir = env.fs().create_temp_dir("emberdb-wal-bench").expect("a temporary directory");
        let options = WalOptions { compression, ..WalOptions::default() };
        let writer = WalWriter::open(env, &dir, options).expect("an empty log opens");
        Self { env: env.clone(), dir, writer }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.env.fs().remove_dir_all(&self.dir).expect("the directory is ours");
    }
}

fn write(criterion: &mut Criterion) {
    let env = Env::real();
    let records = records();
    let record_bytes: usize = records.iter().map(Vec::len).sum();
    println!(
        "{COMMITS} commits of {SAMPLES_PER_COMMIT} samples are {record_bytes} bytes of records, crc32 {:08x}",
        crc32fast::hash(&records.concat())
    );
    for (name, compression) in [("none", Compression::None), ("snappy", Compression::Snappy)] {
        let mut log = Log::new(&env, compression);
        records.iter().for_each(|record| log.writer.log(&[record]).expect("the disk takes it"));
        println!("with compression {name} they are {} bytes on disk", log.writer.segment_bytes());
        drop(log);
        for (unit, throughput) in [
            ("samples", Throughput::Elements((COMMITS * SAMPLES_PER_COMMIT) as u64)),
            ("bytes", Throughput::Bytes(record_bytes as u64)),
        ] {
            let mut group = criterion.benchmark_group("write");
            group.throughput(throughput).sample_size(20);
            group.bench_function(format!("{name}/{unit}"), |bencher| {
                bencher.iter_batched(
                    || Log::new(&env, compression),
                    |mut log| {
                        for record in &records {
                            log.writer.log(&[black_box(record)]).expect("the disk takes it");
                        }
                        log
                    },
                    BatchSize::PerIteration,
                );
            });
            group.finish();
        }
    }
}

fn codec(criterion: &mut Criterion) {
    let samples = commit(3);
    let (mut record, mut decoded) = (Vec::new(), Vec::new());
    encode_samples(samples.iter().copied(), &mut record);
    decode_samples(&record, &mut decoded).expect("it was just encoded");
    assert_eq!(decoded, samples);
    println!("a record of {} samples has {} bytes", samples.len(), record.len());
    let mut group = criterion.benchmark_group("samples");
    group.throughput(Throughput::Elements(samples.len() as u64));
    group.bench_function("encode", |bencher| {
        bencher.iter(|| {
            record.clear();
            encode_samples(black_box(&samples).iter().copied(), &mut record);
            record.len()
        });
    });
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            decoded.clear();
            decode_samples(black_box(&record), &mut decoded).expect("it was just encoded");
            decoded.len()
        });
    });
    group.finish();
}

/// A scrape of a target with this many native histograms.
const HISTOGRAMS_PER_COMMIT: usize = 1_000;

/// Latencies in two spans of 40 buckets together, each a little different.
fn latencies(series: usize) -> Histogram {
    let counts = (0..40_i64).map(|bucket| 1 + (bucket * 13 + series as i64) % 29 * (40 - bucket));
    let mut before = 0;
    let buckets: Vec<i64> = counts.map(|count| count - std::mem::replace(&mut before, count)).collect();
    Histogram {
        schema: Schema::new(3),
        zero_threshold: 1e-9,
        count: 10_000 + series as u64,
        sum: 17.25 * series as f64,
        positive: Side {
            spans: vec![Span { offset: -24, length: 30 }, Span { offset: 5, length: 10 }],
            buckets,
        },
        ..Histogram::default()
    }
}

fn record_of<N: RecordNumber>(histograms: &[NativeHistogram<N>]) -> Vec<u8> {
    let (mut record, mut record_custom) = (Vec::new(), Vec::new());
    let stamped = histograms.iter().enumerate().map(|(series, histogram)| {
        let stamp = RefStamp {
            series_ref: series as u64 + 1,
            timestamp_ms: 1_700_000_000_000,
            ..RefStamp::default()
        };
        (stamp, histogram)
    });
    encode_histograms(stamped, &mut record, &mut record_custom);
    assert!(record_custom.is_empty(), "these have no custom bounds");
    record
}

/// Reads a record into one histogram, one after the other; `see` gets each.
fn decode<N: RecordNumber>(
    record: &[u8],
    histogram: &mut NativeHistogram<N>,
    mut see: impl FnMut(RefStamp, &NativeHistogram<N>),
) {
    let mut decoder = HistogramDecoder::new(record).expect("it was just encoded");
    while let Some(stamp) = decoder.next_histogram(histogram).expect("it was just encoded") {
        see(stamp, histogram);
    }
}

fn histogram_record<N: RecordNumber>(
    criterion: &mut Criterion,
    name: &str,
    histograms: &[NativeHistogram<N>],
    bucket_bits: fn(&N) -> u64,
) {
    let record = record_of(histograms);
    let mut decoded = NativeHistogram::<N>::default();
    let (mut hasher, mut buckets) = (crc32fast::Hasher::new(), 0);
    decode(&record, &mut decoded, |stamp, histogram| {
        hasher.update(&stamp.series_ref.to_be_bytes());
        hasher.update(&histogram.sum.to_bits().to_be_bytes());
        histogram
            .positive
            .buckets
            .iter()
            .for_each(|bucket| hasher.update(&bucket_bits(bucket).to_be_bytes()));
        buckets += histogram.positive.buckets.len();
    });
    println!(
        "a record of {} {name} histograms has {} bytes; decoded they are {buckets} buckets, crc32 {:08x}",
        histograms.len(),
        record.len(),
        hasher.finalize()
    );
    let mut group = criterion.benchmark_group("histograms");
    group.throughput(Throughput::Elements(histograms.len() as u64));
    group.bench_function(format!("decode/{name}"), |bencher| {
        bencher.iter(|| {
            let mut buckets = 0;
            decode(black_box(&record), &mut decoded, |_, histogram| {
                buckets += histogram.positive.buckets.len();
            });
            buckets
        });
    });
    group.finish();
}

fn histogram_codec(criterion: &mut Criterion) {
    let integers: Vec<Histogram> = (0..HISTOGRAMS_PER_COMMIT).map(latencies).collect();
    let floats: Vec<FloatHistogram> = integers.iter().map(Histogram::to_float).collect();
    histogram_record(criterion, "integer", &integers, |&difference| difference as u64);
    histogram_record(criterion, "float", &floats, |count| count.to_bits());
}

criterion_group!(benches, write, codec, histogram_codec);
criterion_main!(benches);

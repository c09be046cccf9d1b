//! What a sample costs to append: by reference, by labels, and by reference with a log that is not compressed.
//!
//! And what a commit costs: small ones, by one and by eight threads at the same time, for each choice of when they are durable.
//!
//! Each commit of the first holds one sample of each of 10 000 series, 15 s apart: what a scraper of a hundred targets does. The
//! write-ahead log is on, without fsync per commit. Run by `cargo test` it is tiny.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use emberdb::{Db, DbOptions, Durability, Env, Labels, SeriesRef};

/// Whether this is a measurement and not a test that the bench works.
fn measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

fn series_count() -> usize {
    if measuring() { 10_000 } else { 100 }
}

fn labels(series: usize) -> Labels {
    let (job, instance) = (format!("job-{}", series % 10), format!("instance-{series}:9100"));
    Labels::new([("__name__", "requests_total"), ("instance", &instance), ("job", &job)])
        .expect("valid labels")
}

/// A database in a directory of its own, and the next time to append at.
struct Bench {
    db: Db,
    dir: std::path::PathBuf,
    labels: Vec<Labels>,
    refs: Vec<SeriesRef>,
    round: i64,
}

impl Bench {
    fn new(options: DbOptions) -> Self {
        let dir = Env::real().fs().create_temp_dir("emberdb-bench").expect("a temporary directory");
        let db = Db::open(&dir, options).expect("an empty directory opens");
        let labels: Vec<Labels> = (0..series_count()).map(labels).collect();
        let mut bench = Self { db, dir, labels, refs: Vec::new(), round: 0 };
        let mut appender = bench.db.appender().expect("the database is open");
        let refs = bench.labels.iter().map(|l| appender.append(l, 0, 0.0).expect("in order")).collect();
        let _ = appender.commit().expect("the log can be written");
        bench.refs = refs;
        bench
    }

    fn commit_by_ref(&mut self) -> usize {
        self.round += 1;
        let mut appender = self.db.appender().expect("the database is open");
        for (i, &series) in self.refs.iter().enumerate() {
            appender
                .append_ref(series, self.round * 15_000, (self.round * (i as i64 % 7)) as f64)
                .expect("in order");
        }
        appender.commit().expect("the log can be written").samples
    }

    fn commit_by_labels(&mut self) -> usize {
        self.round += 1;
        let mut appender = self.db.appender().expect("the database is open");
        for (i, labels) in self.labels.iter().enumerate() {
            appender
                .append(labels, self.round * 15_000, (self.round * (i as i64 % 7)) as f64)
                .expect("in order");
        }
        appender.commit().expect("the log can be written").samples
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.db.close();
        let _ = Env::real().fs().remove_dir_all(&self.dir);
    }
}

fn uncompressed() -> DbOptions {
    let mut options = DbOptions::default();
    options.storage.wal_compression = emberdb::tsdb::Compression::None;
    options
}

fn append(c: &mut Criterion) {
    let mut group = c.benchmark_group("append");
    group.throughput(Throughput::Elements(series_count() as u64)).sample_size(20);
    let commits = if measuring() { 20 } else { 1 };
    group.throughput(Throughput::Elements((commits * series_count()) as u64));
    let mut run = |name: &str, options: fn() -> DbOptions, commit: fn(&mut Bench) -> usize| {
        group.bench_function(name, |b| {
            b.iter_batched_ref(
                || Bench::new(options()),
                |bench| (0..commits).map(|_| commit(bench)).sum::<usize>(),
                BatchSize::PerIteration,
            );
        });
    };
    run("by reference", DbOptions::default, Bench::commit_by_ref);
    run("by reference, log uncompressed", uncompressed, Bench::commit_by_ref);
    run("by labels", DbOptions::default, Bench::commit_by_labels);
    group.finish();
}

/// Commits of ten samples each, by `committers` threads.
fn commit_together(bench: &mut Bench, committers: usize, commits: i64) {
    let first = bench.round + 1;
    bench.round += commits;
    let commit = |refs: Vec<SeriesRef>| {
        let db = bench.db.clone();
        move || {
            for round in first..first + commits {
                let mut appender = db.appender().expect("the database is open");
                for &series in &refs {
                    appender.append_ref(series, round * 15_000, 1.0).expect("in order");
                }
                let _ = appender.commit().expect("the log can be written");
            }
        }
    };
    let threads: Vec<_> = bench
        .refs
        .chunks(10)
        .take(committers)
        .map(|refs| Env::real().spawn("committer", commit(refs.to_vec())).expect("a thread"))
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("it does not panic"));
}

fn commit(c: &mut Criterion) {
    let mut group = c.benchmark_group("commit");
    group.sample_size(10);
    let commits = if measuring() { 100 } else { 2 };
    let choices = [
        ("never", Durability::Never),
        ("every second", Durability::EVERY_SECOND),
        ("every commit", Durability::EveryCommit),
    ];
    for (name, durability) in choices {
        for committers in [1, 8] {
            let mut options = DbOptions::default();
            options.storage.durability = durability;
            let mut bench = Bench::new(options);
            group.throughput(Throughput::Elements(committers as u64 * commits as u64));
            group.bench_function(format!("{name}, {committers} at a time"), |b| {
                b.iter(|| commit_together(&mut bench, committers, commits));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, append, commit);
criterion_main!(benches);

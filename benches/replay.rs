//! What a sample costs to come back: opening a directory of which nothing is in blocks.
//!
//! The log holds 10 000 series of 1000 samples, 15 s apart, in commits of one sample of each series: four hours of a scraper of
//! a hundred targets; or 200 000 series of 50 samples, which are not in the processor's caches. Nothing but the log is read: by one
//! thread, and by one that reads and more that put samples into their series. Run by `cargo test` it is tiny.

use std::path::PathBuf;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use emberdb::storage::Appendable;
use emberdb::{Env, Labels, Maintained, SeriesRef, Tsdb, TsdbOptions};

/// Whether this is a measurement and not a test that the bench works.
fn measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Numbers of series and of samples of each.
fn sizes() -> [(usize, i64); 2] {
    if measuring() { [(10_000, 1000), (200_000, 50)] } else { [(600, 5), (900, 3)] }
}

fn labels(series: usize) -> Labels {
    let (job, instance) = (format!("job-{}", series % 10), format!("instance-{series}:9100"));
    Labels::new([("__name__", "requests_total"), ("instance", &instance), ("job", &job)])
        .expect("valid labels")
}

fn options() -> TsdbOptions {
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    // Nothing becomes a block, so that all is replayed.
    options.block_range_ms = 24 * 60 * 60 * 1000;
    options
}

/// A directory with a log, which is removed at the end.
struct Logged {
    dir: PathBuf,
    samples: u64,
}

impl Logged {
    fn new(series: usize, samples: i64) -> Self {
        let dir = Env::real().fs().create_temp_dir("emberdb-bench").expect("a temporary directory");
        let db = Tsdb::open(&Env::real(), &dir, options()).expect("an empty directory opens");
        let mut refs: Vec<SeriesRef> = Vec::new();
        for round in 0..samples {
            let mut appender = db.appender().expect("the database is open");
            let t_ms = round * 15_000;
            if refs.is_empty() {
                let append = |s| appender.append(&labels(s), t_ms, 0.0).expect("in order");
                refs = (0..series).map(append).collect();
            } else {
                for (&series, s) in refs.iter().zip(0..) {
                    appender.append_ref(series, t_ms, (round * (s % 7)) as f64).expect("in order");
                }
            }
            let _ = appender.commit().expect("the log can be written");
        }
        db.close().expect("the log can be written");
        Self { dir, samples: series as u64 * samples as u64 }
    }

    fn open(&self, options: TsdbOptions) -> Tsdb {
        let db =
            Tsdb::open_read_only(&Env::real(), &self.dir, options).expect("the directory was closed well");
        assert_eq!(db.replay_report().samples, self.samples);
        db
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        let _ = Env::real().fs().remove_dir_all(&self.dir);
    }
}

fn replay(c: &mut Criterion) {
    for (series, samples) in sizes() {
        let logged = Logged::new(series, samples);
        let mut group = c.benchmark_group(format!("replay/{series} series"));
        group.throughput(Throughput::Elements(logged.samples)).sample_size(10);
        for threads in [1, 2, 4] {
            let mut options = options();
            options.replay_threads = Some(threads);
            let open = || logged.open(options.clone());
            group.bench_function(format!("{threads} threads"), |b| b.iter_with_large_drop(open));
        }
        group.finish();
    }
}

criterion_group!(benches, replay);
criterion_main!(benches);

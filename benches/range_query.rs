//! One dashboard panel: `sum by (job) (rate(m[5m]))` over 10 000 counters and one hour at 15 s, 241 steps.
//!
//! Prints once a checksum of the answer, and how much memory the query took beyond what the database holds. Run by
//! `cargo test` it is tiny.
#![expect(clippy::print_stderr, reason = "a bench says what it measured")]
#![expect(clippy::disallowed_methods, reason = "memory is asked of the system, not of the seam")]

use criterion::{Criterion, criterion_group, criterion_main};
use emberdb::{Db, DbOptions, Env, Labels};

const SAMPLES: i64 = 240;
const STEP_MS: i64 = 15_000;

fn measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

fn fill(db: &Db, series_count: usize) {
    let labels = |i: usize| {
        let (job, instance) = (format!("job-{}", i % 10), format!("instance-{i}:9100"));
        Labels::new([("__name__", "m"), ("instance", &instance), ("job", &job)]).expect("valid labels")
    };
    let mut refs = Vec::new();
    for round in 0..SAMPLES {
        let mut appender = db.appender().expect("the database is open");
        for i in 0..series_count {
            // A counter that grows unevenly, scraped with a jitter of a few milliseconds; a few restart.
            let noise = (round * 31 + i as i64 * 17) % 23;
            let restarts = i % 50 == 0 && round >= 120;
            let value = if restarts { round - 120 } else { round } * 40 + noise;
            let t_ms = round * STEP_MS + (i as i64 + round) % 5;
            match refs.get(i) {
                Some(&series) => appender.append_ref(series, t_ms, value as f64).expect("in order"),
                None => refs.push(appender.append(&labels(i), t_ms, value as f64).expect("in order")),
            }
        }
        let _ = appender.commit().expect("the log can be written");
    }
}

/// A figure of `/proc/self/status` in KiB; absent where there is no such file.
fn status_kib(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix(field))?.split_whitespace().nth(1)?.parse().ok()
}

/// The most memory in use while `body` runs, beyond what was in use before, in KiB.
fn peak_kib(body: impl FnOnce()) -> Option<u64> {
    // Sets the high-water mark back to what is in use now, where the system lets a process do that.
    let was_set_back = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = status_kib("VmRSS:");
    body();
    let peak = status_kib("VmHWM:").filter(|_| was_set_back);
    Some(peak?.saturating_sub(before?))
}

fn range_query(c: &mut Criterion) {
    let series_count = if measuring() { 10_000 } else { 50 };
    let dir = Env::real().fs().create_temp_dir("emberdb-bench").expect("a temporary directory");
    let db = Db::open(&dir, DbOptions::default()).expect("an empty directory opens");
    fill(&db, series_count);
    let end_ms = SAMPLES * STEP_MS;
    let ask = || db.query_range("sum by (job) (rate(m[5m]))", 0, end_ms, STEP_MS).expect("a good query");

    let mut json = String::new();
    let peak = peak_kib(|| json = ask().value.to_json());
    let stats = db.stats();
    eprintln!(
        "answer crc32 {:08x}, {} bytes; the database holds {} KiB, the query took {} KiB beyond",
        crc32fast::hash(json.as_bytes()),
        json.len(),
        stats.heap_bytes / 1024,
        peak.map_or("an unknown number of".into(), |kib| kib.to_string()),
    );
    let mut group = c.benchmark_group("range query");
    group.sample_size(20);
    group.bench_function("sum by (job) (rate(m[5m])), 10 000 series x 241 steps", |b| b.iter(ask));
    group.finish();
    db.close().expect("the log can be written");
    let _ = Env::real().fs().remove_dir_all(&dir);
}

criterion_group!(benches, range_query);
criterion_main!(benches);

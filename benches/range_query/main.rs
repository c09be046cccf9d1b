//! One dashboard panel: `sum by (job) (rate(m[5m]))` over 10 000 counters and one hour at 15 s, 241 steps.
//!
//! Prints once a checksum of the answer, and how much memory the query took beyond what the database holds. If there is
//! a `prometheus` in the path, it is started on a copy of the directory and asked the same in turns, and the values of
//! both answers are compared. Run by
//! `cargo test` it is tiny.
#![expect(clippy::print_stderr, reason = "a bench says what it measured")]
#![expect(clippy::disallowed_methods, reason = "memory is asked of the system, not of the seam")]

mod answer;
mod peer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use answer::Answer;
use criterion::{Criterion, criterion_group, criterion_main};
use emberdb::{Db, DbOptions, Env, Labels};
use peer::Prometheus;

const SAMPLES: i64 = 240;
const STEP_MS: i64 = 15_000;

/// How often Prometheus is asked.
const ROUNDS: usize = 9;

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
            // Far from zero at first: how far a counter is extrapolated to where it was zero has changed with version 3.
            let value = if restarts { round - 120 } else { round + 25_000 } * 40 + noise;
            // Never at a step: before version 3 Prometheus' windows had the sample at their start, too.
            let t_ms = round * STEP_MS + 1 + (i as i64 + round) % 5;
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
    status.lines().find_map(|line| line.strip_prefix(field))?.split_whitespace().next()?.parse().ok()
}

/// The most memory in use while `body` runs, beyond what was in use before, in KiB: looked at every millisecond. `None`
/// where that cannot be looked at.
fn peak_kib(env: &Env, body: impl FnOnce()) -> Option<u64> {
    let Some(before) = status_kib("VmRSS:") else {
        body();
        return None;
    };
    let is_done = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&is_done);
    let clock = env.clone();
    let watcher = env.spawn("watcher", move || {
        let mut peak = before;
        while !watched.load(Ordering::Relaxed) {
            peak = peak.max(status_kib("VmRSS:").unwrap_or(0));
            clock.clock().sleep(Duration::from_millis(1));
        }
        peak.max(status_kib("VmRSS:").unwrap_or(0))
    });
    body();
    is_done.store(true, Ordering::Relaxed);
    let peak = watcher.ok()?.join().ok()?;
    Some(peak.saturating_sub(before))
}

/// Asks Prometheus and the database in turns, and prints both times and their ratio: what the machine does besides
/// happens to both.
fn beside_prometheus(env: &Env, dir: &Path, end_ms: i64, json: &str, ask: impl Fn()) {
    let Some(peer) = Prometheus::start(dir, env) else {
        eprintln!("skipped: no prometheus in the path to compare with");
        return;
    };
    let path = format!(
        "/api/v1/query_range?query=sum+by+(job)+(rate(m[5m]))&start=0&end={}&step={}",
        end_ms / 1000,
        STEP_MS / 1000
    );
    let answer = peer.ask(&path).expect("a good query");
    eprintln!("beside Prometheus: {}", Answer::of(json).compare(&Answer::of(&answer)));
    let time = |body: &dyn Fn()| {
        let started = env.clock().monotonic();
        body();
        (env.clock().monotonic() - started).as_secs_f64()
    };
    let mut rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| {
            let theirs = time(&|| drop(peer.ask(&path).expect("a good query")));
            (theirs, time(&ask))
        })
        .collect();
    rounds.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let best = |side: fn(&(f64, f64)) -> f64| rounds.iter().map(side).fold(f64::INFINITY, f64::min);
    let (theirs, ours) = rounds[ROUNDS / 2];
    eprintln!(
        "beside Prometheus, {ROUNDS} rounds: best {:.0} ms against {:.0} ms; median of ratios {:.1}",
        best(|r| r.0) * 1e3,
        best(|r| r.1) * 1e3,
        theirs / ours,
    );
}

fn range_query(c: &mut Criterion) {
    let series_count = if measuring() { 10_000 } else { 50 };
    let env = Env::real();
    let dir = env.fs().create_temp_dir("emberdb-bench").expect("a temporary directory");
    let db = Db::open(&dir, DbOptions::default()).expect("an empty directory opens");
    fill(&db, series_count);
    let end_ms = SAMPLES * STEP_MS;
    let ask = || db.query_range("sum by (job) (rate(m[5m]))", 0, end_ms, STEP_MS).expect("a good query");

    let mut json = String::new();
    let peak = peak_kib(&env, || json = ask().value.to_json());
    let stats = db.stats();
    eprintln!(
        "answer crc32 {:08x}, {} bytes; the database holds {} KiB, the query took {} KiB beyond",
        crc32fast::hash(json.as_bytes()),
        json.len(),
        stats.heap_bytes / 1024,
        peak.map_or("an unknown number of".into(), |kib| kib.to_string()),
    );
    if measuring() {
        beside_prometheus(&env, &dir, end_ms, &json, || drop(ask()));
    }
    let mut group = c.benchmark_group("range query");
    group.sample_size(20);
    group.bench_function("sum by (job) (rate(m[5m])), 10 000 series x 241 steps", |b| b.iter(ask));
    group.finish();
    db.close().expect("the log can be written");
    let _ = env.fs().remove_dir_all(&dir);
}

criterion_group!(benches, range_query);
criterion_main!(benches);

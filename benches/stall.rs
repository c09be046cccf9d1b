//! How long compaction keeps others waiting.
//!
//! A database of 100 000 series gets samples of four hours, a minute apart, so that its head is to become a block, and twenty late ones each,
//! which become another. While a thread does that and all that goes with it, one appends scrapes of a hundred series each, and one asks for a series of now; each notes how long
//! every call took. Then both go on for as long without compaction, so that it shows what of the longest calls is the machine's. It
//! is not what criterion measures, as the longest call counts and not the typical one. Run by `cargo test` it is tiny.
#![expect(clippy::disallowed_methods, reason = "what waits is timed with the system's clock")]
#![expect(clippy::print_stdout, reason = "the numbers are what a bench is for")]

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use emberdb::{Db, DbOptions, Env, Labels, Maintained, SeriesRef};

const MINUTE_MS: i64 = 60_000;

/// Minutes of samples before it begins: the head becomes a block when it has three hours.
const MINUTES: i64 = 4 * 60;

/// Late samples of each series.
const LATE: i64 = 20;

/// Series in a scrape.
const SCRAPE_SERIES: usize = 100;

/// Number of series.
fn series_count() -> usize {
    if std::env::args().any(|argument| argument == "--bench") { 100_000 } else { 300 }
}

fn labels(series: usize) -> Labels {
    let (job, instance) = (format!("job-{}", series % 10), format!("instance-{series}:9100"));
    Labels::new([("__name__", "requests_total"), ("instance", &instance), ("job", &job)])
        .expect("valid labels")
}

/// Commits a sample of each of `series`; returns how long that took.
fn commit(db: &Db, series: &[SeriesRef], t_ms: i64) -> Duration {
    let started = Instant::now();
    let mut appender = db.appender().expect("the database is open");
    for &series in series {
        appender.append_ref(series, t_ms, (t_ms / 1000) as f64).expect("in order");
    }
    let _ = appender.commit().expect("the log can be written");
    started.elapsed()
}

/// Asks for the newest sample of a series; returns how long that took.
fn ask(db: &Db, series: usize, t_ms: i64) -> Duration {
    let started = Instant::now();
    let query = format!("requests_total{{instance=\"instance-{series}:9100\"}}");
    let answer = db.query(&query, t_ms).expect("a query that is right");
    assert!(!answer.value.to_string().is_empty());
    started.elapsed()
}

/// The longest calls, in words.
fn print(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
    println!(
        "{what}: {} calls, half within {:.2?}, 99.9 % within {:.2?}, the longest {:.2?}",
        took.len(),
        at(0.5),
        at(0.999),
        at(1.0)
    );
}

/// Appends and asks until `is_done`.
fn go_on(db: &Db, series: &[SeriesRef], now_ms: &AtomicI64, is_done: &AtomicBool, what: &str) {
    let (mut committed, mut asked) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                let t_ms = now_ms.fetch_add(1000, Ordering::Relaxed) + 1000;
                for scrape in series.chunks(SCRAPE_SERIES) {
                    committed.push(commit(db, scrape, t_ms));
                    if is_done.load(Ordering::Relaxed) {
                        break;
                    }
                    // A service has other things to do, too.
                    std::thread::sleep(Duration::from_micros(200));
                }
            }
        });
        for number in 0.. {
            asked.push(ask(db, number * 7919 % series.len(), now_ms.load(Ordering::Relaxed)));
            std::thread::sleep(Duration::from_micros(500));
            if is_done.load(Ordering::Relaxed) {
                break;
            }
        }
    });
    print(&format!("{what}, commits of {SCRAPE_SERIES} samples"), committed);
    print(&format!("{what}, queries"), asked);
}

fn main() {
    let dir = Env::real().fs().create_temp_dir("emberdb-bench").expect("a temporary directory");
    let mut options = DbOptions::default();
    options.storage.maintenance = Maintained::ByCaller;
    options.storage.out_of_order_window_ms = MINUTES * MINUTE_MS;
    let db = Db::open(&dir, options).expect("an empty directory opens");
    let mut appender = db.appender().expect("the database is open");
    let append = |series| appender.append(&labels(series), 0, 0.0).expect("in order");
    let series: Vec<SeriesRef> = (0..series_count()).map(append).collect();
    let _ = appender.commit().expect("the log can be written");
    for minute in 1..MINUTES {
        commit(&db, &series, minute * MINUTE_MS);
    }
    for minute in 1..=LATE {
        commit(&db, &series, minute * MINUTE_MS + 1);
    }
    let (now_ms, is_done) = (AtomicI64::new((MINUTES - 1) * MINUTE_MS), AtomicBool::new(false));
    let compaction = std::thread::scope(|scope| {
        let compaction = scope.spawn(|| {
            let started = Instant::now();
            let (mut from_head, mut from_late) = (0, 0);
            // What is late has its turn when nobody reads what went before, and is forgotten when nobody reads it.
            while from_late == 0 {
                let report = db.storage().maintain().expect("the directory can be written");
                from_head += report.blocks_from_head.len();
                from_late += report.blocks_from_late.len();
            }
            let _ = db.storage().maintain().expect("the directory can be written");
            assert!(from_head > 0);
            is_done.store(true, Ordering::Relaxed);
            started.elapsed()
        });
        go_on(&db, &series, &now_ms, &is_done, "while compaction runs");
        compaction.join().expect("compaction does not panic")
    });
    println!("compaction of {} series took {compaction:.2?}", series.len());
    is_done.store(false, Ordering::Relaxed);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(compaction);
            is_done.store(true, Ordering::Relaxed);
        });
        go_on(&db, &series, &now_ms, &is_done, "without it");
    });
    db.close().expect("the log can be written");
    let _ = Env::real().fs().remove_dir_all(&dir);
}

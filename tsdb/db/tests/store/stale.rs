//! Series that have ended go into blocks before their time, if that is asked for.

use emberdb_histogram::Histogram;
use emberdb_model::STALE_NAN;
use emberdb_tsdb_db::Maintained;

use super::histograms::{Series, assert_same, read_all};
use super::*;

const MINUTE_MS: i64 = 60_000;

fn reopen(dir: &Path, stale_series_ratio: Option<f64>) -> Tsdb {
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    options.stale_series_ratio = stale_series_ratio;
    Tsdb::open(&Env::real(), dir, options).unwrap()
}

/// An hour of five series, one of them of histograms; the last three end with it.
fn an_hour(db: &Tsdb) {
    for minute in 0..=60 {
        let mut appender = db.appender().unwrap();
        for job in ["a", "b", "c", "d"] {
            let has_ended = minute == 60 && matches!(job, "c" | "d");
            let value = if has_ended { STALE_NAN } else { minute as f64 };
            appender.append(&labels("m", job), minute * MINUTE_MS, value).unwrap();
        }
        if minute == 60 {
            appender.append(&labels("h", "e"), minute * MINUTE_MS, STALE_NAN).unwrap();
        } else {
            let histogram =
                Histogram { count: 1 + minute as u64, zero_count: 1 + minute as u64, ..Histogram::default() };
            appender.append_histogram(&labels("h", "e"), minute * MINUTE_MS, &histogram).unwrap();
        }
        assert!(appender.commit().unwrap().rejected.is_empty());
    }
}

fn assert_all(db: &Tsdb, expected: &[Series]) {
    let found = read_all(db, TimeRange::ALL);
    assert_eq!(found.len(), expected.len());
    for ((found_labels, found), (expected_labels, expected)) in found.iter().zip(expected) {
        assert_eq!(found_labels, expected_labels);
        assert_same(found, expected, found_labels);
    }
}

#[test]
fn ended_series_leave_the_head() {
    let dir = TempDir::new();
    let db = reopen(&dir.path, Some(0.6));
    an_hour(&db);
    let before = read_all(&db, TimeRange::ALL);
    let report = db.maintain().unwrap();
    let [block] = &report.blocks_from_stale[..] else { panic!("one block: {report:?}") };
    assert_eq!((block.stats.num_series, block.stats.num_samples), (3, 3 * 61));
    assert_eq!(block.compaction.hints, ["from-stale-series"]);
    assert_eq!(db.stats().samples, 2 * 61, "the others are where they were");
    assert_all(&db, &before);
    assert!(db.maintain().unwrap().blocks_from_stale.is_empty(), "they are gone");
    db.close().unwrap();

    // They do not come back with the log, and what goes on in the head is still taken from it.
    let db = reopen(&dir.path, Some(0.6));
    assert_all(&db, &before);
    put(&db, &labels("m", "c"), &[(70 * MINUTE_MS, 7.0)]);
    put(&db, &labels("m", "a"), &[(70 * MINUTE_MS, 8.0)]);
    db.close().unwrap();
    let db = reopen(&dir.path, None);
    let of = |job: &str| dump(&db).into_iter().find(|(l, _)| *l == labels("m", job).to_string()).unwrap().1;
    for (job, value) in [("c", 7.0_f64), ("a", 8.0)] {
        assert_eq!(of(job).len(), 62, "{job}");
        assert_eq!(of(job).last(), Some(&(70 * MINUTE_MS, value.to_bits())));
    }
}

#[test]
fn few_ended_series_stay() {
    for ratio in [None, Some(0.61)] {
        let dir = TempDir::new();
        let db = reopen(&dir.path, ratio);
        an_hour(&db);
        assert!(db.maintain().unwrap().blocks_from_stale.is_empty(), "{ratio:?}");
        assert_eq!(db.stats().samples, 5 * 61);
    }
}

#[test]
fn a_series_that_goes_on_stays() {
    let dir = TempDir::new();
    let db = reopen(&dir.path, Some(0.6));
    an_hour(&db);
    let querier = db.querier().unwrap();
    let mut symbols = SymbolTable::new();
    let held = querier.select(&[], TimeRange::ALL, &mut symbols).unwrap();
    assert_eq!(db.maintain().unwrap().blocks_from_stale.len(), 1);
    put(&db, &labels("m", "c"), &[(61 * MINUTE_MS, 7.0)]);
    drop((held, querier));
    let _ = db.maintain().unwrap();
    assert_eq!(db.stats().samples, 2 * 61 + 62, "two have gone, and one came back in time");
    let expected = dump(&db);
    db.close().unwrap();
    assert_eq!(dump(&reopen(&dir.path, None)), expected);
}

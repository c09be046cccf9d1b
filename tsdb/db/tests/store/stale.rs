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

/// What has ended has a newest sample still: what is older is refused, as it was when that sample was in memory. Taken, it would be hidden
/// after a restart by what the log says has gone.
#[test]
fn what_has_gone_is_still_newer() {
    let dir = TempDir::new();
    let mut db = reopen(&dir.path, Some(0.6));
    an_hour(&db);
    assert_eq!(db.maintain().unwrap().blocks_from_stale.len(), 1);
    for round in ["at once", "after a restart"] {
        for t_ms in [59 * MINUTE_MS, 60 * MINUTE_MS] {
            let refused = put(&db, &labels("m", "c"), &[(t_ms, 7.5)]);
            let is_known =
                matches!(refused[..], [AppendError::OutOfOrder { .. } | AppendError::Duplicate { .. }]);
            assert!(is_known, "{round}: {refused:?}");
        }
        db.close().unwrap();
        db = reopen(&dir.path, Some(0.6));
    }
    put(&db, &labels("m", "c"), &[(60 * MINUTE_MS + 1, 7.5)]);
    let expected = dump(&db);
    db.close().unwrap();
    assert_eq!(dump(&reopen(&dir.path, None)), expected);
}

/// As long as late samples may come to them, series that have ended stay.
#[test]
fn late_samples_of_ended_series_are_not_hidden() {
    let dir = TempDir::new();
    let open = || {
        let mut options = TsdbOptions::default();
        options.maintenance = Maintained::ByCaller;
        options.stale_series_ratio = Some(0.1);
        options.out_of_order_window_ms = 30 * MINUTE_MS;
        Tsdb::open(&Env::real(), &dir.path, options).unwrap()
    };
    let db = open();
    an_hour(&db);
    assert!(db.maintain().unwrap().blocks_from_stale.is_empty());
    put(&db, &labels("m", "a"), &[(91 * MINUTE_MS, 1.0)]);
    assert_eq!(db.maintain().unwrap().blocks_from_stale.len(), 1);
    let refused = put(&db, &labels("m", "c"), &[(60 * MINUTE_MS, 7.5)]);
    assert!(matches!(refused[..], [AppendError::BeyondWindow { .. }]), "{refused:?}");
    put(&db, &labels("m", "c"), &[(92 * MINUTE_MS, 1.0)]);
    put(&db, &labels("m", "c"), &[(62 * MINUTE_MS, 2.0)]);
    let expected = dump(&db);
    db.close().unwrap();
    assert_eq!(dump(&open()), expected);
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

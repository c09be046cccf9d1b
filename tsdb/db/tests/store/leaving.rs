//! Series that have nothing in the head any more leave its memory.

use std::sync::atomic::{AtomicBool, Ordering};

use emberdb_model::{Exemplar, SeriesRef};
use emberdb_tsdb_db::Maintained;

use super::*;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Logs are cut into small segments, so that their labels leave them soon.
fn reopen(dir: &Path) -> Tsdb {
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    options.wal_segment_bytes = 32 * 1024;
    Tsdb::open(&Env::real(), dir, options).unwrap()
}

fn pod(round: i64, number: usize) -> Labels {
    let (round, number) = (round.to_string(), number.to_string());
    Labels::new([("__name__", "pod"), ("round", &*round), ("number", &*number)]).unwrap()
}

/// An hour of 300 series that are there in this hour only, and one that always is.
fn an_hour(db: &Tsdb, hour: i64) {
    for minute in (0..60).step_by(10) {
        let t_ms = hour * HOUR_MS + minute * MINUTE_MS;
        let mut appender = db.appender().unwrap();
        appender.append(&labels("always", "a"), t_ms, minute as f64).unwrap();
        for number in 0..300 {
            appender.append(&pod(hour, number), t_ms, number as f64).unwrap();
        }
        assert!(appender.commit().unwrap().rejected.is_empty());
    }
}

fn samples(db: &Tsdb) -> usize {
    dump(db).iter().map(|(_, samples)| samples.len()).sum()
}

#[test]
fn series_that_come_and_go_do_not_gather() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    let (mut removed, mut most_series, mut bytes) = (0, 0, Vec::new());
    for hour in 0..40 {
        an_hour(&db, hour);
        removed += db.maintain().unwrap().series_removed;
        most_series = most_series.max(db.stats().series);
        bytes.push(db.stats().heap_bytes);
        assert_eq!(samples(&db), (hour as usize + 1) * 6 * 301, "hour {hour}");
    }
    assert_eq!(db.stats().series + removed, 40 * 300 + 1);
    assert!(most_series < 12 * 300, "{most_series} series in memory");
    let (early, late) = (bytes[10..20].iter().max().unwrap(), bytes[30..].iter().max().unwrap());
    assert!(*late < early + early / 4, "{early} bytes, and later {late}");
    let expected = dump(&db);
    db.close().unwrap();
    let db = reopen(&dir.path);
    assert_eq!(dump(&db), expected);
    assert_eq!(db.replay_report().samples_without_series, 0);
}

/// Hours that move the head's time on, until series of before have left.
fn until_removed(db: &Tsdb, hours: std::ops::Range<i64>) -> usize {
    let mut removed = 0;
    for hour in hours {
        an_hour(db, hour);
        removed += db.maintain().unwrap().series_removed;
    }
    removed
}

#[test]
fn a_reference_of_a_series_that_left_is_unknown_and_labels_are_not() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    let mut appender = db.appender().unwrap();
    let gone = appender.append(&labels("once", "x"), 0, 1.0).unwrap();
    let _ = appender.commit().unwrap();
    assert!(until_removed(&db, 0..16) > 0);

    let mut appender = db.appender().unwrap();
    let refused = appender.append_ref(gone, 16 * HOUR_MS, 2.0);
    assert!(matches!(refused, Err(AppendError::UnknownSeries(SeriesRef(_)))), "{refused:?}");
    let back = appender.append(&labels("once", "x"), 16 * HOUR_MS, 3.0).unwrap();
    assert_ne!(back, gone);
    appender.append_ref(back, 16 * HOUR_MS + 1, 4.0).unwrap();
    let _ = appender.commit().unwrap();
    let expected = [(0, 1.0), (16 * HOUR_MS, 3.0), (16 * HOUR_MS + 1, 4.0)];
    let of_once = |db: &Tsdb| dump(db).into_iter().find(|(name, _)| name.contains("once")).unwrap().1;
    assert_eq!(of_once(&db), bits(&expected));
    db.close().unwrap();
    assert_eq!(of_once(&reopen(&dir.path)), bits(&expected));
}

/// What an open batch has of a series keeps the series there, whether it is samples or exemplars.
#[test]
fn a_series_of_an_open_batch_stays() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    for name in ["by-sample", "by-exemplar"] {
        put(&db, &labels(name, "x"), &[(0, 1.0)]);
    }
    let mut appender = db.appender().unwrap();
    appender.append(&labels("by-sample", "x"), 17 * HOUR_MS, 2.0).unwrap();
    let series = appender.find_series(&labels("by-exemplar", "x")).unwrap();
    let exemplar = Exemplar { labels: labels("trace", "t"), value: 1.0, timestamp_ms: 17 * HOUR_MS };
    appender.append_exemplar(series, &exemplar).unwrap();
    assert_eq!(until_removed(&db, 0..16), 0, "a batch is open that may have something of any series");
    assert_eq!(appender.commit().unwrap().samples, 1);
    assert!(db.maintain().unwrap().series_removed > 0);
    assert!(until_removed(&db, 16..24) > 0);
    assert_eq!(samples(&db), 24 * 6 * 301 + 3);
    let mut appender = db.appender().unwrap();
    assert_eq!(appender.find_series(&labels("by-exemplar", "x")), Some(series), "its exemplar is there");
    appender.append_exemplar(series, &Exemplar { timestamp_ms: 18 * HOUR_MS, ..exemplar }).unwrap();
    let _ = appender.commit().unwrap();
    let expected = dump(&db);
    db.close().unwrap();
    assert_eq!(dump(&reopen(&dir.path)), expected);
}

/// Writers, readers and maintenance at once, while series come and go: each sample that was taken is there in the end.
#[test]
fn series_come_and_go_while_others_read() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    let is_over = AtomicBool::new(false);
    let removed = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut most = 0;
            while !is_over.load(Ordering::Acquire) {
                let all = dump(&db);
                assert!(all.iter().all(|(name, samples)| name != "{}" || samples.is_empty()));
                let count = all.iter().map(|(_, samples)| samples.len()).sum();
                assert!(count >= most, "{count} samples, and {most} before");
                most = count;
            }
        });
        let maintainer = scope.spawn(|| {
            let mut removed = 0;
            while !is_over.load(Ordering::Acquire) {
                removed += db.maintain().unwrap().series_removed;
            }
            removed
        });
        (0..30).for_each(|hour| an_hour(&db, hour));
        is_over.store(true, Ordering::Release);
        reader.join().unwrap();
        maintainer.join().unwrap()
    });
    assert!(removed + until_removed(&db, 30..36) > 0);
    assert_eq!(samples(&db), 36 * 6 * 301);
    db.close().unwrap();
    assert_eq!(samples(&reopen(&dir.path)), 36 * 6 * 301);
}

//! Samples that cannot be taken are refused, each with its own reason, and the rest of the batch goes on.

use emberdb_model::storage::{AppendError, Appendable, StorageErrorKind};
use emberdb_model::{Labels, SeriesRef};

use super::*;

const HOUR_MS: i64 = 3_600_000;

#[test]
fn out_of_order_duplicate_and_too_old_have_their_own_errors() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let up = labels("up", "a");
    assert!(put(&db, &up, &[(2 * HOUR_MS, 1.0), (2 * HOUR_MS + 10, 2.0)]).is_empty());
    let refused = put(
        &db,
        &up,
        &[(2 * HOUR_MS + 5, 9.0), (2 * HOUR_MS + 10, 3.0), (HOUR_MS, 9.0), (2 * HOUR_MS + 20, 4.0)],
    );
    assert_eq!(
        refused.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "out of order sample: 7200005 is before the series' newest sample at 7200010",
            "duplicate sample for timestamp 7200010: the series holds 2, refused 3",
            "out of bounds: sample at 3600000 is too old, the oldest accepted time is 3600010",
        ]
    );
    let kept = [(2 * HOUR_MS, 1.0), (2 * HOUR_MS + 10, 2.0), (2 * HOUR_MS + 20, 4.0)];
    assert_eq!(dump(&db), [("up{job=\"a\"}".into(), bits(&kept))]);
}

#[test]
fn the_order_is_kept_within_a_batch_too() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let refused = put(&db, &labels("up", "a"), &[(10, 1.0), (5, 1.0), (10, 2.0), (10, 1.0), (20, 1.0)]);
    let [AppendError::ConflictInBatch(older), AppendError::ConflictInBatch(other)] = &refused[..] else {
        panic!("{refused:?}")
    };
    assert!(matches!(**older, AppendError::OutOfOrder { timestamp_ms: 5, newest_ms: 10 }));
    assert!(matches!(other.conflict(), AppendError::Duplicate { timestamp_ms: 10, .. }));
    assert_eq!(
        refused[0].to_string(),
        "conflict within the batch: out of order sample: 5 is before the series' newest sample at 10"
    );
    assert_eq!(dump(&db)[0].1, bits(&[(10, 1.0), (20, 1.0)]));
}

/// What is stored is looked at first, late samples or not: only it tells what would be refused without the batch.
#[test]
fn a_conflict_with_what_is_stored_is_told_though_the_batch_has_newer_ones() {
    let mut options = TsdbOptions::default();
    for window_ms in [0, HOUR_MS] {
        options.out_of_order_window_ms = window_ms;
        let dir = TempDir::new();
        let db = Tsdb::open(&Env::real(), &dir.path, options.clone()).unwrap();
        let up = labels("up", "a");
        assert!(put(&db, &up, &[(10, 1.0)]).is_empty());
        let refused = put(&db, &up, &[(20, 1.0), (10, 2.0), (10, 1.0)]);
        assert!(matches!(refused[..], [AppendError::Duplicate { timestamp_ms: 10, .. }]), "{refused:?}");
        assert_eq!(dump(&db)[0].1, bits(&[(10, 1.0), (20, 1.0)]));
    }
}

#[test]
fn the_same_sample_again_is_no_error_and_is_stored_once() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let nan = f64::from_bits(0x7ff8_0000_0000_0001);
    assert!(put(&db, &labels("up", "a"), &[(10, nan)]).is_empty());
    assert!(put(&db, &labels("up", "a"), &[(10, nan)]).is_empty());
    assert_eq!(db.stats().samples, 1);
}

#[test]
fn what_names_no_series_is_refused() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let mut appender = db.appender().unwrap();
    assert!(matches!(appender.append(&Labels::default(), 1, 1.0), Err(AppendError::InvalidLabels(_))));
    assert!(matches!(appender.append_ref(SeriesRef(77), 1, 1.0), Err(AppendError::UnknownSeries(_))));
    assert!(matches!(appender.append_ref(SeriesRef(u64::MAX), 1, 1.0), Err(AppendError::UnknownSeries(_))));
    appender.rollback();
    assert!(dump(&db).is_empty());
}

#[test]
fn one_series_too_many_is_refused() {
    let dir = TempDir::new();
    let mut options = TsdbOptions::default();
    options.series_max = 1;
    let db = Tsdb::open(&Env::real(), &dir.path, options).unwrap();
    assert!(put(&db, &labels("up", "a"), &[(1, 1.0)]).is_empty());
    assert!(matches!(put(&db, &labels("up", "b"), &[(1, 1.0)])[..], [AppendError::Limit(_)]));
    assert!(put(&db, &labels("up", "a"), &[(2, 1.0)]).is_empty());
}

#[test]
fn a_closed_database_says_so() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let other = db.clone();
    let mut appender = other.appender().unwrap();
    appender.append(&labels("up", "a"), 1, 1.0).unwrap();
    db.close().unwrap();
    db.close().unwrap();
    assert_eq!(appender.commit().unwrap_err().kind(), StorageErrorKind::Closed);
    assert_eq!(other.appender().err().unwrap().kind(), StorageErrorKind::Closed);
    assert_eq!(other.querier().err().unwrap().kind(), StorageErrorKind::Closed);
    assert_eq!(other.sync().unwrap_err().kind(), StorageErrorKind::Closed);
}

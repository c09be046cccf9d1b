//! Samples that come out of order.

use std::collections::BTreeMap;

use emberdb_tsdb_db::Maintained;
use proptest::prelude::*;

use super::histograms::{read_all, whole};
use super::*;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

fn reopen(dir: &Path, window_ms: i64) -> Tsdb {
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    options.out_of_order_window_ms = window_ms;
    Tsdb::open(&Env::real(), dir, options).unwrap()
}

fn one_series(db: &Tsdb) -> Vec<(i64, f64)> {
    let dump = dump(db);
    assert_eq!(dump.len(), 1);
    dump[0].1.iter().map(|&(t_ms, bits)| (t_ms, f64::from_bits(bits))).collect()
}

#[test]
fn what_is_taken_late_and_what_is_not() {
    let dir = TempDir::new();
    let up = labels("up", "a");
    let db = reopen(&dir.path, 10 * MINUTE_MS);
    let newest_ms = 5 * HOUR_MS;
    assert!(put(&db, &up, &[(newest_ms, 1.0)]).is_empty());
    // Within the window, though older than its series; at its edge; and beyond.
    let edge_ms = newest_ms - 10 * MINUTE_MS;
    assert!(put(&db, &up, &[(newest_ms - MINUTE_MS, 2.0), (edge_ms, 3.0)]).is_empty());
    let refused = put(&db, &up, &[(edge_ms - 1, 4.0)]);
    assert!(
        matches!(refused[..], [AppendError::BeyondWindow { oldest_ms, .. }] if oldest_ms == edge_ms),
        "{refused:?}"
    );
    // The newest sample's time belongs to it.
    let refused = put(&db, &up, &[(newest_ms, 9.0)]);
    assert!(matches!(refused[..], [AppendError::Duplicate { .. }]), "{refused:?}");
    // Of late samples of one time the first one stays.
    assert!(put(&db, &up, &[(edge_ms, 5.0)]).is_empty());
    let expected = [(edge_ms, 3.0), (newest_ms - MINUTE_MS, 2.0), (newest_ms, 1.0)];
    assert_eq!(one_series(&db), expected);
    db.close().unwrap();

    // They are there after a restart, also without a window; then no more are taken.
    let db = reopen(&dir.path, 0);
    assert_eq!(one_series(&db), expected);
    assert_eq!(db.replay_report().late_samples, 2);
    let refused = put(&db, &up, &[(newest_ms - 1, 6.0)]);
    assert!(matches!(refused[..], [AppendError::OutOfOrder { .. }]), "{refused:?}");
}

#[test]
fn late_samples_become_blocks_and_one_with_those_of_their_time() {
    let dir = TempDir::new();
    let up = labels("up", "a");
    let db = reopen(&dir.path, 30 * HOUR_MS);
    let mut expected: BTreeMap<i64, f64> = BTreeMap::new();
    for minute in 0..10 * 60 {
        let t_ms = minute * MINUTE_MS;
        assert!(put(&db, &up, &[(t_ms, minute as f64)]).is_empty());
        expected.insert(t_ms, minute as f64);
        if minute > 200 && minute % 3 == 0 {
            let late_ms = t_ms - 180 * MINUTE_MS + 30_000;
            assert!(put(&db, &up, &[(late_ms, -1.0)]).is_empty());
            expected.insert(late_ms, -1.0);
        }
    }
    let expected: Vec<(i64, f64)> = expected.into_iter().collect();
    assert_eq!(one_series(&db), expected);
    let report = db.maintain().unwrap();
    assert!(!report.blocks_from_late.is_empty() && !report.blocks_from_blocks.is_empty(), "{report:?}");
    assert_eq!(one_series(&db), expected);
    let blocks = db.blocks();
    assert!(
        blocks
            .windows(2)
            .all(|pair| pair[0].max_ms <= pair[1].min_ms || pair[1].compaction.has_hint("from-out-of-order")),
        "{blocks:?}"
    );
    db.close().unwrap();
    let db = reopen(&dir.path, 30 * HOUR_MS);
    assert_eq!(db.replay_report().late_samples, 0, "their log is empty: they are in blocks");
    assert_eq!(one_series(&db), expected);
}

/// The log of late samples knows series by the log's references. A series that has nothing else keeps its labels there.
#[test]
fn a_series_of_late_samples_alone_stays_in_the_log() {
    let dir = TempDir::new();
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    options.out_of_order_window_ms = 30 * HOUR_MS;
    options.wal_segment_bytes = 32 * 1024;
    let db = Tsdb::open(&Env::real(), &dir.path, options.clone()).unwrap();
    let late = labels("late", "a");
    for minute in 0..10 * 60 {
        for job in ["a", "b", "c", "d", "e", "f"] {
            assert!(put(&db, &labels("up", job), &[(minute * MINUTE_MS, minute as f64)]).is_empty());
        }
        if minute == 200 {
            assert!(put(&db, &late, &[(10 * MINUTE_MS, 1.0)]).is_empty());
        }
    }
    // Late samples stay where they are as long as somebody reads what was before the head was compacted.
    let reader = db.querier().unwrap();
    let report = db.maintain().unwrap();
    assert!(report.log_truncated && report.blocks_from_late.is_empty(), "{report:?}");
    db.close().unwrap();
    drop((reader, db));
    let db = Tsdb::open(&Env::real(), &dir.path, options).unwrap();
    assert_eq!((db.replay_report().late_samples, db.replay_report().samples_without_series), (1, 0));
    assert!(dump(&db).iter().any(|(labels, samples)| labels.contains("late") && samples.len() == 1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Against a map: every sample that was taken is there, whatever order they came in, and once.
    #[test]
    fn every_late_sample_is_there(
        steps in prop::collection::vec((0..30_i64, prop::collection::vec(0..240_i64, 0..12), 0..12_u8), 1..60)
    ) {
        let dir = TempDir::new();
        let up = labels("up", "a");
        let window_ms = 3 * HOUR_MS;
        let mut db = reopen(&dir.path, window_ms);
        let (mut now_ms, mut value) = (8 * HOUR_MS, 0.0);
        let mut model: BTreeMap<i64, f64> = BTreeMap::new();
        for (later_minutes, late_minutes, then) in steps {
            now_ms += later_minutes * MINUTE_MS + 1;
            let mut times = vec![now_ms];
            times.extend(late_minutes.iter().map(|minutes| now_ms - minutes * MINUTE_MS));
            for t_ms in times {
                value += 1.0;
                let mut appender = db.appender().unwrap();
                let taken = appender.append(&up, t_ms, value).is_ok();
                let _ = appender.commit().unwrap();
                if taken {
                    // Which of two of one time is there is told by where they are; here it is enough that one is.
                    model.entry(t_ms).or_insert(value);
                }
            }
            match then {
                0 => drop(db.maintain().unwrap()),
                1 => {
                    db.close().unwrap();
                    db = reopen(&dir.path, window_ms);
                }
                _ => {}
            }
            let found: Vec<i64> = one_series(&db).iter().map(|&(t_ms, _)| t_ms).collect();
            let expected: Vec<i64> = model.keys().copied().collect();
            prop_assert_eq!(found, expected);
        }
    }
}

/// A deletion that is not compacted away hides all of its time.
#[test]
fn a_late_sample_does_not_come_to_where_samples_were_deleted() {
    let dir = TempDir::new();
    let up = labels("up", "a");
    let db = reopen(&dir.path, HOUR_MS);
    let samples: Vec<(i64, f64)> = (0..60).map(|minute| (minute * MINUTE_MS, minute as f64)).collect();
    assert!(put(&db, &up, &samples).is_empty());
    db.delete(&[Matcher::equal("job", "a")], TimeRange::new(10 * MINUTE_MS, 50 * MINUTE_MS)).unwrap();
    let refused = put(&db, &up, &[(20 * MINUTE_MS, 1.0), (9 * MINUTE_MS + 1, 2.0)]);
    assert!(
        matches!(refused[..], [AppendError::Deleted { timestamp_ms }] if timestamp_ms == 20 * MINUTE_MS),
        "{refused:?}"
    );
    assert_eq!(one_series(&db).len(), 10 + 1 + 9);
}

/// The head is done with the deletion when the block is there. The log is not, and would hide the sample after a restart.
#[test]
fn a_late_sample_does_not_come_to_where_the_log_has_a_deletion() {
    let dir = TempDir::new();
    let up = labels("up", "a");
    let db = reopen(&dir.path, 24 * HOUR_MS);
    assert!(put(&db, &up, &[(0, 1.0), (20 * MINUTE_MS, 2.0), (90 * MINUTE_MS, 3.0)]).is_empty());
    db.delete(&[Matcher::equal("job", "a")], TimeRange::new(0, 30 * MINUTE_MS)).unwrap();
    assert!(put(&db, &up, &[(5 * HOUR_MS, 4.0)]).is_empty());
    assert_eq!(db.maintain().unwrap().blocks_from_head.len(), 1);
    let refused = put(&db, &up, &[(15 * MINUTE_MS, 5.0), (45 * MINUTE_MS, 6.0)]);
    assert!(matches!(refused[..], [AppendError::Deleted { .. }]), "{refused:?}");
    let expected = [(45 * MINUTE_MS, 6.0), (90 * MINUTE_MS, 3.0), (5 * HOUR_MS, 4.0)];
    assert_eq!(one_series(&db), expected);
    db.close().unwrap();
    drop(db);
    assert_eq!(one_series(&reopen(&dir.path, 24 * HOUR_MS)), expected);
}

#[test]
fn what_is_deleted_before_a_late_sample_is_committed_refuses_it() {
    let dir = TempDir::new();
    let up = labels("up", "a");
    let db = reopen(&dir.path, HOUR_MS);
    assert!(put(&db, &up, &[(0, 1.0), (20 * MINUTE_MS, 2.0)]).is_empty());
    let mut appender = db.appender().unwrap();
    for t_ms in [5 * MINUTE_MS, 15 * MINUTE_MS] {
        appender.append(&up, t_ms, 3.0).unwrap();
    }
    appender.append_histogram(&up, 6 * MINUTE_MS, &whole(&[1])).unwrap();
    db.delete(&[Matcher::equal("job", "a")], TimeRange::new(0, 10 * MINUTE_MS)).unwrap();
    let summary = appender.commit().unwrap();
    assert_eq!(summary.samples, 1);
    assert!(
        summary.rejected.iter().all(|one| matches!(one.error, AppendError::Deleted { .. })),
        "{summary:?}"
    );
    assert_eq!(summary.rejected.len(), 2);
    assert_eq!(one_series(&db), [(15 * MINUTE_MS, 3.0), (20 * MINUTE_MS, 2.0)]);
}

/// Each of them has a chunk of its own.
#[test]
fn late_histograms_whose_buckets_together_are_too_many_for_a_chunk_are_kept() {
    const BUCKETS: usize = 600_000;
    let dir = TempDir::new();
    let up = labels("up", "a");
    let db = reopen(&dir.path, 2 * HOUR_MS);
    assert!(put(&db, &up, &[(HOUR_MS, 1.0)]).is_empty());
    let mut appender = db.appender().unwrap();
    for (t_ms, offset) in [(1, 0), (2, BUCKETS as i32)] {
        let mut wide = whole(&vec![1; BUCKETS]);
        wide.positive.spans[0].offset = offset;
        appender.append_histogram(&up, t_ms, &wide).unwrap();
    }
    for t_ms in 3..40 {
        appender.append_histogram(&up, t_ms, &whole(&[t_ms])).unwrap();
    }
    assert!(appender.commit().unwrap().rejected.is_empty());
    let times = |db: &Tsdb| {
        let all = read_all(db, TimeRange::ALL);
        all[0].1.iter().map(|(t_ms, _)| *t_ms).collect::<Vec<_>>()
    };
    let expected: Vec<i64> = (1..40).chain([HOUR_MS]).collect();
    assert_eq!(times(&db), expected);
    db.close().unwrap();
    let db = reopen(&dir.path, 2 * HOUR_MS);
    assert_eq!(times(&db), expected);
    assert!(put(&db, &up, &[(5 * HOUR_MS, 1.0)]).is_empty());
    assert_eq!(db.maintain().unwrap().blocks_from_late.len(), 1);
    assert_eq!(times(&db), expected.iter().copied().chain([5 * HOUR_MS]).collect::<Vec<_>>());
}

/// The log may lose deletions with the range that they are in, but not those of late samples, which are older than what it still has.
#[test]
fn what_was_deleted_of_late_samples_does_not_come_back() {
    let dir = TempDir::new();
    let up = labels("up", "a");
    for hour in 0..4 {
        let db = reopen(&dir.path, 4 * HOUR_MS);
        let samples: Vec<(i64, f64)> = (0..60).map(|m| (hour * HOUR_MS + m * MINUTE_MS, m as f64)).collect();
        assert!(put(&db, &up, &samples).is_empty());
        db.close().unwrap();
    }
    let db = reopen(&dir.path, 4 * HOUR_MS);
    assert!(put(&db, &up, &[(HOUR_MS + 1, 7.0), (HOUR_MS + 2, 8.0)]).is_empty());
    db.delete(&[Matcher::equal("job", "a")], TimeRange::new(HOUR_MS + 1, HOUR_MS + 1)).unwrap();
    let expected = dump(&db);
    assert_eq!(expected[0].1.len(), 241);
    // Who reads keeps the late samples where they are, while the log is truncated.
    let querier = db.querier().unwrap();
    let mut symbols = SymbolTable::new();
    let held = querier.select(&[], TimeRange::ALL, &mut symbols).unwrap();
    let report = db.maintain().unwrap();
    assert!(report.log_truncated && report.blocks_from_late.is_empty(), "{report:?}");
    assert_eq!(dump(&db), expected);
    let read_only = Tsdb::open_read_only(&Env::real(), &dir.path, TsdbOptions::default()).unwrap();
    assert_eq!(dump(&read_only), expected);
    drop((held, querier));
    assert_eq!(db.maintain().unwrap().blocks_from_late.len(), 1);
    assert_eq!(dump(&db), expected);
    db.close().unwrap();
    assert_eq!(dump(&reopen(&dir.path, 0)), expected);
}

//! When commits are durable, who sees them before, and what becomes of them if they cannot be made so.

use std::time::Duration;

use emberdb_env::Thread;
use emberdb_model::storage::{CommitSummary, StorageError, StorageErrorKind};
use emberdb_tsdb_db::{Durability, Maintained};

use super::fault_fs::FaultFs;
use super::*;

const HOUR_MS: i64 = 60 * 60 * 1000;

fn open_on(fs: &FaultFs, dir: &Path, durability: Durability) -> Tsdb {
    let mut options = TsdbOptions::default();
    options.durability = durability;
    options.maintenance = Maintained::ByCaller;
    options.out_of_order_window_ms = HOUR_MS;
    Tsdb::open(&fs.env(), dir, options).unwrap()
}

fn try_put(db: &Tsdb, job: &str, t_ms: i64) -> Result<CommitSummary, StorageError> {
    let mut appender = db.appender().unwrap();
    appender.append(&labels("up", job), t_ms, t_ms as f64).unwrap();
    appender.commit()
}

/// Commits what is taken.
fn put_one(db: &Tsdb, job: &str, t_ms: i64) {
    assert_eq!(try_put(db, job, t_ms).unwrap().samples, 1);
}

fn committer(db: &Tsdb, job: usize, t_ms: i64) -> Thread<Result<CommitSummary, StorageError>> {
    let db = db.clone();
    Env::real().spawn("committer", move || try_put(&db, &job.to_string(), t_ms)).unwrap()
}

/// While the disk works for the first, fifteen others are logged, and one fsync serves them all; but for the last, perhaps, whose write may
/// just have begun.
#[test]
fn committers_share_an_fsync() {
    let (fs, dir) = (FaultFs::new(), TempDir::new());
    let db = open_on(&fs, &dir.path, Durability::EveryCommit);
    fs.hold_syncs(true);
    let mut committers = vec![committer(&db, 0, 1)];
    fs.wait(|_, syncs| syncs == 1);
    let written = fs.writes();
    committers.extend((1..16).map(|job| committer(&db, job, 1)));
    fs.wait(|writes, _| writes == written + 15);
    assert!(dump(&db).is_empty(), "nothing is seen before it is durable");
    fs.hold_syncs(false);
    for committer in committers {
        assert_eq!(committer.join().unwrap().unwrap().samples, 1);
    }
    assert!((2..=3).contains(&fs.syncs()), "{}", fs.syncs());
    assert_eq!(dump(&db).len(), 16);
    db.close().unwrap();
}

/// Late samples are in another log, and have no commit numbers to hide them.
#[test]
fn late_samples_are_durable_before_they_are_seen() {
    let (fs, dir) = (FaultFs::new(), TempDir::new());
    let db = open_on(&fs, &dir.path, Durability::EveryCommit);
    put_one(&db, "0", HOUR_MS);
    let before = fs.syncs();
    fs.hold_syncs(true);
    let late = committer(&db, 0, HOUR_MS - 1000);
    fs.wait(|_, syncs| syncs > before);
    assert_eq!(dump(&db)[0].1.len(), 1);
    let next = committer(&db, 0, HOUR_MS + 1);
    fs.hold_syncs(false);
    assert_eq!(next.join().unwrap().unwrap().samples, 1);
    // Who sees a commit sees all before it.
    assert_eq!(dump(&db)[0].1.len(), 3);
    assert_eq!(late.join().unwrap().unwrap().samples, 1);
    drop(db);
    assert_eq!(dump(&open_on(&fs, &dir.path, Durability::Never))[0].1.len(), 3);
}

#[test]
fn after_a_failed_fsync_the_batch_is_refused_and_nothing_more_is_written() {
    for folder in ["wal", "wbl"] {
        let (fs, dir) = (FaultFs::new(), TempDir::new());
        let db = open_on(&fs, &dir.path, Durability::EveryCommit);
        put_one(&db, "0", HOUR_MS);
        let seen = dump(&db);
        fs.break_syncs_of(folder);
        // Late, so that it goes into both logs; and one who comes while the disk works for it.
        fs.hold_syncs(true);
        let before = fs.syncs();
        let first = committer(&db, 0, HOUR_MS - 1000);
        fs.wait(|_, syncs| syncs > before);
        let second = committer(&db, 1, HOUR_MS - 1000);
        fs.hold_syncs(false);
        for refused in [first, second] {
            let error = refused.join().unwrap().unwrap_err();
            assert_eq!(error.kind(), StorageErrorKind::Unavailable);
            assert!(error.to_string().contains("the disk fails on purpose"), "{error}");
        }
        let written = fs.writes();
        let error = try_put(&db, "1", HOUR_MS + 1).unwrap_err();
        assert!(error.to_string().contains("refuses writes"), "{error}");
        let matchers = [Matcher::equal("__name__", "up")];
        assert!(db.delete(&matchers, TimeRange::ALL).is_err() && db.sync().is_err(), "{folder}");
        assert_eq!((fs.writes(), dump(&db)), (written, seen), "{folder}");
        let _ = db.close();
        // What was not refused is there. Of the others nobody knows.
        let stored = dump(&open_on(&FaultFs::new(), &dir.path, Durability::Never));
        assert!(stored[0].1.contains(&(HOUR_MS, (HOUR_MS as f64).to_bits())), "{folder}");
    }
}

/// A block must not have what no reader may see.
#[test]
fn no_block_is_made_of_what_was_refused() {
    let (fs, dir) = (FaultFs::new(), TempDir::new());
    let db = open_on(&fs, &dir.path, Durability::EveryCommit);
    put_one(&db, "0", 1);
    fs.break_syncs_of("wal");
    assert!(try_put(&db, "0", 4 * HOUR_MS).is_err());
    assert!(db.maintain().is_err());
    assert_eq!((db.blocks().len(), dump(&db)[0].1.len()), (0, 1));
}

#[test]
fn without_a_promise_no_commit_is_synced() {
    let (fs, dir) = (FaultFs::new(), TempDir::new());
    let db = open_on(&fs, &dir.path, Durability::Never);
    (0..20).for_each(|t_ms| put_one(&db, "0", t_ms));
    assert_eq!(fs.syncs(), 0);
    db.sync().unwrap();
    db.sync().unwrap();
    assert_eq!(fs.syncs(), 1, "nothing was written between the two");
}

#[test]
fn in_an_interval_a_thread_or_maintenance_makes_commits_durable() {
    let (fs, dir) = (FaultFs::new(), TempDir::new());
    let db = open_on(&fs, &dir.path, Durability::EVERY_SECOND);
    put_one(&db, "0", 1);
    assert_eq!(fs.syncs(), 0);
    drop(db.maintain().unwrap());
    assert_eq!(fs.syncs(), 1);
    db.close().unwrap();
    drop(db);

    let mut options = TsdbOptions::default();
    options.durability = Durability::Interval(Duration::from_millis(1));
    let db = Tsdb::open(&fs.env(), &dir.path, options.clone()).unwrap();
    let before = fs.syncs();
    for t_ms in 2..4 {
        let before = fs.syncs();
        put_one(&db, "0", t_ms);
        fs.wait(|_, syncs| syncs > before);
    }
    assert_eq!(fs.syncs(), before + 2, "without commits there is nothing to be synced");
    // A failure is told to the next who commits.
    fs.break_syncs_of("wal");
    put_one(&db, "0", 5);
    let refused = (6..).find_map(|t_ms| try_put(&db, "0", t_ms).err()).unwrap();
    assert!(refused.to_string().contains("the disk fails on purpose"), "{refused}");
    drop(db);

    options.durability = Durability::Interval(Duration::ZERO);
    let error = Tsdb::open(&fs.env(), &dir.path, options).unwrap_err();
    assert!(error.to_string().contains("choose EveryCommit"), "{error}");
}

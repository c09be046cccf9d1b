//! Blocks are asked while the log is replayed.
#![expect(clippy::disallowed_methods, reason = "a test damages files behind the back of the seam")]

use std::fs;

use emberdb_model::storage::StorageErrorKind;
use emberdb_tsdb_db::{Maintained, Replay};

use super::fault_fs::FaultFs;
use super::*;

const HOUR_MS: i64 = 60 * 60 * 1000;

fn options() -> TsdbOptions {
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    options.replay = Replay::Background;
    options
}

/// A directory with two hours in a block and three in the log; returns what is stored, and what of it is in the block.
fn written(dir: &TempDir) -> [usize; 2] {
    let db = open(&dir.path);
    for minute in 0..300 {
        put(&db, &labels("up", "a"), &[(minute * HOUR_MS / 60, minute as f64)]);
    }
    db.maintain().unwrap();
    assert_eq!(db.blocks().len(), 1);
    let stored = dump(&db)[0].1.len();
    db.close().unwrap();
    [stored, 120]
}

#[test]
fn blocks_are_served_until_the_head_is_there() {
    let (fs, dir) = (FaultFs::new(), TempDir::new());
    let [stored, in_block] = written(&dir);
    fs.hold_reads_of(Some("wal"));
    let db = Tsdb::open(&fs.env(), &dir.path, options()).unwrap();
    assert_eq!(dump(&db)[0].1.len(), in_block);
    let refusals = [
        db.appender().err(),
        db.maintain().err(),
        db.delete(&[Matcher::equal("__name__", "up")], TimeRange::ALL).err(),
        db.clean_tombstones().err(),
        db.snapshot(&dir.path.join("copy"), true).err(),
        db.sync().err(),
        db.check_ready().err(),
    ];
    for refusal in refusals {
        let error = refusal.unwrap();
        assert_eq!(error.kind(), StorageErrorKind::Unavailable);
        assert!(error.to_string().contains("being replayed, 0 %"), "{error}");
    }
    assert!(!db.replay_progress().is_over);
    fs.hold_reads_of(None);
    db.wait_ready().unwrap();
    assert_eq!((db.replay_progress().percent(), db.replay_progress().is_over), (100, true));
    assert_eq!(dump(&db)[0].1.len(), stored);
    assert!(db.replay_report().samples > 0);
    assert!(put(&db, &labels("up", "a"), &[(5 * HOUR_MS, 1.0)]).is_empty());
    db.close().unwrap();
    drop(db);
    assert_eq!(dump(&open(&dir.path))[0].1.len(), stored + 1);
}

/// Whoever closes while it goes on has the directory free when that returns, and the log is as it was.
#[test]
fn closing_ends_a_replay() {
    for is_dropped in [false, true] {
        let (fs, dir) = (FaultFs::new(), TempDir::new());
        let [stored, _] = written(&dir);
        fs.hold_reads_of(Some("wal"));
        let db = Tsdb::open(&fs.env(), &dir.path, options()).unwrap();
        let other = db.clone();
        let closer = Env::real()
            .spawn("closer", move || if is_dropped { drop(other) } else { other.close().unwrap() });
        if is_dropped {
            closer.unwrap().join().unwrap();
            // The last handle goes, and waits for the thread that reads.
            let dropper = Env::real().spawn("dropper", move || drop(db)).unwrap();
            fs.hold_reads_of(None);
            dropper.join().unwrap();
        } else {
            fs.hold_reads_of(None);
            closer.unwrap().join().unwrap();
            assert_eq!(db.querier().err().unwrap().kind(), StorageErrorKind::Closed);
            assert_eq!(db.wait_ready().unwrap_err().kind(), StorageErrorKind::Closed);
            assert_eq!(db.replay_report().repair, None);
        }
        let db = open(&dir.path);
        assert!(db.replay_report().repair.is_none());
        assert_eq!(dump(&db)[0].1.len(), stored);
    }
}

#[test]
fn a_log_that_cannot_be_replayed_is_told_to_all_who_ask() {
    let dir = TempDir::new();
    let _ = written(&dir);
    // A log with a hole in it is not repaired.
    let last = fs::read_dir(dir.path.join("wal")).unwrap().map(|entry| entry.unwrap().path()).max().unwrap();
    fs::rename(&last, dir.path.join("wal/00000099")).unwrap();
    fs::write(dir.path.join("wal/00000090"), []).unwrap();
    let error = Tsdb::open(&Env::real(), &dir.path, TsdbOptions::default()).unwrap_err().to_string();
    let db = Tsdb::open(&Env::real(), &dir.path, options()).unwrap();
    let waited = db.wait_ready().unwrap_err().to_string();
    assert!(waited.contains(&error), "{waited}");
    for refusal in [db.appender().err(), db.querier().err(), db.maintain().err(), db.check_ready().err()] {
        assert_eq!(refusal.unwrap().to_string(), waited);
    }
    assert!(db.replay_progress().is_over);
    db.close().unwrap();
}

#[test]
fn a_reader_beside_the_writer_may_wait_in_the_background_too() {
    let dir = TempDir::new();
    let [stored, _] = written(&dir);
    let db = Tsdb::open_read_only(&Env::real(), &dir.path, options()).unwrap();
    db.wait_ready().unwrap();
    assert_eq!(dump(&db)[0].1.len(), stored);
    assert!(db.appender().is_err_and(|error| error.to_string().contains("read-only")));
}

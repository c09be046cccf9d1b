//! A checkpoint and a truncation that end at any of their steps leave a log that replays the same.

use std::collections::BTreeMap;
use std::path::Path;

use emberdb_wal::{CheckpointBounds, SyncHandle, WalError, WalListing, WalWriter, checkpoint, truncate};

use crate::checkpoint::log_of;
use crate::items::{Item, items, needed, record, without_floors};
use crate::log::{SMALL, read_whole_log, write_log};
use crate::memory_fs::{Fault, MemoryFs};

const DIR: &str = "/wal";
const MIN_MS: i64 = 15;

fn keep(series_ref: u64) -> bool {
    series_ref != 3
}

/// What a replay of the log comes to, now or after a checkpoint.
fn replayed(fs: &MemoryFs) -> (Vec<Item>, BTreeMap<u64, String>) {
    needed(&items(&read_whole_log(&fs.env(), Path::new(DIR))), keep, MIN_MS)
}

/// Four segments and an older checkpoint, with what some earlier attempt has left.
fn log() -> MemoryFs {
    let elements = [(1, 10, 1), (3, 20, 2), (7, 30, 3)];
    let segment = |number: u64| -> Vec<Vec<u8>> {
        let elements = elements.map(|(of, at_ms, text)| (of, at_ms + number as i64, text + number));
        [1, 6, 2, 3, 4, 7, 11].map(|kind| record(kind, &elements)).to_vec()
    };
    let segments: Vec<_> = (0..4).map(segment).collect();
    let fs = log_of(&segments, SMALL);
    let (env, dir) = (fs.env(), Path::new(DIR));
    checkpoint(&env, dir, 0, keep, CheckpointBounds::at(MIN_MS), SMALL).unwrap();
    write_log(&env, &dir.join("checkpoint.00000002.tmp"), SMALL, &[vec![record(2, &elements)]]);
    fs.copy()
}

fn checkpoint_and_truncate(fs: &MemoryFs) -> Result<(), WalError> {
    let (env, dir) = (fs.env(), Path::new(DIR));
    checkpoint(&env, dir, 2, keep, CheckpointBounds::at(MIN_MS), SMALL)?;
    truncate(&env, dir, 2).map(drop)
}

/// What a start after a crash does, wherever the last one ended.
fn finish(fs: &MemoryFs) {
    let (env, dir) = (fs.env(), Path::new(DIR));
    if WalListing::read(&env, dir).unwrap().checkpoint.unwrap().last_segment < 2 {
        checkpoint(&env, dir, 2, keep, CheckpointBounds::at(MIN_MS), SMALL).unwrap();
    }
    truncate(&env, dir, 2).unwrap();
}

#[test]
fn it_can_end_anywhere() {
    let whole = log();
    let expected = replayed(&whole);
    checkpoint_and_truncate(&whole).unwrap();
    assert_eq!(replayed(&whole), expected);
    let changes = whole.changes();
    assert!(changes.len() > 10, "{changes:?}");
    for (step, change) in changes.iter().enumerate() {
        for fault in [Fault::AllFrom(step), Fault::Only(step)] {
            let fs = log();
            fs.set_fault(fault);
            assert!(checkpoint_and_truncate(&fs).is_err(), "{change} fails");
            for (image, after) in [("kill", fs.copy()), ("power cut", fs.after_power_cut())] {
                assert_eq!(replayed(&after), expected, "{image} at {change}");
                finish(&after);
                assert_eq!(replayed(&after), expected, "{image} at {change}, finished");
                assert_eq!(after.names(Path::new(DIR)), whole.names(Path::new(DIR)), "{image} at {change}");
            }
        }
    }
}

#[test]
fn nothing_is_removed_before_the_checkpoint_is_durable() {
    let fs = log();
    checkpoint_and_truncate(&fs).unwrap();
    let expected = [
        "remove checkpoint.00000002.tmp",
        "create 00000000",
        "sync directory checkpoint.00000002.tmp",
        "write 00000000",
        "sync 00000000",
        "rename to checkpoint.00000002",
        "sync directory wal",
        "sync directory wal",
        "remove 00000000",
        "remove 00000001",
        "remove 00000002",
        "remove checkpoint.00000000",
        "sync directory wal",
    ];
    assert_eq!(fs.changes(), expected);
    assert_eq!(fs.names(Path::new(DIR)), ["00000003", "00000004", "checkpoint.00000002"]);
}

/// Writers go on while segments before theirs are replaced.
#[test]
fn a_checkpoint_beside_a_writer() {
    let (fs, dir) = (MemoryFs::default(), Path::new(DIR));
    let env = fs.env();
    let mut writer = WalWriter::open(&env, dir, SMALL).unwrap();
    let handle: SyncHandle = writer.sync_handle();
    let mut logged = Vec::new();
    for round in 0..5_u64 {
        for number in 0..4 {
            let record = record(2, &[(number, 100 + round as i64, round)]);
            writer.log(&[&record]).unwrap();
            logged.push(record);
        }
        let last = writer.cut_segment().unwrap() - 1;
        writer.log(&[&record(1, &[(round, 0, round)])]).unwrap();
        logged.push(record(1, &[(round, 0, round)]));
        checkpoint(&env, dir, last, |_| true, CheckpointBounds::at(100), SMALL).unwrap();
        truncate(&env, dir, last).unwrap();
        handle.sync().unwrap();
        assert_eq!(without_floors(read_whole_log(&fs.after_power_cut().env(), dir)), logged, "round {round}");
    }
    assert_eq!(fs.names(dir), ["00000005", "checkpoint.00000004"]);
}

//! Who waited for the disk finds on it what was waited for, and one fsync serves many.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::yield_now;

use emberdb_wal::{SyncPoint, WalError, WalWriter};

use crate::log::{SMALL, noise, read_whole_log};
use crate::memory_fs::{Fault, MemoryFs};

const DIR: &str = "/wal";

fn open(fs: &MemoryFs) -> WalWriter {
    WalWriter::open(&fs.env(), Path::new(DIR), SMALL).unwrap()
}

fn syncs(fs: &MemoryFs) -> usize {
    fs.changes().iter().filter(|change| change.starts_with("sync 0")).count()
}

/// What a power cut would leave now.
fn durable(fs: &MemoryFs) -> Vec<Vec<u8>> {
    read_whole_log(&fs.after_power_cut().env(), Path::new(DIR))
}

#[test]
fn one_fsync_is_enough_for_all_points_before_it() {
    let fs = MemoryFs::default();
    let mut writer = open(&fs);
    let nothing = writer.sync_point();
    assert!(nothing.is_durable());
    nothing.wait_durable().unwrap();
    let points: Vec<SyncPoint> = (0..3)
        .map(|number| {
            writer.log(&[&noise(number, 50)]).unwrap();
            writer.sync_point()
        })
        .collect();
    assert!(points.iter().all(|point| !point.is_durable()));
    assert_eq!((syncs(&fs), durable(&fs).len()), (0, 0));
    points[1].wait_durable().unwrap();
    assert_eq!((syncs(&fs), durable(&fs).len()), (1, 3));
    points.iter().for_each(|point| point.wait_durable().unwrap());
    writer.sync_handle().sync().unwrap();
    writer.sync().unwrap();
    assert_eq!(syncs(&fs), 1, "all is durable already");

    // A full segment is synced by the writer, so earlier points need no more.
    writer.log(&[&noise(4, 50)]).unwrap();
    let before = writer.sync_point();
    writer.cut_segment().unwrap();
    assert!(before.is_durable());
    writer.log(&[b"in the next segment"]).unwrap();
    let after = writer.sync_point();
    writer.close().unwrap();
    after.wait_durable().unwrap();
    assert_eq!((syncs(&fs), durable(&fs).len()), (3, 5));
}

#[test]
fn a_segment_that_has_ended_is_durable_before_what_comes_after_it() {
    let fs = MemoryFs::default();
    let mut writer = open(&fs);
    writer.log(&[b"one"]).unwrap();
    assert_eq!(writer.begin_segment().unwrap(), 1);
    assert_eq!(writer.begin_segment().unwrap(), 1, "it is empty");
    let ended = writer.sync_point();
    assert_eq!((syncs(&fs), ended.is_durable(), durable(&fs).len()), (0, false, 0));
    writer.log(&[b"two"]).unwrap();
    writer.begin_segment().unwrap();
    writer.log(&[b"three"]).unwrap();
    // Three segments and twice the folder; each of these steps leaves a log without a gap.
    let begun = fs.changes().len();
    writer.sync_point().wait_durable().unwrap();
    let steps: Vec<String> = fs.changes().split_off(begun);
    assert_eq!(
        steps.iter().map(|step| step.split(' ').next().unwrap()).collect::<Vec<_>>(),
        ["sync"; 5],
        "{steps:?}"
    );
    assert!(ended.is_durable());
    assert_eq!(durable(&fs), [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
    // From now on one is enough.
    writer.log(&[b"four"]).unwrap();
    let begun = fs.changes().len();
    writer.sync().unwrap();
    assert_eq!(fs.changes().len(), begun + 1);
    assert_eq!(durable(&fs).len(), 4);
    // A segment that is cut the other way takes those along that were not durable.
    writer.begin_segment().unwrap();
    writer.log(&[b"five"]).unwrap();
    writer.cut_segment().unwrap();
    assert_eq!(durable(&fs).len(), 5);
}

/// Whatever of it fails, nothing after it is promised.
#[test]
fn a_segment_that_cannot_be_made_durable_ends_the_log() {
    for step in 0..3 {
        let fs = MemoryFs::default();
        let mut writer = open(&fs);
        writer.log(&[b"one"]).unwrap();
        writer.begin_segment().unwrap();
        writer.log(&[b"two"]).unwrap();
        let point = writer.sync_point();
        fs.set_fault(Fault::Only(fs.changes().len() + step));
        assert!(matches!(point.wait_durable(), Err(WalError::Fs(_))), "step {step}");
        assert!(matches!(writer.log(&[b"refused"]), Err(WalError::RefusesWrites { .. })), "step {step}");
        assert!(durable(&fs).len() <= 1, "step {step}");
    }
}

/// While one fsync is under way, commits go on; all who come meanwhile share the next fsync.
#[test]
fn those_who_wait_share_the_next_fsync() {
    let fs = MemoryFs::default();
    let env = fs.env();
    let mut writer = open(&fs);
    fs.hold_syncs(true);
    let mut commit = |number| {
        writer.log(&[&noise(number, 50)]).unwrap();
        let point = writer.sync_point();
        env.spawn("committer", move || point.wait_durable()).unwrap()
    };
    let mut threads = vec![commit(0)];
    while syncs(&fs) == 0 {
        yield_now();
    }
    threads.extend((1..8).map(commit));
    fs.hold_syncs(false);
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
    assert_eq!((syncs(&fs), durable(&fs).len()), (2, 8));
}

/// Committers behind one lock: each finds its commit on the disk when it was told so.
#[test]
fn what_was_acknowledged_is_durable() {
    let fs = MemoryFs::default();
    let env = fs.env();
    let writer = Arc::new(Mutex::new(open(&fs)));
    let commit_some = |committer: u64| {
        let (fs, writer) = (fs.clone(), Arc::clone(&writer));
        move || {
            for number in 0..20 {
                // Some commits fill a segment.
                let record = noise(committer * 100 + number, if number % 7 == 0 { 40_000 } else { 60 });
                let point = {
                    let mut writer = writer.lock().unwrap();
                    writer.log(&[&record]).unwrap();
                    writer.sync_point()
                };
                point.wait_durable().unwrap();
                assert!(durable(&fs).contains(&record), "commit {number} of {committer}");
            }
        }
    };
    let threads: Vec<_> =
        (0..4).map(|committer| env.spawn("committer", commit_some(committer)).unwrap()).collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(durable(&fs).len(), 80);
}

#[test]
fn after_a_failed_fsync_nobody_is_told_of_success() {
    let fs = MemoryFs::default();
    let mut writer = open(&fs);
    writer.log(&[b"durable"]).unwrap();
    let earlier = writer.sync_point();
    earlier.wait_durable().unwrap();
    writer.log(&[b"lost, perhaps"]).unwrap();
    let points = [writer.sync_point(), writer.sync_point()];
    fs.set_fault(Fault::Only(fs.changes().len()));
    let error = points[0].wait_durable().unwrap_err();
    assert!(matches!(error, WalError::Fs(_)), "{error}");
    let changes = fs.changes();
    for outcome in [
        points[0].wait_durable(),
        points[1].wait_durable(),
        writer.sync_handle().sync(),
        writer.sync(),
        writer.log(&[b"refused"]),
        writer.cut_segment().map(drop),
    ] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, WalError::RefusesWrites { .. }), "{error}");
        assert!(error.to_string().contains("the disk fails on purpose"), "{error}");
    }
    earlier.wait_durable().unwrap();
    assert!(matches!(writer.close(), Err(WalError::RefusesWrites { .. })));
    assert_eq!(fs.changes(), changes, "nothing is tried");
}

/// A failed write says nothing good about what was written before it and not synced.
#[test]
fn after_a_failed_write_nothing_is_synced() {
    let fs = MemoryFs::default();
    let mut writer = open(&fs);
    writer.log(&[b"before"]).unwrap();
    let point = writer.sync_point();
    fs.set_fault(Fault::Only(fs.changes().len()));
    assert!(matches!(writer.log(&[b"fails"]), Err(WalError::Fs(_))));
    assert!(matches!(point.wait_durable(), Err(WalError::RefusesWrites { .. })));
    assert_eq!(syncs(&fs), 0);
}

/// The fsync under way fails for all who wait for it, and for the writer that ends the segment meanwhile.
#[test]
fn a_failure_reaches_all_who_wait() {
    let fs = MemoryFs::default();
    let env = fs.env();
    let mut writer = open(&fs);
    writer.log(&[b"lost, perhaps"]).unwrap();
    fs.set_fault(Fault::Only(fs.changes().len()));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let point = writer.sync_point();
            env.spawn("committer", move || point.wait_durable()).unwrap()
        })
        .collect();
    let cut = writer.cut_segment();
    let outcomes = threads.into_iter().map(|thread| thread.join().unwrap());
    let failed: Vec<_> = outcomes.chain([cut.map(drop)]).filter(Result::is_err).collect();
    // Whoever came first was refused; the padding's write may have been what failed.
    assert!(!failed.is_empty());
    assert!(writer.log(&[b"refused"]).is_err());
    let told = failed.len() == 5;
    assert!(told || durable(&fs).len() == 1, "{failed:?}");
}

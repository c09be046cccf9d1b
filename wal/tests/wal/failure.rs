//! A disk that fails: after the first failed write or fsync nothing is written any more.

use std::path::Path;

use emberdb_wal::{RECORD_BYTES_MAX, WalError, WalWriter, repair};

use crate::log::{SMALL, noise, read_log, read_whole_log, write_log};
use crate::memory_fs::{Fault, MemoryFs};

const DIR: &str = "/wal";

/// Each change in turn fails once; the disk is well again afterwards, but the writer does not trust it.
#[test]
fn writes_are_refused_after_a_failure() {
    let dir = Path::new(DIR);
    let steps = |writer: &mut WalWriter| -> Vec<Result<(), WalError>> {
        let mut outcomes: Vec<_> = (0..4).map(|number| writer.log(&[&noise(number, 30_000)])).collect();
        outcomes.push(writer.sync());
        outcomes.push(writer.log(&[b"last"]));
        outcomes
    };
    let healthy = MemoryFs::default();
    let mut writer = WalWriter::open(&healthy.env(), dir, SMALL).unwrap();
    assert!(steps(&mut writer).iter().all(Result::is_ok));
    let changes = healthy.changes();
    assert!(changes.iter().any(|change| change == "create 00000001"), "the steps fill a segment");

    // The first two changes belong to the opening.
    for (failing, change) in changes.iter().enumerate().skip(2) {
        let fs = MemoryFs::default();
        let mut writer = WalWriter::open(&fs.env(), dir, SMALL).unwrap();
        fs.set_fault(Fault::Only(failing));
        let outcomes = steps(&mut writer);
        let first = outcomes.iter().position(Result::is_err).expect("a change failed");
        let message = outcomes[first].as_ref().unwrap_err().to_string();
        assert!(message.contains("the disk fails on purpose"), "{change}: {message}");
        for outcome in &outcomes[first + 1..] {
            let error = outcome.as_ref().unwrap_err();
            assert!(matches!(error, WalError::RefusesWrites { .. }), "{change}: {error}");
            assert!(error.to_string().contains(&message), "{change}: {error}");
        }
        assert_eq!(fs.changes().len(), failing + 1, "nothing is tried after {change}");
        assert!(matches!(writer.close(), Err(WalError::RefusesWrites { .. })));

        // All commits that were accepted are there, and perhaps the one that was not (its write came before the failed fsync).
        let (read, error) = read_log(&fs.env(), dir);
        let accepted = first.min(4);
        assert!(read.len() >= accepted, "{change}");
        for (number, record) in read.iter().take(4).enumerate() {
            assert_eq!(record, &noise(number as u64, 30_000));
        }
        if let Some(WalError::Corrupt(corruption)) = error {
            assert!(corruption.torn_tail, "{corruption}");
            repair(&fs.env(), dir, &corruption).unwrap();
        }
        write_log(&fs.env(), dir, SMALL, &[vec![b"opened again".to_vec()]]);
        assert_eq!(read_whole_log(&fs.env(), dir).len(), read.len() + 1);
    }
}

/// What was synced or closed survives a power cut, and so does each segment that is full.
#[test]
fn a_power_cut_leaves_what_was_synced() {
    let (fs, dir) = (MemoryFs::default(), Path::new(DIR));
    let mut writer = WalWriter::open(&fs.env(), dir, SMALL).unwrap();
    writer.log(&[b"synced"]).unwrap();
    writer.sync().unwrap();
    writer.log(&[&noise(1, 60_000)]).unwrap();
    assert_eq!(read_whole_log(&fs.after_power_cut().env(), dir), [b"synced".to_vec()]);
    writer.log(&[&noise(2, 60_000)]).unwrap();
    assert_eq!(read_whole_log(&fs.after_power_cut().env(), dir).len(), 2, "the first segment is full");
    assert_eq!(read_whole_log(&fs.copy().env(), dir).len(), 3, "a process that ends loses nothing");
    writer.close().unwrap();
    assert_eq!(read_whole_log(&fs.after_power_cut().env(), dir).len(), 3);
}

#[test]
fn a_commit_with_a_record_over_the_limit_writes_nothing_and_the_log_goes_on() {
    let (fs, dir) = (MemoryFs::default(), Path::new(DIR));
    let mut writer = WalWriter::open(&fs.env(), dir, SMALL).unwrap();
    let too_large = vec![0; RECORD_BYTES_MAX + 1];
    let error = writer.log(&[b"series", &too_large]).unwrap_err();
    assert!(error.to_string().contains("268435457 bytes exceeds the limit of 268435456"), "{error}");
    writer.log(&[b"next"]).unwrap();
    assert_eq!(read_whole_log(&fs.env(), dir), [b"next".to_vec()]);
}

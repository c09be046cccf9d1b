//! A repair that is itself interrupted loses nothing that was readable.

use std::path::Path;

use emberdb_env::FileSystem;
use emberdb_wal::{
    Corruption, CorruptionReason, RecordError, RecordKind, RepairReport, Segment, WalError, WalListing,
    WalReader, repair,
};

use crate::log::{SMALL, noise, read_log, read_whole_log, write_log};
use crate::memory_fs::{Fault, MemoryFs};

const DIR: &str = "/wal";

/// Four segments of two records each; the second record of segment 1 is damaged.
fn damaged_log() -> MemoryFs {
    let (fs, dir) = (MemoryFs::default(), Path::new(DIR));
    for segment in 0..4 {
        let records = vec![noise(2 * segment, 100), noise(2 * segment + 1, 100)];
        write_log(&fs.env(), dir, SMALL, &[records]);
    }
    let path = Segment::new(dir, 1).path;
    let mut bytes = fs.read_file(&path);
    bytes[150] ^= 0x10;
    fs.put_file(&path, &bytes);
    fs.copy()
}

fn repair_what_is_found(fs: &MemoryFs) -> Result<Option<RepairReport>, WalError> {
    match read_log(&fs.env(), Path::new(DIR)).1 {
        Some(WalError::Corrupt(corruption)) => repair(&fs.env(), Path::new(DIR), &corruption).map(Some),
        Some(error) => Err(error),
        None => Ok(None),
    }
}

#[test]
fn the_report_says_what_was_dropped() {
    let fs = damaged_log();
    let report = repair_what_is_found(&fs).unwrap().unwrap();
    let text = "repaired /wal/00000001: kept its first 107 bytes, dropped 32661, and segments 00000002 to 00000003 \
                (65536 bytes)";
    assert_eq!(report.to_string(), text);
    let kept: Vec<Vec<u8>> = (0..3).map(|number| noise(number, 100)).collect();
    assert_eq!(read_whole_log(&fs.env(), Path::new(DIR)), kept);
    let names: Vec<String> =
        fs.read_dir(Path::new(DIR)).unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["00000000", "00000001"]);
}

#[test]
fn nothing_is_removed_before_the_kept_part_is_durable() {
    let fs = damaged_log();
    repair_what_is_found(&fs).unwrap();
    let expected = [
        "create 00000001.repair",
        "write 00000001.repair",
        "sync 00000001.repair",
        "sync directory wal",
        "remove 00000003",
        "remove 00000002",
        "sync directory wal",
        "rename to 00000001",
        "sync directory wal",
    ];
    assert_eq!(fs.changes(), expected);
}

/// The repair stops at each of its steps, by a kill or by a power cut; the next start finishes it.
#[test]
fn a_repair_can_be_interrupted_anywhere() {
    let kept: Vec<Vec<u8>> = (0..3).map(|number| noise(number, 100)).collect();
    for step in 0..9 {
        let fs = damaged_log();
        fs.set_fault(Fault::AllFrom(step));
        assert!(repair_what_is_found(&fs).is_err(), "step {step} fails");
        for (image, after) in [("kill", fs.copy()), ("power cut", fs.after_power_cut())] {
            let (read, _) = read_log(&after.env(), Path::new(DIR));
            assert_eq!(read, kept, "{image} at step {step}");
            repair_what_is_found(&after).unwrap();
            assert_eq!(read_whole_log(&after.env(), Path::new(DIR)), kept, "{image} at step {step}");
        }
    }
}

/// A record that is stored well but makes no sense to its decoder is where the log is cut, if the replay says so.
#[test]
fn an_undecodable_record_is_a_corruption_at_its_beginning() {
    let (fs, dir) = (MemoryFs::default(), Path::new(DIR));
    let commits = [vec![b"a".to_vec()], vec![vec![2, 0]], vec![b"c".to_vec()]];
    write_log(&fs.env(), dir, SMALL, &commits);
    let mut reader = WalReader::new(&fs.env(), &WalListing::read(&fs.env(), dir).unwrap());
    let mut found = None;
    while let Some(logged) = reader.next_record().unwrap() {
        if logged.kind() == Some(RecordKind::Samples) {
            let error = emberdb_wal::decode_samples(logged.data, &mut Vec::new()).unwrap_err();
            found = Some(Corruption::undecodable(dir, logged.position, error));
        }
    }
    let corruption = found.unwrap();
    assert!(matches!(corruption.reason, CorruptionReason::Record(RecordError::Short { .. })), "{corruption}");
    repair(&fs.env(), dir, &corruption).unwrap();
    assert_eq!(read_whole_log(&fs.env(), dir), [b"a".to_vec()]);
}

#[test]
fn a_checkpoint_is_not_cut() {
    let (fs, dir) = (MemoryFs::default(), Path::new(DIR));
    let checkpoint = dir.join("checkpoint.00000000");
    write_log(&fs.env(), dir, SMALL, &[vec![b"replaced".to_vec()]]);
    write_log(&fs.env(), &checkpoint, SMALL, &[vec![noise(1, 100)]]);
    let path = Segment::new(&checkpoint, 0).path;
    let bytes = fs.read_file(&path);
    fs.put_file(&path, &bytes[..50]);
    let (_, error) = read_log(&fs.env(), dir);
    let Some(WalError::Corrupt(corruption)) = error else { panic!("{error:?}") };
    assert!(!corruption.torn_tail, "a checkpoint is complete when it gets its name");
    let before = fs.changes();
    assert!(matches!(repair(&fs.env(), dir, &corruption), Err(WalError::CheckpointCorrupt(_))));
    assert_eq!(fs.changes(), before);
}

//! A checkpoint keeps what is needed, and nothing else.

use std::path::{Path, PathBuf};

use emberdb_env::{Env, FileSystem};
use emberdb_wal::{
    CheckpointBounds, Compression, PAGE_BYTES, Segment, WalError, WalListing, WalOptions, WalWriter,
    checkpoint, truncate,
};
use proptest::prelude::*;

use crate::conformance::conformance;
use crate::items::{Item, items, kinds, needed, record, records, without_floors};
use crate::log::{SMALL, noise, read_log, read_whole_log, write_log};
use crate::memory_fs::MemoryFs;

const DIR: &str = "/wal";

/// A log of these segments and an empty one after them.
pub(crate) fn log_of(segments: &[Vec<Vec<u8>>], options: WalOptions) -> MemoryFs {
    let fs = MemoryFs::default();
    for records in segments.iter().chain([&Vec::new()]) {
        write_log(&fs.env(), Path::new(DIR), options, std::slice::from_ref(records));
    }
    fs
}

/// The records of the newest checkpoint alone, without its floor.
fn checkpoint_records(fs: &MemoryFs) -> Vec<Vec<u8>> {
    let dir = WalListing::read(&fs.env(), Path::new(DIR)).unwrap().checkpoint.unwrap().dir;
    let records = read_whole_log(&fs.env(), &dir);
    let kept = without_floors(records.clone());
    assert_eq!(kept[..], records[1..], "there is one floor, and it comes first");
    kept
}

fn floor_ms(fs: &MemoryFs) -> i64 {
    WalListing::read(&fs.env(), Path::new(DIR)).unwrap().floor_ms(&fs.env()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Against the slow view of the log, for a first checkpoint and for one that takes up the first.
    #[test]
    fn checkpoints_keep_what_is_needed(
        segments in prop::collection::vec(records(0..8), 4),
        odd: u64,
        mins_ms in (-60..60_i64, -60..60_i64),
        snappy: bool,
    ) {
        let keep = |series_ref: u64| (odd >> series_ref) & 1 == 1;
        let compression = if snappy { Compression::Snappy } else { Compression::None };
        let options = WalOptions { compression, ..SMALL };
        let fs = log_of(&segments, options);
        let dir = Path::new(DIR);

        prop_assert_eq!(floor_ms(&fs), i64::MIN);
        checkpoint(&fs.env(), dir, 1, keep, CheckpointBounds::at(mins_ms.0), options).unwrap();
        prop_assert_eq!(floor_ms(&fs), mins_ms.0);
        let expected = needed(&items(&segments[..2].concat()), keep, mins_ms.0);
        let first = checkpoint_records(&fs);
        prop_assert_eq!(needed(&items(&first), |_| true, i64::MIN), expected);
        prop_assert!(items(&first).iter().all(|item| !matches!(item, Item::Other(_))));

        let before = items(&[first, segments[2].clone()].concat());
        let report = checkpoint(&fs.env(), dir, 2, keep, CheckpointBounds::at(mins_ms.1), options).unwrap();
        prop_assert_eq!(floor_ms(&fs), mins_ms.1);
        let second = items(&checkpoint_records(&fs));
        prop_assert_eq!(needed(&second, |_| true, i64::MIN), needed(&before, keep, mins_ms.1));
        let count = |items: &[Item], is: fn(&Item) -> bool| items.iter().filter(|item| is(item)).count() as u64;
        let is_series = |item: &Item| matches!(item, Item::Series { .. });
        prop_assert_eq!(report.series.read, count(&before, is_series));
        prop_assert_eq!(report.series.read - report.series.dropped, count(&second, is_series));
        let is_metadata = |item: &Item| matches!(item, Item::Metadata { .. });
        prop_assert_eq!(report.metadata.read - report.metadata.dropped, count(&second, is_metadata));
        let is_sample = |item: &Item| matches!(item, Item::Stamped { kind, .. } if *kind != 4);
        prop_assert_eq!(report.samples.read - report.samples.dropped, count(&second, is_sample));

        let log = read_whole_log(&fs.env(), dir);
        truncate(&fs.env(), dir, 2).unwrap();
        prop_assert_eq!(read_whole_log(&fs.env(), dir), log);
    }
}

/// A record of which all is kept is the same record; one of which a part is kept is what an encoder makes of the part.
#[test]
fn records_are_copied_or_written_as_encoders_write_them() {
    let elements = [(5, 10, 2), (3, 20, 4), (9, 5, 6), (3, 30, 7), (1 << 40, 15, 9)];
    for kind in [2, 4, 7, 8, 9, 10, 11, 12, 13] {
        let log = log_of(&[vec![record(kind, &elements)]], SMALL);
        let fs = log.copy();
        checkpoint(&fs.env(), Path::new(DIR), 0, |_| false, CheckpointBounds::at(5), SMALL).unwrap();
        assert_eq!(checkpoint_records(&fs), [record(kind, &elements)], "kind {kind}");

        let fs = log.copy();
        let report =
            checkpoint(&fs.env(), Path::new(DIR), 0, |_| true, CheckpointBounds::at(15), SMALL).unwrap();
        let kept = [elements[1], elements[3], elements[4]];
        assert_eq!(checkpoint_records(&fs), [record(kind, &kept)], "kind {kind}");
        let tally = if kind == 4 { report.exemplars } else { report.samples };
        assert_eq!((tally.read, tally.dropped), (5, 2), "kind {kind}");

        let fs = log.copy();
        checkpoint(&fs.env(), Path::new(DIR), 0, |_| true, CheckpointBounds::at(31), SMALL).unwrap();
        assert!(checkpoint_records(&fs).is_empty(), "kind {kind}");
    }
}

#[test]
fn the_report_says_what_was_kept() {
    let elements = [(1, 10, 2), (2, 20, 4)];
    let records = [1, 2, 3, 6, 6, 99].map(|kind| record(kind, &elements)).to_vec();
    let fs = log_of(&[records], SMALL);
    let report =
        checkpoint(&fs.env(), Path::new(DIR), 0, |of| of == 1, CheckpointBounds::at(15), SMALL).unwrap();
    let text = "checkpoint of the segments up to 00000000 keeps 1 of 2 series, 1 of 2 samples, 0 of 2 deletions, 0 of 0 \
                exemplars, 1 of 4 metadata, and drops 1 records of unknown kinds";
    assert_eq!(report.to_string(), text);
}

/// What came late is in another log, and may be older than what this one has: so may be what was deleted of it.
#[test]
fn deletions_have_a_bound_of_their_own() {
    let deletions = record(3, &[(1, 10, 2), (1, 20, 2), (1, 30, 2)]);
    let fs = log_of(&[vec![record(1, &[(1, 0, 0)]), deletions, record(2, &[(1, 10, 1), (1, 30, 1)])]], SMALL);
    let bounds = CheckpointBounds { samples_from_ms: 25, deletions_from_ms: 15 };
    let report = checkpoint(&fs.env(), Path::new(DIR), 0, |_| true, bounds, SMALL).unwrap();
    assert_eq!((report.samples.dropped, report.tombstones.dropped), (1, 1), "{report}");
    assert_eq!(floor_ms(&fs), 25);
}

#[test]
fn a_range_that_cannot_be_replaced_is_refused() {
    let fs = log_of(&[vec![record(1, &[(1, 0, 0)])], Vec::new()], SMALL);
    let (env, dir) = (fs.env(), Path::new(DIR));
    let before = fs.changes();
    let refused =
        |last: u32| checkpoint(&env, dir, last, |_| true, CheckpointBounds::at(0), SMALL).unwrap_err();
    let message = refused(2).to_string();
    assert!(message.contains("up to 00000002 in /wal: expected 00000000 to 00000001"), "{message}");
    assert!(matches!(truncate(&env, dir, 0), Err(WalError::NotReplaced { last: 0, .. })));
    assert_eq!(fs.changes(), before);

    checkpoint(&env, dir, 1, |_| true, CheckpointBounds::at(0), SMALL).unwrap();
    for last in [0, 1, 2] {
        assert!(matches!(refused(last), WalError::CheckpointRange { replaceable: None, .. }));
    }
    let report = truncate(&env, dir, 1).unwrap();
    assert_eq!(report.segments, [0, 1]);
    assert_eq!(truncate(&env, dir, 1).unwrap().segments, [0; 0]);
}

/// Damage in what is to be replaced is an error, and the log is as before.
#[test]
fn damage_is_no_checkpoint() {
    let elements = [(1, 10, 2), (2, 20, 4)];
    for (at, is_record_damaged) in [(3, false), (12, false), (0, true)] {
        let fs = log_of(&[vec![record(2, &elements)], Vec::new()], SMALL);
        let segment = Segment::new(Path::new(DIR), 0);
        if is_record_damaged {
            let mut cut = record(2, &elements);
            cut.pop();
            fs.remove_file(&segment.path).unwrap();
            fs.remove_file(&Segment::new(Path::new(DIR), 1).path).unwrap();
            fs.remove_file(&Segment::new(Path::new(DIR), 2).path).unwrap();
            write_log(&fs.env(), Path::new(DIR), SMALL, &[vec![cut]]);
            write_log(&fs.env(), Path::new(DIR), SMALL, &[]);
        } else {
            let mut bytes = fs.read_file(&segment.path);
            bytes[at] ^= 1;
            fs.put_file(&segment.path, &bytes);
        }
        let error =
            checkpoint(&fs.env(), Path::new(DIR), 0, |_| true, CheckpointBounds::at(0), SMALL).unwrap_err();
        assert!(matches!(error, WalError::Corrupt(_)), "{error}");
        assert!(error.to_string().contains("/wal/00000000"), "{error}");
        let entries = fs.read_dir(Path::new(DIR)).unwrap();
        assert!(entries.iter().all(|entry| !entry.name.contains("checkpoint")), "{entries:?}");
    }
}

/// Many series with long help texts take several records.
#[test]
fn metadata_of_many_series_are_several_records() {
    let help = String::from_utf8(vec![b'h'; 10_000]).unwrap();
    let mut log = Vec::new();
    for series_ref in 0..250 {
        let mut record = Vec::new();
        let metadata = emberdb_wal::RefMetadata { series_ref, help: &help, ..Default::default() };
        emberdb_wal::encode_metadata([metadata], &mut record);
        log.push(record);
    }
    let options = WalOptions { segment_bytes_max: 256 * PAGE_BYTES as u64, ..SMALL };
    let fs = log_of(&[log.clone()], options);
    checkpoint(&fs.env(), Path::new(DIR), 0, |_| true, CheckpointBounds::at(0), options).unwrap();
    let kept = checkpoint_records(&fs);
    assert_eq!(kept.len(), 3);
    assert_eq!(items(&kept), items(&log));
}

#[test]
fn the_size_on_disk_counts_checkpoint_and_segments() {
    let fs = log_of(&[vec![record(2, &[(1, 0, 0)])], vec![noise(1, 40_000)]], SMALL);
    let bytes = || WalListing::read(&fs.env(), Path::new(DIR)).unwrap().bytes(&fs.env()).unwrap();
    assert_eq!(bytes(), 3 * PAGE_BYTES as u64);
    checkpoint(&fs.env(), Path::new(DIR), 0, |_| true, CheckpointBounds::at(0), SMALL).unwrap();
    assert_eq!(bytes(), 4 * PAGE_BYTES as u64);
}

#[test]
fn cutting_ends_a_segment_that_holds_something() {
    let (fs, dir) = (MemoryFs::default(), Path::new(DIR));
    let mut writer = WalWriter::open(&fs.env(), dir, SMALL).unwrap();
    assert_eq!(writer.cut_segment().unwrap(), 0, "nothing to end");
    writer.log(&[b"first"]).unwrap();
    assert_eq!(writer.cut_segment().unwrap(), 1);
    assert_eq!(read_whole_log(&fs.after_power_cut().env(), dir), [b"first".to_vec()]);
    assert_eq!(fs.read_file(&Segment::new(dir, 0).path).len(), PAGE_BYTES);
    writer.log(&[b"second"]).unwrap();
    assert_eq!(read_whole_log(&fs.env(), dir), [b"first".to_vec(), b"second".to_vec()]);
}

/// The removal of replaced segments was interrupted so that a gap is left: nothing of them is needed.
#[test]
fn a_gap_among_replaced_segments_is_none() {
    let fs = log_of(
        &[vec![record(2, &[(1, 0, 0)])], Vec::new(), Vec::new(), vec![record(2, &[(1, 9, 9)])]],
        SMALL,
    );
    let (env, dir) = (fs.env(), Path::new(DIR));
    checkpoint(&env, dir, 2, |_| true, CheckpointBounds::at(0), SMALL).unwrap();
    let log = read_whole_log(&env, dir);
    fs.remove_file(&Segment::new(dir, 1).path).unwrap();
    assert_eq!(read_whole_log(&env, dir), log);
    truncate(&env, dir, 2).unwrap();
    assert_eq!(read_whole_log(&env, dir), log);
    fs.remove_file(&Segment::new(dir, 3).path).unwrap();
    assert!(matches!(read_log(&env, dir).1, Some(WalError::SegmentGap { .. })));
}

/// Upstream's own logs, checkpointed: all of it, and half of its time.
#[test]
fn upstreams_logs_are_checkpointed() {
    for name in ["wal_none", "wal_snappy", "out_of_order", "start_timestamps"] {
        let Some(golden) = conformance(&format!("tsdb/golden/{name}/data/wal")) else { return };
        let fs = copy_log(&golden);
        write_log(&fs.env(), Path::new(DIR), SMALL, &[]);
        let records = read_whole_log(&fs.env(), Path::new(DIR));
        assert!(kinds(&records).len() > 2, "{name}");
        let all = items(&records);
        let mut times: Vec<i64> = all
            .iter()
            .filter_map(|item| if let Item::Stamped { at_ms, .. } = item { Some(*at_ms) } else { None })
            .collect();
        times.sort_unstable();
        let last = WalListing::read(&fs.env(), Path::new(DIR)).unwrap().segments.len() as u32 - 2;
        for min_ms in [i64::MIN, times[times.len() / 2]] {
            let fs = fs.copy();
            checkpoint(
                &fs.env(),
                Path::new(DIR),
                last,
                |of| of % 2 == 1,
                CheckpointBounds::at(min_ms),
                SMALL,
            )
            .unwrap();
            let kept = items(&checkpoint_records(&fs));
            assert_eq!(needed(&kept, |_| true, i64::MIN), needed(&all, |of| of % 2 == 1, min_ms), "{name}");
        }
        let fs = fs.copy();
        checkpoint(&fs.env(), Path::new(DIR), last, |_| true, CheckpointBounds::at(i64::MIN), SMALL).unwrap();
        assert!(checkpoint_records(&fs) == records, "{name}: nothing is filtered, so all is copied");
    }
}

/// A log on disk, in memory.
fn copy_log(from: &Path) -> MemoryFs {
    let (real, fs) = (Env::real(), MemoryFs::default());
    for segment in WalListing::read(&real, from).unwrap().segments {
        let bytes = real.fs().read(&segment.path, u64::MAX).unwrap();
        let path: PathBuf = Path::new(DIR).join(segment.path.file_name().unwrap());
        fs.put_file(&path, &bytes);
    }
    fs
}

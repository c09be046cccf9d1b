//! What was written is read, wherever it lies in pages and segments.

use std::path::Path;

use emberdb_wal::{Compression, PAGE_BYTES, Segment, WalError, WalListing, WalOptions, WalWriter};
use proptest::prelude::*;

use crate::log::{SMALL, noise, read_log, read_whole_log, write_log};
use crate::memory_fs::MemoryFs;

const DIR: &str = "/wal";

/// Sizes around what fits into the rest of a page, besides small and large ones.
fn record_len() -> impl Strategy<Value = usize> {
    prop_oneof![
        3 => 0..200_usize,
        2 => PAGE_BYTES - 30..PAGE_BYTES + 30,
        1 => 2 * PAGE_BYTES - 30..2 * PAGE_BYTES + 30,
        1 => 0..5 * PAGE_BYTES,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn records_cross_pages_and_segments(
        commits in prop::collection::vec(prop::collection::vec((record_len(), any::<bool>()), 0..6), 0..8),
        snappy: bool,
        segment_pages in 1..6_u64,
        reopen_after in 0..8_usize,
    ) {
        let compression = if snappy { Compression::Snappy } else { Compression::None };
        let options = WalOptions { segment_bytes_max: segment_pages * PAGE_BYTES as u64, compression };
        let commits: Vec<Vec<Vec<u8>>> = commits
            .into_iter()
            .enumerate()
            .map(|(number, commit)| {
                let record = |(len, compressible)| {
                    if compressible { vec![number as u8; len] } else { noise(number as u64, len) }
                };
                commit.into_iter().map(record).collect()
            })
            .collect();
        let fs = MemoryFs::default();
        let (before, after) = commits.split_at(reopen_after.min(commits.len()));
        write_log(&fs.env(), Path::new(DIR), options, before);
        write_log(&fs.env(), Path::new(DIR), options, after);
        prop_assert_eq!(read_whole_log(&fs.env(), Path::new(DIR)), commits.concat());

        // A closed segment is whole pages, and too large only for one record that is too large by itself.
        for segment in WalListing::read(&fs.env(), Path::new(DIR)).unwrap().segments {
            let bytes = fs.read_file(&segment.path).len();
            prop_assert_eq!(bytes % PAGE_BYTES, 0);
            let largest = commits.iter().flatten().map(Vec::len).max().unwrap_or(0);
            prop_assert!(bytes as u64 <= options.segment_bytes_max.max(2 * (largest + 2 * PAGE_BYTES) as u64));
        }
    }
}

#[test]
fn each_open_begins_a_segment_and_a_commit_is_one_write() {
    let fs = MemoryFs::default();
    let dir = Path::new(DIR);
    for number in 0..3 {
        let mut writer = WalWriter::open(&fs.env(), dir, SMALL).unwrap();
        assert_eq!(writer.segment(), number);
        writer.log(&[b"series", b"samples", &noise(1, 40_000)]).unwrap();
        writer.log(&[b"more"]).unwrap();
        writer.log(&[]).unwrap();
    }
    let writes = fs.changes().iter().filter(|change| change.starts_with("write")).count();
    assert_eq!(writes, 3 * 2);
    assert!(!fs.changes().contains(&"sync 00000000".to_owned()));
    assert_eq!(read_whole_log(&fs.env(), dir).len(), 3 * 4);
}

#[test]
fn a_full_segment_is_synced_before_the_next_exists() {
    let fs = MemoryFs::default();
    let mut writer = WalWriter::open(&fs.env(), Path::new(DIR), SMALL).unwrap();
    for number in 0..2 {
        writer.log(&[&noise(number, 40_000)]).unwrap();
    }
    let expected = [
        "create 00000000",
        "sync directory wal",
        "write 00000000",
        "write 00000000",
        "sync 00000000",
        "create 00000001",
        "sync directory wal",
        "write 00000001",
    ];
    assert_eq!(fs.changes(), expected);
}

#[test]
fn a_checkpoint_comes_first_and_replaces_its_segments() {
    let fs = MemoryFs::default();
    let (env, dir) = (fs.env(), Path::new(DIR));
    for number in 0..5_u8 {
        write_log(&env, dir, SMALL, &[vec![vec![number]]]);
    }
    write_log(&env, &dir.join("checkpoint.00000001"), SMALL, &[vec![b"older".to_vec()]]);
    write_log(&env, &dir.join("checkpoint.000002"), SMALL, &[vec![b"newest".to_vec()]]);
    write_log(&env, &dir.join("checkpoint.00000003.tmp"), SMALL, &[vec![b"unfinished".to_vec()]]);
    let listing = WalListing::read(&env, dir).unwrap();
    assert_eq!(listing.checkpoint.as_ref().unwrap().last_segment, 2);
    assert_eq!(listing.segments_to_replay(), [Segment::new(dir, 3), Segment::new(dir, 4)]);
    assert_eq!(read_whole_log(&env, dir), [b"newest".to_vec(), vec![3], vec![4]]);
}

#[test]
fn after_a_checkpoint_alone_the_next_segment_is_not_taken_for_a_replaced_one() {
    let fs = MemoryFs::default();
    let (env, dir) = (fs.env(), Path::new(DIR));
    env.fs().create_dir_all(dir).unwrap();
    write_log(&env, &dir.join("checkpoint.00000007"), SMALL, &[vec![b"old".to_vec()]]);
    write_log(&env, dir, SMALL, &[vec![b"new".to_vec()]]);
    assert_eq!(read_whole_log(&env, dir), [b"old".to_vec(), b"new".to_vec()]);
}

#[test]
fn missing_segments_are_named() {
    let fs = MemoryFs::default();
    let (env, dir) = (fs.env(), Path::new(DIR));
    for number in [3, 4, 7] {
        fs.put_file(&Segment::new(dir, number).path, b"");
    }
    let (_, error) = read_log(&env, dir);
    let message = error.unwrap().to_string();
    assert!(message.contains("segments 00000005 to 00000006 are missing in /wal"), "{message}");

    env.fs().remove_file(&Segment::new(dir, 7).path).unwrap();
    write_log(&env, &dir.join("checkpoint.00000001"), SMALL, &[]);
    let error = WalListing::read(&env, dir).unwrap_err();
    assert!(matches!(error, WalError::SegmentGap { missing_first: 2, missing_last: 2, .. }), "{error}");
}

#[test]
fn sizes_that_are_no_pages_and_no_log_at_all() {
    let fs = MemoryFs::default();
    for segment_bytes_max in [0, 1000, PAGE_BYTES as u64 + 1] {
        let options = WalOptions { segment_bytes_max, ..SMALL };
        let error = WalWriter::open(&fs.env(), Path::new(DIR), options).unwrap_err();
        assert!(matches!(error, WalError::SegmentSize { .. }), "{error}");
    }
    assert!(read_whole_log(&fs.env(), Path::new("/none")).is_empty());
}

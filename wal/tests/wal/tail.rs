//! A tail reads what is written, as soon as it is whole.

use std::path::Path;

use emberdb_env::FileSystem;
use emberdb_wal::{
    CheckpointBounds, Compression, PAGE_BYTES, Segment, TailReader, TailStart, WalError, WalListing,
    WalOptions, WalWriter, checkpoint, repair, truncate,
};
use proptest::prelude::*;

use crate::items::record;
use crate::log::{SMALL, noise, read_log, read_whole_log, write_log};
use crate::memory_fs::MemoryFs;

const DIR: &str = "/wal";

fn follow(fs: &MemoryFs, start: TailStart) -> TailReader {
    TailReader::open(&fs.env(), Path::new(DIR), start).unwrap()
}

/// All that the tail has now.
pub(crate) fn drain(tail: &mut TailReader) -> Result<Vec<Vec<u8>>, WalError> {
    let mut records = Vec::new();
    while let Some(logged) = tail.next_record()? {
        records.push(logged.data.to_vec());
    }
    Ok(records)
}

/// Appends to a file as a writer in another process does.
fn append(fs: &MemoryFs, path: &Path, bytes: &[u8]) {
    fs.open_append(path).unwrap().write_all(bytes).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// The log grows in pieces of any size, segment by segment; at each moment the tail has what a reader would have.
    #[test]
    fn a_tail_has_what_a_reader_would_have(
        lens in prop::collection::vec(
            prop_oneof![3 => 0..200_usize, 1 => PAGE_BYTES - 30..PAGE_BYTES + 30, 1 => 0..4 * PAGE_BYTES], 1..8),
        pieces in prop::collection::vec(prop_oneof![1..50_usize, 1..3 * PAGE_BYTES], 1..6),
        polls in prop::collection::vec(any::<bool>(), 1..5),
        snappy: bool,
        reopen_after in 0..8_usize,
    ) {
        let compression = if snappy { Compression::Snappy } else { Compression::None };
        let options = WalOptions { compression, ..SMALL };
        let records: Vec<Vec<u8>> = lens.iter().enumerate().map(|(number, &len)| {
            let mut record = noise(number as u64, len);
            record[..len / 2].fill(number as u8 + 1);
            record
        }).collect();
        let (whole, dir) = (MemoryFs::default(), Path::new(DIR));
        let (before, after) = records.split_at(reopen_after.min(records.len()));
        write_log(&whole.env(), dir, options, &[before.to_vec()]);
        write_log(&whole.env(), dir, options, &[after.to_vec()]);

        let growing = MemoryFs::default();
        let mut tail = follow(&growing, TailStart::Checkpoint);
        let (mut pieces, mut polls) = (pieces.iter().cycle(), polls.iter().cycle());
        let mut read = Vec::new();
        for segment in WalListing::read(&whole.env(), dir).unwrap().segments {
            let bytes = whole.read_file(&segment.path);
            growing.put_file(&segment.path, &[]);
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let (piece, later) = rest.split_at(rest.len().min(*pieces.next().unwrap()));
                append(&growing, &segment.path, piece);
                rest = later;
                if *polls.next().unwrap() {
                    read.extend(drain(&mut tail).unwrap());
                    let (expected, _) = read_log(&growing.env(), dir);
                    prop_assert!(read == expected, "{} records of {}", read.len(), expected.len());
                }
            }
        }
        read.extend(drain(&mut tail).unwrap());
        prop_assert!(read == records);
    }
}

/// Byte by byte: at each the tail has all records that are whole, and no error.
#[test]
fn half_a_record_is_waited_for() {
    let (whole, dir) = (MemoryFs::default(), Path::new(DIR));
    let records: Vec<Vec<u8>> =
        [20, 0, 700, PAGE_BYTES, 90].iter().zip(0..).map(|(&len, n)| noise(n, len)).collect();
    let mut writer = WalWriter::open(&whole.env(), dir, SMALL).unwrap();
    let mut ends = Vec::new();
    for record in &records {
        writer.log(&[record]).unwrap();
        ends.push(writer.segment_bytes() as usize);
    }
    let path = Segment::new(dir, 0).path;
    let bytes = whole.read_file(&path);
    let growing = MemoryFs::default();
    growing.put_file(&path, &[]);
    let mut tail = follow(&growing, TailStart::Segment(0));
    let mut read = 0;
    for (at, byte) in bytes.iter().enumerate() {
        append(&growing, &path, &[*byte]);
        if at % 13 == 0 || at + 100 > PAGE_BYTES || at < 1000 {
            read += drain(&mut tail).unwrap().len();
            assert_eq!(read, ends.iter().filter(|&&end| end <= at + 1).count(), "at {at}");
        }
    }
    assert_eq!(read, records.len());
}

#[test]
fn a_tail_follows_a_writer_through_segments() {
    let (fs, dir) = (MemoryFs::default(), Path::new(DIR));
    let mut tail = follow(&fs, TailStart::Checkpoint);
    assert!(tail.next_record().unwrap().is_none(), "there is no log yet");
    let mut writer = WalWriter::open(&fs.env(), dir, SMALL).unwrap();
    for number in 0..30 {
        assert!(tail.next_record().unwrap().is_none());
        let record = noise(number, 7_000);
        writer.log(&[&record]).unwrap();
        let logged = tail.next_record().unwrap().unwrap();
        assert_eq!(logged.data, record);
        assert_eq!(logged.position.segment, writer.segment());
        assert!(!logged.position.in_checkpoint);
    }
    assert!(writer.segment() > 2);
    writer.close().unwrap();
    assert!(tail.next_record().unwrap().is_none());
    write_log(&fs.env(), dir, SMALL, &[vec![b"opened again".to_vec()]]);
    assert_eq!(drain(&mut tail).unwrap(), [b"opened again".to_vec()]);
}

#[test]
fn a_tail_begins_where_it_is_told() {
    let fs = MemoryFs::default();
    let (env, dir) = (fs.env(), Path::new(DIR));
    for number in 0..4 {
        write_log(&env, dir, SMALL, &[vec![record(2, &[(number, number as i64, 0)])]]);
    }
    checkpoint(&env, dir, 1, |_| true, CheckpointBounds::at(1), SMALL).unwrap();
    let replay = read_whole_log(&env, dir);
    assert_eq!(replay.len(), 4, "the checkpoint's floor and its record, and two segments");
    assert_eq!(drain(&mut follow(&fs, TailStart::Checkpoint)).unwrap(), replay);
    assert_eq!(drain(&mut follow(&fs, TailStart::Segment(3))).unwrap(), replay[3..]);
    assert_eq!(drain(&mut follow(&fs, TailStart::Segment(0))).unwrap().len(), 4);

    let mut tail = follow(&fs, TailStart::Segment(4));
    assert!(tail.next_record().unwrap().is_none(), "yet to come");
    write_log(&env, dir, SMALL, &[vec![b"came".to_vec()]]);
    assert_eq!(drain(&mut tail).unwrap(), [b"came".to_vec()]);
}

/// A crash leaves half a record. The tail waits at it, the repair cuts it off, and the tail goes on with the next segment.
#[test]
fn a_torn_tail_that_is_repaired_is_passed() {
    let (fs, dir) = (MemoryFs::default(), Path::new(DIR));
    let (first, torn) = (noise(1, 500), noise(2, 50_000));
    let mut writer = WalWriter::open(&fs.env(), dir, SMALL).unwrap();
    writer.log(&[&first]).unwrap();
    let whole_bytes = writer.segment_bytes() as usize;
    writer.log(&[&torn]).unwrap();
    let path = Segment::new(dir, 0).path;
    let bytes = fs.read_file(&path);
    for cut in [whole_bytes + 1, whole_bytes + 7, whole_bytes + 900, PAGE_BYTES + 3, bytes.len() - 1] {
        let fs = MemoryFs::default();
        fs.put_file(&path, &bytes[..cut]);
        let mut tail = follow(&fs, TailStart::Checkpoint);
        assert_eq!(drain(&mut tail).unwrap(), std::slice::from_ref(&first));
        let Some(WalError::Corrupt(corruption)) = read_log(&fs.env(), dir).1 else { panic!("cut at {cut}") };
        repair(&fs.env(), dir, &corruption).unwrap();
        assert!(tail.next_record().unwrap().is_none(), "cut at {cut}");
        write_log(&fs.env(), dir, SMALL, &[vec![b"after the crash".to_vec()]]);
        assert_eq!(drain(&mut tail).unwrap(), [b"after the crash".to_vec()], "cut at {cut}");

        // Not repaired, it is damage as soon as the log goes on behind it.
        let fs = MemoryFs::default();
        fs.put_file(&path, &bytes[..cut]);
        let mut tail = follow(&fs, TailStart::Checkpoint);
        drain(&mut tail).unwrap();
        write_log(&fs.env(), dir, SMALL, &[]);
        for _ in 0..3 {
            let error = tail.next_record().unwrap_err();
            assert!(matches!(&error, WalError::Corrupt(found) if !found.torn_tail), "cut at {cut}: {error}");
        }
    }
}

/// A tail that is slower than the checkpoints is told, and does not wait for ever.
#[test]
fn what_is_removed_before_it_is_read_is_lost() {
    let fs = MemoryFs::default();
    let (env, dir) = (fs.env(), Path::new(DIR));
    for number in 0..5 {
        write_log(&env, dir, SMALL, &[vec![record(2, &[(number, number as i64, 0)])]]);
    }
    let mut tail = follow(&fs, TailStart::Segment(0));
    assert!(tail.next_record().unwrap().is_some(), "segment 0 is open");
    let mut at_its_end = follow(&fs, TailStart::Segment(2));
    drain(&mut at_its_end).unwrap();
    checkpoint(&env, dir, 2, |_| true, CheckpointBounds::at(0), SMALL).unwrap();
    truncate(&env, dir, 2).unwrap();
    for _ in 0..2 {
        let error = tail.next_record().unwrap_err();
        assert!(matches!(error, WalError::TailLost { segment: 0, .. }), "{error}");
    }
    let error = TailReader::open(&env, dir, TailStart::Segment(1)).unwrap_err();
    assert!(
        error.to_string().contains("cannot follow the log in /wal beyond offset 0 of segment 00000001"),
        "{error}"
    );
    assert!(at_its_end.next_record().unwrap().is_none(), "it is beyond what was removed");

    // A segment that is being read may be removed when the next one is there.
    let mut tail = follow(&fs, TailStart::Segment(3));
    assert!(tail.next_record().unwrap().is_some());
    checkpoint(&env, dir, 3, |_| true, CheckpointBounds::at(0), SMALL).unwrap();
    truncate(&env, dir, 3).unwrap();
    assert_eq!(drain(&mut tail).unwrap().len(), 1);
    assert!(tail.next_record().unwrap().is_none());

    // The segment that is being read is cut: what was read of it was never logged.
    let mut writer = WalWriter::open(&env, dir, SMALL).unwrap();
    writer.log(&[b"read"]).unwrap();
    assert_eq!(drain(&mut tail).unwrap(), [b"read".to_vec()]);
    fs.open_append(&Segment::new(dir, writer.segment()).path).unwrap().set_len(3).unwrap();
    let error = tail.next_record().unwrap_err();
    assert!(matches!(error, WalError::TailLost { segment: 5, .. }), "{error}");
}

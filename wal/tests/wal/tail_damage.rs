//! Damage under a tail: what comes before is read, the error stays, and nothing panics or is waited for in vain.

use std::path::Path;

use emberdb_wal::{Segment, TailReader, TailStart, WalError, WalWriter};
use proptest::prelude::*;

use crate::log::{SMALL, noise, read_log};
use crate::memory_fs::MemoryFs;

const DIR: &str = "/wal";

/// All that the tail reads before its error or the end.
fn read_tail(fs: &MemoryFs) -> (Vec<Vec<u8>>, Option<WalError>) {
    let mut tail = match TailReader::open(&fs.env(), Path::new(DIR), TailStart::Checkpoint) {
        Ok(tail) => tail,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut records = Vec::new();
    loop {
        match tail.next_record() {
            Ok(Some(logged)) => records.push(logged.data.to_vec()),
            Ok(None) => return (records, None),
            Err(error) => {
                let again = tail.next_record().unwrap_err();
                assert_eq!(again.to_string(), error.to_string(), "the error stays");
                return (records, Some(error));
            }
        }
    }
}

/// The tail reads what the reader reads, and has the same to say of damage; only where the log ends early, it waits.
fn compare_with_reader(fs: &MemoryFs, what: &str) {
    let (expected, reader_error) = read_log(&fs.env(), Path::new(DIR));
    let (read, error) = read_tail(fs);
    assert!(read == expected, "{what}: {} records of {}", read.len(), expected.len());
    match (reader_error, error) {
        (Some(WalError::Corrupt(corruption)), None) => assert!(corruption.torn_tail, "{what}: {corruption}"),
        (reader_error, error) => assert_eq!(
            error.map(|error| error.to_string()),
            reader_error.map(|error| error.to_string()),
            "{what}"
        ),
    }
}

/// Two segments as they are while the second one is written.
fn segments() -> [Vec<u8>; 2] {
    let (fs, dir) = (MemoryFs::default(), Path::new(DIR));
    let mut writer = WalWriter::open(&fs.env(), dir, SMALL).unwrap();
    for (number, len) in [30, 250, 0, 90].into_iter().enumerate() {
        writer.log(&[&noise(number as u64, len)]).unwrap();
    }
    let first = fs.read_file(&Segment::new(dir, 0).path);
    writer.cut_segment().unwrap();
    for (number, len) in [40, 33_000, 60].into_iter().enumerate() {
        writer.log(&[&noise(number as u64, len)]).unwrap();
    }
    [first, fs.read_file(&Segment::new(dir, 1).path)]
}

fn holding(segments: &[Vec<u8>]) -> MemoryFs {
    let fs = MemoryFs::default();
    for (number, bytes) in (0..).zip(segments) {
        fs.put_file(&Segment::new(Path::new(DIR), number).path, bytes);
    }
    fs
}

#[test]
fn a_flipped_bit_anywhere() {
    let segments = segments();
    for number in 0..2 {
        for at in (0..segments[number].len()).filter(|at| at % 97 == 0 || *at < 700) {
            for bit in [0, 2, 3, 4, 7] {
                let mut damaged = segments.clone();
                damaged[number][at] ^= 1 << bit;
                compare_with_reader(&holding(&damaged), &format!("bit {bit} of {at} in segment {number}"));
            }
        }
    }
}

#[test]
fn a_cut_anywhere() {
    let segments = segments();
    for number in 0..2 {
        let len = segments[number].len();
        for cut in (0..len).filter(|cut| cut % 97 == 0 || *cut < 700 || *cut + 100 > len) {
            let mut damaged = segments.clone();
            damaged[number].truncate(cut);
            compare_with_reader(&holding(&damaged), &format!("cut at {cut} of segment {number}"));
        }
    }
}

proptest! {
    #[test]
    fn garbage_anywhere(first: Vec<u8>, second: Vec<u8>, from in 0..500_usize) {
        compare_with_reader(&holding(&[first, second.clone()]), "garbage alone");
        let [mut before, after] = segments();
        let end = before.len().min(from + second.len());
        let from = from.min(end);
        before[from..end].copy_from_slice(&second[..end - from]);
        compare_with_reader(&holding(&[before, after]), "garbage in a log");
    }
}

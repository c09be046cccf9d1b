//! Logs that end too early, or are not what was written: what comes before the damage is read, and stays after a repair.

use std::path::Path;

use emberdb_wal::{
    Compression, Corruption, PAGE_BYTES, Segment, WalError, WalListing, WalOptions, WalReader, repair,
};
use proptest::prelude::*;

use crate::log::{SMALL, noise, read_log, read_whole_log, write_log};
use crate::memory_fs::MemoryFs;

const DIR: &str = "/wal";

/// A segment as it is while it is written (without padding at its end), its records, and where each ends.
fn unclosed_segment(options: WalOptions, lens: &[usize]) -> (Vec<u8>, Vec<Vec<u8>>, Vec<usize>) {
    let fs = MemoryFs::default();
    let dir = Path::new(DIR);
    let mut writer = emberdb_wal::WalWriter::open(&fs.env(), dir, options).unwrap();
    let (mut records, mut ends) = (Vec::new(), Vec::new());
    for (number, &len) in lens.iter().enumerate() {
        // Half of it noise, so that snappy has something to do.
        let mut record = noise(number as u64, len);
        record[..len / 2].fill(number as u8 + 1);
        writer.log(&[&record]).unwrap();
        ends.push(writer.segment_bytes() as usize);
        records.push(record);
    }
    assert_eq!(writer.segment(), 0, "one segment");
    (fs.read_file(&Segment::new(dir, 0).path), records, ends)
}

fn corruption(error: Option<WalError>) -> Corruption {
    match error {
        Some(WalError::Corrupt(corruption)) => *corruption,
        other => unreachable_error(&other),
    }
}

fn unreachable_error(other: &Option<WalError>) -> ! {
    panic!("expected a corruption, found {other:?}")
}

/// The log is cut at each byte from `first_cut`: read and repair give exactly the records that were complete, and appending
/// goes on. `padding_bytes` follow the record that ends at a page's border; they are no part of it.
fn cut_everywhere(options: WalOptions, lens: &[usize], first_cut: usize, padding_bytes: usize) {
    let (bytes, records, ends) = unclosed_segment(options, lens);
    let dir = Path::new(DIR);
    let path = Segment::new(dir, 0).path;
    for cut in first_cut..=bytes.len() {
        let fs = MemoryFs::default();
        let env = fs.env();
        fs.put_file(&path, &bytes[..cut]);
        let data_end = |end: usize| end - if end.is_multiple_of(PAGE_BYTES) { padding_bytes } else { 0 };
        let complete = ends.iter().filter(|&&end| data_end(end) <= cut).count();
        let (read, error) = read_log(&env, dir);
        assert!(read == records[..complete], "cut at {cut}: {} records of {complete}", read.len());
        if let Some(error) = error {
            let corruption = corruption(Some(error));
            assert!(corruption.torn_tail, "cut at {cut}: {corruption}");
            let report = repair(&env, dir, &corruption).unwrap();
            assert_eq!(report.kept_bytes + report.dropped_bytes, cut as u64);
            assert!(read_whole_log(&env, dir) == records[..complete], "repaired at {cut}");
        } else {
            let is_between = ends.iter().any(|&end| (data_end(end)..=end).contains(&cut));
            assert!(cut == 0 || is_between, "no error at {cut}");
        }
        write_log(&env, dir, options, &[vec![b"appended".to_vec()]]);
        let reread = read_whole_log(&env, dir);
        assert_eq!(reread.len(), complete + 1, "appended at {cut}");
        assert!(reread[..complete] == records[..complete], "appended at {cut}");
        assert_eq!(reread[complete], b"appended");
    }
}

#[test]
fn a_torn_tail_at_each_byte() {
    // The first page ends within the fifth record; there is one of no bytes, and some that fill a page exactly.
    cut_everywhere(SMALL, &[20, 1, 0, 700, PAGE_BYTES, 90], 0, 0);
}

#[test]
fn a_torn_tail_at_each_byte_with_snappy() {
    cut_everywhere(
        WalOptions { compression: Compression::Snappy, ..SMALL },
        &[200, 1, 0, 7000, 90, 1500],
        0,
        0,
    );
}

#[test]
fn a_torn_tail_at_each_byte_where_padding_lies_between() {
    // Headers and data end three bytes before the page does.
    cut_everywhere(SMALL, &[PAGE_BYTES - 7 - 7 - 100 - 3, 100, 50], PAGE_BYTES - 150, 3);
}

/// Each bit of each byte is flipped: all records that end before are kept, through a repair, and nothing panics.
#[test]
fn a_flipped_bit_anywhere_keeps_what_is_before() {
    for compression in [Compression::None, Compression::Snappy] {
        let options = WalOptions { compression, ..SMALL };
        let (bytes, records, ends) = unclosed_segment(options, &[30, 250, 0, 90, 120, 60]);
        let dir = Path::new(DIR);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let fs = MemoryFs::default();
                let env = fs.env();
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                fs.put_file(&Segment::new(dir, 0).path, &damaged);
                fs.put_file(&Segment::new(dir, 1).path, &bytes);
                let before = ends.iter().filter(|&&end| end <= at).count();
                let (read, error) = read_log(&env, dir);
                assert!(read.len() >= before && read[..before] == records[..before], "bit {bit} of {at}");
                let Some(error) = error else {
                    // The header's first byte is not covered by the checksum: its reserved bits mean nothing, and without
                    // the snappy bit the record is read as it is stored.
                    let begins = at == 0 || ends.contains(&at);
                    assert!(begins && (bit >= 5 || bit == 3), "bit {bit} of {at} is not noticed");
                    continue;
                };
                let corruption = corruption(Some(error));
                assert!(!corruption.torn_tail, "{corruption}");
                let report = repair(&env, dir, &corruption).unwrap();
                assert_eq!(report.dropped_segments, [1]);
                assert_eq!(report.dropped_segments_bytes, bytes.len() as u64);
                let kept = read_whole_log(&env, dir);
                assert_eq!(kept, read, "bit {bit} of {at}");
                assert!(kept.len() < records.len());
            }
        }
    }
}

#[test]
fn a_corruption_says_where_and_what() {
    let (mut bytes, ..) = unclosed_segment(SMALL, &[30, 250]);
    let dir = Path::new(DIR);
    bytes[100] ^= 1;
    let fs = MemoryFs::default();
    fs.put_file(&Segment::new(dir, 0).path, &bytes);
    let message = read_log(&fs.env(), dir).1.unwrap().to_string();
    let place = "corruption in segment /wal/00000000, record at offset 37, found at offset 37: expected the checksum 0x";
    assert!(message.starts_with(place), "{message}");

    fs.put_file(&Segment::new(dir, 0).path, &bytes[..40]);
    let message = read_log(&fs.env(), dir).1.unwrap().to_string();
    let place = "torn tail in segment /wal/00000000, record at offset 37, found at offset 37: \
                 expected a fragment of 7 bytes, the segment ends after 3";
    assert_eq!(message, place);
}

/// The same cut that is a torn tail at the log's end is damage before it.
#[test]
fn a_segment_that_ends_early_before_another_is_no_torn_tail() {
    let (bytes, records, _) = unclosed_segment(SMALL, &[30, 250]);
    let (dir, fs) = (Path::new(DIR), MemoryFs::default());
    fs.put_file(&Segment::new(dir, 0).path, &bytes[..100]);
    fs.put_file(&Segment::new(dir, 1).path, &bytes);
    let (read, error) = read_log(&fs.env(), dir);
    assert_eq!(read, records[..1]);
    assert!(!corruption(error).torn_tail);
}

/// A power cut may leave a file longer than what reached it, with zeros at its end.
#[test]
fn zeros_at_the_end_are_padding() {
    let (mut bytes, records, _) = unclosed_segment(SMALL, &[30, 250]);
    let (dir, fs) = (Path::new(DIR), MemoryFs::default());
    bytes.resize(bytes.len() + 3 * PAGE_BYTES + 5, 0);
    fs.put_file(&Segment::new(dir, 0).path, &bytes);
    assert_eq!(read_whole_log(&fs.env(), dir), records);
}

#[cfg(not(feature = "zstd"))]
#[test]
fn zstd_is_asked_for_and_the_log_left_alone() {
    let (dir, fs) = (Path::new(DIR), MemoryFs::default());
    let (mut bytes, ..) = unclosed_segment(SMALL, &[30]);
    // A full fragment, zstd, whose data is the beginning of a frame.
    bytes.extend([0b1_0001, 0, 4]);
    bytes.extend(crc32c_of_zstd_magic());
    bytes.extend([0x28, 0xb5, 0x2f, 0xfd]);
    fs.put_file(&Segment::new(dir, 0).path, &bytes);
    let error = read_log(&fs.env(), dir).1.unwrap();
    assert!(matches!(error, WalError::ZstdNotCompiledIn { offset: 37, .. }), "{error}");
    assert!(
        error.to_string().contains("record at offset 37 of /wal/00000000 is compressed with zstd"),
        "{error}"
    );
}

/// The checksum of the four bytes, found bit by bit from the polynomial.
#[cfg(not(feature = "zstd"))]
fn crc32c_of_zstd_magic() -> [u8; 4] {
    let mut sum = !0_u32;
    for byte in [0x28_u8, 0xb5, 0x2f, 0xfd] {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ if sum & 1 == 1 { 0x82f6_3b78 } else { 0 };
        }
    }
    (!sum).to_be_bytes()
}

proptest! {
    #[test]
    fn garbage_never_panics(
        garbage in prop::collection::vec(prop_oneof![any::<u8>(), Just(0_u8), 0..32_u8], 0..300),
        at in 0..2 * PAGE_BYTES,
        truncate: bool,
    ) {
        let (dir, fs) = (Path::new(DIR), MemoryFs::default());
        let (mut bytes, ..) = unclosed_segment(SMALL, &[20, PAGE_BYTES, 90, 10_000, 400]);
        let at = at.min(bytes.len());
        let end = (at + garbage.len()).min(bytes.len());
        bytes.splice(at..end, garbage);
        if truncate {
            bytes.truncate(at + 150);
        }
        fs.put_file(&Segment::new(dir, 0).path, &bytes);
        let (read, error) = read_log(&fs.env(), dir);
        if let Some(WalError::Corrupt(corruption)) = error {
            repair(&fs.env(), dir, &corruption).unwrap();
            prop_assert_eq!(read_whole_log(&fs.env(), dir), read);
        }
    }

    #[test]
    fn nothing_but_garbage_never_panics(garbage: Vec<u8>) {
        let (dir, fs) = (Path::new(DIR), MemoryFs::default());
        fs.put_file(&Segment::new(dir, 0).path, &garbage);
        let listing = WalListing::read(&fs.env(), dir).unwrap();
        let mut reader = WalReader::new(&fs.env(), &listing);
        while let Ok(Some(_)) = reader.next_record() {}
    }
}

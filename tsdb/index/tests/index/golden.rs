//! The bytes of a small file, by hand from the description of the format.

use crate::sample::{self, chunk, labels, section};

/// What stands in the file but for checksums, which are computed by themselves.
fn expected() -> Vec<u8> {
    let mut file = vec![0xba, 0xaa, 0xd7, 0x00, 2];
    // Symbols: "", "a", "b".
    section(&mut file, &[0, 0, 0, 3, 0, 1, b'a', 1, b'b']);
    let series = file.len() as u64;
    assert_eq!(series, 22);
    // Series at the next multiple of 16: a="b", two chunks.
    file.resize(32, 0);
    let body = [
        1, 1, 2, // one label: symbols 1 and 2
        2, // two chunks
        1, 4, 8, // from -1, 4 ms long, at 8
        2, 0, 0xd8, 0x01, // 2 ms after the first, 0 ms long, 108 bytes after it
    ];
    file.push(body.len() as u8);
    file.extend(body);
    file.extend(crc32c::crc32c(&body).to_be_bytes());
    let postings = file.len() as u64;
    assert_eq!(postings, 48);
    // All series, and those with a="b": the one that is at 2 times 16.
    section(&mut file, &[0, 0, 0, 1, 0, 0, 0, 2]);
    section(&mut file, &[0, 0, 0, 1, 0, 0, 0, 2]);
    let table = file.len() as u64;
    section(&mut file, &[0, 0, 0, 2, 2, 0, 0, 48, 2, 1, b'a', 1, b'b', 64]);
    let toc_start = file.len();
    for offset in [5, series, postings, table, postings, table] {
        file.extend(offset.to_be_bytes());
    }
    let checksum = crc32c::crc32c(&file[toc_start..]);
    file.extend(checksum.to_be_bytes());
    file
}

#[test]
fn the_bytes_are_those_of_the_format() {
    let series = vec![(labels([("a", "b")]), vec![chunk(-1, 3, 8), chunk(5, 5, 116)])];
    assert_eq!(sample::write(&series), expected());
    assert_eq!(sample::read_all(&sample::open(&expected()).unwrap()).unwrap(), series);
}

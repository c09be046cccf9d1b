//! Damaged files: an error or the right answer, and never the end of the process.

use std::ops::Range;

use emberdb_model::{MatchOp, Matcher};
use emberdb_tsdb_index::{IndexError, IndexReader};

use crate::sample::{self, Series, matcher, small};

fn matcher_sets() -> Vec<Vec<Matcher>> {
    vec![
        vec![],
        vec![matcher(MatchOp::Equal, "job", "api")],
        vec![matcher(MatchOp::Equal, "__name__", "up"), matcher(MatchOp::NotEqual, "job", "api")],
        vec![matcher(MatchOp::Regex, "__name__", "u.*"), matcher(MatchOp::Regex, "zone", "é|x")],
        vec![matcher(MatchOp::NotRegex, "job", "a.+")],
    ]
}

/// All that can be asked, each answer or error by itself.
fn answers(index: &IndexReader) -> Vec<Result<String, IndexError>> {
    fn text<T: std::fmt::Debug>(answer: Result<T, IndexError>) -> Result<String, IndexError> {
        answer.map(|answer| format!("{answer:?}"))
    }
    let mut answers = vec![
        text(index.symbols().collect::<Result<Vec<_>, _>>()),
        text(index.series_refs()),
        text(index.label_names()),
    ];
    answers.extend(["__name__", "job", "zone", ""].map(|name| text(index.label_values(name))));
    answers.extend(matcher_sets().iter().map(|matchers| text(index.select(matchers))));
    // Series by the references of the undamaged file, and by those that are near.
    answers.extend((0..16).map(|n| text(sample::read_series(index, emberdb_tsdb_index::SeriesEntryRef(n)))));
    answers.push(text(sample::read_all(index)));
    answers
}

/// Says whether the damage was noticed, and fails if it changed an answer.
fn noticed(intact: &IndexReader, damaged: &[u8], what: &str) -> bool {
    let Ok(index) = sample::open(damaged) else { return true };
    let mut noticed = !sample::faults(&index).is_empty();
    for (expected, found) in answers(intact).into_iter().zip(answers(&index)) {
        match (expected, found) {
            (Ok(expected), Ok(found)) => assert_eq!(found, expected, "{what}"),
            (Ok(_), Err(_)) => noticed = true,
            (Err(_), found) => assert!(found.is_err(), "{what}: an answer to what has none"),
        }
    }
    noticed
}

#[test]
fn each_bit_counts_or_is_padding() {
    let bytes = sample::write(&small());
    let intact = sample::open(&bytes).unwrap();
    let mut unnoticed = 0;
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            if !noticed(&intact, &damaged, &format!("bit {bit} of byte {at}")) {
                assert_eq!(bytes[at], 0, "byte {at} is no padding");
                unnoticed += 1;
            }
        }
    }
    // Padding before postings, which nobody reads: three bytes at most.
    assert!(unnoticed <= 3 * 8, "{unnoticed} flipped bits went unnoticed");
}

#[test]
fn a_file_that_is_cut_is_refused() {
    let bytes = sample::write(&small());
    for len in 0..bytes.len() {
        assert!(sample::open(&bytes[..len]).is_err(), "{len} bytes");
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(sample::open(&longer).is_err());
}

/// Where checksummed data is, and behind each its checksum: found by looking for checksums that fit. Four bytes of ones are their own.
fn checksummed(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for start in 0..bytes.len() {
        let mut checksum = 0;
        for end in start + 1..bytes.len() {
            checksum = crc32c::crc32c_append(checksum, &bytes[end - 1..end]);
            let is_ones = bytes[start..end] == [0xff; 4];
            if end - start > 1 && !is_ones && bytes[end..].starts_with(&checksum.to_be_bytes()) {
                ranges.push(start..end);
            }
        }
    }
    ranges
}

/// Damage with checksums that fit, as someone would make it who means harm.
#[test]
fn what_was_made_to_harm_does_none() {
    let bytes = sample::write(&small());
    let ranges = checksummed(&bytes);
    // Symbols, four series, the lists of all and of five labels, the table of these, the table of contents.
    assert_eq!(ranges.len(), 1 + 4 + 6 + 1 + 1, "{ranges:?} of {bytes:?}");
    for range in ranges {
        for at in range.clone() {
            for byte in [0x00, 0x01, 0x02, 0x7f, 0x80, 0xff, bytes[at] ^ 1, bytes[at] ^ 0x40] {
                let mut harmful = bytes.clone();
                harmful[at] = byte;
                let checksum = crc32c::crc32c(&harmful[range.clone()]);
                harmful[range.end..range.end + 4].copy_from_slice(&checksum.to_be_bytes());
                if let Ok(index) = sample::open(&harmful) {
                    // Any answer will do, as long as there is one.
                    let _ = (answers(&index), sample::faults(&index));
                }
            }
        }
    }
}

/// What verification says of two files whose bytes differ in a way that checksums do not tell.
fn faults_with(bytes: &[u8], range: &Range<usize>, from: &[u8], to: &[u8]) -> String {
    let mut changed = bytes.to_vec();
    let data = &mut changed[range.clone()];
    let at = data.windows(from.len()).position(|window| window == from).unwrap();
    data[at..at + from.len()].copy_from_slice(to);
    let checksum = crc32c::crc32c(data);
    changed[range.end..range.end + 4].copy_from_slice(&checksum.to_be_bytes());
    sample::faults(&sample::open(&changed).unwrap()).join("; ")
}

/// A section, bytes in it, what they are made, and what is said of that.
type Case<'a> = (&'a Range<usize>, &'a [u8], &'a [u8], &'a str);

#[test]
fn verification_names_what_is_out_of_order() {
    use crate::sample::{chunk, labels};
    let series: Vec<Series> = vec![
        (labels([("a", "b")]), vec![chunk(10, 20, 8), chunk(21, 30, 50)]),
        (labels([("a", "c"), ("b", "b")]), vec![chunk(0, 0, 50)]),
    ];
    let bytes = sample::write(&series);
    let ranges = checksummed(&bytes);
    let [symbols, first, second, all, a_b, ..] = &ranges[..] else { panic!("{ranges:?}") };
    let cases: [Case<'_>; 9] = [
        (symbols, b"\x01b", b"\x01d", "expected a symbol after \"d\", found \"c\""),
        // The chunks: 10 twice, then 10 long, then at 8; 1 after it, 9 long, 42 twice behind it.
        (first, &[20, 10, 8, 1, 9, 84], &[20, 10, 8, 0, 9, 84], "expected a chunk after the one before"),
        (
            first,
            &[20, 10, 8, 1, 9, 84],
            &[20, 10, 8, 1, 9, 3],
            "expected a chunk reference of at least 8, found 6",
        ),
        (second, &[2, 1, 3, 2, 2], &[2, 2, 3, 1, 2], "expected labels in the order of their names"),
        (second, &[2, 1, 3, 2, 2], &[2, 1, 1, 2, 2], "expected series in the order of their labels"),
        (second, &[2, 1, 3, 2, 2], &[2, 1, 3, 2, 9], "expected labels that refer to symbols"),
        (all, &[0, 0, 0, 2, 0, 0, 0, 2], &[0, 0, 0, 2, 0, 0, 0, 1], "expected the postings of all series"),
        (all, &[0, 0, 0, 2, 0, 0, 0, 2], &[0, 0, 0, 2, 0, 0, 0, 9], "expected ascending postings"),
        (
            a_b,
            &[0, 0, 0, 1, 0, 0, 0, 2],
            &[0, 0, 0, 1, 0, 0, 0, 4],
            "the series that have the label, found others for a=\"b\"",
        ),
    ];
    for (range, from, to, expected) in cases {
        let faults = faults_with(&bytes, range, from, to);
        assert!(faults.contains(expected), "{faults}\ndo not contain\n{expected}");
    }
}

/// A table whose entries all name one long list, which together exceed the file.
#[test]
fn lists_that_overlap_are_refused() {
    let series: Vec<Series> = (10..60).map(|n| (sample::labels([("n", &*n.to_string())]), vec![])).collect();
    let bytes = sample::write(&series);
    let table = checksummed(&bytes).into_iter().rev().nth(1).unwrap();
    let mut harmful = bytes[..table.start - 4].to_vec();
    let mut data = 51_u32.to_be_bytes().to_vec();
    let entry_of_all = &bytes[table.start + 4..table.start + 9];
    let [2, 0, 0, low, high] = *entry_of_all else { panic!("{entry_of_all:?}") };
    data.extend(entry_of_all);
    for n in 10..60 {
        data.extend([2, 1, b'n', 2]);
        data.extend(n.to_string().as_bytes());
        data.extend([low, high]);
    }
    sample::section(&mut harmful, &data);
    let toc_start = harmful.len();
    harmful.extend(&bytes[bytes.len() - 52..bytes.len() - 4]);
    let checksum = crc32c::crc32c(&harmful[toc_start..]);
    harmful.extend(checksum.to_be_bytes());

    let index = sample::open(&harmful).unwrap();
    let error = index.select(&[matcher(MatchOp::Regex, "n", ".+")]).unwrap_err().to_string();
    assert!(error.contains("found lists that overlap"), "{error}");
    assert!(sample::faults(&index).join("; ").contains("expected lists that do not overlap"));
}

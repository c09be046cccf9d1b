//! Files as the first versions of Prometheus wrote them.

use crate::sample::{self, chunk, labels, matcher_sets, section, select_slowly};

fn be32(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_be_bytes()
}

/// Appends a series' entry; its offset.
fn series(file: &mut Vec<u8>, body: &[u8]) -> usize {
    let offset = file.len();
    file.push(u8::try_from(body.len()).unwrap());
    file.extend(body);
    file.extend(crc32c::crc32c(body).to_be_bytes());
    offset
}

/// Appends a postings list; its offset.
fn postings(file: &mut Vec<u8>, list: &[usize]) -> usize {
    let numbers = [list.len()].into_iter().chain(list.iter().copied());
    section(file, &numbers.flat_map(be32).collect::<Vec<_>>())
}

/// Appends a table of one part or two a label; its offset.
fn table(file: &mut Vec<u8>, entries: &[(&[&str], usize)]) -> usize {
    let mut data = be32(entries.len()).to_vec();
    for (parts, offset) in entries {
        data.push(u8::try_from(parts.len()).unwrap());
        for part in *parts {
            data.push(u8::try_from(part.len()).unwrap());
            data.extend(part.as_bytes());
        }
        // A uvarint of two bytes, which is enough for 14 bits, if not always the shortest.
        data.extend([u8::try_from(offset % 128).unwrap() | 0x80, u8::try_from(offset / 128).unwrap()]);
    }
    section(file, &data)
}

/// Two series, with references that are offsets, a table that is not sorted, and label indices.
fn version_1() -> Vec<u8> {
    let mut file = vec![0xba, 0xaa, 0xd7, 0x00, 1];
    // The symbols are at 13, 15 and 17.
    section(&mut file, &[0, 0, 0, 3, 1, b'a', 1, b'b', 1, b'c']);
    let first = series(&mut file, &[1, 13, 15, 1, 2, 3, 8]);
    let second = series(&mut file, &[2, 13, 15, 15, 17, 0]);
    let indices = section(&mut file, &[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 15]);
    let all = postings(&mut file, &[first, second]);
    let b_c = postings(&mut file, &[second]);
    let label_table = table(&mut file, &[(&["a"], indices)]);
    let postings_table = table(&mut file, &[(&["b", "c"], b_c), (&["a", "b"], all), (&["", ""], all)]);
    let toc_start = file.len();
    for offset in [5, first, indices, label_table, all, postings_table] {
        file.extend([0; 4]);
        file.extend(be32(offset));
    }
    let checksum = crc32c::crc32c(&file[toc_start..]);
    file.extend(checksum.to_be_bytes());
    file
}

#[test]
fn references_are_offsets_and_the_table_is_in_any_order() {
    let index = sample::open(&version_1()).unwrap();
    assert_eq!(index.version(), 1);
    assert_eq!(sample::faults(&index), Vec::<String>::new());
    assert_eq!(index.symbols().collect::<Result<Vec<_>, _>>().unwrap(), ["a", "b", "c"]);
    assert_eq!(index.label_names().unwrap(), ["a", "b"]);
    assert_eq!(index.label_values("b").unwrap(), ["c"]);
    let expected =
        vec![(labels([("a", "b")]), vec![chunk(1, 4, 8)]), (labels([("a", "b"), ("b", "c")]), vec![])];
    assert_eq!(sample::read_all(&index).unwrap(), expected);
    for matchers in matcher_sets(&["a", "b", "none"], &["", "b", "c", "b|c", "c.*", ".+"]) {
        assert_eq!(index.select(&matchers).unwrap(), select_slowly(&index, &matchers), "{matchers:?}");
    }
}

#[test]
fn damage_is_found_wherever_it_is() {
    let intact = version_1();
    for at in 0..intact.len() {
        let mut damaged = intact.clone();
        damaged[at] ^= 0x10;
        if let Ok(index) = sample::open(&damaged) {
            assert_ne!(sample::faults(&index), Vec::<String>::new(), "byte {at}");
        }
    }
}

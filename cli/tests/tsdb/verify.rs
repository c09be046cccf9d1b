//! Damage is found, wherever it is, and what is whole is not complained about.

use std::path::Path;

use crate::support::{Dir, conformance, ember, files, refusal, stdout};

#[test]
fn a_whole_directory_has_no_problem() {
    let dir = Dir::new("whole");
    let path = dir.compacted("data");
    let told = stdout(&["tsdb", "verify", &path]);
    for part in [
        "checked 2 of 2 blocks: 750 samples in ",
        "/wal: ",
        "checked the head: 270 samples of ",
        "no problem found\n",
    ] {
        assert!(told.contains(part), "{part:?} is missing in:\n{told}");
    }
    assert!(refusal(&["tsdb", "verify", &dir.join("")]).contains("holds no database"));
}

/// Of each file some bytes are changed, one at a time: its place is named, and never does the program break.
#[test]
fn a_changed_byte_is_found() {
    let dir = Dir::new("changed");
    let path = dir.compacted("data");
    stdout(&["tsdb", "delete", &path, "--match", "up", "--max-time", "1700009000000"]);
    for file in files(Path::new(&path)) {
        let bytes = std::fs::read(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        // A file of a header alone, and the lock, hold nothing that could be damaged.
        if bytes.len() < 16 {
            continue;
        }
        let mut found = 0;
        for part in 1..8 {
            let mut damaged = bytes.clone();
            damaged[bytes.len() * part / 8] ^= 0x10;
            found += usize::from(is_found(&path, &file, &damaged));
        }
        // Between the parts of some files there are bytes that mean nothing, and a text can say the same in other words.
        assert!(found > 0 || name == "meta.json", "{}", file.display());
        let is_cut_found = is_found(&path, &file, &bytes[..bytes.len() / 2]);
        // A log may end anywhere.
        assert!(is_cut_found || file.to_str().unwrap().contains("/wal/"), "{}", file.display());
        std::fs::write(&file, &bytes).unwrap();
    }
    stdout(&["tsdb", "verify", &path]);
}

/// Whether it is noticed that a file holds other bytes: then it is said where.
fn is_found(dir: &str, file: &Path, bytes: &[u8]) -> bool {
    std::fs::write(file, bytes).unwrap();
    let output = ember(&["tsdb", "verify", dir]);
    let (told, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match output.status.code() {
        Some(0) => false,
        Some(1) => {
            // What contradicts itself is told of a block, not of one of its files.
            let folder = file.parent().unwrap().to_str().unwrap();
            assert!(told.contains(folder) && error.contains("found"), "{}: {told}{error}", file.display());
            true
        }
        _ => panic!("{}: {told}{error}", file.display()),
    }
}

/// Directories that Prometheus wrote.
#[test]
fn directories_of_prometheus_have_no_problem() {
    let Some(golden) = conformance("tsdb/golden") else { return };
    for entry in std::fs::read_dir(golden).unwrap() {
        let data = entry.unwrap().path().join("data");
        let told = stdout(&["tsdb", "verify", data.to_str().unwrap()]);
        assert!(told.ends_with("no problem found\n"), "{}: {told}", data.display());
    }
}

/// A block by itself, with an index of version 1.
#[test]
fn a_block_alone_is_verified() {
    let Some(block) = conformance("tsdb/upstream/index_format_v1") else { return };
    let told = stdout(&["tsdb", "verify", block.to_str().unwrap()]);
    assert!(told.starts_with("checked 1 of 1 blocks: "), "{told}");
}

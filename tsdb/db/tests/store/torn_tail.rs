//! A log that ends in the middle of a commit: everything before it stays, and the database goes on.
#![expect(clippy::disallowed_methods, reason = "a test damages files behind the back of the seam")]

use std::fs;

use super::*;

/// Commits one sample a time and returns the log's segment.
fn written(dir: &TempDir, commits: i64) -> PathBuf {
    let db = open(&dir.path);
    for t in 1..=commits {
        put(&db, &labels("up", "a"), &[(t, t as f64)]);
    }
    let segment = dir.path.join("wal/00000000");
    // Copied before the close, which fills up the page.
    fs::copy(&segment, dir.path.join("copy")).unwrap();
    db.close().unwrap();
    drop(db);
    fs::rename(dir.path.join("copy"), &segment).unwrap();
    segment
}

/// Cut at every byte: the samples are always those of the first commits.
#[test]
fn every_cut_keeps_a_prefix_and_appending_goes_on() {
    let origin = TempDir::new();
    let whole = fs::read(written(&origin, 6)).unwrap();
    let mut lengths = std::collections::BTreeSet::new();
    for cut in 0..=whole.len() {
        let dir = TempDir::new();
        fs::create_dir(dir.path.join("wal")).unwrap();
        fs::write(dir.path.join("wal/00000000"), &whole[..cut]).unwrap();
        let db = open(&dir.path);
        let kept = dump(&db).first().map_or(0, |(_, samples)| samples.len());
        assert!(kept <= 6);
        lengths.insert(kept);
        let expected: Vec<(i64, f64)> = (1..=kept as i64).map(|t| (t, t as f64)).collect();
        assert!(put(&db, &labels("up", "a"), &[(100, 100.0)]).is_empty());
        drop(db);
        let again = open(&dir.path);
        assert!(again.replay_report().repair.is_none(), "one repair is enough");
        assert_eq!(dump(&again)[0].1, bits(&[&expected[..], &[(100, 100.0)]].concat()), "cut at {cut}");
    }
    assert_eq!(lengths.len(), 7, "every number of commits occurs");
}

#[test]
fn the_report_says_what_was_cut_off() {
    let dir = TempDir::new();
    let segment = written(&dir, 3);
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..bytes.len() - 1]).unwrap();
    let reader = Tsdb::open_read_only(&Env::real(), &dir.path, TsdbOptions::default()).unwrap();
    assert!(reader.replay_report().unreadable_ends[0].contains("torn tail"));
    assert_eq!(fs::read(&segment).unwrap().len(), bytes.len() - 1, "a reader repairs nothing");
    let db = open(&dir.path);
    let report = db.replay_report().to_string();
    assert!(report.contains("replayed 2 samples of 1 series") && report.contains("repaired"), "{report}");
}

/// What is lost of one log must not hide what is lost of the other.
#[test]
fn the_report_tells_of_both_logs() {
    let dir = TempDir::new();
    let mut options = TsdbOptions::default();
    options.out_of_order_window_ms = 100;
    let db = Tsdb::open(&Env::real(), &dir.path, options).unwrap();
    for t in [100, 50] {
        put(&db, &labels("up", "a"), &[(t, 1.0)]);
    }
    drop(db);
    for folder in ["wal", "wbl"] {
        let segment = dir.path.join(folder).join("00000000");
        let bytes = fs::read(&segment).unwrap();
        let end = bytes.iter().rposition(|&byte| byte != 0).unwrap();
        fs::write(&segment, &bytes[..end]).unwrap();
    }
    let reader = Tsdb::open_read_only(&Env::real(), &dir.path, TsdbOptions::default()).unwrap();
    let report = reader.replay_report();
    assert!(!report.is_whole());
    let [in_order, late] = &report.unreadable_ends[..] else { panic!("{report}") };
    assert!(in_order.contains("/wal") && late.contains("/wbl"), "{report}");
    let report = open(&dir.path).replay_report().to_string();
    assert_eq!(report.matches("repaired").count(), 2, "{report}");
    assert!(open(&dir.path).replay_report().is_whole());
}

#[test]
fn a_flipped_byte_keeps_what_is_before_it() {
    let dir = TempDir::new();
    let segment = written(&dir, 6);
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    fs::write(&segment, &bytes).unwrap();
    let db = open(&dir.path);
    assert!(db.replay_report().repair.is_some());
    let kept = dump(&db)[0].1.len();
    assert!((1..6).contains(&kept), "{kept}");
}

#[test]
fn garbage_is_not_a_panic() {
    let dir = TempDir::new();
    fs::create_dir(dir.path.join("wal")).unwrap();
    let garbage: Vec<u8> = (0..70_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(dir.path.join("wal/00000000"), garbage).unwrap();
    let db = open(&dir.path);
    assert!(dump(&db).is_empty() && db.replay_report().repair.is_some());
}

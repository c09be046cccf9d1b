//! Whole logs that upstream wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use emberdb_env::Env;
use emberdb_wal::{Compression, RecordKind, SeriesDecoder, WalListing, WalOptions, decode_samples};
use serde_json::{Value, json};

use crate::log::{read_whole_log, write_log};
use crate::memory_fs::MemoryFs;

/// The folder of a test's data, or `None` (said on the terminal) where it is not at hand.
#[expect(clippy::disallowed_methods, reason = "where the test data lies is configuration of the test run")]
pub(crate) fn conformance(path: &str) -> Option<PathBuf> {
    let root = std::env::var("EMBERDB_CONFORMANCE").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance"),
        PathBuf::from,
    );
    let path = root.join(path);
    if !Env::real().fs().exists(&path).unwrap() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

pub(crate) const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// The records of a golden directory's log, or `None` where the test data is not at hand.
fn golden_records(name: &str) -> Option<Vec<Vec<u8>>> {
    let dir = conformance(&format!("tsdb/golden/{name}/data/wal"))?;
    Some(read_whole_log(&Env::real(), &dir))
}

fn count_kinds(records: &[Vec<u8>]) -> BTreeMap<u8, usize> {
    let mut kinds = BTreeMap::new();
    for record in records {
        *kinds.entry(RecordKind::from_byte(record[0]).to_byte()).or_default() += 1;
    }
    kinds
}

/// The float samples of a log, by labels (as JSON) and timestamp.
fn float_samples(records: &[Vec<u8>]) -> BTreeMap<(String, i64), f64> {
    let (mut series, mut floats) = (BTreeMap::new(), BTreeMap::new());
    let (mut labels, mut samples) = (Vec::new(), Vec::new());
    for record in records {
        match RecordKind::from_byte(record[0]) {
            RecordKind::Series => {
                let mut decoder = SeriesDecoder::new(record).unwrap();
                while let Some(series_ref) = decoder.next_series(&mut labels).unwrap() {
                    series.insert(series_ref, json!(labels).to_string());
                }
            }
            RecordKind::Samples => decode_samples(record, &mut samples).unwrap(),
            _ => {}
        }
    }
    for sample in samples {
        let labels = series[&sample.series_ref].clone();
        let earlier = floats.insert((labels, sample.timestamp_ms), sample.value);
        assert!(earlier.is_none(), "a sample is logged once");
    }
    floats
}

/// Counts per kind were taken from the files by a program that shares nothing with this crate.
#[test]
fn logs_that_upstream_wrote_hold_these_records() {
    let expected: [(&str, &[(u8, usize)]); 4] = [
        ("wal_none", &[(1, 1), (2, 35), (3, 1), (4, 13), (7, 35), (8, 35), (9, 35), (10, 35)]),
        ("memory_snapshot", &[(1, 1), (2, 35), (3, 1), (4, 13), (7, 35), (8, 35), (9, 35), (10, 35)]),
        ("out_of_order", &[(1, 1), (2, 33), (4, 12), (7, 33), (8, 33), (9, 33), (10, 33)]),
        ("start_timestamps", &[(1, 1), (11, 49), (12, 49), (13, 49)]),
    ];
    for (name, kinds) in expected {
        let Some(records) = golden_records(name) else { return };
        assert_eq!(count_kinds(&records), kinds.iter().copied().collect(), "{name}");
    }
    for name in ["blocks", "blocks_compacted", "out_of_order_blocks"] {
        let Some(records) = golden_records(name) else { return };
        assert!(!records.is_empty(), "{name}");
    }
}

/// What upstream answers from its own directory is what the log says, except for what was deleted.
#[test]
fn samples_of_a_log_that_upstream_wrote_are_those_that_upstream_reads() {
    let Some(records) = golden_records("wal_none") else { return };
    let floats = float_samples(&records);
    let path = conformance("tsdb/golden/wal_none/expect.jsonl").unwrap();
    let text = String::from_utf8(Env::real().fs().read(&path, 1 << 24).unwrap()).unwrap();
    let mut compared = 0;
    for line in text.lines() {
        let expected: Value = serde_json::from_str(line).unwrap();
        for sample in expected["samples"].as_array().into_iter().flatten() {
            let Some(value) = sample["v"].as_str() else { continue };
            let key = (expected["labels"].to_string(), sample["t"].as_i64().unwrap());
            let found = floats[&key];
            let equal = match value {
                "StaleNaN" => found.to_bits() == STALE_NAN_BITS,
                "NaN" => found.is_nan() && found.to_bits() != STALE_NAN_BITS,
                number => found.to_bits() == number.parse::<f64>().unwrap().to_bits(),
            };
            assert!(equal, "{key:?}: expected {value}, found {found}");
            compared += 1;
        }
    }
    // 11 samples fall into the deleted range.
    assert_eq!((compared, floats.len()), (1562, 1573));
}

#[test]
fn compressed_logs_hold_the_same_records() {
    let Some(records) = golden_records("wal_none") else { return };
    let Some(snappy) = golden_records("wal_snappy") else { return };
    assert!(snappy == records);
    #[cfg(feature = "zstd")]
    assert!(golden_records("wal_zstd").unwrap() == records);
    #[cfg(not(feature = "zstd"))]
    {
        let dir = conformance("tsdb/golden/wal_zstd/data/wal").unwrap();
        let (_, error) = crate::log::read_log(&Env::real(), &dir);
        assert!(matches!(error, Some(emberdb_wal::WalError::ZstdNotCompiledIn { .. })), "{error:?}");
    }
}

/// The same records give the same file, byte for byte.
#[test]
fn records_are_laid_out_as_upstream_lays_them_out() {
    for name in ["wal_none", "memory_snapshot", "out_of_order", "start_timestamps"] {
        let Some(dir) = conformance(&format!("tsdb/golden/{name}/data/wal")) else { return };
        let listing = WalListing::read(&Env::real(), &dir).unwrap();
        let upstream = Env::real().fs().read(&listing.segments[0].path, 1 << 30).unwrap();
        let records = read_whole_log(&Env::real(), &dir);
        let (fs, dir) = (MemoryFs::default(), Path::new("/wal"));
        let options = WalOptions { compression: Compression::None, ..WalOptions::default() };
        write_log(&fs.env(), dir, options, &[records]);
        assert!(fs.read_file(&dir.join("00000000")) == upstream, "{name}");
    }
}

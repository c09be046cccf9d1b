//! Where the data is and what it looks like.

use std::path::{Path, PathBuf};

use emberdb_env::Env;
use emberdb_model::storage::Querier;
use emberdb_model::{LabelsRef, Matcher, SampleColumns, SampleValue, SymbolTable, TimeRange};
use serde_json::Value;

/// A folder of the test data, or `None` (said on the terminal) where it is not at hand.
#[expect(clippy::disallowed_methods, reason = "where the test data lies is configuration of the test run")]
pub(crate) fn conformance(path: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let path = std::env::var("EMBERDB_CONFORMANCE").map_or(beside, PathBuf::from).join("tsdb").join(path);
    if !Env::real().fs().exists(&path).unwrap() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

/// The lines of a file of JSON values.
pub(crate) fn json_lines(path: &Path) -> Vec<Value> {
    let text = String::from_utf8(Env::real().fs().read(path, 1 << 30).unwrap()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The folders of blocks in a data directory.
pub(crate) fn block_dirs(data: &Path) -> Vec<PathBuf> {
    let entries = Env::real().fs().read_dir(data).unwrap();
    let dirs = entries.into_iter().filter(|entry| entry.is_dir && entry.name.len() == 26);
    dirs.map(|entry| data.join(entry.name)).collect()
}

/// The elements of an array; none of anything else.
pub(crate) fn array(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// Labels as the test data spells them.
pub(crate) fn label_key(value: &Value) -> String {
    let pairs: Vec<_> = array(value)
        .iter()
        .map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned()))
        .collect();
    format!("{pairs:?}")
}

pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u8> =
        text.bytes().filter_map(|c| ALPHABET.iter().position(|&a| a == c)).map(|digit| digit as u8).collect();
    let bits = digits.iter().flat_map(|digit| (0..6).rev().map(move |place| digit >> place & 1));
    bits.collect::<Vec<_>>().chunks_exact(8).map(|byte| byte.iter().fold(0, |b, bit| b << 1 | bit)).collect()
}

/// A sample as a query sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) t_ms: i64,
    pub(crate) start_ms: i64,
    pub(crate) value: SampleValue,
}

/// The samples of columns in the order of time.
pub(crate) fn seen(columns: &SampleColumns) -> Vec<Seen> {
    let mut seen = Vec::new();
    for (index, sample) in columns.iter().enumerate() {
        let start_ms = columns.start_timestamps.get(index).copied().unwrap_or(0);
        seen.push(Seen { t_ms: sample.timestamp_ms, start_ms, value: SampleValue::Float(sample.value) });
    }
    for (index, (t_ms, histogram)) in columns.histograms.iter().enumerate() {
        let start_ms = columns.histograms.start_timestamps.get(index).copied().unwrap_or(0);
        seen.push(Seen { t_ms, start_ms, value: SampleValue::Histogram(histogram.clone()) });
    }
    assert!(columns.timestamps.is_sorted_by(|a, b| a < b));
    assert!(columns.histograms.timestamps.is_sorted_by(|a, b| a < b));
    seen.sort_by_key(|sample| sample.t_ms);
    seen
}

/// All series that meet `matchers` and their samples in `range`, by labels.
pub(crate) fn read_all(
    querier: &dyn Querier,
    matchers: &[Matcher],
    range: TimeRange,
) -> Result<Vec<(String, Vec<Seen>)>, emberdb_model::storage::StorageError> {
    let mut symbols = SymbolTable::new();
    let set = querier.select(matchers, range, &mut symbols)?;
    let (mut all, mut columns, mut scratch) = (Vec::new(), SampleColumns::new(), SampleColumns::new());
    for series in 0..set.len() {
        columns.clear();
        set.read(series, range, &mut columns)?;
        let samples = seen(&columns);
        let newest = set.newest(series, range, &mut scratch)?;
        assert_eq!(newest.as_ref().map(|newest| newest.0), samples.last().map(|sample| sample.t_ms));
        assert!(columns.histograms.is_empty() || set.may_have_histograms());
        let labels: Vec<_> = LabelsRef::new(&symbols, set.labels(series)).iter().collect();
        all.push((format!("{labels:?}"), samples));
    }
    Ok(all)
}

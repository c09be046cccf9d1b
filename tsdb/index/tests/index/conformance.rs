//! Indexes that Prometheus wrote: read as it says, and written again to the byte.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use emberdb_env::Env;
use emberdb_tsdb_index::{IndexReader, SeriesEntryRef};

use crate::sample::{self, Series, matcher_sets, select_slowly};

/// The folder of a test's data, or `None` (said on the terminal) where it is not at hand.
#[expect(clippy::disallowed_methods, reason = "where the test data lies is configuration of the test run")]
fn conformance(path: &str) -> Option<PathBuf> {
    let root = std::env::var("EMBERDB_CONFORMANCE").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    );
    let path = root.join(path);
    if !Env::real().fs().exists(&path).unwrap() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn read(path: &Path) -> Vec<u8> {
    Env::real().fs().read(path, 1 << 24).unwrap()
}

fn lines(path: &Path) -> Vec<String> {
    String::from_utf8(read(path)).unwrap().lines().map(str::to_owned).collect()
}

fn open(path: &Path) -> IndexReader {
    IndexReader::open(path, Bytes::from(read(path))).unwrap()
}

/// The index file of each golden block and what is expected of the block, line by line.
fn golden_blocks() -> Vec<(PathBuf, Vec<String>)> {
    let Some(golden) = conformance("tsdb/golden") else { return Vec::new() };
    let env = Env::real();
    let mut blocks = Vec::new();
    for directory in env.fs().read_dir(&golden).unwrap() {
        let directory = golden.join(directory.name);
        for block in env.fs().read_dir(&directory.join("data")).unwrap() {
            let index = directory.join("data").join(&block.name).join("index");
            if env.fs().exists(&index).unwrap() {
                let of_block = format!("{{\"block\":\"{}\"", block.name);
                let expected = lines(&directory.join("blocks.jsonl"));
                blocks
                    .push((index, expected.into_iter().filter(|line| line.starts_with(&of_block)).collect()));
            }
        }
    }
    assert_eq!(blocks.len(), 7);
    blocks
}

fn json_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn json_strings(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| json_string(text)).collect::<Vec<_>>().join(","))
}

/// The index's label values as the first line of the expectations has them.
fn json_label_values(index: &IndexReader) -> String {
    let names = index.label_names().unwrap();
    let values = |name: &String| json_strings(&index.label_values(name).unwrap());
    let fields: Vec<_> = names.iter().map(|name| format!("{}:{}", json_string(name), values(name))).collect();
    format!("\"label_values\":{{{}}}", fields.join(","))
}

/// A series as its line of the expectations has it, in pieces in the order of the line: only what an index knows.
fn json_series(entry: SeriesEntryRef, (labels, chunks): &Series) -> Vec<String> {
    let mut pieces = Vec::new();
    for chunk in chunks {
        pieces.push(format!("\"max_time\":{},\"min_time\":{},", chunk.max_ms, chunk.min_ms));
        pieces.push(format!("\"ref\":{}", chunk.chunk_ref));
    }
    let mut last = String::from("\"labels\":[");
    for (name, value) in labels {
        let comma = if last.ends_with('[') { "" } else { "," };
        write!(last, "{comma}[{},{}]", json_string(name), json_string(value)).unwrap();
    }
    write!(last, "],\"series_ref\":{}", entry.0).unwrap();
    pieces.push(last);
    pieces
}

fn assert_holds(line: &str, pieces: &[String]) {
    let mut rest = line;
    for piece in pieces {
        let at = rest.find(piece.as_str()).unwrap_or_else(|| panic!("{piece} is not (left) in {line}"));
        rest = &rest[at + piece.len()..];
    }
}

/// Series as the lines after the first one tell them.
fn assert_series(index: &IndexReader, expected: &[String]) {
    let entries = index.series_refs().unwrap();
    assert_eq!(entries.len(), expected.len());
    for (&entry, line) in entries.iter().zip(expected) {
        let series = sample::read_series(index, entry).unwrap();
        assert_eq!(line.matches("\"ref\":").count(), series.1.len(), "{line}");
        assert_holds(line, &json_series(entry, &series));
    }
}

#[test]
fn golden_indexes_say_what_is_expected() {
    for (path, expected) in golden_blocks() {
        let index = open(&path);
        assert_eq!(sample::faults(&index), Vec::<String>::new(), "{}", path.display());
        let (first, series) = expected.split_first().unwrap();
        let symbols: Vec<String> = index.symbols().map(|symbol| symbol.unwrap().to_owned()).collect();
        let symbols = format!("\"symbols\":{}", json_strings(&symbols));
        assert_holds(first, &[json_label_values(&index), symbols]);
        assert_series(&index, series);
    }
}

#[test]
fn golden_indexes_are_written_again_to_the_byte() {
    for (path, _) in golden_blocks() {
        let index = open(&path);
        let series = sample::read_all(&index).unwrap();
        assert!(!series.is_empty());
        let symbols = index.symbols().collect::<Result<_, _>>().unwrap();
        assert!(sample::write_with(symbols, &series) == read(&path), "{} differs", path.display());
    }
}

#[test]
fn golden_indexes_are_selected_from() {
    let values =
        ["", "a", "api", "float_gauge", "float_.*", "hist_int|hist_float", "a|", ".+", "[a-h].*", "mixed"];
    for (path, _) in golden_blocks() {
        let index = open(&path);
        for matchers in matcher_sets(&["__name__", "instance", "job", "none"], &values) {
            assert_eq!(index.select(&matchers).unwrap(), select_slowly(&index, &matchers), "{matchers:?}");
        }
    }
}

#[test]
fn an_index_of_version_1_says_what_is_expected() {
    let Some(folder) = conformance("tsdb/upstream") else { return };
    let index = open(&folder.join("index_format_v1/index"));
    assert_eq!(sample::faults(&index), Vec::<String>::new());
    let expected = lines(&folder.join("index_format_v1.expect.jsonl"));
    let (first, series) = expected.split_first().unwrap();
    assert_holds(first, &[format!("\"index_version\":{}", index.version()), json_label_values(&index)]);
    assert_series(&index, series);
    for matchers in matcher_sets(&["bar", "foo", "meh"], &["", "1", "1|2|77|x", "9.*", "ba.", ".+"]) {
        assert_eq!(index.select(&matchers).unwrap(), select_slowly(&index, &matchers), "{matchers:?}");
    }
}

/// One that says version 1 and is of version 2, but for the list of all series, which it lacks: with its version mended it
/// can be read.
#[test]
fn a_mended_index_is_read() {
    let Some(folder) = conformance("tsdb/upstream/repair_index_version/01BZJ9WJQPWHGNC2W4J9TA62KC") else {
        return;
    };
    let mut bytes = read(&folder.join("index"));
    bytes[4] = 2;
    let index = sample::open(&bytes).unwrap();
    let expected: Vec<Series> =
        ["1", "2"].map(|a| (sample::labels([("a", a), ("b", "1")]), Vec::new())).into();
    assert_eq!(sample::read_all(&index).unwrap(), expected);
    let with_b = index.select(&[emberdb_model::Matcher::equal("b", "1")]).unwrap();
    assert_eq!(with_b, index.series_refs().unwrap());
}

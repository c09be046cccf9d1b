//! Series to write, and what is read of an index in a form that compares.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use emberdb_model::{MatchOp, Matcher};
use emberdb_tsdb_index::{ChunkMeta, IndexError, IndexReader, IndexWriter, SeriesEntryRef};

use crate::memory_file::MemoryFile;

/// Labels by name, and chunks.
pub(crate) type Series = (BTreeMap<String, String>, Vec<ChunkMeta>);

pub(crate) fn labels<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

pub(crate) fn chunk(min_ms: i64, max_ms: i64, chunk_ref: u64) -> ChunkMeta {
    ChunkMeta { min_ms, max_ms, chunk_ref }
}

/// Series with chunks whose order is right across all of them.
pub(crate) fn small() -> Vec<Series> {
    let far = u64::from(u32::MAX) + 9;
    vec![
        (labels([("__name__", "down")]), vec![]),
        (labels([("__name__", "up"), ("job", "api")]), vec![chunk(-60_000, 0, 8), chunk(1, 1, 90)]),
        (labels([("__name__", "up"), ("job", "db"), ("zone", "é")]), vec![chunk(5, 500_000, far)]),
        (labels([("job", "api")]), vec![chunk(i64::MIN, i64::MAX, far)]),
    ]
}

/// Appends length, data and checksum; the offset where the section begins.
pub(crate) fn section(file: &mut Vec<u8>, data: &[u8]) -> usize {
    let offset = file.len();
    file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
    file.extend(data);
    file.extend(crc32c::crc32c(data).to_be_bytes());
    offset
}

/// The symbols of series, and the empty string, as Prometheus has it.
pub(crate) fn symbols(series: &[Series]) -> Vec<&str> {
    let texts =
        series.iter().flat_map(|(labels, _)| labels.iter()).flat_map(|(name, value)| [&**name, value]);
    let mut symbols: Vec<&str> = texts.chain([""]).collect();
    symbols.sort_unstable();
    symbols.dedup();
    symbols
}

/// The file of series that are in order.
pub(crate) fn write(series: &[Series]) -> Vec<u8> {
    write_with(symbols(series), series)
}

/// The same with symbols that may be more than those of the series.
pub(crate) fn write_with(symbols: Vec<&str>, series: &[Series]) -> Vec<u8> {
    let file = MemoryFile::new();
    let mut writer = IndexWriter::create(&file.env(), Path::new("index"), symbols).unwrap();
    for (labels, chunks) in series {
        let labels = labels.iter().map(|(name, value)| (&**name, &**value));
        writer.add_series(labels, chunks).unwrap();
    }
    writer.finish().unwrap();
    file.bytes()
}

pub(crate) fn open(bytes: &[u8]) -> Result<IndexReader, IndexError> {
    IndexReader::open(Path::new("some/index"), Bytes::copy_from_slice(bytes))
}

pub(crate) fn read_series(index: &IndexReader, entry: SeriesEntryRef) -> Result<Series, IndexError> {
    let (mut labels, mut chunks) = (vec![(77, 77)], vec![chunk(7, 7, 7)]);
    index.series(entry, &mut labels, &mut chunks)?;
    let text = |reference| index.symbol(reference).map(str::to_owned);
    let labels = labels
        .iter()
        .map(|&(name, value)| Ok((text(name)?, text(value)?)))
        .collect::<Result<_, IndexError>>()?;
    Ok((labels, chunks))
}

pub(crate) fn read_all(index: &IndexReader) -> Result<Vec<Series>, IndexError> {
    index.series_refs()?.into_iter().map(|entry| read_series(index, entry)).collect()
}

/// What verification finds.
pub(crate) fn faults(index: &IndexReader) -> Vec<String> {
    let mut faults = Vec::new();
    index.verify(&mut |error| faults.push(error.to_string()));
    faults
}

pub(crate) fn matcher(op: MatchOp, name: &str, value: &str) -> Matcher {
    Matcher::new(op, name, value).unwrap()
}

/// Each operator with each of the names and values, alone and after another.
pub(crate) fn matcher_sets(names: &[&str], values: &[&str]) -> Vec<Vec<Matcher>> {
    let ops = [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex];
    let mut sets = vec![vec![]];
    for op in ops {
        for name in names {
            for value in values {
                let one = matcher(op, name, value);
                sets.push(vec![one.clone()]);
                sets.push(vec![one.clone(), matcher(MatchOp::NotRegex, names[0], "x.*")]);
                sets.push(vec![matcher(MatchOp::Regex, names[0], ".+"), one]);
            }
        }
    }
    sets
}

/// What [`IndexReader::select`] must give: every series asked by every matcher.
pub(crate) fn select_slowly(index: &IndexReader, matchers: &[Matcher]) -> Vec<SeriesEntryRef> {
    let meets = |entry: &SeriesEntryRef| {
        let (labels, _) = read_series(index, *entry).unwrap();
        matchers.iter().all(|m| m.matches(labels.get(m.name()).map_or("", |value| value)))
    };
    index.series_refs().unwrap().into_iter().filter(meets).collect()
}

//! Blocks of upstream's own tests: an index of version 1, and versions that a bad release wrote.

use std::path::Path;

use bytes::Bytes;
use emberdb_model::storage::Queryable;
use emberdb_model::{Labels, Matcher, TimeRange};
use emberdb_tsdb_db::{Maintained, Tsdb, TsdbOptions};
use emberdb_tsdb_index::{IndexError, IndexReader};
use serde_json::Value;

use super::super::base64;
use super::super::folder::Folder;
use super::super::mismatch::{same, same_text};
use super::super::read::{Read, labels, list, text};
use super::super::{Check, DataError, Mismatch, Run};
use super::expectation::sample;
use super::stored::{StoredSample, same_samples, series};

const OLD_INDEX: &str = "tsdb/upstream/index_format_v1";
const BAD_RELEASE: &str = "tsdb/upstream/repair_index_version";
/// The block that the bad release wrote.
const BAD_BLOCK: &str = "01BZJ9WJQPWHGNC2W4J9TA62KC";

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    old_index(run)?;
    bad_release(run)
}

/// The block is alone there, so that it is put into a directory first.
fn old_index(run: &mut Run<'_>) -> Result<(), DataError> {
    let records = run.data.records(&format!("{OLD_INDEX}.expect.jsonl"))?;
    let meta = run.data.json(&format!("{OLD_INDEX}/meta.json"))?;
    run.begin(OLD_INDEX, records.len());
    let copy = Folder::empty()?;
    let name = meta["ulid"].as_str().unwrap_or_default();
    copy.add(&run.data.folder().join(OLD_INDEX), Path::new(name))?;
    let db = match open(&copy) {
        Ok(db) => db,
        Err(error) => {
            run.case(OLD_INDEX, Err(error));
            return Ok(());
        }
    };
    let stored = series(&db);
    for record in &records {
        let case = format!("{OLD_INDEX}: {}", record["id"].as_str().unwrap_or_default());
        let check = match (&stored, record.get("label_values")) {
            (Err(error), _) => Err(Mismatch::new(error.to_string())),
            (Ok(_), Some(values)) => same_label_values(&db, values),
            (Ok(stored), None) => old_series(record).and_then(|(labels, wanted)| {
                same_samples(&wanted, stored.get(&labels.to_string()).map_or(&[][..], Vec::as_slice))
            }),
        };
        run.case(case, check);
    }
    Ok(())
}

fn open(copy: &Folder) -> Result<Tsdb, Mismatch> {
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    Tsdb::open(&copy.env, &copy.dir, options).map_err(|error| Mismatch::new(error.to_string()))
}

fn same_label_values(db: &Tsdb, wanted: &Value) -> Check {
    let error = |error: emberdb_model::storage::StorageError| Mismatch::new(error.to_string());
    let querier = db.querier().map_err(error)?;
    let names = wanted.as_object().ok_or_else(|| Mismatch::new("malformed record: no label values"))?;
    for (name, values) in names {
        let wanted = list(values)?.iter().map(text).collect::<Read<Vec<_>>>()?;
        let got = querier.label_values(name, &[], TimeRange::ALL).map_err(error)?;
        same(name, &wanted, &got.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// A series and its samples, which are told chunk by chunk as `[t, v]`.
fn old_series(record: &Value) -> Read<(Labels, Vec<StoredSample>)> {
    let mut samples = Vec::new();
    for chunk in list(&record["chunks"])? {
        for pair in list(&chunk["samples"])? {
            samples.push(sample(&serde_json::json!({ "t": pair[0], "v": pair[1] }))?);
        }
    }
    Ok((labels(&record["labels"])?, samples))
}

/// The block has no chunks, not even a folder for them: it gets an empty one.
fn bad_release(run: &mut Run<'_>) -> Result<(), DataError> {
    let records = run.data.records(&format!("{BAD_RELEASE}.expect.jsonl"))?;
    run.begin(BAD_RELEASE, records.len());
    for record in &records {
        let copy = Folder::of(&run.data.folder().join(BAD_RELEASE))?;
        copy.env.fs().create_dir_all(&copy.dir.join(BAD_BLOCK).join("chunks"))?;
        let check = open(&copy).and_then(|_| is_repaired(&copy, record));
        run.case(BAD_RELEASE, check);
    }
    Ok(())
}

fn is_repaired(copy: &Folder, record: &Value) -> Check {
    let read = |name: &str| {
        let bytes = copy.env.fs().read(&copy.dir.join(BAD_BLOCK).join(name), 1 << 20);
        bytes.map_err(|error| Mismatch::new(error.to_string()))
    };
    same_text("meta.json", text(&record["meta_after"])?, &String::from_utf8_lossy(&read("meta.json")?))?;
    same_text("index", text(&record["index_after_b64"])?, &base64::encoded(&read("index")?))?;
    let wanted =
        list(&record["series_with_b_1"])?.iter().map(|series| Ok(labels(&series["labels"])?.to_string()));
    let path = copy.dir.join(BAD_BLOCK).join("index");
    let bytes = copy.env.fs().map(&path).map_err(|error| Mismatch::new(error.to_string()))?;
    same("series", &wanted.collect::<Read<Vec<_>>>()?, &select(&path, bytes, "b", "1")?)
}

/// The series with a label. They have no chunks, so that a database shows none of them: the index does.
fn select(path: &Path, bytes: Bytes, name: &str, value: &str) -> Read<Vec<String>> {
    let mismatch = |error: IndexError| Mismatch::new(error.to_string());
    let index = IndexReader::open(path, bytes).map_err(mismatch)?;
    let (mut found, mut pairs, mut chunks) = (Vec::new(), Vec::new(), Vec::new());
    for entry in index.select(&[Matcher::equal(name, value)]).map_err(mismatch)? {
        index.series(entry, &mut pairs, &mut chunks).map_err(mismatch)?;
        let texts = pairs.iter().map(|&(name, value)| Ok((index.symbol(name)?, index.symbol(value)?)));
        let texts = texts.collect::<Result<Vec<_>, IndexError>>().map_err(mismatch)?;
        found.push(Labels::new(texts).map_err(|error| Mismatch::new(error.to_string()))?.to_string());
    }
    Ok(found)
}

//! emberdb on a data directory: opened the way a program opens it, and read to the last sample.

use std::path::Path;

use emberdb::storage::Queryable;
use emberdb::{Db, DbOptions, Labels, LabelsRef, Maintained, MatchOp, Matcher, TimeRange};
use emberdb_model::{SampleColumns, SymbolTable};

use super::answer;
use super::held::Held;

/// Any error, in words.
pub(super) type Error = Box<dyn std::error::Error>;

/// Opens a directory; samples are moved when a round says so, and nothing is too old.
pub(super) fn open(dir: &Path) -> Result<Db, Error> {
    let mut options = DbOptions::default();
    options.storage.maintenance = Maintained::ByCaller;
    Ok(Db::open(dir, options)?)
}

/// All samples: floats as they are stored, histograms as a query's answer shows them.
pub(super) fn read(db: &Db) -> Result<Held, Error> {
    let mut held = Held::default();
    let mut symbols = SymbolTable::new();
    let querier = db.storage().querier()?;
    let set = querier.select(&[named()?], TimeRange::ALL, &mut symbols)?;
    let mut columns = SampleColumns::new();
    for series in 0..set.len() {
        columns.clear();
        set.read(series, TimeRange::ALL, &mut columns)?;
        let labels = LabelsRef::new(&symbols, set.labels(series)).to_labels()?;
        for (&timestamp_ms, &value) in columns.timestamps.iter().zip(&columns.values) {
            held.insert(&labels, timestamp_ms, value.into())?;
        }
        if let Some((timestamp_ms, _)) = columns.histograms.iter().next() {
            let newest_ms = columns.histograms.last().map_or(timestamp_ms, |(newest_ms, _)| newest_ms);
            held.extend(&histograms(db, &labels, TimeRange::new(timestamp_ms, newest_ms))?)?;
        }
    }
    Ok(held)
}

/// What a query tells of the native histograms of a series.
fn histograms(db: &Db, labels: &Labels, range: TimeRange) -> Result<Held, Error> {
    let query = format!("{}[{}ms]", labels.braced(), range.max_ms - range.min_ms + 1);
    let answer = db.query(&query, range.max_ms)?;
    let held = answer::parse_data(&serde_json::from_str(&answer.value.to_json())?)?;
    Ok(held.histograms())
}

/// What all series meet.
fn named() -> Result<Matcher, Error> {
    Ok(Matcher::new(MatchOp::NotEqual, "__name__", "")?)
}

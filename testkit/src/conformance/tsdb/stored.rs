//! All that a database holds, and when samples are the same.

use std::collections::BTreeMap;

use emberdb_model::storage::{Queryable, StorageError};
use emberdb_model::{Exemplar, LabelsRef, SampleColumns, SampleValue, SymbolTable, TimeRange};

use super::super::histogram::same_histogram;
use super::super::mismatch::{holds, same};
use super::super::{Check, Mismatch};

/// A sample of a series.
#[derive(Debug, Clone)]
pub(super) struct StoredSample {
    pub(super) t_ms: i64,
    /// Since when it counts, in milliseconds since the Unix epoch; 0 is unknown.
    pub(super) start_ms: i64,
    pub(super) value: SampleValue,
}

/// Series by their labels.
pub(super) type StoredSeries = BTreeMap<String, Vec<StoredSample>>;

/// Exemplars by the labels of their series.
pub(super) type StoredExemplars = BTreeMap<String, Vec<Exemplar>>;

/// All series that have a sample.
pub(super) fn series(db: &impl Queryable) -> Result<StoredSeries, StorageError> {
    let mut symbols = SymbolTable::new();
    let querier = db.querier()?;
    let set = querier.select(&[], TimeRange::ALL, &mut symbols)?;
    let mut all = StoredSeries::new();
    for number in 0..set.len() {
        let mut columns = SampleColumns::new();
        set.read(number, TimeRange::ALL, &mut columns)?;
        let samples = in_order(&columns);
        if !samples.is_empty() {
            all.insert(LabelsRef::new(&symbols, set.labels(number)).to_string(), samples);
        }
    }
    Ok(all)
}

fn in_order(columns: &SampleColumns) -> Vec<StoredSample> {
    let start_of = |starts: &[i64], index: usize| starts.get(index).copied().unwrap_or(0);
    let floats = columns.iter().enumerate().map(|(index, sample)| StoredSample {
        t_ms: sample.timestamp_ms,
        start_ms: start_of(&columns.start_timestamps, index),
        value: SampleValue::Float(sample.value),
    });
    let histograms = columns.histograms.iter().enumerate().map(|(index, (t_ms, histogram))| StoredSample {
        t_ms,
        start_ms: start_of(&columns.histograms.start_timestamps, index),
        value: SampleValue::Histogram(histogram.clone()),
    });
    let mut samples: Vec<StoredSample> = floats.chain(histograms).collect();
    samples.sort_by_key(|sample| sample.t_ms);
    samples
}

/// Both must have the same samples: floats to the bit, histograms with the same spans and hints.
pub(super) fn same_samples(wanted: &[StoredSample], got: &[StoredSample]) -> Check {
    same("number of samples", &wanted.len(), &got.len())?;
    for (wanted, got) in wanted.iter().zip(got) {
        let at = format!("at {}", wanted.t_ms);
        same("time", &wanted.t_ms, &got.t_ms)?;
        same_value(&wanted.value, &got.value).map_err(|mismatch| mismatch.of(&at))?;
    }
    // Last, so that whoever keeps none is still asked all of the values.
    for (wanted, got) in wanted.iter().zip(got) {
        same("start timestamp", &wanted.start_ms, &got.start_ms)
            .map_err(|mismatch| mismatch.of(&format!("at {}", wanted.t_ms)))?;
    }
    Ok(())
}

fn same_value(wanted: &SampleValue, got: &SampleValue) -> Check {
    match (wanted, got) {
        (SampleValue::Float(wanted), SampleValue::Float(got)) => {
            same("bits of the value", &wanted.to_bits(), &got.to_bits())
        }
        (SampleValue::Histogram(wanted), SampleValue::Histogram(got)) => {
            same_histogram(wanted, got)?;
            holds(
                "the same spans",
                wanted.positive.spans == got.positive.spans && wanted.negative.spans == got.negative.spans,
            )
        }
        _ => Err(Mismatch::new(format!("wanted {wanted:?}\ngot    {got:?}"))),
    }
}

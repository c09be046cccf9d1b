//! What upstream reads from a directory, as the data says it.

use std::collections::BTreeMap;
use std::sync::Arc;

use emberdb_model::{Exemplar, SampleValue};
use serde_json::Value;

use super::super::histogram::float_of_any;
use super::super::read::{Read, float, integer, labels, list};
use super::stored::{StoredExemplars, StoredSample, StoredSeries};

/// What a directory holds.
#[derive(Default)]
pub(super) struct Expectation {
    pub(super) series: StoredSeries,
    pub(super) exemplars: StoredExemplars,
}

impl Expectation {
    /// The expectation that these records tell.
    pub(super) fn of(records: &[Value]) -> Read<Self> {
        let (mut series, mut exemplars) = (BTreeMap::new(), BTreeMap::new());
        for record in records {
            let labels = labels(&record["labels"])?.to_string();
            if let Some(given) = record.get("samples") {
                series.insert(labels, list(given)?.iter().map(sample).collect::<Read<_>>()?);
            } else {
                let given = list(&record["exemplars"])?;
                exemplars.insert(labels, given.iter().map(exemplar).collect::<Read<_>>()?);
            }
        }
        Ok(Self { series, exemplars })
    }
}

/// A sample as `{t, v or h, st}`.
pub(super) fn sample(record: &Value) -> Read<StoredSample> {
    let value = match record.get("h") {
        Some(histogram) => SampleValue::Histogram(Arc::new(float_of_any(histogram)?)),
        None => SampleValue::Float(float(&record["v"])?),
    };
    let start_ms = record.get("st").map(integer).transpose()?.unwrap_or(0);
    Ok(StoredSample { t_ms: integer(&record["t"])?, start_ms, value })
}

fn exemplar(record: &Value) -> Read<Exemplar> {
    Ok(Exemplar {
        labels: labels(&record["labels"])?,
        value: float(&record["value"])?,
        timestamp_ms: integer(&record["timestamp_ms"])?,
    })
}

//! The mathematics of histograms.
//!
//! * [`read`](mod@read): histograms as the data spells them, and when two are the same
//! * [`operations`]: one at a time, and buckets; [`arithmetic`]: sums and differences
//! * [`estimates`]: quantiles, fractions, trimming; [`classic`]: classic histograms

mod arithmetic;
mod classic;
mod estimates;
mod operations;
mod read;

pub(super) use read::{float_histogram, float_of_any, same_histogram};

use serde_json::Value;

use super::{Check, DataError, Run};

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    records(run, "histogram/ops.jsonl", operations::check)?;
    records(run, "histogram/bounds.jsonl", operations::bound)?;
    records(run, "histogram/classic_quantile.jsonl", classic::quantile)?;
    records(run, "histogram/native_quantile.jsonl", estimates::check)?;
    records(run, "histogram/trim.jsonl", estimates::trim)
}

fn records(run: &mut Run<'_>, path: &str, check: fn(&Value) -> Check) -> Result<(), DataError> {
    let records = run.data.records(path)?;
    run.begin(path, records.len());
    for (at, record) in records.iter().enumerate() {
        let text = |name| super::read::text_or_empty(record, name);
        run.case(format!("{path}:{}: {} {}", at + 1, text("op"), text("name")), check(record));
    }
    Ok(())
}

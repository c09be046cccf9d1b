//! `/status/tsdb`: which labels the series of the head have most of.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use emberdb::{Db, Labels, TimeRange, TsdbStats};
use serde_json::{Value, json};

use crate::envelope::{Answer, ApiError};
use crate::parameter::Parameters;
use crate::state::Api;

/// Lines a list, if the request does not say.
const LINES: usize = 10;

/// A longer list is refused.
const LINES_MAX: usize = 10_000;

/// What a label takes beside its name and its value, in upstream's representation: the length of each.
const LENGTH_BYTES: u64 = 2;

pub(crate) async fn status(State(api): State<Arc<Api>>, parameters: Parameters) -> Result<Answer, ApiError> {
    let lines = lines(&parameters)?;
    let status = api.blocking(move |db| cardinality(db, lines)).await?;
    Ok(Answer::new(status.to_string()))
}

fn lines(parameters: &Parameters) -> Result<usize, ApiError> {
    let Some(text) = parameters.get("limit") else { return Ok(LINES) };
    match text.parse() {
        Ok(lines @ 1..=LINES_MAX) => Ok(lines),
        Ok(0) | Err(_) => Err(ApiError::bad_data("limit must be a positive number")),
        Ok(_) => Err(ApiError::bad_data(format!("limit must not exceed {LINES_MAX}"))),
    }
}

fn cardinality(db: &Db, lines: usize) -> Result<Value, ApiError> {
    let stats = db.stats();
    let series = match stats.time_range_ms {
        Some((oldest_ms, newest_ms)) => db.series(&[Vec::new()], TimeRange::new(oldest_ms, newest_ms))?,
        None => Vec::new(),
    };
    Ok(of_series(&series, &stats, lines))
}

fn of_series(series: &[Labels], stats: &TsdbStats, lines: usize) -> Value {
    let mut pairs: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for pair in series.iter().flat_map(Labels::iter) {
        *pairs.entry(pair).or_default() += 1;
    }
    let (mut values, mut bytes) = (BTreeMap::<&str, u64>::new(), BTreeMap::<&str, u64>::new());
    for (&(name, value), &count) in &pairs {
        *values.entry(name).or_default() += 1;
        *bytes.entry(name).or_default() += ((name.len() + value.len()) as u64 + LENGTH_BYTES) * count;
    }
    let metrics = pairs.iter().filter(|((name, _), _)| *name == "__name__");
    // Without samples upstream's times are those that any sample would move.
    let (min_ms, max_ms) = stats.time_range_ms.unwrap_or((i64::MAX, i64::MIN));
    json!({
        "headStats": {
            "numSeries": stats.series,
            "numLabelPairs": pairs.len(),
            "minTime": min_ms,
            "maxTime": max_ms,
        },
        "seriesCountByMetricName": greatest(metrics.map(|((_, metric), n)| ((*metric).to_owned(), *n)), lines),
        "labelValueCountByLabelName": greatest(values.iter().map(|(name, n)| ((*name).to_owned(), *n)), lines),
        "memoryInBytesByLabelName": greatest(bytes.iter().map(|(name, n)| ((*name).to_owned(), *n)), lines),
        "seriesCountByLabelValuePair":
            greatest(pairs.iter().map(|((name, value), n)| (format!("{name}={value}"), *n)), lines),
    })
}

/// The first lines, the greatest number first; equals by name.
fn greatest(numbers: impl Iterator<Item = (String, u64)>, lines: usize) -> Value {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_by(|(a, a_number), (b, b_number)| (Reverse(a_number), a).cmp(&(Reverse(b_number), b)));
    numbers.truncate(lines);
    numbers.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

//! Answers as the data has them, and whether an evaluator's is the same.

use std::sync::Arc;

use emberdb_model::{Labels, SampleValue};
use serde_json::Value;

use crate::{NaiveValue, are_values_equal};

use super::histogram::float_of_any;
use super::mismatch::same;
use super::{Check, Mismatch, read};

pub(super) type Timed = (i64, SampleValue);

pub(super) type OneSeries = (Labels, Vec<Timed>);

/// Compares a value with the `result` of this type; whether the order of a vector counts is for the query to say.
pub(super) fn compare(
    wanted: &Value,
    value_type: &str,
    got: &NaiveValue,
    is_ordered: bool,
    tolerance: f64,
) -> Check {
    match (value_type, got) {
        ("scalar", NaiveValue::Scalar(got))
            if are_samples_equal(&[sample(wanted)?], &[(*got).into()], tolerance) =>
        {
            Ok(())
        }
        ("string", NaiveValue::String { value, .. }) if wanted[1].as_str() == Some(value) => Ok(()),
        ("vector", NaiveValue::Vector(_)) | ("matrix", NaiveValue::Matrix(_)) => {
            compare_series(wanted_series(wanted)?, got_series(got), is_ordered, tolerance)
        }
        _ => Err(Mismatch::new(format!("wanted {value_type} {wanted}\ngot    {got:?}"))),
    }
}

/// Compares series, of which the order may count.
pub(super) fn compare_series(
    mut wanted: Vec<OneSeries>,
    mut got: Vec<OneSeries>,
    is_ordered: bool,
    tolerance: f64,
) -> Check {
    if is_ordered {
        order_equals(&mut wanted);
        order_equals(&mut got);
    } else {
        wanted.sort_by(|a, b| a.0.cmp(&b.0));
        got.sort_by(|a, b| a.0.cmp(&b.0));
    }
    let is_same = |(a, b): (&OneSeries, &OneSeries)| a.0 == b.0 && are_samples_equal(&a.1, &b.1, tolerance);
    if wanted.len() == got.len() && wanted.iter().zip(&got).all(is_same) {
        return Ok(());
    }
    let pairs = wanted.iter().zip(&got);
    let first = pairs.clone().position(|pair| !is_same(pair)).unwrap_or(wanted.len().min(got.len()));
    Err(Mismatch::new(format!(
        "wanted {} series, got {}; the first that differs:\nwanted {}\ngot    {}",
        wanted.len(),
        got.len(),
        shown(wanted.get(first)),
        shown(got.get(first)),
    )))
}

/// Annotations, all of them; their order does not count.
pub(super) fn compare_remarks(what: &str, wanted: &Value, got: &[String]) -> Check {
    let mut wanted = read::list_or_empty(wanted).iter().map(read::text).collect::<Result<Vec<_>, _>>()?;
    let mut got: Vec<&str> = got.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    got.sort_unstable();
    same(what, &wanted, &got)
}

/// The series of a vector or matrix.
pub(super) fn wanted_series(result: &Value) -> Result<Vec<OneSeries>, Mismatch> {
    let one = |one: &Value| {
        let value = if one["v"].is_null() { &one["h"] } else { &one["v"] };
        let samples = match value.is_null() {
            true => samples(one, "floats")?,
            false => vec![sample(&Value::from(vec![one["t"].clone(), value.clone()]))?],
        };
        Ok((read::labels(&one["labels"])?, samples))
    };
    read::list(result)?.iter().map(one).collect()
}

/// The series of a vector or matrix.
pub(super) fn got_series(got: &NaiveValue) -> Vec<OneSeries> {
    match got {
        NaiveValue::Vector(elements) => {
            elements.iter().map(|e| (e.labels.clone(), vec![(e.timestamp_ms, e.value.clone())])).collect()
        }
        NaiveValue::Matrix(matrix) => matrix.iter().map(|s| (s.labels.clone(), s.samples.clone())).collect(),
        NaiveValue::Scalar(_) | NaiveValue::String { .. } => Vec::new(),
    }
}

/// Floats, under the name `floats`, and native histograms, in time order.
pub(super) fn samples(series: &Value, floats: &str) -> Result<Vec<Timed>, Mismatch> {
    let all = read::list_or_empty(&series[floats]).iter().chain(read::list_or_empty(&series["histograms"]));
    let mut samples = all.map(sample).collect::<Result<Vec<Timed>, _>>()?;
    samples.sort_by_key(|&(timestamp_ms, _)| timestamp_ms);
    Ok(samples)
}

/// `[t, "v"]` or `[t, {…}]`.
fn sample(value: &Value) -> Result<Timed, Mismatch> {
    let timestamp_ms = read::integer(&value[0])?;
    let value = match value[1].is_string() {
        true => SampleValue::Float(read::float(&value[1])?),
        false => SampleValue::Histogram(Arc::new(float_of_any(&value[1])?)),
    };
    Ok((timestamp_ms, value))
}

/// Elements with the same value come in any order: upstream's sort is not stable.
fn order_equals(elements: &mut [OneSeries]) {
    let value = |element: &OneSeries| match element.1.first() {
        Some((_, SampleValue::Float(value))) => Some(value.to_bits()),
        _ => None,
    };
    for equals in elements.chunk_by_mut(|a, b| value(a) == value(b)) {
        equals.sort_by(|a, b| a.0.cmp(&b.0));
    }
}

fn are_samples_equal(wanted: &[Timed], got: &[Timed], tolerance: f64) -> bool {
    let is_same = |(a, b): (&Timed, &Timed)| a.0 == b.0 && are_values_equal(&a.1, &b.1, tolerance);
    wanted.len() == got.len() && wanted.iter().zip(got).all(is_same)
}

fn shown(series: Option<&OneSeries>) -> String {
    let Some((labels, samples)) = series else { return "nothing".into() };
    let mut shown = labels.to_string();
    for (timestamp_ms, value) in samples {
        let value = match value {
            SampleValue::Float(value) => value.to_string(),
            SampleValue::Histogram(histogram) => histogram.to_notation(),
        };
        shown.push_str(&format!(" {value}@{timestamp_ms}"));
    }
    shown
}

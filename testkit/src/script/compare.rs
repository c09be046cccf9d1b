//! Whether an answer is the expected one.

use emberdb_model::{Labels, Sample, is_stale};

use crate::{NaiveSample, NaiveSeries, NaiveValue};

use super::command::{Eval, Expected, ExpectedSeries, Remarks, When};
use super::engine::ScriptAnswer;

/// How far floats may lie apart, relative to their size.
const TOLERANCE: f64 = 1e-6;

/// Whether two floats are the same within a relative tolerance, as upstream's scripts compare: NaN is NaN, a staleness
/// marker only itself, and next to 0 only 0.
#[must_use]
pub fn are_floats_equal(a: f64, b: f64, tolerance: f64) -> bool {
    if is_stale(a) || is_stale(b) {
        return is_stale(a) && is_stale(b);
    }
    if (a.is_nan() && b.is_nan()) || a == b {
        return true;
    }
    let (sum, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < tolerance * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < tolerance
}

/// Compares annotations, then the value.
pub(super) fn answer(eval: &Eval, answer: &ScriptAnswer) -> Result<(), String> {
    remarks("warning", &eval.warnings, &answer.warnings)?;
    remarks("info", &eval.infos, &answer.infos)?;
    value(eval, &answer.value)
}

/// Compares a value alone.
pub(super) fn value(eval: &Eval, value: &NaiveValue) -> Result<(), String> {
    match (&eval.expected, value) {
        (Expected::Scalar(wanted), NaiveValue::Scalar(Sample { value, .. })) => float(*wanted, *value),
        (Expected::String(wanted), NaiveValue::String { value, .. }) if wanted == value => Ok(()),
        (Expected::Series(wanted), NaiveValue::Vector(elements)) => vector(wanted, elements, eval.is_ordered),
        (Expected::Series(wanted), NaiveValue::Matrix(series)) => match eval.when {
            When::Range { start_ms, end_ms, step_ms } => {
                let steps = usize::try_from((end_ms - start_ms) / step_ms).unwrap_or_default() + 1;
                if let Some(long) = wanted.iter().find(|s| s.values.len() > steps) {
                    return Err(format!("{} has more values than steps", long.labels));
                }
                matrix(wanted, series, start_ms, step_ms)
            }
            When::Instant { .. } if wanted.is_empty() && series.is_empty() => Ok(()),
            When::Instant { .. } => Err(format!("got a range vector: {series:?}")),
        },
        (Expected::RangeVector { start_ms, step_ms, series: wanted }, NaiveValue::Matrix(series)) => {
            matrix(wanted, series, *start_ms, *step_ms)
        }
        (wanted, got) => Err(format!("expected {wanted:?}\ngot      {got:?}")),
    }
}

fn remarks(kind: &str, expected: &Remarks, got: &[String]) -> Result<(), String> {
    if expected.is_none && !got.is_empty() {
        return Err(format!("expected no {kind}, got {got:?}"));
    }
    if expected.wanted.is_empty() {
        return Ok(());
    }
    if got.is_empty() {
        return Err(format!("expected a {kind}, got none"));
    }
    if let Some(missing) = expected.wanted.iter().find(|w| !got.iter().any(|text| w.matches(text))) {
        return Err(format!("expected a {kind} {missing:?}, got {got:?}"));
    }
    match got.iter().find(|text| !expected.wanted.iter().any(|w| w.matches(text))) {
        Some(surplus) => Err(format!("unexpected {kind} {surplus:?}")),
        None => Ok(()),
    }
}

fn float(wanted: f64, got: f64) -> Result<(), String> {
    if are_floats_equal(wanted, got, TOLERANCE) {
        Ok(())
    } else {
        Err(format!("expected {wanted}, got {got}"))
    }
}

fn vector(wanted: &[ExpectedSeries], got: &[NaiveSample], is_ordered: bool) -> Result<(), String> {
    let listed = || {
        let lines = got.iter().map(|e| format!("\n  {} {}", e.labels, e.sample.value));
        format!("\ngot {} elements:{}", got.len(), lines.collect::<String>())
    };
    for (i, element) in got.iter().enumerate() {
        let place = place_of(&element.labels, wanted.iter().map(|w| &w.labels))
            .ok_or_else(|| format!("unexpected {}{}", element.labels, listed()))?;
        if is_ordered && place != i {
            return Err(format!("{} at place {i}, expected at {place}{}", element.labels, listed()));
        }
        let value = wanted[place].values.first().copied().flatten();
        let value = value.ok_or_else(|| format!("no value is expected for {}", element.labels))?;
        float(value, element.sample.value).map_err(|m| format!("{}: {m}{}", element.labels, listed()))?;
    }
    match wanted.iter().find(|w| place_of(&w.labels, got.iter().map(|e| &e.labels)).is_none()) {
        Some(missing) => Err(format!("missing {}{}", missing.labels, listed())),
        None => Ok(()),
    }
}

fn matrix(wanted: &[ExpectedSeries], got: &[NaiveSeries], start_ms: i64, step_ms: i64) -> Result<(), String> {
    if !got.is_sorted_by(|a, b| a.labels < b.labels) {
        return Err("the series are not sorted by labels".into());
    }
    for series in got {
        if place_of(&series.labels, wanted.iter().map(|w| &w.labels)).is_none() {
            return Err(format!("unexpected {} {:?}", series.labels, series.samples));
        }
    }
    for expected in wanted {
        let at = |(i, value): (usize, &Option<f64>)| {
            value.map(|value| Sample { timestamp_ms: start_ms + i as i64 * step_ms, value })
        };
        let samples: Vec<Sample> = expected.values.iter().enumerate().filter_map(at).collect();
        let place = place_of(&expected.labels, got.iter().map(|s| &s.labels))
            .ok_or_else(|| format!("missing {}", expected.labels))?;
        let is_same = |(a, b): (&Sample, &Sample)| {
            a.timestamp_ms == b.timestamp_ms && are_floats_equal(a.value, b.value, TOLERANCE)
        };
        let found = &got[place].samples;
        if samples.len() != found.len() || !samples.iter().zip(found).all(is_same) {
            return Err(format!(
                "{}\nexpected {}\ngot      {}",
                expected.labels,
                shown(&samples),
                shown(found)
            ));
        }
    }
    Ok(())
}

fn place_of<'l>(labels: &Labels, mut all: impl Iterator<Item = &'l Labels>) -> Option<usize> {
    all.position(|l| l == labels)
}

fn shown(samples: &[Sample]) -> String {
    let texts: Vec<_> = samples.iter().map(|s| format!("{}@{}", s.value, s.timestamp_ms)).collect();
    texts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_compare_as_in_upstreams_scripts() {
        let equal = |a, b| are_floats_equal(a, b, TOLERANCE);
        assert!(equal(f64::NAN, emberdb_model::NORMAL_NAN) && equal(0.0, -0.0) && equal(1.0, 1.000_000_1));
        assert!(!equal(f64::NAN, emberdb_model::STALE_NAN) && !equal(0.0, 1e-300) && !equal(1.0, 1.000_01));
        assert!(!equal(f64::INFINITY, f64::MAX));
    }
}

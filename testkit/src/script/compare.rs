//! Whether an answer is the expected one.

use emberdb_histogram::FloatHistogram;
use emberdb_model::{Labels, Sample, SampleValue, is_stale};

use crate::{NaiveSample, NaiveSeries, NaiveValue};

use super::command::{Eval, Expected, ExpectedSeries, NotedValue, Remarks, When};
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

/// Whether two native histograms are the same within a relative tolerance, as upstream's scripts compare: empty buckets
/// do not count, nor do counter reset hints.
#[must_use]
pub fn are_histograms_equal(a: &FloatHistogram, b: &FloatHistogram, tolerance: f64) -> bool {
    let (mut a, mut b) = (a.clone(), b.clone());
    a.compact(0);
    b.compact(0);
    a.is_almost(&b, tolerance)
}

/// Whether two values are the same within a relative tolerance; a float never equals a histogram.
#[must_use]
pub fn are_values_equal(a: &SampleValue, b: &SampleValue, tolerance: f64) -> bool {
    match (a, b) {
        (SampleValue::Float(a), SampleValue::Float(b)) => are_floats_equal(*a, *b, tolerance),
        (SampleValue::Histogram(a), SampleValue::Histogram(b)) => are_histograms_equal(a, b, tolerance),
        _ => false,
    }
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

/// Whether a value is the expected one. A counter reset hint counts if the script names one.
fn is_as_noted(wanted: &NotedValue, got: &SampleValue) -> bool {
    match (wanted, got) {
        (NotedValue::Float(wanted), SampleValue::Float(got)) => are_floats_equal(*wanted, *got, TOLERANCE),
        (NotedValue::Histogram(wanted), SampleValue::Histogram(got)) => {
            let hint = wanted.histogram.counter_reset_hint;
            (!wanted.names_hint || hint == got.counter_reset_hint)
                && are_histograms_equal(&wanted.histogram, got, TOLERANCE)
        }
        _ => false,
    }
}

fn vector(wanted: &[ExpectedSeries], got: &[NaiveSample], is_ordered: bool) -> Result<(), String> {
    let listed = || {
        let lines = got.iter().map(|e| format!("\n  {} {}", e.labels, shown_value(&e.value)));
        format!("\ngot {} elements:{}", got.len(), lines.collect::<String>())
    };
    for (i, element) in got.iter().enumerate() {
        let place = place_of(&element.labels, wanted.iter().map(|w| &w.labels))
            .ok_or_else(|| format!("unexpected {}{}", element.labels, listed()))?;
        if is_ordered && place != i {
            return Err(format!("{} at place {i}, expected at {place}{}", element.labels, listed()));
        }
        let value = wanted[place].values.first().and_then(Option::as_ref);
        let value = value.ok_or_else(|| format!("no value is expected for {}", element.labels))?;
        if !is_as_noted(value, &element.value) {
            return Err(format!("{}: expected {}{}", element.labels, shown_noted(value), listed()));
        }
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
            return Err(format!("unexpected {} {}", series.labels, shown(&series.samples)));
        }
    }
    for expected in wanted {
        let at = |(i, value): (usize, &Option<NotedValue>)| {
            value.clone().map(|value| (start_ms + i as i64 * step_ms, value))
        };
        let samples: Vec<(i64, NotedValue)> = expected.values.iter().enumerate().filter_map(at).collect();
        let place = place_of(&expected.labels, got.iter().map(|s| &s.labels))
            .ok_or_else(|| format!("missing {}", expected.labels))?;
        let is_same = |((wanted_ms, wanted), (got_ms, got)): (&(i64, NotedValue), &(i64, SampleValue))| {
            wanted_ms == got_ms && is_as_noted(wanted, got)
        };
        let found = &got[place].samples;
        if samples.len() != found.len() || !samples.iter().zip(found).all(is_same) {
            let noted = samples.iter().map(|(t, value)| format!("{}@{t}", shown_noted(value)));
            return Err(format!(
                "{}\nexpected {}\ngot      {}",
                expected.labels,
                noted.collect::<Vec<_>>().join(" "),
                shown(found)
            ));
        }
    }
    Ok(())
}

fn place_of<'l>(labels: &Labels, mut all: impl Iterator<Item = &'l Labels>) -> Option<usize> {
    all.position(|l| l == labels)
}

fn shown(samples: &[(i64, SampleValue)]) -> String {
    let texts: Vec<_> = samples.iter().map(|(t, value)| format!("{}@{t}", shown_value(value))).collect();
    texts.join(" ")
}

fn shown_value(value: &SampleValue) -> String {
    match value {
        SampleValue::Float(value) => value.to_string(),
        SampleValue::Histogram(histogram) => histogram.to_notation(),
    }
}

fn shown_noted(value: &NotedValue) -> String {
    match value {
        NotedValue::Float(value) => value.to_string(),
        NotedValue::Histogram(notation) => notation.histogram.to_notation(),
    }
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

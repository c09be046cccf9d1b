//! A difference as a case of a `.test` script.

use std::collections::BTreeMap;

use emberdb_differential::answer::{Answer, Outcome, Series, Value};
use emberdb_differential::data::{DataSample, DataSet, DataValue};
use emberdb_differential::question::When;
use emberdb_model::{Labels, is_stale};

use super::needs::Needs;
use super::shrink::Difference;

/// Times of a case are multiples of this after the data's, so that hours and days are not cut.
const ALIGNED_MS: i64 = 60_000;

/// The data that the query selects, the query, and the reference's answer. The data is what was sent and not deleted: empty if
/// the data set is not known.
pub(super) fn case(data: Option<&DataSet>, difference: &Difference) -> String {
    let needs = Needs::of(&difference.query, difference.when);
    let origin_ms = needs.from_ms.div_euclid(ALIGNED_MS) * ALIGNED_MS;
    let mut text = format!("# Its times are {origin_ms} ms after the epoch where they were found.\n");
    text.push_str(&data.map_or_else(String::new, |data| load(data, &needs, origin_ms)));
    text.push_str(&evaluation(difference, origin_ms));
    text.push_str(&expectation(&difference.verdict.reference, difference.when));
    text
}

fn load(data: &DataSet, needs: &Needs, origin_ms: i64) -> String {
    let chosen = needs.read(data);
    let times =
        chosen.iter().flat_map(|series| series.samples.iter().map(|sample| sample.time_ms - origin_ms));
    let step_ms = times.fold(0, divisor).max(1);
    let mut text = format!("load {step_ms}ms\n");
    for series in &chosen {
        text.push_str(&format!("  {}{}\n", series.labels, sequence(&series.samples, origin_ms, step_ms)));
    }
    text.push('\n');
    text
}

/// The greatest common divisor.
fn divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { divisor(b, a % b) }
}

/// Values in the notation of scripts, with the places between them that are empty.
fn sequence(samples: &[DataSample], origin_ms: i64, step_ms: i64) -> String {
    let mut text = String::new();
    let mut place = 0;
    for sample in samples {
        let at = (sample.time_ms - origin_ms) / step_ms;
        match at - place {
            0 => {}
            1 => text.push_str(" _"),
            empty => text.push_str(&format!(" _x{empty}")),
        }
        text.push(' ');
        text.push_str(&notation(&sample.value));
        place = at + 1;
    }
    text
}

fn notation(value: &DataValue) -> String {
    let histogram = match value {
        DataValue::Float(value) => return number(*value),
        DataValue::Integer(histogram) => histogram.to_float(),
        DataValue::FloatHistogram(histogram) => (**histogram).clone(),
    };
    if is_stale(histogram.sum) { "stale".into() } else { histogram.to_notation() }
}

fn number(value: f64) -> String {
    match value {
        _ if is_stale(value) => "stale".into(),
        _ if value.is_nan() => "NaN".into(),
        f64::INFINITY => "+Inf".into(),
        f64::NEG_INFINITY => "-Inf".into(),
        _ => format!("{value:?}").trim_end_matches(".0").to_owned(),
    }
}

fn evaluation(difference: &Difference, origin_ms: i64) -> String {
    let query = difference.query.replace('\n', " ");
    match difference.when {
        When::Instant { time_ms } => format!("eval instant at {}ms {query}\n", time_ms - origin_ms),
        When::Range { start_ms, end_ms, step_ms } => format!(
            "eval range from {}ms to {}ms step {step_ms}ms {query}\n",
            start_ms - origin_ms,
            end_ms - origin_ms
        ),
    }
}

fn expectation(answer: &Answer, when: When) -> String {
    let mut lines = Vec::new();
    lines.extend(answer.warnings.iter().map(|text| format!("expect warn msg: {text}")));
    lines.extend(answer.infos.iter().map(|text| format!("expect info msg: {text}")));
    match &answer.outcome {
        Outcome::Error { message, .. } => lines.push(format!("expect fail msg: {message}")),
        Outcome::Scalar(point) => lines.push(shown(&point.value)),
        Outcome::Text { text, .. } => lines.push(format!("expect string {text:?}")),
        Outcome::Vector(series) | Outcome::Matrix(series) => {
            lines.extend(series.iter().map(|series| expected_series(series, when)));
        }
    }
    lines.into_iter().map(|line| format!("  {line}\n")).collect()
}

fn expected_series(series: &Series, when: When) -> String {
    let labels = labels(&series.labels);
    let values: Vec<String> = match when {
        When::Instant { .. } => series.points.iter().map(|point| shown(&point.value)).collect(),
        When::Range { start_ms, end_ms, step_ms } => {
            let at: BTreeMap<i64, &Value> =
                series.points.iter().map(|point| (point.time_ms, &point.value)).collect();
            let steps = usize::try_from(step_ms.max(1)).unwrap_or(1);
            (start_ms..=end_ms)
                .step_by(steps)
                .map(|ms| at.get(&ms).map_or("_".into(), |value| shown(value)))
                .collect()
        }
    };
    format!("{labels} {}", values.join(" "))
}

fn labels(pairs: &BTreeMap<String, String>) -> String {
    Labels::new(pairs).map_or_else(|_| "{}".into(), |labels| labels.to_string())
}

/// The API tells a histogram's bounds, not its schema: this says what has to be written.
fn shown(value: &Value) -> String {
    match value {
        Value::Float(value) => number(*value),
        Value::Histogram(histogram) => {
            let buckets: Vec<String> = histogram
                .buckets
                .iter()
                .map(|bucket| format!("({}, {}]:{}", bucket.lower, bucket.upper, bucket.count))
                .collect();
            format!("<count:{} sum:{} {}>", number(histogram.count), number(histogram.sum), buckets.join(" "))
        }
    }
}

#[cfg(test)]
mod tests;

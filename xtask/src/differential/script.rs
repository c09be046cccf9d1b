//! A difference as a case of a `.test` script.

use std::collections::BTreeMap;

use emberdb_differential::answer::{Answer, Outcome, Series, Value};
use emberdb_differential::data::{DataSample, DataSeries, DataSet, DataValue};
use emberdb_differential::question::When;
use emberdb_model::{Labels, Matcher, is_stale};
use emberdb_promql_syntax::{
    At, DurationSpec, Expr, MatrixSelector, ParserOptions, Subquery, VectorSelector, Visitor, parse_with,
    walk_matrix_selector, walk_subquery, walk_vector_selector,
};

use super::settings::LOOKBACK_MS;
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

/// What a query reads.
struct Needs {
    selectors: Vec<Vec<Matcher>>,
    /// All that it may look back, forth, or be held at.
    reach_ms: i64,
    from_ms: i64,
    to_ms: i64,
    /// Of the whole query.
    step_ms: i64,
    range_ms: i64,
}

impl Needs {
    fn of(query: &str, when: When) -> Self {
        let (from_ms, to_ms, step_ms) = match when {
            When::Instant { time_ms } => (time_ms, time_ms, 0),
            When::Range { start_ms, end_ms, step_ms } => (start_ms, end_ms, step_ms),
        };
        let (selectors, reach_ms, range_ms) = (Vec::new(), LOOKBACK_MS, to_ms - from_ms);
        let mut needs = Self { selectors, reach_ms, from_ms, to_ms, step_ms, range_ms };
        if let Ok(expr) = parse_with(query, &ParserOptions::ALL) {
            needs.visit_expr(&expr);
        }
        needs.from_ms -= needs.reach_ms;
        needs.to_ms += needs.reach_ms;
        needs
    }

    fn hold_at(&mut self, at: Option<At>) {
        if let Some(At::Timestamp(ms)) = at {
            (self.from_ms, self.to_ms) = (self.from_ms.min(ms), self.to_ms.max(ms));
        }
    }

    fn reach(&mut self, duration: &DurationSpec) {
        // One that cannot be computed is an error of the query, which reads nothing then.
        self.reach_ms += duration.resolve(self.step_ms, self.range_ms).map_or(0, i64::abs);
    }
}

impl Visitor for Needs {
    fn visit_vector_selector(&mut self, selector: &VectorSelector) {
        self.selectors.push(selector.matchers.clone());
        self.reach(&selector.offset);
        self.hold_at(selector.at);
        walk_vector_selector(self, selector);
    }

    fn visit_matrix_selector(&mut self, matrix: &MatrixSelector) {
        self.reach(&matrix.range);
        walk_matrix_selector(self, matrix);
    }

    fn visit_subquery(&mut self, subquery: &Subquery) {
        self.reach(&subquery.range);
        self.reach(&subquery.offset);
        self.hold_at(subquery.at);
        walk_subquery(self, subquery);
    }
}

fn load(data: &DataSet, needs: &Needs, origin_ms: i64) -> String {
    let is_selected =
        |series: &&DataSeries| needs.selectors.iter().any(|matchers| are_matched(matchers, &series.labels));
    let chosen: Vec<(&Labels, Vec<&DataSample>)> = data
        .series()
        .iter()
        .filter(is_selected)
        .map(|series| (&series.labels, held(data, series, needs)))
        .filter(|(_, samples)| !samples.is_empty())
        .collect();
    let times =
        chosen.iter().flat_map(|(_, samples)| samples.iter().map(|sample| sample.time_ms - origin_ms));
    let step_ms = times.fold(0, divisor).max(1);
    let mut text = format!("load {step_ms}ms\n");
    for (labels, samples) in chosen {
        text.push_str(&format!("  {labels}{}\n", sequence(&samples, origin_ms, step_ms)));
    }
    text.push('\n');
    text
}

fn are_matched(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.matches(labels.get(matcher.name()).unwrap_or_default()))
}

/// The samples of a series that the query may read and that were not deleted.
fn held<'a>(data: &DataSet, series: &'a DataSeries, needs: &Needs) -> Vec<&'a DataSample> {
    let deleted: Vec<(i64, i64)> = data
        .deletions()
        .iter()
        .filter(|deletion| {
            let selector = parse_with(&deletion.selector, &ParserOptions::default());
            matches!(selector, Ok(Expr::VectorSelector(selector)) if are_matched(&selector.matchers, &series.labels))
        })
        .map(|deletion| (deletion.from_ms, deletion.to_ms))
        .collect();
    let is_held = |ms: i64| !deleted.iter().any(|&(from_ms, to_ms)| (from_ms..=to_ms).contains(&ms));
    let is_needed = |ms: i64| (needs.from_ms..=needs.to_ms).contains(&ms);
    series.samples.iter().filter(|sample| is_needed(sample.time_ms) && is_held(sample.time_ms)).collect()
}

/// The greatest common divisor.
fn divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { divisor(b, a % b) }
}

/// Values in the notation of scripts, with the places between them that are empty.
fn sequence(samples: &[&DataSample], origin_ms: i64, step_ms: i64) -> String {
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

//! Random queries over two data sets, answered by Prometheus.

use std::collections::BTreeMap;
use std::sync::Arc;

use emberdb_model::{Labels, SampleValue};
use emberdb_promql_syntax::{AggregationOp, Expr, FunctionId, ParserOptions, parse_with};
use emberdb_testkit::{
    NaiveValue, ScriptEngine, ScriptQueryError, ScriptQueryErrorKind, ScriptSeries, are_values_equal,
};
use serde_json::Value;

use super::histogram::histogram;
use super::{Evaluator, Features, data};

/// How far floats may lie apart, relative to their size.
const TOLERANCE: f64 = 1e-9;

/// How an answer compares.
enum Outcome {
    Same,
    /// Other series with the same values were chosen among equals: upstream's own choice depends on the order of a map.
    Tie,
    Differs(String),
}

#[test]
fn answers_to_random_queries() {
    let Some(cases) = data::records("differential/cases.jsonl") else { return };
    let mut sets = BTreeMap::new();
    for name in ["edge", "fleet"] {
        let Some(series) = data::records(&format!("differential/{name}.jsonl")) else { return };
        sets.insert(name, data_set(&series));
    }
    for evaluator in Evaluator::ALL {
        let differ = ask(evaluator, &cases, &sets);
        evaluator.judge(&differ);
    }
}

/// Asks all questions; gives what differs.
fn ask(evaluator: Evaluator, cases: &[Value], sets: &BTreeMap<&str, Vec<ScriptSeries>>) -> Vec<String> {
    let mut engines: BTreeMap<(&str, &str), Box<dyn ScriptEngine>> = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut differ = Vec::new();
    for case in cases {
        let text = |name: &str| case[name].as_str().unwrap();
        let (config, query, set) = (text("config"), text("query"), &sets[text("dataset")]);
        let engine = engines.entry((config, text("dataset"))).or_insert_with(|| {
            let delayed_name_removal = config == "delayed_name_removal";
            let mut engine = evaluator.start(Features { delayed_name_removal, ..Features::SERVER });
            engine.load(set).unwrap();
            engine
        });
        let expr = parse_with(query, &ParserOptions::ALL).ok();
        let outcome = match &expr {
            Some(expr) if engine.unsupported(expr).is_some() => "unsupported",
            _ => match run(case, query, &mut **engine) {
                Outcome::Same => config,
                Outcome::Tie => "ties",
                Outcome::Differs(difference) => {
                    differ
                        .push(format!("{evaluator:?}: {} ({config}) {query}\n    {difference}", case["id"]));
                    "differ"
                }
            },
        };
        *counts.entry(outcome).or_default() += 1;
    }
    println!("{evaluator:?}: {counts:?}");
    let ties = counts.get("ties").copied().unwrap_or(0);
    assert!(ties * 1000 <= cases.len(), "so many ties are no accident: {ties}");
    differ
}

fn data_set(series: &[Value]) -> Vec<ScriptSeries> {
    let one = |one: &Value| ScriptSeries {
        counts_whole: one["histograms"][0][1]["type"] == "int",
        ..ScriptSeries::new(labels(&one["labels"]), samples(one, "samples"))
    };
    series.iter().map(one).collect()
}

/// Floats and native histograms, in time order.
fn samples(series: &Value, floats: &str) -> Vec<Timed> {
    let all = |name: &str| series[name].as_array().cloned().unwrap_or_default();
    let mut samples: Vec<Timed> = all(floats).iter().chain(&all("histograms")).map(sample).collect();
    samples.sort_by_key(|&(timestamp_ms, _)| timestamp_ms);
    samples
}

fn run(case: &Value, query: &str, engine: &mut dyn ScriptEngine) -> Outcome {
    let ms = |name: &str| case[name].as_i64();
    let answer = match (ms("time"), ms("start"), ms("end"), ms("step")) {
        (Some(time_ms), ..) => engine.instant(query, time_ms),
        (_, Some(start_ms), Some(end_ms), Some(step_ms)) => engine.range(query, start_ms, end_ms, step_ms),
        _ => panic!("a case is instant or range: {case}"),
    };
    let expect = &case["expect"];
    let answer = match (answer, expect["error"].as_str()) {
        (Ok(answer), None) => answer,
        (Err(error), Some(_)) if kind(&error) == expect["kind"] => return Outcome::Same,
        (Err(error), wanted) => return Outcome::Differs(format!("wanted {wanted:?}, got {error}")),
        (Ok(_), Some(wanted)) => return Outcome::Differs(format!("wanted {wanted:?}, got an answer")),
    };
    for (wanted, got) in [(&expect["warnings"], &answer.warnings), (&expect["infos"], &answer.infos)] {
        if let Err(difference) = remarks(wanted, got) {
            return Outcome::Differs(difference);
        }
    }
    let is_ordered = case["time"].is_i64() && promises_order(query);
    compare(&expect["result"], expect["type"].as_str().unwrap(), &answer.value, is_ordered)
        .map_or_else(|difference| tie_or(query, expect, &answer.value, difference), |()| Outcome::Same)
}

/// Whether only the choice among equals differs: the query ranks, and the values of each time are the same.
fn tie_or(query: &str, expect: &Value, got: &NaiveValue, difference: String) -> Outcome {
    let ranks = ["topk", "bottomk"].iter().any(|name| query.contains(name));
    let (wanted, got) = (all_points(wanted_series(expect)), all_points(got_series(got)));
    let is_same = wanted.len() == got.len()
        && wanted.iter().zip(&got).all(|(a, b)| a.0 == b.0 && are_values_equal(&a.1, &b.1, TOLERANCE));
    if ranks && is_same { Outcome::Tie } else { Outcome::Differs(difference) }
}

fn all_points(series: Series) -> Vec<Timed> {
    let mut points: Vec<Timed> = series.into_iter().flat_map(|(_, samples)| samples).collect();
    let number = |value: &SampleValue| match value {
        SampleValue::Float(value) => *value,
        SampleValue::Histogram(histogram) => histogram.count,
    };
    points.sort_by(|a, b| a.0.cmp(&b.0).then(number(&a.1).total_cmp(&number(&b.1))));
    points
}

fn kind(error: &ScriptQueryError) -> &'static str {
    match error.kind {
        ScriptQueryErrorKind::BadData => "bad_data",
        ScriptQueryErrorKind::Execution => "execution",
        ScriptQueryErrorKind::Storage => "storage",
    }
}

fn promises_order(query: &str) -> bool {
    let Ok(expr) = parse_with(query, &ParserOptions::ALL) else { return false };
    match expr.without_parens() {
        Expr::Call(call) => matches!(
            call.function,
            FunctionId::Sort | FunctionId::SortDesc | FunctionId::SortByLabel | FunctionId::SortByLabelDesc
        ),
        Expr::Aggregation(node) => {
            // Groups themselves have no order.
            let is_one_group = !node.grouping.is_without() && node.grouping.labels().is_empty();
            is_one_group && matches!(node.op, AggregationOp::TopK | AggregationOp::BottomK)
        }
        _ => false,
    }
}

fn compare(wanted: &Value, value_type: &str, got: &NaiveValue, is_ordered: bool) -> Result<(), String> {
    match (value_type, got) {
        ("scalar", NaiveValue::Scalar(got)) if is_same(&[sample(wanted)], &[(*got).into()]) => Ok(()),
        ("string", NaiveValue::String { value, .. }) if wanted[1].as_str() == Some(value) => Ok(()),
        ("vector", NaiveValue::Vector(_)) | ("matrix", NaiveValue::Matrix(_)) => {
            series(series_of(wanted), got_series(got), is_ordered)
        }
        _ => Err(format!("wanted {wanted:?}\n    got    {got:?}")),
    }
}

fn wanted_series(expect: &Value) -> Series {
    if expect["result"].as_array().is_some_and(|all| all.iter().all(Value::is_object)) {
        series_of(&expect["result"])
    } else {
        Vec::new()
    }
}

/// The series of a vector or matrix.
fn series_of(result: &Value) -> Series {
    let one = |v: &Value| {
        let value = if v["v"].is_null() { &v["h"] } else { &v["v"] };
        let samples = match value.is_null() {
            true => samples(v, "floats"),
            false => vec![sample(&Value::from(vec![v["t"].clone(), value.clone()]))],
        };
        (labels(&v["labels"]), samples)
    };
    result.as_array().unwrap().iter().map(one).collect()
}

fn got_series(got: &NaiveValue) -> Series {
    match got {
        NaiveValue::Vector(elements) => {
            elements.iter().map(|e| (e.labels.clone(), vec![(e.timestamp_ms, e.value.clone())])).collect()
        }
        NaiveValue::Matrix(matrix) => matrix.iter().map(|s| (s.labels.clone(), s.samples.clone())).collect(),
        NaiveValue::Scalar(_) | NaiveValue::String { .. } => Vec::new(),
    }
}

type Timed = (i64, SampleValue);

type OneSeries = (Labels, Vec<Timed>);

type Series = Vec<OneSeries>;

fn series(mut wanted: Series, mut got: Series, is_ordered: bool) -> Result<(), String> {
    if is_ordered {
        order_equals(&mut wanted);
        order_equals(&mut got);
    } else {
        wanted.sort_by(|a, b| a.0.cmp(&b.0));
        got.sort_by(|a, b| a.0.cmp(&b.0));
    }
    let same = |(a, b): (&OneSeries, &OneSeries)| a.0 == b.0 && is_same(&a.1, &b.1);
    if wanted.len() == got.len() && wanted.iter().zip(&got).all(same) {
        return Ok(());
    }
    let first = wanted.iter().zip(&got).position(|pair| !same(pair)).unwrap_or(wanted.len().min(got.len()));
    let (w, g) = (wanted.get(first), got.get(first));
    Err(format!(
        "wanted {} series, got {}; the first that differs:\n    wanted {w:?}\n    got    {g:?}",
        wanted.len(),
        got.len()
    ))
}

/// Elements with the same value come in any order: upstream's sort is not stable.
fn order_equals(elements: &mut Series) {
    let value = |element: &OneSeries| match element.1.first() {
        Some((_, SampleValue::Float(value))) => Some(value.to_bits()),
        _ => None,
    };
    for equals in elements.chunk_by_mut(|a, b| value(a) == value(b)) {
        equals.sort_by(|a, b| a.0.cmp(&b.0));
    }
}

fn is_same(wanted: &[Timed], got: &[Timed]) -> bool {
    let same = |(a, b): (&Timed, &Timed)| a.0 == b.0 && are_values_equal(&a.1, &b.1, TOLERANCE);
    wanted.len() == got.len() && wanted.iter().zip(got).all(same)
}

fn remarks(wanted: &Value, got: &[String]) -> Result<(), String> {
    let wanted = wanted.as_array().into_iter().flatten().map(|v| v.as_str().unwrap().to_owned());
    let (mut wanted, mut got) = (wanted.collect::<Vec<_>>(), got.to_vec());
    wanted.sort();
    got.sort();
    if wanted == got { Ok(()) } else { Err(format!("wanted {wanted:?}\n    got    {got:?}")) }
}

fn labels(value: &Value) -> Labels {
    Labels::new(value.as_array().unwrap().iter().map(|p| (p[0].as_str().unwrap(), p[1].as_str().unwrap())))
        .unwrap()
}

/// `[t, "v"]` or `[t, {…}]`.
fn sample(value: &Value) -> Timed {
    let timestamp_ms = value[0].as_i64().unwrap();
    let value = match value[1].as_str() {
        Some(number) => SampleValue::Float(data::number(number)),
        None => SampleValue::Histogram(Arc::new(histogram(&value[1]))),
    };
    (timestamp_ms, value)
}

//! Random queries over two data sets, answered by Prometheus.

use std::collections::BTreeMap;

use emberdb_model::{AnnotationKind, Annotations, Labels, Sample};
use emberdb_promql_syntax::{AggregationOp, Expr, FunctionId, ParserOptions, parse_with};
use emberdb_testkit::{
    MemoryStorage, NaiveEngine, NaiveError, NaiveErrorKind, NaiveOptions, NaiveValue, are_floats_equal,
    touches,
};
use serde_json::Value;

use super::data;

/// How far floats may lie apart, relative to their size.
const TOLERANCE: f64 = 1e-9;

/// Cases whose answer differs for a reason, by number.
const KNOWN: &[(u64, &str)] = &[];

/// The float series of a data set, and the labels of the others.
struct DataSet {
    storage: MemoryStorage,
    with_histograms: Vec<Labels>,
}

#[test]
fn answers_to_random_queries() {
    let Some(cases) = data::records("differential/cases.jsonl") else { return };
    let mut sets = BTreeMap::new();
    for name in ["edge", "fleet"] {
        let Some(series) = data::records(&format!("differential/{name}.jsonl")) else { return };
        sets.insert(name.to_owned(), data_set(&series));
    }
    let mut agree: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut with_histograms, mut differ) = (0, Vec::new());
    for case in &cases {
        let query = case["query"].as_str().unwrap();
        let set = &sets[case["dataset"].as_str().unwrap()];
        if let Ok(expr) = parse_with(query, &ParserOptions::ALL)
            && set.with_histograms.iter().any(|labels| touches(&expr, labels))
        {
            with_histograms += 1;
            continue;
        }
        let config = case["config"].as_str().unwrap();
        let id = case["id"].as_u64().unwrap();
        match run(case, query, set, config == "delayed_name_removal") {
            Ok(()) => *agree.entry(config).or_default() += 1,
            Err(_) if KNOWN.iter().any(|&(known, _)| known == id) => {}
            Err(difference) => differ.push(format!("{id} ({config}) {query}\n    {difference}")),
        }
    }
    println!("{agree:?} agree, {} differ, {with_histograms} can see native histograms", differ.len());
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
}

fn data_set(series: &[Value]) -> DataSet {
    let mut floats = Vec::new();
    let mut with_histograms = Vec::new();
    for one in series {
        let labels = labels(&one["labels"]);
        if one["histograms"].as_array().is_some_and(|h| !h.is_empty()) {
            with_histograms.push(labels);
        } else {
            floats.push((labels, one["samples"].as_array().unwrap().iter().map(sample).collect()));
        }
    }
    DataSet { storage: MemoryStorage::with_series(floats).unwrap(), with_histograms }
}

fn run(case: &Value, query: &str, set: &DataSet, delayed_name_removal: bool) -> Result<(), String> {
    let engine = NaiveEngine::new(NaiveOptions { delayed_name_removal, ..NaiveOptions::default() });
    let ms = |name: &str| case[name].as_i64();
    let answer = match (ms("time"), ms("start"), ms("end"), ms("step")) {
        (Some(time_ms), ..) => engine.instant(&set.storage, query, time_ms),
        (_, Some(start_ms), Some(end_ms), Some(step_ms)) => {
            engine.range(&set.storage, query, start_ms, end_ms, step_ms)
        }
        _ => panic!("a case is instant or range: {case}"),
    };
    let expect = &case["expect"];
    let answer = match (answer, expect["error"].as_str()) {
        (Ok(answer), None) => answer,
        (Err(error), Some(_)) if kind(&error) == expect["kind"] => return Ok(()),
        (Err(error), wanted) => return Err(format!("wanted {wanted:?}, got {error}")),
        (Ok(_), Some(wanted)) => return Err(format!("wanted {wanted:?}, got an answer")),
    };
    let is_ordered = case["time"].is_i64() && promises_order(query);
    compare(&expect["result"], expect["type"].as_str().unwrap(), &answer.value, is_ordered)?;
    remarks(&expect["warnings"], AnnotationKind::Warning, &answer.annotations, query)?;
    remarks(&expect["infos"], AnnotationKind::Info, &answer.annotations, query)
}

fn kind(error: &NaiveError) -> &'static str {
    match error.kind {
        NaiveErrorKind::BadData => "bad_data",
        NaiveErrorKind::Execution => "execution",
        NaiveErrorKind::Storage => "storage",
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
    let mismatch =
        |w: &dyn std::fmt::Debug, g: &dyn std::fmt::Debug| Err(format!("wanted {w:?}\n    got    {g:?}"));
    match (value_type, got) {
        ("scalar", NaiveValue::Scalar(got)) if is_same(&[sample(wanted)], &[*got]) => Ok(()),
        ("string", NaiveValue::String { value, .. }) if wanted[1].as_str() == Some(value) => Ok(()),
        ("vector", NaiveValue::Vector(elements)) => {
            let one = |v: &Value| {
                (labels(&v["labels"]), vec![sample(&Value::from(vec![v["t"].clone(), v["v"].clone()]))])
            };
            let wanted: Vec<_> = wanted.as_array().unwrap().iter().map(one).collect();
            let got: Vec<_> = elements.iter().map(|e| (e.labels.clone(), vec![e.sample])).collect();
            series(wanted, got, is_ordered)
        }
        ("matrix", NaiveValue::Matrix(matrix)) => {
            let one = |v: &Value| {
                assert!(v["histograms"].as_array().is_none_or(Vec::is_empty), "the query can see histograms");
                let floats = v["floats"].as_array();
                (labels(&v["labels"]), floats.map_or_else(Vec::new, |f| f.iter().map(sample).collect()))
            };
            let wanted: Vec<_> = wanted.as_array().unwrap().iter().map(one).collect();
            series(wanted, matrix.iter().map(|s| (s.labels.clone(), s.samples.clone())).collect(), false)
        }
        _ => mismatch(wanted, got),
    }
}

type Series = Vec<(Labels, Vec<Sample>)>;

fn series(mut wanted: Series, mut got: Series, is_ordered: bool) -> Result<(), String> {
    if !is_ordered {
        wanted.sort_by(|a, b| a.0.cmp(&b.0));
        got.sort_by(|a, b| a.0.cmp(&b.0));
    }
    let same = |((a, x), (b, y)): (&(Labels, Vec<Sample>), &(Labels, Vec<Sample>))| a == b && is_same(x, y);
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

fn is_same(wanted: &[Sample], got: &[Sample]) -> bool {
    let same = |(a, b): (&Sample, &Sample)| {
        a.timestamp_ms == b.timestamp_ms && are_floats_equal(a.value, b.value, TOLERANCE)
    };
    wanted.len() == got.len() && wanted.iter().zip(got).all(same)
}

fn remarks(wanted: &Value, kind: AnnotationKind, got: &Annotations, query: &str) -> Result<(), String> {
    let mut wanted: Vec<_> =
        wanted.as_array().into_iter().flatten().map(|v| v.as_str().unwrap().to_owned()).collect();
    let mut got: Vec<_> = got.of_kind(kind).map(|a| a.render(query)).collect();
    wanted.sort();
    got.sort();
    if wanted == got { Ok(()) } else { Err(format!("wanted {wanted:?}\n    got    {got:?}")) }
}

fn labels(value: &Value) -> Labels {
    Labels::new(value.as_array().unwrap().iter().map(|p| (p[0].as_str().unwrap(), p[1].as_str().unwrap())))
        .unwrap()
}

/// `[t, "v"]`.
fn sample(value: &Value) -> Sample {
    let text = value[1].as_str().unwrap();
    let number = if text == "StaleNaN" { emberdb_model::STALE_NAN } else { text.parse().unwrap() };
    Sample { timestamp_ms: value[0].as_i64().unwrap(), value: number }
}

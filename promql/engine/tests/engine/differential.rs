//! Random queries with the whole answer that Prometheus 3.14 gives, annotations included: those about floats.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use emberdb_env::Env;
use emberdb_model::{AnnotationKind, Labels, Sample, SampleColumns};
use emberdb_promql_engine::{
    Engine, EngineOptions, QueryError, QueryErrorKind, QueryOptions, QueryResult, QueryValue,
};
use emberdb_promql_syntax::{
    Expr, MatrixSelector, ParserOptions, VectorSelector, Visitor, parse_with, walk_expr,
};
use serde_json::Value;

use super::storage::MemoryStorage;

/// The conformance data, if it is there.
fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let folder = std::env::var_os("EMBERDB_CONFORMANCE").map_or_else(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

fn lines(path: &Path) -> Vec<Value> {
    let bytes = Env::real().fs().read(path, 1 << 30).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

struct DataSet {
    storage: MemoryStorage,
    /// Series with native histograms, which are left out.
    others: Vec<Labels>,
}

impl DataSet {
    fn load(path: &Path) -> Self {
        let mut storage = MemoryStorage::new();
        let mut others = Vec::new();
        for line in lines(path) {
            let labels = labels(&line["labels"]);
            if line["histograms"].as_array().is_some_and(|h| !h.is_empty()) {
                others.push(labels);
                continue;
            }
            let mut samples = SampleColumns::new();
            for point in line["samples"].as_array().unwrap() {
                samples.push(Sample { timestamp_ms: point[0].as_i64().unwrap(), value: number(&point[1]) });
            }
            storage.add(labels, samples);
        }
        Self { storage, others }
    }
}

fn labels(pairs: &Value) -> Labels {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    Labels::new(pairs.as_array().unwrap().iter().map(|p| (text(&p[0]), text(&p[1])))).unwrap()
}

fn number(text: &Value) -> f64 {
    match text.as_str().unwrap() {
        "NaN" => emberdb_model::NORMAL_NAN,
        "StaleNaN" => emberdb_model::STALE_NAN,
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        number => number.parse().unwrap(),
    }
}

/// Whether a query is about floats and about what the engine knows.
struct Scope<'a> {
    others: &'a [Labels],
    is_in: bool,
}

impl Visitor for Scope<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        if let Expr::MatrixSelector(matrix) = expr {
            let MatrixSelector { selector, .. } = &**matrix;
            self.is_in &= selector.extended_range.is_none();
        }
        walk_expr(self, expr);
    }

    fn visit_vector_selector(&mut self, selector: &VectorSelector) {
        self.is_in &= selector.extended_range.is_none();
        let matches = |l: &Labels| selector.matchers.iter().all(|m| m.matches(l.get(m.name()).unwrap_or("")));
        self.is_in &= !self.others.iter().any(matches);
    }
}

#[test]
fn answers_as_prometheus() {
    let Some(folder) = folder() else {
        println!("skipped: no conformance data");
        return;
    };
    let folder = folder.join("differential");
    let sets: BTreeMap<&str, DataSet> =
        ["fleet", "edge"].map(|name| (name, DataSet::load(&folder.join(format!("{name}.jsonl"))))).into();
    let engine = |delayed_name_removal| {
        Engine::new(EngineOptions {
            delayed_name_removal,
            parser: ParserOptions::ALL,
            samples_max: 5_000_000,
            ..EngineOptions::default()
        })
    };
    let engines = [engine(false), engine(true)];
    let (mut compared, mut skipped, mut wrong) = (0, 0, Vec::new());
    for case in lines(&folder.join("cases.jsonl")) {
        let query = case["query"].as_str().unwrap();
        let set = &sets[case["dataset"].as_str().unwrap()];
        let mut scope = Scope { others: &set.others, is_in: true };
        if let Ok(expr) = parse_with(query, &ParserOptions::ALL) {
            scope.visit_expr(&expr);
        }
        if !scope.is_in {
            skipped += 1;
            continue;
        }
        let engine = &engines[usize::from(case["config"] == "delayed_name_removal")];
        let ms = |name: &str| case[name].as_i64();
        let options = QueryOptions::default();
        let answer = match ms("time") {
            Some(time) => engine.instant(&set.storage, query, time, &options),
            None => {
                let (start, end, step) = (ms("start").unwrap(), ms("end").unwrap(), ms("step").unwrap());
                engine.range(&set.storage, query, start, end, step, &options)
            }
        };
        compared += 1;
        if let Err(difference) = compare(query, &case["expect"], answer) {
            wrong.push(format!("{} [{} {}]\n    {difference}", query, case["dataset"], case["config"]));
        }
    }
    println!("{compared} compared, {skipped} out of scope, {} wrong", wrong.len());
    assert!(compared > 3000, "most of the data is about floats");
    assert!(
        wrong.is_empty(),
        "{} of {compared} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(60)].join("\n")
    );
}

fn compare(query: &str, expected: &Value, answer: Result<QueryResult, QueryError>) -> Result<(), String> {
    let kind = |kind: &Value| match kind.as_str() {
        Some("bad_data") => QueryErrorKind::Parse,
        _ => QueryErrorKind::Execution,
    };
    let answer = match (expected.get("error"), answer) {
        (Some(_), Err(error)) if error.kind() == kind(&expected["kind"]) => return Ok(()),
        (None, Ok(answer)) => answer,
        (Some(error), Err(other)) => return Err(format!("error {error}, not {other}")),
        (Some(error), Ok(other)) => return Err(format!("error {error}, not {:?}", other.value)),
        (None, Err(error)) => return Err(format!("an answer, not the error {error}")),
    };
    if expected["type"] != answer.value.value_type().as_str() {
        return Err(format!("type {}", expected["type"]));
    }
    same_values(query, &expected["result"], &answer.value)?;
    for (kind, name) in [(AnnotationKind::Warning, "warnings"), (AnnotationKind::Info, "infos")] {
        let mut ours: Vec<String> = answer.annotations.of_kind(kind).map(|a| a.render(query)).collect();
        ours.sort();
        let theirs: Vec<String> = expected
            .get(name)
            .and_then(Value::as_array)
            .map_or(Vec::new(), |list| list.iter().map(|text| text.as_str().unwrap().to_owned()).collect());
        if ours != theirs {
            return Err(format!("{name} {theirs:?}, not {ours:?}"));
        }
    }
    Ok(())
}

type Rows = Vec<(String, Vec<(i64, f64)>)>;

fn same_values(query: &str, expected: &Value, answer: &QueryValue) -> Result<(), String> {
    let point = |p: &Value| (p[0].as_i64().unwrap(), number(&p[1]));
    let (mut theirs, mut ours): (Rows, Rows) = match answer {
        QueryValue::Scalar { timestamp_ms, value } => (
            vec![(String::new(), vec![point(expected)])],
            vec![(String::new(), vec![(*timestamp_ms, *value)])],
        ),
        QueryValue::String { value, .. } => {
            return if expected[1] == **value { Ok(()) } else { Err(format!("{expected}, not {value}")) };
        }
        QueryValue::Vector(vector) => {
            let theirs = expected.as_array().unwrap().iter().map(|sample| {
                if sample["v"].is_null() {
                    return (labels(&sample["labels"]).to_string(), Vec::new());
                }
                let value = (sample["t"].as_i64().unwrap(), number(&sample["v"]));
                (labels(&sample["labels"]).to_string(), vec![value])
            });
            let ours = vector.iter().map(|s| (s.labels.to_string(), vec![(s.timestamp_ms, s.value)]));
            (theirs.collect(), ours.collect())
        }
        QueryValue::Matrix(matrix) => {
            let theirs = expected.as_array().unwrap().iter().map(|series| {
                let points =
                    series["floats"].as_array().map_or(Vec::new(), |p| p.iter().map(point).collect());
                (labels(&series["labels"]).to_string(), points)
            });
            let ours = matrix.iter().map(|s| (s.labels.to_string(), s.points.iter().collect()));
            (theirs.collect(), ours.collect())
        }
    };
    let is_ordered = ["sort", "topk", "bottomk"].iter().any(|name| query.trim_start().starts_with(name));
    if !is_ordered {
        theirs.sort_by(|a, b| a.0.cmp(&b.0));
        ours.sort_by(|a, b| a.0.cmp(&b.0));
    }
    let same = theirs.len() == ours.len()
        && theirs.iter().zip(&ours).all(|((their_labels, theirs), (our_labels, ours))| {
            their_labels == our_labels
                && theirs.len() == ours.len()
                && theirs.iter().zip(ours).all(|(a, b)| a.0 == b.0 && same_number(a.1, b.1))
        });
    if same {
        return Ok(());
    }
    let differs = theirs.iter().zip(&ours).find(|(a, b)| {
        a.0 != b.0
            || a.1.len() != b.1.len()
            || a.1.iter().zip(&b.1).any(|(a, b)| a.0 != b.0 || !same_number(a.1, b.1))
    });
    let (len, our_len) = (theirs.len(), ours.len());
    let text = |row: Option<&(String, Vec<(i64, f64)>)>| {
        let mut text = format!("{row:?}");
        text.truncate(700);
        text
    };
    Err(match differs {
        Some((a, b)) => format!("{} of {len}, not {} of {our_len}", text(Some(a)), text(Some(b))),
        None => format!("{len} series, not {our_len}: {} {}", text(theirs.get(our_len)), text(ours.get(len))),
    })
}

fn same_number(a: f64, b: f64) -> bool {
    if a.is_nan() || b.is_nan() {
        return a.is_nan() && b.is_nan();
    }
    a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

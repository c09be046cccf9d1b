//! Random queries over two data sets, with Prometheus' answers.

use std::collections::HashMap;

use emberdb_model::SampleValue;
use emberdb_promql_syntax::{AggregationOp, Expr, FunctionId, ParserOptions, parse_with};
use serde_json::Value;

use crate::{
    NaiveValue, ScriptEngine, ScriptQueryError, ScriptQueryErrorKind, ScriptSeries, are_values_equal,
};

use super::answer::{OneSeries, Timed, compare, compare_remarks, got_series, samples, wanted_series};
use super::evaluator::{Evaluator, Settings, both};
use super::{Check, DataError, Mismatch, Run, read};

/// How far floats may lie apart, relative to their size.
const TOLERANCE: f64 = 1e-9;

/// One in so many answers may have other series chosen among equals: more are no accident.
const CASES_PER_TIE: usize = 1000;

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "differential/cases.jsonl";
    let cases = run.data.records(PATH)?;
    let mut engines = Engines::default();
    for name in ["edge", "fleet"] {
        let series = run.data.records(&format!("differential/{name}.jsonl"))?;
        match series.iter().map(one_series).collect() {
            Ok(series) => drop(engines.data_sets.insert(name.to_owned(), series)),
            Err(mismatch) => run.case(format!("differential/{name}.jsonl"), Err(mismatch)),
        }
    }
    run.begin(PATH, cases.len());
    let mut ties = 0;
    for case in &cases {
        let checks = Evaluator::ALL.map(|who| {
            let check = engines.get(who, case).and_then(|engine| ask(case, engine)).map(|outcome| {
                ties += usize::from(outcome == Outcome::Tie);
            });
            (who, check)
        });
        let text = |name| read::text_or_empty(case, name);
        let name =
            format!("{PATH}: {} ({}, {}) {}", case["id"], text("dataset"), text("config"), text("query"));
        run.case(name, both(checks));
    }
    if ties > 0 {
        run.note(format!(
            "{ties} answers rank equals in another order than upstream, whose own depends on a map"
        ));
    }
    if ties * CASES_PER_TIE > cases.len() * Evaluator::ALL.len() {
        run.case(PATH, Err(Mismatch::new(format!("so many ties are no accident: {ties}"))));
    }
    Ok(())
}

/// How an answer compares, if it does.
#[derive(PartialEq)]
enum Outcome {
    Same,
    /// Other series with the same values were chosen among equals: upstream's own choice depends on the order of a map.
    Tie,
}

/// The evaluators with their data, in both modes of name removal.
#[derive(Default)]
struct Engines {
    data_sets: HashMap<String, Vec<ScriptSeries>>,
    started: HashMap<(Evaluator, bool, String), Box<dyn ScriptEngine>>,
}

impl Engines {
    fn get(&mut self, who: Evaluator, case: &Value) -> Result<&mut dyn ScriptEngine, Mismatch> {
        let delayed_name_removal = match read::text(&case["config"])? {
            "server" => false,
            "delayed_name_removal" => true,
            other => return Err(Mismatch::new(format!("unknown config {other}"))),
        };
        let name = read::text(&case["dataset"])?;
        let key = (who, delayed_name_removal, name.to_owned());
        if !self.started.contains_key(&key) {
            let series =
                self.data_sets.get(name).ok_or_else(|| Mismatch::new(format!("no data set {name}")))?;
            let settings = Settings {
                delayed_name_removal,
                use_start_timestamps: false,
                type_and_unit_labels: false,
                samples_max: 5_000_000,
                ..Settings::SCRIPTS
            };
            let mut engine = who.start(&settings);
            engine.load(series)?;
            self.started.insert(key.clone(), engine);
        }
        let engine = self.started.get_mut(&key).expect("it was started above");
        Ok(&mut **engine)
    }
}

fn one_series(series: &Value) -> Result<ScriptSeries, Mismatch> {
    Ok(ScriptSeries {
        counts_whole: series["histograms"][0][1]["type"] == "int",
        ..ScriptSeries::new(read::labels(&series["labels"])?, samples(series, "samples")?)
    })
}

fn ask(case: &Value, engine: &mut dyn ScriptEngine) -> Result<Outcome, Mismatch> {
    let query = read::text(&case["query"])?;
    if let Ok(expr) = parse_with(query, &ParserOptions::ALL)
        && let Some(what) = engine.unsupported(&expr)
    {
        return Err(Mismatch::unsupported(what));
    }
    let ms = |name: &str| read::integer(&case[name]);
    let is_instant = case["time"].is_i64();
    let answer = match is_instant {
        true => engine.instant(query, ms("time")?),
        false => engine.range(query, ms("start")?, ms("end")?, ms("step")?),
    };
    let expect = &case["expect"];
    let answer = match (answer, expect["error"].as_str()) {
        (Ok(answer), None) => answer,
        (Err(error), Some(_)) if kind(&error) == expect["kind"] => return Ok(Outcome::Same),
        (Err(error), None) => return Err(Mismatch::new(format!("wanted an answer, got {error}"))),
        (Err(error), Some(wanted)) => {
            let wanted_kind = read::text_or_empty(expect, "kind");
            return Err(Mismatch::new(format!(
                "wanted {wanted_kind}: {wanted}\ngot    {}: {error}",
                kind(&error)
            )));
        }
        (Ok(_), Some(wanted)) => return Err(Mismatch::new(format!("wanted {wanted:?}, got an answer"))),
    };
    compare_remarks("warnings", &expect["warnings"], &answer.warnings)?;
    compare_remarks("infos", &expect["infos"], &answer.infos)?;
    let is_ordered = is_instant && promises_order(query);
    let check =
        compare(&expect["result"], read::text(&expect["type"])?, &answer.value, is_ordered, TOLERANCE);
    tie_or(query, expect, &answer.value, check)
}

/// Whether only the choice among equals differs: the query ranks, and the values of each time are the same.
fn tie_or(query: &str, expect: &Value, got: &NaiveValue, check: Check) -> Result<Outcome, Mismatch> {
    let Err(mismatch) = check else { return Ok(Outcome::Same) };
    let ranks = ["topk", "bottomk"].iter().any(|name| query.contains(name));
    let Ok(wanted) = wanted_series(&expect["result"]) else { return Err(mismatch) };
    let (wanted, got) = (all_points(wanted), all_points(got_series(got)));
    let is_same = wanted.len() == got.len()
        && wanted.iter().zip(&got).all(|(a, b)| a.0 == b.0 && are_values_equal(&a.1, &b.1, TOLERANCE));
    if ranks && is_same { Ok(Outcome::Tie) } else { Err(mismatch) }
}

fn all_points(series: Vec<OneSeries>) -> Vec<Timed> {
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

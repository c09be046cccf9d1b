//! What upstream tests its engine with besides its acceptance scripts: exact answers, statistics, limits, lookback,
//! annotations, hints, and scripts of others.
//!
//! Statistics and the limit on samples are the engine's own: the naive evaluator has none and is not asked for them.

use std::collections::BTreeMap;

use emberdb_model::SampleValue;
use emberdb_promql_engine::{
    Engine, EngineOptions, InstantVector, QueryErrorKind, QueryOptions, QueryResult,
};
use emberdb_promql_syntax::ParserOptions;
use serde_json::Value;

use crate::{
    NaiveSample, NaiveValue, ScriptAnswer, ScriptEngine, ScriptQueryError, ScriptQueryErrorKind,
    ScriptSeries, ScriptStorage, run_script,
};

use super::answer::{compare, compare_remarks, samples};
use super::evaluator::{Evaluator, Settings, both};
use super::mismatch::{holds, same};
use super::script::run_both;
use super::{Check, DataError, Mismatch, Run, read};

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    script(run, "engine/delayed_name_removal_off.test", false)?;
    script(run, "engine/thanos_corpus.test", true)?;
    cases(run)
}

fn script(run: &mut Run<'_>, path: &str, delayed_name_removal: bool) -> Result<(), DataError> {
    let text = run.data.text(path)?;
    run.begin(path, text.lines().filter(|line| line.starts_with("eval")).count());
    let settings = Settings { delayed_name_removal, ..Settings::SCRIPTS };
    match run_both(&text, None, |who| who.start(&settings)) {
        Ok(evals) => evals.count(run, path),
        Err(mismatch) => run.case(path, Err(mismatch)),
    }
    Ok(())
}

fn cases(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "engine/cases.jsonl";
    let mut data_sets = BTreeMap::new();
    for record in run.data.records("engine/datasets.jsonl")? {
        let name = read::text_or_empty(&record, "dataset").to_owned();
        match data_set(&record) {
            Ok(series) => drop(data_sets.insert(name, series)),
            Err(mismatch) => run.case(format!("engine/datasets.jsonl: {name}"), Err(mismatch)),
        }
    }
    let cases = run.data.records(PATH)?;
    run.begin(PATH, cases.len());
    for case in &cases {
        let text = |name| read::text_or_empty(case, name);
        let check = match data_sets.get(text("dataset")) {
            Some(series) => Case { case, series }.check(),
            None => Err(Mismatch::new("the data set is not there")),
        };
        run.case(format!("{PATH}: {} ({}) {}", text("id"), text("expect"), text("query")), check);
    }
    Ok(())
}

/// What is loaded: load blocks, and samples that they cannot express.
fn data_set(record: &Value) -> Result<Vec<ScriptSeries>, Mismatch> {
    let mut loads = Loads::default();
    run_script(&mut loads, read::text(&record["load"])?).map_err(|error| Mismatch::new(error.to_string()))?;
    for series in read::list_or_empty(&record["extra"]) {
        let (labels, samples) = (read::labels(&series["labels"])?, samples(series, "samples")?);
        loads.0.push(ScriptSeries::new(labels, samples));
    }
    Ok(loads.0)
}

/// Keeps what a script loads.
#[derive(Default)]
struct Loads(Vec<ScriptSeries>);

impl Loads {
    fn no_queries() -> Result<ScriptAnswer, ScriptQueryError> {
        Err(ScriptQueryError {
            kind: ScriptQueryErrorKind::Execution,
            message: "a data set asks nothing".into(),
        })
    }
}

impl ScriptEngine for Loads {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn load(&mut self, series: &[ScriptSeries]) -> Result<(), String> {
        self.0.extend_from_slice(series);
        Ok(())
    }

    fn instant(&mut self, _: &str, _: i64) -> Result<ScriptAnswer, ScriptQueryError> {
        Self::no_queries()
    }

    fn range(&mut self, _: &str, _: i64, _: i64, _: i64) -> Result<ScriptAnswer, ScriptQueryError> {
        Self::no_queries()
    }
}

/// A record of `cases.jsonl`, with its data.
struct Case<'c> {
    case: &'c Value,
    series: &'c [ScriptSeries],
}

impl Case<'_> {
    fn check(&self) -> Check {
        let with = |settings: Settings, check: &dyn Fn(&ScriptAnswer) -> Check| {
            both(
                Evaluator::ALL
                    .map(|who| (who, self.answer(who, &settings).and_then(|answer| check(&answer)))),
            )
        };
        match read::text(&self.case["expect"])? {
            "value" => with(Settings::SCRIPTS, &|answer| self.value(answer)),
            "annotations" => {
                let parser = ParserOptions { duration_expr: false, ..ParserOptions::default() };
                let type_and_unit_labels = self.case["type_and_unit_labels"] == true;
                let settings = Settings { parser, type_and_unit_labels, ..Settings::SCRIPTS };
                with(settings, &|answer| self.annotations(answer))
            }
            "histogram_hint" => with(Settings::SCRIPTS, &|answer| self.histogram_hint(answer)),
            "non_empty" => self.lookback(),
            "stats" => self.statistics(),
            "max_samples" => {
                let samples_max: usize = read::integer(&self.case["max_samples"])?;
                self.needs(samples_max)
            }
            other => Err(Mismatch::unsupported(other)),
        }
    }

    /// The answer of an evaluator.
    fn answer(&self, who: Evaluator, settings: &Settings) -> Result<ScriptAnswer, Mismatch> {
        let mut engine = who.start(settings);
        engine.load(self.series)?;
        let query = read::text(&self.case["query"])?;
        if let Ok(expr) = emberdb_promql_syntax::parse_with(query, &ParserOptions::ALL)
            && let Some(what) = engine.unsupported(&expr)
        {
            return Err(Mismatch::unsupported(what));
        }
        let ms = |name: &str| read::integer(&self.case[name]);
        let answer = match read::text(&self.case["kind"])? {
            "instant" => engine.instant(query, ms("start_ms")?),
            _ => engine.range(query, ms("start_ms")?, ms("end_ms")?, ms("step_ms")?),
        };
        answer.map_err(|error| Mismatch::new(format!("wanted an answer, got {error}")))
    }

    /// The engine's own answer, with what only it tells.
    fn engine_answer(
        &self,
        options: EngineOptions,
        asked: &QueryOptions,
    ) -> Result<Result<QueryResult, QueryErrorKind>, Mismatch> {
        let mut storage = ScriptStorage::default();
        storage.load(self.series)?;
        let (engine, storage) = (Engine::new(options), storage.samples());
        let query = read::text(&self.case["query"])?;
        let ms = |name: &str| read::integer(&self.case[name]);
        let answer = match read::text(&self.case["kind"])? {
            "instant" => engine.instant(storage, query, ms("start_ms")?, asked),
            _ => engine.range(storage, query, ms("start_ms")?, ms("end_ms")?, ms("step_ms")?, asked),
        };
        match answer {
            Ok(answer) => Ok(Ok(answer)),
            Err(error) if error.kind() == QueryErrorKind::TooManySamples => Ok(Err(error.kind())),
            Err(error) => Err(Mismatch::new(format!("wanted an answer, got {error}"))),
        }
    }

    fn value(&self, answer: &ScriptAnswer) -> Check {
        let value = &self.case["value"];
        let is_ordered = self.case["unordered"] != true;
        compare(&value["result"], read::text(&value["type"])?, &answer.value, is_ordered, 0.0)
    }

    fn annotations(&self, answer: &ScriptAnswer) -> Check {
        compare_remarks("warnings", &self.case["warnings"], &answer.warnings)?;
        compare_remarks("infos", &self.case["infos"], &answer.infos)
    }

    fn histogram_hint(&self, answer: &ScriptAnswer) -> Check {
        let histogram = match &answer.value {
            NaiveValue::Vector(elements) => match elements.as_slice() {
                [NaiveSample { value: SampleValue::Histogram(histogram), .. }] => Some(histogram),
                _ => None,
            },
            _ => None,
        };
        let histogram = histogram
            .ok_or_else(|| Mismatch::new(format!("wanted one histogram, got {:?}", answer.value)))?;
        same("hint", read::text(&self.case["hint"])?, histogram.counter_reset_hint.name())
    }

    /// Whether a sample is seen, with a lookback of the engine's or of the query's. 0 is none given.
    fn lookback(&self) -> Check {
        let ms = |name: &str| read::integer::<i64>(&self.case[name]);
        let (of_engine_ms, of_query_ms) = (ms("engine_lookback_ms")?, ms("query_lookback_ms")?);
        let wanted = read::truth(&self.case["non_empty"])?;
        let lookback_ms = if of_engine_ms == 0 { Settings::SCRIPTS.lookback_ms } else { of_engine_ms };
        let engine = || {
            let options = Settings { lookback_ms, ..Settings::SCRIPTS }.engine_options();
            let asked = QueryOptions { lookback_ms: Some(of_query_ms), ..QueryOptions::default() };
            let answer = self.engine_answer(options, &asked)?;
            let elements = answer.ok().and_then(|answer| answer.value.as_vector().map(InstantVector::len));
            same("is not empty", &wanted, &(elements > Some(0)))
        };
        let naive = || {
            let lookback_ms = if of_query_ms > 0 { of_query_ms } else { lookback_ms };
            let answer = self.answer(Evaluator::Naive, &Settings { lookback_ms, ..Settings::SCRIPTS })?;
            let is_empty = matches!(&answer.value, NaiveValue::Vector(elements) if elements.is_empty());
            same("is not empty", &wanted, &!is_empty)
        };
        both([(Evaluator::Engine, engine()), (Evaluator::Naive, naive())])
    }

    /// What the engine counted.
    fn statistics(&self) -> Check {
        let answer = self.counted(Settings::SCRIPTS.samples_max)?;
        let Ok(answer) = answer else { return Err(Mismatch::new("it needs more samples than are allowed")) };
        let Some(counted) = answer.statistics else { return Err(Mismatch::new("nothing was counted")) };
        let count = |name: &str| read::count(&self.case[name]);
        same("total samples", &count("total_samples")?, &counted.queryable_samples)?;
        same("peak of samples", &count("peak_samples")?, &counted.samples_peak)?;
        same("samples read", &count("samples_read")?, &counted.samples_read)?;
        let by_step = |name: &str| read::counts_by_time(&self.case[name]);
        let total = by_step("total_samples_per_step")?;
        same("total samples of each step", &total, &counted.queryable_samples_by_step)?;
        let read = by_step("samples_read_per_step")?;
        same("samples read of each step", &read, &counted.samples_read_by_step)?;
        if self.case["skip_max_check"] == true {
            return Ok(());
        }
        self.needs(read::integer(&self.case["peak_samples"])?)
    }

    /// The query needs exactly so many samples at once.
    fn needs(&self, samples: usize) -> Check {
        holds(&format!("{samples} samples should be enough"), self.counted(samples)?.is_ok())?;
        let Some(fewer) = samples.checked_sub(1) else { return Ok(()) };
        holds(&format!("{fewer} samples should not be enough"), self.counted(fewer)?.is_err())
    }

    /// The engine's answer, with the limit held against what Prometheus would hold.
    fn counted(&self, samples_max: usize) -> Result<Result<QueryResult, QueryErrorKind>, Mismatch> {
        let options = Settings { samples_max, ..Settings::SCRIPTS }.engine_options();
        self.engine_answer(options, &QueryOptions { statistics: true, ..QueryOptions::default() })
    }
}

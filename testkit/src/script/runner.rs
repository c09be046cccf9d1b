//! Runs the commands of a script.

use emberdb_model::{Sample, SampleValue};
use emberdb_promql_syntax::{ParserOptions, parse_with};

use crate::{NaiveSample, NaiveSeries, NaiveValue};

use super::ScriptQueryError;
use super::command::{Action, Eval, Expected, When};
use super::compare;
use super::engine::{ScriptAnswer, ScriptEngine};
use super::parse::{ScriptError, parse};
use super::report::{ScriptFailure, ScriptReport};
use super::variant::{depends_on_range, pinned};

/// How far to both sides an instant query's time is evaluated in a range query, and its step.
const AROUND_MS: i64 = 60_000;

/// Runs a script against an engine, beginning with an empty storage. Each instant query is also run with its selectors
/// pinned by `@` at other times, and as part of a range query.
///
/// What the engine says it does not know is not run and counted as unsupported.
///
/// # Errors
/// [`ScriptError`] if the script is malformed, or the storage refuses what it loads.
pub fn run_script(engine: &mut dyn ScriptEngine, text: &str) -> Result<ScriptReport, ScriptError> {
    let commands = parse(text)?;
    let mut report = ScriptReport::default();
    engine.clear();
    for command in commands {
        let line = command.line;
        match command.action {
            Action::Clear => engine.clear(),
            Action::Load(load) => {
                engine.load(&load.series).map_err(|message| ScriptError { line, message })?;
            }
            Action::Eval(eval) => match unsupported(engine, &eval.query) {
                Some(reason) => report.unsupported.push((line, reason)),
                None => match run_eval(engine, &eval) {
                    Ok(()) => report.passed += 1,
                    Err((query, difference)) => report.failed.push(ScriptFailure { line, query, difference }),
                },
            },
        }
    }
    Ok(report)
}

/// Why a query's answer would be wrong, for want of what the engine knows.
fn unsupported(engine: &dyn ScriptEngine, query: &str) -> Option<&'static str> {
    let expr = parse_with(query, &ParserOptions::ALL).ok()?;
    engine.unsupported(&expr)
}

/// A query that went wrong, and how.
type Difference = (String, String);

fn run_eval(engine: &mut dyn ScriptEngine, eval: &Eval) -> Result<(), Difference> {
    match eval.when {
        When::Range { start_ms, end_ms, step_ms } => {
            let answer = engine.range(&eval.query, start_ms, end_ms, step_ms);
            check(eval, answer).map_err(|difference| (eval.query.clone(), difference))
        }
        When::Instant { time_ms } => {
            run_instant(engine, eval, &eval.query, time_ms)?;
            let Some((query, times)) = pinned(&eval.query, time_ms) else { return Ok(()) };
            times.into_iter().try_for_each(|time_ms| run_instant(engine, eval, &query, time_ms))
        }
    }
}

/// One instant query, then the same as part of a range query.
fn run_instant(
    engine: &mut dyn ScriptEngine,
    eval: &Eval,
    query: &str,
    time_ms: i64,
) -> Result<(), Difference> {
    let answer = engine.instant(query, time_ms);
    check(eval, answer).map_err(|difference| (format!("{query}   [at {time_ms} ms]"), difference))?;
    let has_no_range = matches!(eval.expected, Expected::String(_) | Expected::RangeVector { .. });
    if has_no_range || eval.fail.is_some() || depends_on_range(query) {
        return Ok(());
    }
    let (start_ms, end_ms) = (time_ms - AROUND_MS, time_ms + AROUND_MS);
    let in_range = |difference| (format!("{query}   [range around {time_ms} ms]"), difference);
    let answer = engine.range(query, start_ms, end_ms, AROUND_MS).map_err(|error| in_range(error.message))?;
    if eval.is_ordered {
        return Ok(());
    }
    let NaiveValue::Matrix(series) = answer.value else {
        return Err(in_range("a range query must give a matrix".into()));
    };
    if !series.is_sorted_by(|a, b| a.labels < b.labels) {
        return Err(in_range("the series are not sorted by labels".into()));
    }
    compare::value(eval, &at_time(eval, &series, time_ms)).map_err(in_range)
}

/// The points of a matrix at one time, as the kind of value that is expected.
fn at_time(eval: &Eval, series: &[NaiveSeries], time_ms: i64) -> NaiveValue {
    let mut elements: Vec<NaiveSample> = Vec::new();
    for one in series {
        let element = |(timestamp_ms, value): &(i64, SampleValue)| NaiveSample {
            labels: one.labels.clone(),
            timestamp_ms: *timestamp_ms,
            value: value.clone(),
        };
        elements.extend(one.samples.iter().filter(|&&(t, _)| t == time_ms).map(element));
    }
    match (&eval.expected, elements.first().map(|first| &first.value)) {
        (Expected::Scalar(_), Some(&SampleValue::Float(value))) => {
            NaiveValue::Scalar(Sample { timestamp_ms: time_ms, value })
        }
        _ => NaiveValue::Vector(elements),
    }
}

fn check(eval: &Eval, answer: Result<ScriptAnswer, ScriptQueryError>) -> Result<(), String> {
    match (answer.map_err(|error| error.message), &eval.fail) {
        (Err(message), Some(wanted)) if wanted.matches(&message) => Ok(()),
        (Err(message), Some(wanted)) => {
            Err(format!("expected failure {wanted:?}\ngot              {message}"))
        }
        (Err(message), None) => Err(format!("failed: {message}")),
        (Ok(_), Some(wanted)) => Err(format!("expected failure {wanted:?}, got an answer")),
        (Ok(answer), None) => compare::answer(eval, &answer),
    }
}

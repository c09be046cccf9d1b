//! Script text to commands.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use emberdb_model::{Labels, SampleValue};
use emberdb_promql_syntax::{Expr, ParserOptions, parse_duration, parse_with};
use regex::Regex;

use super::ScriptSeries;
use super::command::{
    Action, Command, Eval, Expected, ExpectedSeries, Load, NotedValue, Remarks, TextMatch, When,
};
use super::{nhcb, notation, start_timestamps};

/// A line that is not a script's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ScriptError {}

/// A command's lines: their numbers from 1, and their text without white space around it.
type Block<'t> = Vec<(usize, &'t str)>;

/// Reads a whole script.
pub(super) fn parse(text: &str) -> Result<Vec<Command>, ScriptError> {
    let mut commands = Vec::new();
    for block in blocks(text) {
        let (line, first) = block[0];
        let word = first.split([' ', '\t']).next().unwrap_or_default().to_lowercase();
        let at = |line: usize| move |message: String| ScriptError { line, message };
        let action = if word == "clear" {
            Action::Clear
        } else if word.starts_with("load") {
            Action::Load(load(&block)?)
        } else if word.starts_with("eval") {
            Action::Eval(Box::new(eval(&block)?))
        } else {
            return Err(at(line)(format!("invalid command {first:?}")));
        };
        commands.push(Command { line, action });
    }
    Ok(commands)
}

/// Commands end at empty lines. A line that begins with `#` is empty; `clear` is a line of its own.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut is_open = false;
    for (i, line) in text.split('\n').enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            is_open = false;
            continue;
        }
        if is_open && let Some(block) = blocks.last_mut() {
            block.push((i + 1, line));
        } else {
            blocks.push(vec![(i + 1, line)]);
            let word = line.split([' ', '\t']).next().unwrap_or_default();
            is_open = !word.eq_ignore_ascii_case("clear");
        }
    }
    blocks
}

fn load(block: &Block<'_>) -> Result<Load, ScriptError> {
    let (first_line, first) = block[0];
    let header = pattern(r"^load(?:_(with_nhcb))?\s+(.+?)$");
    let error = |line: usize, message: String| ScriptError { line, message };
    let captures =
        header.captures(first).ok_or_else(|| error(first_line, format!("invalid load command {first:?}")))?;
    let step_ms = duration(&captures[2]).map_err(|m| error(first_line, m))?;
    let mut series: BTreeMap<Labels, ScriptSeries> = BTreeMap::new();
    let mut order = Vec::new();
    let mut pending: Option<start_timestamps::Line> = None;
    for &(line, text) in &block[1..] {
        if let Some(started) = start_timestamps::line(text) {
            if pending.is_some() {
                return Err(error(line, "two lines of start timestamps in a row".into()));
            }
            pending = Some(started.map_err(|m| error(line, m))?);
            continue;
        }
        let parsed = notation::line(text).map_err(|m| error(line, m))?;
        let offsets = match pending.take() {
            Some(started) => started.of(&parsed).map_err(|m| error(line, m))?,
            None => Vec::new(),
        };
        let labels = parsed.labels.clone();
        if series.insert(labels.clone(), timed(parsed, &offsets, step_ms)).is_none() {
            order.push(labels);
        }
    }
    if pending.is_some() {
        return Err(error(block[block.len() - 1].0, "start timestamps without a series".into()));
    }
    let mut load = Load { series: order.iter().filter_map(|labels| series.remove(labels)).collect() };
    if captures.get(1).is_some() {
        nhcb::add_to(&mut load).map_err(|message| error(first_line, message))?;
    }
    Ok(load)
}

/// The values of a line as samples, one a step from the epoch on. A start timestamp is given by its offset from the
/// sample's own.
fn timed(line: notation::Line, offsets_ms: &[Option<i64>], step_ms: i64) -> ScriptSeries {
    let mut series = ScriptSeries::new(line.labels, Vec::new());
    for (i, value) in line.values.into_iter().enumerate() {
        let timestamp_ms = i as i64 * step_ms;
        let value = match value {
            None => continue,
            Some(NotedValue::Float(value)) => SampleValue::Float(value),
            Some(NotedValue::Histogram(notation)) => SampleValue::Histogram(Arc::new(notation.histogram)),
        };
        series.samples.push((timestamp_ms, value));
        let offset_ms = offsets_ms.get(i).copied().flatten();
        series.start_timestamps.push(offset_ms.map_or(0, |offset_ms| timestamp_ms + offset_ms));
    }
    series
}

fn eval(block: &Block<'_>) -> Result<Eval, ScriptError> {
    let (first_line, first) = block[0];
    let error = |line: usize, message: String| ScriptError { line, message };
    let instant = pattern(r"^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$");
    let range =
        pattern(r"^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$");
    let ms = |text: &str| duration(text).map_err(|m| error(first_line, m));
    let (old_form, when, query) = if let Some(c) = instant.captures(first) {
        let time = c.get(2).ok_or_else(|| error(first_line, "no time to evaluate at".into()))?;
        (c.get(1), When::Instant { time_ms: ms(time.as_str())? }, c[3].to_owned())
    } else if let Some(c) = range.captures(first) {
        let (start_ms, end_ms, step_ms) = (ms(&c[2])?, ms(&c[3])?, ms(&c[4])?);
        if end_ms < start_ms {
            return Err(error(first_line, "range ends before it starts".into()));
        }
        (c.get(1), When::Range { start_ms, end_ms, step_ms }, c[5].to_owned())
    } else {
        return Err(error(first_line, format!("invalid eval command {first:?}")));
    };
    let mut eval = Eval {
        query,
        when,
        expected: Expected::Series(Vec::new()),
        is_ordered: false,
        fail: None,
        has_fail_line: false,
        warnings: Remarks::default(),
        infos: Remarks::default(),
    };
    let old_form = old_form.map(|m| m.as_str());
    match old_form {
        Some("fail") => eval.fail = Some(TextMatch::Any),
        Some("warn") => eval.warnings.wanted.push(TextMatch::Any),
        Some("info") => eval.infos.wanted.push(TextMatch::Any),
        Some(_) => eval.is_ordered = true,
        None => {}
    }
    for &(line, text) in &block[1..] {
        let is_last = expectation(&mut eval, old_form == Some("fail"), text).map_err(|m| error(line, m))?;
        if is_last {
            break;
        }
    }
    if eval.warnings.is_none && !eval.warnings.wanted.is_empty()
        || eval.infos.is_none && !eval.infos.wanted.is_empty()
    {
        return Err(error(first_line, "both annotations and none of them are expected".into()));
    }
    Ok(eval)
}

/// Reads one line under an eval; true if it ends the block.
fn expectation(eval: &mut Eval, is_eval_fail: bool, text: &str) -> Result<bool, String> {
    if is_eval_fail && let Some(message) = text.strip_prefix("expected_fail_message ") {
        eval.fail = Some(TextMatch::Exact(message.trim().into()));
        return Ok(true);
    }
    if is_eval_fail && let Some(regex) = text.strip_prefix("expected_fail_regexp ") {
        eval.fail = Some(contains(regex.trim())?);
        return Ok(true);
    }
    let range_vector = pattern(r"^expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$");
    if let Some(c) = range_vector.captures(text) {
        let (start_ms, end_ms, step_ms) = (duration(&c[1])?, duration(&c[2])?, duration(&c[3])?);
        if matches!(eval.when, When::Range { .. }) {
            return Err("a range query does not give range vectors".into());
        }
        eval.when = When::Instant { time_ms: end_ms };
        eval.expected = Expected::RangeVector { start_ms, step_ms, series: Vec::new() };
        return Ok(false);
    }
    if let Some(literal) = text.strip_prefix("expect string ") {
        let parsed = parse_with(literal.trim(), &ParserOptions::ALL).map_err(|e| e.to_string())?;
        let Expr::StringLiteral(string) = parsed else { return Err(format!("not a string: {literal}")) };
        eval.expected = Expected::String(string.value);
        return Ok(false);
    }
    if text.split(' ').next() == Some("expect") {
        return remark(eval, text).map(|()| false);
    }
    if let Some(number) = go_number(text) {
        eval.expected = Expected::Scalar(number);
        return Ok(true);
    }
    let parsed = notation::line(text)?;
    let values = parsed.values;
    let is_instant = matches!(eval.when, When::Instant { .. });
    match &mut eval.expected {
        Expected::RangeVector { series, .. } => series.push(ExpectedSeries { labels: parsed.labels, values }),
        Expected::Series(_) if is_instant && values.len() > 1 => {
            return Err("an instant query gives one value for each series".into());
        }
        Expected::Series(series) => series.push(ExpectedSeries { labels: parsed.labels, values }),
        Expected::String(_) | Expected::Scalar(_) => return Err("a series is not expected here".into()),
    }
    Ok(false)
}

/// Reads `expect ordered`, `expect warn msg:…` and the like.
fn remark(eval: &mut Eval, text: &str) -> Result<(), String> {
    let line = pattern(r"^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$");
    let c = line.captures(text).ok_or_else(|| format!("invalid expectation {text:?}"))?;
    let wanted = match (c.get(2).map(|m| m.as_str()), c.get(3).map(|m| m.as_str().trim())) {
        (Some("regex"), Some(regex)) => contains(regex)?,
        (_, Some(message)) => TextMatch::Exact(message.into()),
        _ => TextMatch::Any,
    };
    match &c[1] {
        "ordered" if matches!(eval.when, When::Range { .. }) => {
            return Err("range queries have no order".into());
        }
        "ordered" => eval.is_ordered = true,
        "fail" if eval.has_fail_line => return Err("failure is expected twice".into()),
        "fail" => {
            eval.fail = Some(wanted);
            eval.has_fail_line = true;
        }
        "warn" => eval.warnings.wanted.push(wanted),
        "info" => eval.infos.wanted.push(wanted),
        "no_warn" => eval.warnings.is_none = true,
        _ => eval.infos.is_none = true,
    }
    Ok(())
}

fn contains(regex: &str) -> Result<TextMatch, String> {
    Regex::new(regex).map(TextMatch::Contains).map_err(|e| e.to_string())
}

fn duration(text: &str) -> Result<i64, String> {
    parse_duration(text).map_err(|e| format!("invalid duration {text:?}: {e}"))
}

/// A number as Go reads it: an integer in any base, else a float.
fn go_number(text: &str) -> Option<f64> {
    if text.contains(char::is_whitespace) {
        return None;
    }
    match parse_with(text, &ParserOptions::ALL) {
        Ok(Expr::NumberLiteral(number)) if !number.is_duration => Some(number.value),
        _ => None,
    }
}

fn pattern(text: &'static str) -> Regex {
    Regex::new(text).expect("the patterns of the script language are valid")
}

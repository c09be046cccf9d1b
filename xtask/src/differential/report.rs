//! What came of a run: as text, as JSON.

use std::collections::BTreeMap;
use std::io;

use emberdb_differential::answer::{Answer, Outcome, Value};
use emberdb_differential::data::DataSet;
use emberdb_differential::question::When;
use serde_json::{Value as Json, json};

use super::finding::Finding;
use super::script;
use super::shrink::Difference;
use super::shrink_data::Laboratory;
use super::tally::{Counts, Tally};
use super::trial::Judgement;

/// A run, for people and programs.
pub(super) struct Report<'a> {
    pub(super) reference: &'a str,
    pub(super) other: &'a str,
    pub(super) seed: u64,
    pub(super) end_ms: i64,
    pub(super) tally: &'a Tally,
    pub(super) not_reached: usize,
    pub(super) findings: &'a [Finding],
    pub(super) differences: &'a [Shown],
}

/// A difference, made as small as it can be.
pub(super) struct Shown {
    /// The query as it was asked first.
    pub(super) found_as: String,
    pub(super) difference: Difference,
    /// The first difference of the answers.
    pub(super) what: String,
    /// What it takes besides the samples of the case, if that was tried.
    pub(super) takes: &'static str,
    /// A case for a `.test` script.
    pub(super) case: String,
}

impl Report<'_> {
    /// Whether there is any difference.
    pub(super) fn has_differences(&self) -> bool {
        self.tally.all.different > 0 || !self.findings.is_empty()
    }

    /// One line.
    pub(super) fn summary(&self) -> String {
        let Counts { asked, equal, to_the_bit, non_empty, histograms, errors, set_aside, different } =
            self.tally.all;
        let changes: Vec<String> =
            self.tally.changes.iter().map(|(change, count)| format!("{change} {count}")).collect();
        let changes = if changes.is_empty() { String::new() } else { format!(" ({})", changes.join(", ")) };
        let percent = |count: u64| if asked == 0 { 0.0 } else { count as f64 * 100.0 / asked as f64 };
        let not_reached = match self.not_reached {
            0 => String::new(),
            questions => format!(", not reached in time {questions}"),
        };
        format!(
            "seed {}, end {}: asked {asked}, equal {equal}, to the bit {to_the_bit}, non-empty {non_empty} ({:.1} %), \
             histogram answers {histograms} ({:.1} %), errors {errors}, set aside {set_aside}, different {different}, \
             differences in samples {}, not asked {}{changes}{not_reached}",
            self.seed,
            self.end_ms,
            percent(non_empty),
            percent(histograms),
            self.findings.len(),
            self.tally.not_asked,
        )
    }

    /// All of it.
    pub(super) fn to_json(&self) -> Json {
        let map = |counts: &BTreeMap<String, Counts>| -> Json {
            counts.iter().map(|(name, counts)| (name.clone(), counts_json(counts))).collect()
        };
        let differences: Vec<Json> = self.differences.iter().map(Shown::to_json).collect();
        let findings: Vec<Json> = self
            .findings
            .iter()
            .map(|finding| json!({"place": finding.place, "difference": finding.difference}))
            .collect();
        json!({
            "reference": self.reference,
            "other": self.other,
            "seed": self.seed,
            "end_ms": self.end_ms,
            "all": counts_json(&self.tally.all),
            "by_part": map(&self.tally.parts),
            "by_origin": map(&self.tally.origins),
            "not_asked": self.tally.not_asked,
            "not_asked_by_change": self.tally.changes,
            "not_reached": self.not_reached,
            "differences_in_samples": findings,
            "differences": differences,
        })
    }
}

fn counts_json(counts: &Counts) -> Json {
    json!({
        "asked": counts.asked,
        "equal": counts.equal,
        "to_the_bit": counts.to_the_bit,
        "non_empty": counts.non_empty,
        "histograms": counts.histograms,
        "errors": counts.errors,
        "set_aside": counts.set_aside,
        "different": counts.different,
    })
}

impl Shown {
    /// Makes the data smaller, where there is a laboratory for it. `None` of what is no difference.
    pub(super) fn new(
        found_as: String,
        difference: Difference,
        data: Option<&DataSet>,
        laboratory: Option<&Laboratory<'_>>,
    ) -> io::Result<Option<Self>> {
        let (mut difference, mut takes, mut smaller) = (difference, "not tried", None);
        if let Some(laboratory) = laboratory {
            takes = "blocks, late samples, deletions or a restart";
            if let Some((found, of_it)) = laboratory.shrink(&difference)? {
                (difference, takes, smaller) = (of_it, "nothing else", Some(found));
            }
        }
        let Judgement::Different(what) = difference.verdict.judgement.clone() else { return Ok(None) };
        let case = script::case(smaller.as_ref().or(data), &difference);
        Ok(Some(Self { found_as, difference, what, takes, case }))
    }

    fn to_json(&self) -> Json {
        json!({
            "found_as": self.found_as,
            "query": self.difference.query,
            "when": when(self.difference.when),
            "difference": self.what,
            "takes_besides_the_case": self.takes,
            "reference": answer(&self.difference.verdict.reference),
            "other": answer(&self.difference.verdict.other),
            "case": self.case,
        })
    }

    /// For people.
    pub(super) fn text(&self, reference: &str, other: &str) -> String {
        format!(
            "query:      {}\nwhen:       {}\nfound as:   {}\ndifference: {}\nit takes:   {}\n{reference}:\n{}{other}:\n{}case:\n{}",
            self.difference.query,
            when(self.difference.when),
            self.found_as,
            self.what,
            self.takes,
            indented(&answer(&self.difference.verdict.reference)),
            indented(&answer(&self.difference.verdict.other)),
            indented(&self.case),
        )
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// The times of a question.
pub(super) fn when(when: When) -> String {
    match when {
        When::Instant { time_ms } => format!("at {time_ms}"),
        When::Range { start_ms, end_ms, step_ms } => {
            format!("from {start_ms} to {end_ms} every {step_ms} ms")
        }
    }
}

/// An answer, a line a series, cut where it is long.
pub(super) fn answer(answer: &Answer) -> String {
    const LINES_MAX: usize = 12;
    let mut lines: Vec<String> = match &answer.outcome {
        Outcome::Error { kind, message } => vec![format!("error {kind}: {message}")],
        Outcome::Scalar(point) => vec![format!("scalar {}", value(&point.value))],
        Outcome::Text { text, .. } => vec![format!("string {text:?}")],
        Outcome::Vector(series) | Outcome::Matrix(series) => series
            .iter()
            .map(|series| {
                let points = series.points.iter().take(LINES_MAX);
                let points: Vec<String> =
                    points.map(|point| format!("{} @{}", value(&point.value), point.time_ms)).collect();
                format!("{:?} {}", series.labels, points.join(" "))
            })
            .collect(),
    };
    if let Some(more) = lines.len().checked_sub(LINES_MAX).filter(|&more| more > 0) {
        lines.truncate(LINES_MAX);
        lines.push(format!("and {more} more"));
    }
    lines.extend(answer.warnings.iter().map(|text| format!("warning: {text}")));
    lines.extend(answer.infos.iter().map(|text| format!("info: {text}")));
    if lines.is_empty() { "nothing".into() } else { lines.join("\n") }
}

fn value(value: &Value) -> String {
    match value {
        Value::Float(float) => format!("{float:?}"),
        Value::Histogram(histogram) => format!("{histogram:?}"),
    }
}

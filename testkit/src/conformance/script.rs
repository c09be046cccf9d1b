//! A `.test` script as cases: each eval is one, asked of both evaluators.

use std::collections::BTreeMap;

use crate::{ScriptEngine, ScriptError, ScriptReport, run_script};

use super::evaluator::{Evaluator, both};
use super::{Check, Mismatch, Run};

/// What came of a script's evals.
#[derive(Debug, Default)]
pub(super) struct Evals {
    pub(super) passed: usize,
    /// What is wrong with the others, by line, with the query.
    pub(super) failed: BTreeMap<usize, Vec<(Evaluator, Mismatch)>>,
}

impl Evals {
    /// The cases of a script that was run.
    pub(super) fn count(self, run: &mut Run<'_>, script: &str) {
        for _ in 0..self.passed {
            run.case(script, Ok(()));
        }
        for (line, mismatches) in self.failed {
            run.case(format!("{script}:{line}"), both(mismatches.into_iter().map(|(who, m)| (who, Err(m)))));
        }
    }
}

/// Runs a script with evaluators that `start` gives. Evals that are unsupported for the reason `not_asked` are not cases.
///
/// # Errors
/// If the script is malformed, or a storage refuses what it loads.
pub(super) fn run_both(
    text: &str,
    not_asked: Option<&'static str>,
    start: impl Fn(Evaluator) -> Box<dyn ScriptEngine>,
) -> Result<Evals, Mismatch> {
    let mut evals = Evals::default();
    let mut asked = 0;
    for who in Evaluator::ALL {
        let mut report = run_script(&mut *start(who), text).map_err(|ScriptError { line, message }| {
            Mismatch::new(format!("{who}: line {line}: {message}"))
        })?;
        report.unsupported.retain(|(_, reason)| Some(*reason) != not_asked);
        asked = report.passed + report.failed.len() + report.unsupported.len();
        for (line, mismatch) in mismatches(report) {
            evals.failed.entry(line).or_default().push((who, mismatch));
        }
    }
    evals.passed = asked.saturating_sub(evals.failed.len());
    Ok(evals)
}

/// The evals of a script that did not go well, by line.
fn mismatches(report: ScriptReport) -> impl Iterator<Item = (usize, Mismatch)> {
    let failed = report
        .failed
        .into_iter()
        .map(|failure| (failure.line, Mismatch::new(format!("{}\n{}", failure.query, failure.difference))));
    let unsupported = report.unsupported.into_iter();
    failed.chain(unsupported.map(|(line, reason)| (line, Mismatch::unsupported(reason))))
}

/// Whether a script passes as a whole, or fails as `wanted` says, which is the message of upstream's own runner; with what
/// it fails is for each runner to word.
pub(super) fn passes_or_fails(text: &str, wanted: &str, engine: &mut dyn ScriptEngine) -> Check {
    let got = match run_script(engine, text) {
        Ok(report) => match (report.unsupported.first(), report.failed.into_iter().next()) {
            (Some((_, reason)), _) => return Err(Mismatch::unsupported(reason)),
            (None, Some(failure)) => Some(failure.difference),
            (None, None) => None,
        },
        Err(error) => Some(error.to_string()),
    };
    match got {
        None if !wanted.is_empty() => Err(Mismatch::new(format!("passes, wanted the failure {wanted}"))),
        Some(got) if wanted.is_empty() => Err(Mismatch::new(got)),
        _ => Ok(()),
    }
}

//! What came of a suite.

use std::fmt;

use super::{Check, Data, Mismatch, Progress, Suite};

/// What came of a suite. Shown as `NAME: N passed, M failed`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SuiteReport {
    /// Of which.
    pub suite: Suite,
    /// How many cases agree.
    pub passed: usize,
    /// The cases that do not, or that cannot be asked.
    pub failures: Vec<CaseFailure>,
    /// What is not a case: what was not asked, and why; what is worth to know.
    pub notes: Vec<String>,
}

impl fmt::Display for SuiteReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} passed, {} failed", self.suite.name(), self.passed, self.failures.len())
    }
}

/// A case that does not agree. Shown on several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseFailure {
    /// The file, and the line or the name in it.
    pub case: String,
    /// What was wanted and what came.
    pub difference: String,
    /// It was not compared: the project cannot do what it asks for.
    pub is_unsupported: bool,
}

impl fmt::Display for CaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.case)?;
        self.difference.lines().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

/// A suite while it runs.
pub(super) struct Run<'r> {
    pub(super) data: &'r Data,
    progress: &'r mut dyn Progress,
    report: SuiteReport,
}

impl<'r> Run<'r> {
    pub(super) fn new(suite: Suite, data: &'r Data, progress: &'r mut dyn Progress) -> Self {
        let report = SuiteReport { suite, passed: 0, failures: Vec::new(), notes: Vec::new() };
        Self { data, progress, report }
    }

    /// A part begins that has so many cases.
    pub(super) fn begin(&mut self, part: &str, cases: usize) {
        self.progress.begin(part, cases);
    }

    /// A case is done.
    pub(super) fn case(&mut self, case: impl fmt::Display, check: Check) {
        self.progress.advance(1);
        match check {
            Ok(()) => self.report.passed += 1,
            Err(Mismatch { text, is_unsupported }) => {
                let failure = CaseFailure { case: case.to_string(), difference: text, is_unsupported };
                self.report.failures.push(failure);
            }
        }
    }

    pub(super) fn note(&mut self, note: String) {
        self.report.notes.push(note);
    }

    pub(super) fn into_report(self) -> SuiteReport {
        self.report
    }
}

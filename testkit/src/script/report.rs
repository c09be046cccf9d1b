//! The outcome of a script.

use std::fmt;

/// How the evals of a script came out.
#[derive(Clone, Debug, Default)]
pub struct ScriptReport {
    /// Evals whose answer, and that of all their variants, was as expected.
    pub passed: usize,
    /// Evals that were not.
    pub failed: Vec<ScriptFailure>,
    /// Evals that were not run, by line, with the reason.
    pub unsupported: Vec<(usize, &'static str)>,
}

/// An eval whose answer was not as expected.
#[derive(Clone, Debug)]
pub struct ScriptFailure {
    /// The line of the eval, from 1.
    pub line: usize,
    /// The query as it was evaluated, with the way in which it was.
    pub query: String,
    /// What was expected and what came.
    pub difference: String,
}

impl fmt::Display for ScriptReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed.len())?;
        if !self.unsupported.is_empty() {
            write!(f, ", {} unsupported", self.unsupported.len())?;
        }
        for failure in &self.failed {
            write!(f, "\n  line {}: {}", failure.line, failure.query)?;
            for line in failure.difference.lines() {
                write!(f, "\n      {line}")?;
            }
        }
        Ok(())
    }
}

//! What was found, told while it goes on.

use std::{fmt, io};

use indicatif::{ProgressBar, ProgressStyle};

use crate::Outcome;

/// More lines help nobody; one damaged index can give one a series.
const PROBLEMS_SHOWN_MAX: u64 = 1000;

/// Problems, and what was looked at.
pub(super) struct Findings {
    progress: ProgressBar,
    /// How many things were begun to be looked at.
    begun: u64,
    problems: u64,
    checked: Vec<String>,
    /// Whether problems could be told.
    told: io::Result<()>,
}

impl Findings {
    /// Nothing yet, of so many things to look at. Progress is shown on standard error, if that is a terminal.
    pub(super) fn new(things: usize) -> Result<Self, Box<dyn std::error::Error>> {
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}, {elapsed}")?;
        let progress = ProgressBar::new(things as u64).with_style(style);
        Ok(Self { progress, begun: 0, problems: 0, checked: Vec::new(), told: Ok(()) })
    }

    /// Says what is looked at from now on.
    pub(super) fn begin(&mut self, what: impl fmt::Display) {
        self.progress.set_position(self.begun);
        self.progress.set_message(what.to_string());
        self.begun += 1;
    }

    /// Something is wrong; the message says where.
    pub(super) fn problem(&mut self, message: impl fmt::Display) {
        self.problems += 1;
        if self.problems <= PROBLEMS_SHOWN_MAX {
            let told = self.progress.suspend(|| outln!("{message}"));
            self.told = std::mem::replace(&mut self.told, Ok(())).and(told);
        }
    }

    /// How many things are wrong so far.
    pub(super) const fn problems(&self) -> u64 {
        self.problems
    }

    /// Something was looked at, as far as it could be read.
    pub(super) fn checked(&mut self, what: String) {
        self.checked.push(what);
    }

    /// Tells what was looked at.
    ///
    /// # Errors
    /// If there are problems.
    pub(super) fn finish(self) -> Outcome {
        self.progress.finish_and_clear();
        self.told?;
        if let Some(left_out) = self.problems.checked_sub(PROBLEMS_SHOWN_MAX).filter(|&left_out| left_out > 0)
        {
            outln!("… and {left_out} problems more")?;
        }
        for what in &self.checked {
            outln!("checked {what}")?;
        }
        match self.problems {
            0 => {
                outln!("no problem found")?;
                Ok(())
            }
            1 => Err("1 problem found".into()),
            problems => Err(format!("{problems} problems found").into()),
        }
    }
}

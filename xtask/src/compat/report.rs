//! What the comparisons found, a line each.

use std::process::ExitCode;

use super::held::Held;

/// Prints each comparison and remembers whether one failed.
#[derive(Default)]
pub(super) struct Report {
    has_failed: bool,
}

impl Report {
    /// Compares what a side sees with what is there.
    pub(super) fn compare(&mut self, name: &str, expected: &Held, found: &Held) {
        match expected.difference(found) {
            Some(difference) => self.failed(&format!("{name}: {difference}")),
            // Two empty directories are equal too, and show nothing.
            None if expected.samples() == 0 => self.failed(&format!("{name}: nothing was compared")),
            None => println!("{name}: ok ({})", counts(expected)),
        }
    }

    /// A line of something else that was checked.
    pub(super) fn check(&mut self, name: &str, is_right: bool, what: &str) {
        if is_right {
            println!("{name}: ok ({what})");
        } else {
            self.failed(&format!("{name}: {what}"));
        }
    }

    pub(super) fn failed(&mut self, line: &str) {
        self.has_failed = true;
        println!("{line}");
    }

    pub(super) fn status(&self) -> ExitCode {
        if self.has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

fn counts(held: &Held) -> String {
    let histograms = match held.histograms().samples() {
        0 => String::new(),
        some => format!(", {some} of them native histograms"),
    };
    format!("{} series, {} samples{histograms}", held.series(), held.samples())
}

//! `cargo xtask conformance`: the suites of the testkit over a folder of conformance data.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::builder::PossibleValuesParser;
use emberdb_testkit::conformance::{Data, Progress, Suite, SuiteReport};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where the data lies, if it is not said on the command line.
const VARIABLE: &str = "EMBERDB_CONFORMANCE";

#[derive(Args)]
pub(crate) struct Options {
    /// The folder with the data, in place of $EMBERDB_CONFORMANCE or, if that is not set, ../shared/conformance beside the repository
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Run this suite only; can be given several times
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Suite::ALL.map(Suite::name)))]
    suite: Vec<String>,
    /// How many failures of each suite are shown
    #[arg(long, value_name = "N", default_value_t = 10)]
    failures: usize,
}

/// Runs the suites and prints a line for each on stdout; what fails goes to stderr.
pub(crate) fn run(options: &Options) -> io::Result<ExitCode> {
    let named = options.data.clone().or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
    let Some(data) = Data::find(named.clone()).map_err(io::Error::other)? else {
        return match (&options.data, named) {
            (Some(folder), _) => Err(io::Error::other(format!("{} is not there", folder.display()))),
            (None, Some(folder)) => Ok(skipped(&format!("{} is not there", folder.display()))),
            (None, None) => Ok(skipped("../shared/conformance is not there")),
        };
    };
    let is_chosen =
        |suite: &Suite| options.suite.is_empty() || options.suite.iter().any(|name| name == suite.name());
    let mut has_failed = false;
    for suite in Suite::ALL.into_iter().filter(is_chosen) {
        if !data.has(suite).map_err(io::Error::other)? {
            println!("{}: skipped: {} has no such folder", suite.name(), data.folder().display());
            continue;
        }
        let mut bar = Bar::new(suite);
        let report = suite.run(&data, &mut bar);
        bar.0.finish_and_clear();
        match report {
            Ok(report) => {
                has_failed |= !report.failures.is_empty();
                print(&report, options.failures);
            }
            Err(error) => {
                has_failed = true;
                println!("{}: cannot be run: {error}", suite.name());
            }
        }
    }
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn skipped(why: &str) -> ExitCode {
    println!("conformance: skipped: {why}; --data or ${VARIABLE} names the folder");
    ExitCode::SUCCESS
}

fn print(report: &SuiteReport, failures_max: usize) {
    for failure in report.failures.iter().take(failures_max) {
        eprintln!("{failure}");
    }
    if let Some(more) = report.failures.len().checked_sub(failures_max).filter(|&more| more > 0) {
        eprintln!("... and {more} more failures; --failures {} shows all", report.failures.len());
    }
    for note in &report.notes {
        eprintln!("note: {note}");
    }
    println!("{report}");
}

/// A bar on stderr, if that is a terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new(suite: Suite) -> Self {
        let is_seen = io::stderr().is_terminal();
        let target = if is_seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {msg}");
        let bar = ProgressBar::with_draw_target(Some(0), target).with_prefix(suite.name());
        Self(bar.with_style(style.expect("the template is well-formed")))
    }
}

impl Progress for Bar {
    fn begin(&mut self, part: &str, cases: usize) {
        self.0.set_position(0);
        self.0.set_length(cases as u64);
        self.0.set_message(part.to_owned());
    }

    fn advance(&mut self, cases: usize) {
        self.0.inc(cases as u64);
    }
}

//! `ember test`: scripts that say what queries should answer.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use emberdb::{Env, promql::EngineOptions};
use emberdb_testkit::{FastScriptEngine, ScriptReport, run_script};

use crate::Outcome;

/// A script may be so large; none that people write is.
const SCRIPT_BYTES_MAX: u64 = 64 << 20;

/// Check what queries answer.
#[derive(Args)]
pub(crate) struct TestArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Run scripts in the language of Prometheus' own PromQL tests: `load` series, `eval` queries, compare answers.
    ///
    /// Names are removed at the end of a query, as upstream's tests have it, and all experimental syntax is understood.
    Promql(PromqlArgs),
}

#[derive(Args)]
struct PromqlArgs {
    /// The scripts.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// What came of all scripts.
#[derive(Default)]
struct Total {
    passed: usize,
    failed: usize,
    unsupported: usize,
}

impl Total {
    fn add(&mut self, report: &ScriptReport) {
        self.passed += report.passed;
        self.failed += report.failed.len();
        self.unsupported += report.unsupported.len();
    }
}

pub(crate) fn run(args: &TestArgs) -> Outcome {
    let What::Promql(args) = &args.what;
    let env = Env::real();
    let mut total = Total::default();
    for file in &args.files {
        match run_file(&env, file) {
            Ok(report) => {
                total.add(&report);
                outln!("{}: {report}", file.display())?;
                for (line, reason) in &report.unsupported {
                    outln!("  line {line}: not run, it needs {reason}")?;
                }
            }
            Err(error) => {
                total.failed += 1;
                outln!("{}: {error}", file.display())?;
            }
        }
    }
    let Total { passed, failed, unsupported } = total;
    outln!("{passed} passed, {failed} failed{}", not_run(unsupported))?;
    if failed > 0 { Err(format!("{failed} of {} failed", passed + failed).into()) } else { Ok(()) }
}

fn run_file(env: &Env, file: &Path) -> Result<ScriptReport, Box<dyn std::error::Error>> {
    let bytes = env.fs().read(file, SCRIPT_BYTES_MAX)?;
    let text = String::from_utf8(bytes)?;
    let options =
        EngineOptions { delayed_name_removal: true, use_start_timestamps: true, ..EngineOptions::default() };
    Ok(run_script(&mut FastScriptEngine::new(options), &text)?)
}

fn not_run(unsupported: usize) -> String {
    if unsupported == 0 { String::new() } else { format!(", {unsupported} not run") }
}

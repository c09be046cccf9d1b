//! The engine and the naive evaluator against Prometheus' own expectations: its acceptance scripts, scripts of others
//! that it was asked, and its answers to random queries.
//!
//! The data lies outside the repository: in the folder that `EMBERDB_CONFORMANCE` names, or beside the workspace. Without
//! it the tests say so and pass. What needs start timestamps is counted, not run.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests fail as tests do")]
#![expect(clippy::print_stdout, reason = "the counts are what a reader of the log looks for")]

mod data;
mod differential;
mod histogram;

use emberdb_promql_engine::EngineOptions;
use emberdb_testkit::{
    FastScriptEngine, NaiveOptions, NaiveScriptEngine, ScriptEngine, ScriptReport, run_script,
};

/// Who is asked.
#[derive(Clone, Copy, Debug)]
enum Evaluator {
    Naive,
    Fast,
}

impl Evaluator {
    const ALL: [Self; 2] = [Self::Naive, Self::Fast];

    /// Fails if anything differs. Of the engine it is printed only, as long as it is being given native histograms: then
    /// both are to be judged alike.
    fn judge(self, differ: &[String]) {
        let told = format!("{self:?}: {} differ:\n{}", differ.len(), differ.join("\n"));
        match self {
            Self::Naive => assert!(differ.is_empty(), "{told}"),
            Self::Fast => println!("{told}"),
        }
    }

    /// An evaluator that removes metric names at the end, as upstream's scripts have it, or at once.
    fn start(self, delayed_name_removal: bool) -> Box<dyn ScriptEngine> {
        match self {
            Self::Naive => {
                let options = NaiveOptions { delayed_name_removal, ..NaiveOptions::default() };
                Box::new(NaiveScriptEngine::new(options))
            }
            Self::Fast => {
                let options = EngineOptions { delayed_name_removal, ..EngineOptions::default() };
                Box::new(FastScriptEngine::new(options))
            }
        }
    }
}

/// Runs scripts, prints the counts and what failed, and fails if any did.
fn run_all(paths: &[String], delayed_name_removal: bool) {
    for evaluator in Evaluator::ALL {
        let mut sum = ScriptReport::default();
        let mut failed = Vec::new();
        for path in paths {
            let Some(text) = data::text(path) else { return };
            let report = run_script(&mut *evaluator.start(delayed_name_removal), &text)
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            println!("{evaluator:?}: {path}: {report}");
            failed.extend(report.failed.iter().map(|f| format!("{path}:{}", f.line)));
            sum.passed += report.passed;
            sum.failed.extend(report.failed);
            sum.unsupported.extend(report.unsupported);
        }
        println!(
            "{evaluator:?}: all: {} passed, {} failed, {} unsupported",
            sum.passed,
            sum.failed.len(),
            sum.unsupported.len()
        );
        evaluator.judge(&failed);
    }
}

#[test]
fn upstream_scripts() {
    run_all(&data::files("promqltest", ".test"), true);
}

#[test]
fn thanos_corpus() {
    run_all(&["engine/thanos_corpus.test".into()], true);
}

#[test]
fn names_removed_at_once() {
    run_all(&["engine/delayed_name_removal_off.test".into()], false);
}

/// Upstream's tests of its own script runner: scripts that must pass, and scripts that must not.
#[test]
fn scripts_that_test_the_runner() {
    let Some(records) = data::records("promqltest/selftest.jsonl") else { return };
    let (mut agree, mut skipped, mut differ) = (0, 0, Vec::new());
    for record in &records {
        let wanted = record["error"].as_str().unwrap();
        let outcome = run_script(&mut *Evaluator::Naive.start(true), record["script"].as_str().unwrap());
        let got = match outcome {
            Ok(report) if !report.unsupported.is_empty() => {
                skipped += 1;
                continue;
            }
            Ok(report) => report.failed.first().map_or(String::new(), |f| f.difference.clone()),
            Err(error) => error.to_string(),
        };
        if wanted.is_empty() == got.is_empty() {
            agree += 1;
        } else {
            differ.push(format!("{}\n    wanted {wanted:?}\n    got    {got:?}", record["name"]));
        }
    }
    println!("{agree} agree, {} differ, {skipped} unsupported", differ.len());
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

//! The engine and the naive evaluator against Prometheus' own expectations: its acceptance scripts, scripts of others
//! that it was asked, and its answers to random queries.
//!
//! The data lies outside the repository: in the folder that `EMBERDB_CONFORMANCE` names, or beside the workspace. Without
//! it the tests say so and pass.

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

    /// An evaluator with these features.
    fn start(self, features: Features) -> Box<dyn ScriptEngine> {
        let Features { delayed_name_removal, use_start_timestamps } = features;
        match self {
            Self::Naive => Box::new(NaiveScriptEngine::new(NaiveOptions {
                delayed_name_removal,
                use_start_timestamps,
                ..NaiveOptions::default()
            })),
            Self::Fast => Box::new(FastScriptEngine::new(EngineOptions {
                delayed_name_removal,
                use_start_timestamps,
                ..EngineOptions::default()
            })),
        }
    }
}

/// What upstream has on or off.
#[derive(Clone, Copy, Debug)]
struct Features {
    delayed_name_removal: bool,
    use_start_timestamps: bool,
}

impl Features {
    /// Of its acceptance scripts.
    const SCRIPTS: Self = Self { delayed_name_removal: true, use_start_timestamps: true };
    /// Of its server.
    const SERVER: Self = Self { delayed_name_removal: false, use_start_timestamps: false };
}

/// Runs scripts, prints the counts and what failed, and fails if any did.
fn run_all(paths: &[String], features: Features) {
    for evaluator in Evaluator::ALL {
        let mut sum = ScriptReport::default();
        let mut failed = Vec::new();
        for path in paths {
            let Some(text) = data::text(path) else { return };
            let report = run_script(&mut *evaluator.start(features), &text)
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
    run_all(&data::files("promqltest", ".test"), Features::SCRIPTS);
}

#[test]
fn thanos_corpus() {
    run_all(&["engine/thanos_corpus.test".into()], Features::SCRIPTS);
}

#[test]
fn names_removed_at_once() {
    run_all(&["engine/delayed_name_removal_off.test".into()], Features::SERVER);
}

/// Upstream's tests of its own script runner: scripts that must pass, and scripts that must not.
#[test]
fn scripts_that_test_the_runner() {
    let Some(records) = data::records("promqltest/selftest.jsonl") else { return };
    let (mut agree, mut skipped, mut differ) = (0, 0, Vec::new());
    for record in &records {
        let wanted = record["error"].as_str().unwrap();
        let outcome =
            run_script(&mut *Evaluator::Naive.start(Features::SCRIPTS), record["script"].as_str().unwrap());
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

/// Sequences of start timestamps in the notation of scripts: an hour between samples, one of which is seen at a time.
#[test]
fn sequences_of_start_timestamps() {
    let Some(records) = data::records("promqltest/st_sequence.jsonl") else { return };
    for record in &records {
        let input = record["input"].as_str().unwrap();
        let offsets_ms = record["offsets_ms"].as_array().unwrap();
        let samples = "1 ".repeat(offsets_ms.len().max(1));
        let mut script = format!("load 1h\n  m@st {input}\n  m {samples}\n");
        for (hour, offset_ms) in offsets_ms.iter().enumerate() {
            let start_ms = offset_ms.as_i64().map_or(0, |offset_ms| hour as i64 * 3_600_000 + offset_ms);
            let start_s = start_ms as f64 / 1000.0;
            script.push_str(&format!("\neval instant at {hour}h start_timestamp(m)\n  {{}} {start_s}\n"));
        }
        let outcome = run_script(&mut *Evaluator::Naive.start(Features::SCRIPTS), &script);
        // A line without any is not told from the series `m@st`, and is refused too.
        let is_read = record["ok"].as_bool().unwrap() && !input.is_empty();
        match outcome {
            Ok(report) => assert!(is_read && report.failed.is_empty(), "{input}: {report}"),
            Err(error) => assert!(!is_read, "{input}: {error}"),
        }
    }
}

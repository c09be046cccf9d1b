//! The project's own scripts: every file in `tests/promql`, asked of both evaluators, in both modes of name removal; those about the order
//! of equal values only of the engine, which alone takes the steps that it depends on.
#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests fail as tests do")]
#![expect(clippy::print_stdout, reason = "the counts are what a reader of the log looks for")]

use std::fmt::Write as _;
use std::path::Path;

use emberdb_env::Env;
use emberdb_promql_engine::EngineOptions;
use emberdb_testkit::{FastScriptEngine, NaiveOptions, NaiveScriptEngine, ScriptEngine, run_script};

/// No script is as large as that.
const SCRIPT_BYTES_MAX: u64 = 1 << 20;

#[test]
fn all_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/promql");
    let mut failed = String::new();
    for (file, script) in scripts(&folder) {
        run(&file, &script, evaluators(true), true, &mut failed);
        if !file.ends_with("_delayed.test") {
            run(&file, &script, evaluators(false), false, &mut failed);
        }
    }
    for (file, script) in scripts(&folder.join("at_once")) {
        run(&format!("at_once/{file}"), &script, evaluators(false), false, &mut failed);
    }
    for (file, script) in scripts(&folder.join("order")) {
        for delayed in [false, true] {
            run(&format!("order/{file}"), &script, [fast(delayed)], delayed, &mut failed);
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

/// The scripts in a folder, by name.
fn scripts(folder: &Path) -> Vec<(String, String)> {
    let env = Env::real();
    let mut names: Vec<_> = env.fs().read_dir(folder).unwrap().into_iter().map(|entry| entry.name).collect();
    names.retain(|name| name.ends_with(".test"));
    assert!(!names.is_empty(), "{} holds scripts", folder.display());
    let read = |name: String| {
        let bytes = env.fs().read(&folder.join(&name), SCRIPT_BYTES_MAX).unwrap();
        (name, String::from_utf8(bytes).unwrap())
    };
    names.into_iter().map(read).collect()
}

/// An evaluator and its name.
type Evaluator = (&'static str, Box<dyn ScriptEngine>);

/// Asks evaluators and writes down what fails.
fn run(
    file: &str,
    script: &str,
    evaluators: impl IntoIterator<Item = Evaluator>,
    delayed_name_removal: bool,
    failed: &mut String,
) {
    let mode = if delayed_name_removal { "delayed" } else { "at once" };
    for (who, mut engine) in evaluators {
        let report = run_script(&mut *engine, script).unwrap_or_else(|e| panic!("{file}: {e}"));
        println!("{file}: {who}, {mode}: {} passed", report.passed);
        assert!(report.passed + report.failed.len() > 0, "{file} asks something");
        if !report.failed.is_empty() || !report.unsupported.is_empty() {
            let unsupported = &report.unsupported;
            writeln!(failed, "{file}: {who}, {mode}: {report}, {unsupported:?}").unwrap();
        }
    }
}

fn evaluators(delayed_name_removal: bool) -> [Evaluator; 2] {
    let options =
        NaiveOptions { delayed_name_removal, use_start_timestamps: true, ..NaiveOptions::default() };
    [("naive evaluator", Box::new(NaiveScriptEngine::new(options))), fast(delayed_name_removal)]
}

fn fast(delayed_name_removal: bool) -> Evaluator {
    let options =
        EngineOptions { delayed_name_removal, use_start_timestamps: true, ..EngineOptions::default() };
    ("engine", Box::new(FastScriptEngine::new(options)))
}

//! The project's own scripts, run with the naive evaluator in both modes of name removal.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use emberdb_testkit::{NaiveOptions, NaiveScriptEngine, run_script};

fn passes(name: &str, script: &str, evals: usize) {
    for delayed_name_removal in [false, true] {
        let options = NaiveOptions { delayed_name_removal, ..NaiveOptions::default() };
        let report = run_script(&mut NaiveScriptEngine::new(options), script).unwrap();
        assert!(report.failed.is_empty(), "{name}: {report}");
        assert_eq!((report.passed, report.unsupported.len()), (evals, 0), "{name}");
    }
}

#[test]
fn lookback() {
    passes("lookback", include_str!("../../tests/promql/lookback.test"), 19);
}

#[test]
fn staleness() {
    passes("staleness", include_str!("../../tests/promql/staleness.test"), 20);
}

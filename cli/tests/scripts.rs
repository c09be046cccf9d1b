//! `ember test promql` as a user runs it: scripts that pass, that fail, and that are no scripts.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]
#![expect(clippy::disallowed_methods, reason = "a test runs a program and looks at its files from outside")]

use std::path::PathBuf;
use std::process::Command;

struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("ember-scripts-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn script(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Whether it ended well, and what it printed.
fn run(scripts: &[&str]) -> (bool, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_ember")).args(["test", "promql"]).args(scripts).output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

const GOOD: &str = "\
load 15s
  requests_total{job=\"a\"} 0+3x20
  latency {{schema:0 count:4 sum:10 buckets:[1 2 1]}}x20

eval instant at 5m rate(requests_total[1m])
  {job=\"a\"} 0.2

eval instant at 5m histogram_count(latency)
  {} 4
";

#[test]
fn a_script_that_passes() {
    let dir = Dir::new("good");
    let script = dir.script("good.test", GOOD);
    let (is_success, told) = run(&[&script]);
    assert!(is_success, "{told}");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines, [&*format!("{script}: 2 passed, 0 failed"), "2 passed, 0 failed"]);
}

#[test]
fn what_differs_is_shown_and_all_scripts_are_run() {
    let dir = Dir::new("bad");
    let bad = dir.script("bad.test", &GOOD.replace("{job=\"a\"} 0.2", "{job=\"a\"} 0.25"));
    let none = dir.script("none.test", "evaluate this\n");
    let good = dir.script("good.test", GOOD);
    let missing = dir.0.join("missing.test");
    let (is_success, told) = run(&[&bad, &none, missing.to_str().unwrap(), &good]);
    assert!(!is_success, "{told}");
    for line in [
        format!("{bad}: 1 passed, 1 failed"),
        "  line 5: rate(requests_total[1m])".to_owned(),
        format!("{good}: 2 passed, 0 failed"),
        "3 passed, 3 failed".to_owned(),
    ] {
        assert!(told.lines().any(|told| told.starts_with(&line)), "{line:?} is missing in:\n{told}");
    }
    assert!(told.contains("0.25") && told.contains("0.2"), "{told}");
    assert!(told.contains(&format!("{none}: line 1")), "{told}");
}

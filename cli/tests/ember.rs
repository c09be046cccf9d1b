//! The program as a user runs it: the demonstration once, then questions to the database that it leaves.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]
#![expect(clippy::disallowed_methods, reason = "a test runs a program and looks at its files from outside")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Time of the last captured scrape, in Unix seconds.
const END: &str = "1795302555";

fn ember(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ember")).args(args).output().unwrap()
}

fn stdout(args: &[&str]) -> String {
    let output = ember(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refusal(args: &[&str]) -> String {
    let output = ember(args);
    assert!(!output.status.success(), "{args:?} should fail");
    String::from_utf8(output.stderr).unwrap()
}

struct Dir(PathBuf);

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_demonstration_and_what_it_leaves() {
    let dir = Dir(std::env::temp_dir().join(format!("ember-test-{}", std::process::id())));
    let path = dir.0.to_str().unwrap();
    demonstration(path);
    formats(path);
    plans(path);
    features(path);
    mistakes(path, &dir.0);
    readers_that_are_gone(path);
}

/// What is left unread is no mistake; what cannot be written is one.
fn readers_that_are_gone(path: &str) {
    for args in
        [&["query", "--data", path, "up"][..], &["tsdb", "list", path], &["tsdb", "verify", path], &["demo"]]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ember"));
        let mut child = command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        #[cfg(target_os = "linux")]
        {
            let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
            let output = Command::new(env!("CARGO_BIN_EXE_ember")).args(args).stdout(full).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.code() == Some(1) && told.contains("ember: No space left"),
                "{args:?}: {told}"
            );
        }
    }
}

fn demonstration(path: &str) {
    let told = stdout(&["demo", "--data", path]);
    for line in [
        "Read 366 scrapes",
        "Every series and every sample is back.",
        r#"up{instance="node-a", job="node"}"#,
        r#"histogram_quantile(0.99, sum by (le) (rate(alertmanager_http_request_duration_seconds_bucket{handler="/alerts"}[5m])))"#,
        "times as fast as the budget allows",
        r#"{instance="node-b", job="node"}"#,
        "What to try next",
    ] {
        assert!(told.contains(line), "{line:?} is missing in:\n{told}");
    }
    // Just before its marker the series is there, at the marker it is not.
    let staleness = told.split("A series that vanished").nth(1).unwrap();
    assert_eq!(staleness.matches(r#"batch="invoices""#).count(), 1, "{staleness}");
    assert!(refusal(&["demo", "--data", path]).contains("already holds samples"));
}

fn formats(path: &str) {
    let ask = |rest: &[&str]| stdout(&[&["query", "--data", path][..], rest].concat());
    let query = r#"count(up{job="node"})"#;
    assert!(ask(&[query, "--time", END]).contains('1'));
    let json: serde_json::Value =
        serde_json::from_str(&ask(&[query, "--time", END, "--format", "json"])).unwrap();
    assert_eq!(json["result"][0]["value"], serde_json::json!([1_795_302_555, "1"]));
    let csv = ask(&[query, "--time", END, "--format", "csv"]);
    assert_eq!(csv, "series,timestamp_ms,value\n{},1795302555000,1\n");
    let range = ["--start", "1795301355", "--end", END, "--step", "1m"];
    let csv = ask(&[&[query][..], &range, &["--format", "csv"]].concat());
    assert_eq!(csv.lines().count(), 22, "{csv}");
    let plot = ask(&[&[query][..], &range, &["--format", "plot"]].concat());
    assert!(plot.lines().count() > 8 && plot.contains("from 1.000000 to 2.000000"), "{plot}");
}

fn plans(path: &str) {
    let ask = |rest: &[&str]| stdout(&[&["query", "--data", path][..], rest].concat());
    let query = r#"sum(up{job="node"})"#;
    let told = ask(&[query, "--time", END, "--explain"]);
    let lines: Vec<Vec<&str>> = told.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["operator", "at", "steps", "series"]);
    assert_eq!(lines[1], ["aggregation", "sum", "1:1", "1", "≤1"]);
    assert_eq!(lines[2][..4], ["└─", "instant", "selector", r#"up{job="node"}"#]);
    assert_eq!(lines.len(), 3, "{told}");
    let range = ["--start", "1795302495", "--end", END, "--step", "1m"];
    let told = ask(&[&["count_over_time(up{job=\"node\"}[1m])"][..], &range, &["--analyze"]].concat());
    assert!(told.starts_with("operator") && told.contains("elapsed: "), "{told}");
    let args = [&[query][..], &range, &["--explain", "--analyze", "--format", "json"]].concat();
    let json: serde_json::Value = serde_json::from_str(&ask(&args)).unwrap();
    let selector = &json["plan"]["children"][0];
    assert_eq!(selector["operator"], "instant selector");
    assert_eq!((&json["plan"]["figures"]["samples"], &selector["steps"]), (&2.into(), &2.into()), "{json}");
    let read = selector["figures"]["samplesRead"].as_u64().unwrap();
    let samples = selector["figures"]["samples"].as_u64().unwrap();
    assert!(read >= samples && samples >= 2, "{json}");
    let told = refusal(&["query", "--data", path, query, "--explain", "--format", "csv"]);
    assert!(told.contains("--format table or --format json"), "{told}");
}

fn features(path: &str) {
    let query = r#"count(limitk(1, up{job="node"}))"#;
    let asked = ["query", "--data", path, query, "--time", END, "--format", "csv"];
    assert!(refusal(&asked).contains("limitk"));
    let enabled = ["--enable-feature", "promql-experimental-functions,promql-delayed-name-removal"];
    assert_eq!(stdout(&[&asked[..], &enabled].concat()), "series,timestamp_ms,value\n{},1795302555000,1\n");
    let told = refusal(&[&asked[..], &["--enable-feature", "limitk"]].concat());
    assert!(told.contains("there is no such feature; there are promql-experimental-functions"), "{told}");
}

fn mistakes(path: &str, dir: &Path) {
    let told = refusal(&["query", "--data", path, "sum(up"]);
    assert!(told.contains("1:7: parse error:") && told.contains('^'), "{told}");
    let told = refusal(&["query", "--data", path, "up", "--format", "plot"]);
    assert!(told.contains("give --start, --end and --step"), "{told}");
    assert!(refusal(&["query", "--data", path, "up", "--time", "yesterday"]).contains("RFC 3339"));
    let told = refusal(&["query", "--data", path, "up", "--start", "5", "--end", "-5", "--step", "1"]);
    assert!(told.contains("--end 1969-12-31 23:59:55 lies before --start 1970-01-01 00:00:05"), "{told}");
    let nowhere = dir.join("none");
    let told = refusal(&["query", "--data", nowhere.to_str().unwrap(), "up"]);
    assert!(told.contains("holds no database"), "{told}");
}

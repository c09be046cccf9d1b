//! Text files become blocks.

use crate::support::{Dir, START_MS, refusal, stdout};

const TEXT: &str = "\
# TYPE requests counter
requests_total{job=\"api\"} 1 1700006400
requests_total{job=\"api\"} 2 1700013599.999
requests_total{job=\"api\"} 3 1700013600
requests_total{job=\"api\"} 4 1700013600
temperature -1.5 1700100000
# EOF
";

fn write(dir: &Dir, name: &str, text: &str) -> String {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn each_two_hours_are_a_block() {
    let dir = Dir::new("import");
    let (text, into) = (write(&dir, "a.om", TEXT), dir.join("into"));
    let told = stdout(&["import", &text, "--into", &into, "--label", "site=berlin"]);
    assert_eq!(told.lines().filter(|line| line.starts_with("01")).count(), 3, "{told}");
    assert!(
        told.ends_with("stored 4 samples; left out 1 that had the series and the time of an earlier one\n"),
        "{told}"
    );
    let dump = stdout(&["tsdb", "dump", &into]);
    let series = r#"{__name__="requests_total", job="api", site="berlin"}"#;
    let expected = [
        format!("{series} 1 1700006400000"),
        format!("{series} 2 1700013599999"),
        format!("{series} 3 1700013600000"),
        r#"{__name__="temperature", site="berlin"} -1.5 1700100000000"#.to_owned(),
    ];
    assert_eq!(dump.lines().collect::<Vec<_>>(), expected);
    // The newest sample is in no log.
    let told = stdout(&["query", "--data", &into, "temperature * -7", "--format", "csv"]);
    assert_eq!(told, "series,timestamp_ms,value\n\"{site=\"\"berlin\"\"}\",1700100000000,10.5\n");
    let told = stdout(&["tsdb", "verify", &into]);
    assert!(told.contains("checked 3 of 3 blocks: 4 samples in 3 chunks of 3 series"), "{told}");
}

/// What is imported into the middle of what the log holds hides nothing of it.
#[test]
fn the_head_is_not_lost_behind_imported_blocks() {
    let dir = Dir::new("beside");
    let path = dir.filled("data");
    let late = START_MS / 1000 + 3 * 3600;
    let text = write(&dir, "b.om", &format!("imported 7 {late}\nup{{job=\"api\"}} 9 {late}.5\n# EOF\n"));
    stdout(&["import", &text, "--into", &path]);
    let dump = stdout(&["tsdb", "dump", &path]);
    assert_eq!(dump.lines().count(), 1022);
    assert!(dump.contains(&format!("{{__name__=\"up\", job=\"api\"}} 9 {}", late * 1000 + 500)));
    stdout(&["tsdb", "compact", &path]);
    assert_eq!(stdout(&["tsdb", "dump", &path]), dump);
}

#[test]
fn a_mistake_leaves_nothing_behind() {
    let dir = Dir::new("bad-import");
    let into = dir.join("into");
    let good = write(&dir, "good.om", TEXT);
    let bad = write(&dir, "bad.om", "a 1 1\nb x 2\n# EOF\n");
    let told = refusal(&["import", &good, &bad, "--into", &into]);
    assert!(told.contains("bad.om:2:3: expected"), "{told}");
    let untimed = write(&dir, "untimed.om", "a{b=\"c\"} 1\n# EOF\n");
    let told = refusal(&["import", &untimed, "--into", &into]);
    assert!(told.contains("a sample of a{b=\"c\"} has no timestamp"), "{told}");
    let cut = write(&dir, "cut.om", "a 1 1\n");
    assert!(refusal(&["import", &cut, "--into", &into]).contains("cut.om:"));
    assert!(refusal(&["import", &dir.join("none.om"), "--into", &into]).contains("none.om"));
    assert!(refusal(&["import", &dir.join(""), "--into", &into]).contains("not a regular file"));
    assert!(!std::path::Path::new(&into).exists());
}

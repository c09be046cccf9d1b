//! A reader sees whole commits: all before it, none after.

use super::*;

#[test]
fn nothing_is_seen_before_the_commit_and_nothing_after_a_rollback() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let mut appender = db.appender().unwrap();
    appender.append(&labels("up", "a"), 1, 1.0).unwrap();
    assert!(dump(&db).is_empty());
    assert!(db.querier().unwrap().label_names(&[], TimeRange::ALL).unwrap().is_empty());
    appender.rollback();
    assert!(dump(&db).is_empty());

    // The series that the rolled back batch created is stored like any other by the next.
    put(&db, &labels("up", "a"), &[(2, 2.0)]);
    db.close().unwrap();
    assert_eq!(dump(&open(&dir.path)), [("up{job=\"a\"}".into(), bits(&[(2, 2.0)]))]);
}

#[test]
fn a_querier_keeps_its_view_while_commits_go_on() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let (a, b) = (labels("up", "a"), labels("up", "b"));
    put(&db, &a, &[(1, 1.0)]);
    let early = db.querier().unwrap();
    let mut symbols = SymbolTable::new();
    let set = early.select(&[Matcher::equal("__name__", "up")], TimeRange::ALL, &mut symbols).unwrap();
    for t in 2..400 {
        put(&db, &a, &[(t, t as f64)]);
    }
    put(&db, &b, &[(1, 1.0)]);

    let mut samples = SampleColumns::new();
    set.read(0, TimeRange::ALL, &mut samples).unwrap();
    assert_eq!(samples.timestamps, [1]);
    assert_eq!(set.newest(0, TimeRange::ALL, &mut samples).unwrap().unwrap().0, 1);
    let mut symbols = SymbolTable::new();
    let again = early.select(&[Matcher::equal("__name__", "up")], TimeRange::ALL, &mut symbols).unwrap();
    assert_eq!(again.len(), 1, "a series that is younger than the querier is not seen");
    assert_eq!(early.label_values("job", &[], TimeRange::ALL).unwrap(), ["a"]);
    assert_eq!(dump(&db)[0].1.len(), 399);
}

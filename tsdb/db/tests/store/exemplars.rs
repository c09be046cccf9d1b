//! Examples of what series counted: kept up to a number, in the order of time, over restarts.
#![expect(clippy::disallowed_methods, reason = "a test damages files behind the back of the seam")]

use std::fs;

use emberdb_model::storage::ExemplarQueryable;
use emberdb_model::{Exemplar, MatchOp, SeriesExemplars};
use emberdb_tsdb_db::{Maintained, OpenError};
use proptest::prelude::*;

use super::*;

fn example(timestamp_ms: i64, trace: &str) -> Exemplar {
    Exemplar { labels: Labels::new([("trace_id", trace)]).unwrap(), value: 0.5, timestamp_ms }
}

fn open_with(dir: &Path, set: impl FnOnce(&mut TsdbOptions)) -> Tsdb {
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    set(&mut options);
    Tsdb::open(&Env::real(), dir, options).unwrap()
}

/// Commits one sample of a series and these exemplars, and returns which of these were refused.
fn put_with(db: &Tsdb, job: &str, sample_ms: i64, exemplars: &[Exemplar]) -> Vec<AppendError> {
    let mut appender = db.appender().unwrap();
    let series = appender.append(&labels("requests", job), sample_ms, 1.0).unwrap();
    let outcomes = exemplars.iter().map(|exemplar| appender.append_exemplar(series, exemplar));
    let refused = outcomes.filter_map(Result::err).collect();
    assert!(appender.commit().unwrap().rejected.is_empty());
    refused
}

fn all(db: &Tsdb) -> Vec<SeriesExemplars> {
    db.select_exemplars(&[Vec::new()], TimeRange::ALL).unwrap()
}

/// Job and traces of all series.
fn traces(found: &[SeriesExemplars]) -> Vec<(String, Vec<String>)> {
    let trace = |exemplar: &Exemplar| exemplar.labels.get("trace_id").unwrap().to_owned();
    let of = |s: &SeriesExemplars| {
        (s.series.get("job").unwrap().to_owned(), s.exemplars.iter().map(trace).collect())
    };
    found.iter().map(of).collect()
}

fn of(job: &str, traces: &[&str]) -> (String, Vec<String>) {
    (job.to_owned(), traces.iter().map(|&trace| trace.to_owned()).collect())
}

#[test]
fn are_found_by_selectors_and_time() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    put_with(&db, "b", 10, &[example(1, "b1"), example(5, "b5"), example(9, "b9")]);
    put_with(&db, "a", 10, &[example(5, "a5")]);
    assert_eq!(traces(&all(&db)), [of("a", &["a5"]), of("b", &["b1", "b5", "b9"])]);
    assert_eq!(all(&db)[0].exemplars, [example(5, "a5")]);
    let ask = |selectors: &[Vec<Matcher>], min_ms, max_ms| {
        traces(&db.select_exemplars(selectors, TimeRange::new(min_ms, max_ms)).unwrap())
    };
    let job = |job: &str| vec![Matcher::equal("job", job)];
    assert_eq!(ask(&[job("b")], 5, 9), [of("b", &["b5", "b9"])], "both ends belong to it");
    assert_eq!(ask(&[job("b"), job("b"), job("c")], 6, 8), []);
    assert_eq!(ask(&[job("b"), job("a")], 5, 5), [of("a", &["a5"]), of("b", &["b5"])]);
    let not_b =
        vec![Matcher::equal("__name__", "requests"), Matcher::new(MatchOp::NotEqual, "job", "b").unwrap()];
    assert_eq!(ask(&[not_b], 0, 10), [of("a", &["a5"])]);
    assert_eq!(ask(&[], 0, 10), []);
    assert_eq!((db.stats().exemplars, db.stats().exemplar_series), (4, 2));
    db.close().unwrap();
    assert!(db.select_exemplars(&[], TimeRange::ALL).is_err());
}

#[test]
fn the_first_that_came_makes_room() {
    let dir = TempDir::new();
    for round in 0..2 {
        let db = open_with(&dir.path, |options| options.exemplars_max = 3);
        if round == 0 {
            put_with(&db, "a", 1, &[example(1, "a1"), example(2, "a2")]);
            put_with(&db, "b", 1, &[example(1, "b1"), example(2, "b2")]);
        }
        assert_eq!(traces(&all(&db)), [of("a", &["a2"]), of("b", &["b1", "b2"])]);
        assert_eq!(db.stats().exemplars, 3);
    }
    let db = open_with(&dir.path, |options| options.exemplars_max = 1);
    assert_eq!(traces(&all(&db)), [of("b", &["b2"])]);
}

#[test]
fn what_is_refused_says_why_and_is_not_logged() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    put_with(&db, "a", 1, &[example(10, "a")]);
    let segment = || fs::metadata(dir.path.join("wal/00000000")).unwrap().len();
    let logged = segment();
    let mut long = example(20, "a");
    long.labels = Labels::new([("trace_id", "x".repeat(121))]).unwrap();
    let mut lesser = example(10, "a");
    lesser.value = 0.25;
    let refused: Vec<String> =
        put_with(&db, "a", 1, &[example(9, "b"), lesser, long]).iter().map(ToString::to_string).collect();
    assert_eq!(
        refused,
        [
            "out of order exemplar: 9 does not follow the series' newest exemplar at 10",
            "out of order exemplar: 10 does not follow the series' newest exemplar at 10",
            "exemplar labels have 129 characters, the most they may have is 128",
        ]
    );
    assert!(put_with(&db, "a", 1, &[example(10, "a")]).is_empty(), "the same again is no error");
    let mut appender = db.appender().unwrap();
    let unknown = appender.append_exemplar(emberdb_model::SeriesRef(7), &example(1, "a"));
    assert!(matches!(unknown, Err(AppendError::UnknownSeries(_))));
    drop(appender);
    assert_eq!(segment(), logged, "nothing was logged");
    assert_eq!(traces(&all(&db)), [of("a", &["a"])]);
}

#[test]
fn a_batch_is_seen_when_it_is_committed_and_not_before() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let mut appender = db.appender().unwrap();
    let series = appender.append(&labels("requests", "a"), 1, 1.0).unwrap();
    appender.append_exemplar(series, &example(1, "a")).unwrap();
    assert!(matches!(
        appender.append_exemplar(series, &example(0, "a")),
        Err(AppendError::OutOfOrderExemplar { timestamp_ms: 0, newest_ms: 1 })
    ));
    assert_eq!(all(&db), []);
    appender.rollback();
    assert_eq!(all(&db), []);
    drop(db);
    assert_eq!(open(&dir.path).replay_report().exemplars, 0);
}

#[test]
fn of_two_batches_at_once_the_later_one_is_checked_again() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let (mut one, mut two) = (db.appender().unwrap(), db.appender().unwrap());
    let series = one.append(&labels("requests", "a"), 1, 1.0).unwrap();
    one.append_exemplar(series, &example(5, "one")).unwrap();
    two.append_exemplar(series, &example(4, "two")).unwrap();
    two.append_exemplar(series, &example(6, "two")).unwrap();
    assert!(one.commit().unwrap().rejected.is_empty());
    let rejected = two.commit().unwrap().rejected;
    assert!(matches!(rejected[..], [ref r] if matches!(r.error, AppendError::OutOfOrderExemplar { .. })));
    assert_eq!(traces(&all(&db)), [of("a", &["one", "two"])]);
    drop(db);
    let again = open(&dir.path);
    assert_eq!(again.replay_report().exemplars, 2, "what was rejected is not in the log");
}

/// What was exposed without a time of its own is the same example at the next scrape, also after a restart.
#[test]
fn an_example_without_a_time_is_taken_once() {
    let dir = TempDir::new();
    for round in 0..2 {
        let db = open(&dir.path);
        for i in 0..3 {
            let t = 10 * round + i;
            let mut appender = db.appender().unwrap();
            let series = appender.append(&labels("requests", "a"), t, 1.0).unwrap();
            appender.append_untimed_exemplar(series, &example(t, "a")).unwrap();
            let _ = appender.commit().unwrap();
        }
        assert_eq!(all(&db)[0].exemplars, [example(0, "a")]);
    }
    // With a time it is another one.
    let db = open(&dir.path);
    put_with(&db, "a", 30, &[example(30, "a"), example(31, "a")]);
    assert_eq!(all(&db)[0].exemplars, [example(0, "a"), example(30, "a"), example(31, "a")]);
    drop(db);
    assert_eq!(all(&open(&dir.path))[0].exemplars.len(), 3, "all of these are there after a restart");
}

#[test]
fn late_ones_are_taken_within_the_window() {
    let dir = TempDir::new();
    for round in 0..2 {
        let db = open_with(&dir.path, |options| options.out_of_order_window_ms = 10);
        if round == 0 {
            put_with(&db, "a", 20, &[example(20, "a20"), example(11, "a11"), example(15, "a15")]);
            let refused =
                put_with(&db, "a", 21, &[example(15, "other"), example(10, "a10"), example(5, "a5")]);
            assert_eq!(refused.len(), 2);
        }
        assert_eq!(traces(&all(&db)), [of("a", &["a11", "a15", "a20"])]);
    }
    assert_eq!(traces(&all(&open(&dir.path))), [of("a", &["a11", "a15", "a20"])], "whatever is taken now");
}

#[test]
fn none_are_kept_where_none_are_wanted() {
    let dir = TempDir::new();
    drop({
        let db = open(&dir.path);
        put_with(&db, "a", 1, &[example(1, "a")]);
        db
    });
    let db = open_with(&dir.path, |options| options.exemplars_max = 0);
    assert_eq!(all(&db), []);
    let report = db.replay_report();
    assert_eq!((report.exemplars, report.exemplars_dropped, report.records_skipped.len()), (0, 0, 0));
    let refused = put_with(&db, "a", 2, &[example(2, "a")]);
    assert!(matches!(refused[..], [AppendError::ExemplarsUnsupported]));
    drop(db);
    let mut options = TsdbOptions::default();
    options.exemplars_max = usize::MAX;
    let error = Tsdb::open(&Env::real(), &dir.path, options).unwrap_err();
    assert!(matches!(error, OpenError::InvalidOption { option: "exemplars_max", .. }), "{error}");
}

/// They stay when samples are deleted, and when these become blocks. What is older than the head is gone after a restart; a log that
/// was shortened has the others.
#[test]
fn they_outlive_samples() {
    let dir = TempDir::new();
    let open = || open_with(&dir.path, |options| options.block_range_ms = 1000);
    let of = |t: i64| example(t * 100 + 2000, &t.to_string());
    let mut db = open();
    for t in 0..40 {
        put_with(&db, "a", t * 100, &[of(t)]);
        // Each start begins a segment: a log of a few is long enough to be shortened.
        if t % 10 == 9 {
            drop(db);
            db = open();
        }
    }
    db.delete(&[Matcher::equal("job", "a")], TimeRange::new(0, 500)).unwrap();
    put_with(&db, "a", 4000, &[]);
    db.maintain().unwrap();
    assert_eq!(db.blocks().iter().map(|block| block.max_ms).max(), Some(3000));
    assert_eq!(all(&db)[0].exemplars, (0..40).map(of).collect::<Vec<_>>());
    drop(db);
    let files: Vec<_> =
        fs::read_dir(dir.path.join("wal")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(files.iter().any(|name| name.to_string_lossy().starts_with("checkpoint.")), "{files:?}");
    assert_eq!(all(&open())[0].exemplars, (10..40).map(of).collect::<Vec<_>>());
}

/// Cut at every byte: exemplars are those of the first commits, and never without their commit's sample.
#[test]
fn a_torn_log_keeps_whole_commits() {
    let origin = TempDir::new();
    let db = open(&origin.path);
    for t in 1..=4 {
        put_with(&db, "a", t, &[example(t, &t.to_string())]);
    }
    let whole = fs::read(origin.path.join("wal/00000000")).unwrap();
    let mut lengths = std::collections::BTreeSet::new();
    for cut in 0..=whole.len() {
        let dir = TempDir::new();
        fs::create_dir(dir.path.join("wal")).unwrap();
        fs::write(dir.path.join("wal/00000000"), &whole[..cut]).unwrap();
        let db = open(&dir.path);
        let samples = dump(&db).first().map_or(0, |(_, samples)| samples.len());
        let found = all(&db);
        let exemplars = found.first().map_or(&[][..], |series| &series.exemplars);
        let expected: Vec<_> = (1..=exemplars.len() as i64).map(|t| example(t, &t.to_string())).collect();
        assert_eq!(exemplars, expected);
        // A commit is several records; that of exemplars is the last.
        assert!(samples == exemplars.len() || samples == exemplars.len() + 1, "cut at {cut}");
        lengths.insert(exemplars.len());
    }
    assert_eq!(lengths.len(), 5, "every number of commits occurs");
}

#[test]
fn damaged_records_are_no_panic() {
    let origin = TempDir::new();
    let db = open(&origin.path);
    put_with(&db, "a", 1, &[example(1, "a"), example(2, "b")]);
    let whole = fs::read(origin.path.join("wal/00000000")).unwrap();
    for at in 0..whole.len() {
        let dir = TempDir::new();
        fs::create_dir(dir.path.join("wal")).unwrap();
        let mut bytes = whole.clone();
        bytes[at] ^= 0x15;
        fs::write(dir.path.join("wal/00000000"), &bytes).unwrap();
        let db = open(&dir.path);
        assert!(all(&db).is_empty() || traces(&all(&db)) == [of("a", &["a", "b"])], "{:?}", all(&db));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What is there after a restart is what was there before it, to the bit.
    #[test]
    fn a_restart_changes_nothing(
        rounds in prop::collection::vec(
            prop::collection::vec((0..3usize, 1..40i64, -2..20i64, any::<u64>(), any::<bool>()), 0..40), 1..4),
        exemplars_max in 1..60usize,
        window_ms in prop_oneof![Just(0i64), Just(15)],
    ) {
        let dir = TempDir::new();
        let open = || open_with(&dir.path, |options| {
            options.exemplars_max = exemplars_max;
            options.out_of_order_window_ms = window_ms;
        });
        let mut now_ms = 100;
        for round in rounds {
            let db = open();
            let mut appender = db.appender().unwrap();
            for (series, step_ms, ahead_ms, value_bits, is_timed) in round {
                now_ms += step_ms;
                let reference = appender.append(&labels("m", &series.to_string()), now_ms, 1.0).unwrap();
                let value = f64::from_bits(value_bits);
                let trace = (value_bits % 3).to_string();
                let exemplar = Exemplar { value, ..example(now_ms + ahead_ms, &trace) };
                let _ = match is_timed {
                    true => appender.append_exemplar(reference, &exemplar),
                    false => appender.append_untimed_exemplar(reference, &exemplar),
                };
            }
            prop_assert!(appender.commit().unwrap().rejected.is_empty());
            let bits = |db: &Tsdb| {
                let list = all(db).into_iter().flat_map(|s| s.exemplars.into_iter().map(move |e| (s.series.clone(), e)));
                let bits = list.map(|(s, e)| (s, e.labels, e.timestamp_ms, e.value.to_bits()));
                bits.collect::<Vec<_>>()
            };
            let before = bits(&db);
            prop_assert!(before.len() <= exemplars_max);
            drop(db);
            prop_assert_eq!(bits(&open()), before);
        }
    }
}

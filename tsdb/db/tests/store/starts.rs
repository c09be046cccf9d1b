//! Since when samples count: kept with floats, histograms and late samples, in memory, in the log, in files of chunks and
//! in blocks.

use std::collections::BTreeMap;

use emberdb_histogram::{FloatHistogram, Histogram};
use emberdb_tsdb_db::Maintained;
use proptest::prelude::*;

use super::*;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

fn reopen(dir: &Path) -> Tsdb {
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    options.out_of_order_window_ms = HOUR_MS;
    options.start_timestamps = true;
    Tsdb::open(&Env::real(), dir, options).unwrap()
}

/// What a sample is; its time is its value, or its sum.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Float,
    Histogram,
    FloatHistogram,
}

/// The kinds by series: one has all of them.
fn series_of(kind: Kind, is_mixed: bool) -> Labels {
    labels(if is_mixed { "mixed" } else { "own" }, &format!("{kind:?}"))
}

fn put_started(db: &Tsdb, series: &Labels, kind: Kind, t_ms: i64, start_ms: i64) {
    let mut appender = db.appender().unwrap();
    appender.set_start_timestamp(start_ms);
    let value = t_ms as f64;
    let appended = match kind {
        Kind::Float => appender.append(series, t_ms, value),
        Kind::Histogram => {
            let histogram = Histogram { sum: value, ..Histogram::default() };
            appender.append_histogram(series, t_ms, &histogram)
        }
        Kind::FloatHistogram => {
            let histogram = FloatHistogram { sum: value, ..FloatHistogram::default() };
            appender.append_float_histogram(series, t_ms, &histogram)
        }
    };
    appended.unwrap();
    // What comes behind it in the batch has a start of its own.
    appender.set_start_timestamp(0);
    appender.append(&labels("behind", "it"), t_ms, value).ok();
    assert!(appender.commit().unwrap().rejected.is_empty());
}

/// Times and start timestamps of a series.
fn starts(db: &Tsdb, name: &str, job: &str) -> BTreeMap<i64, i64> {
    let querier = db.querier().unwrap();
    let mut symbols = SymbolTable::new();
    let matchers = [("__name__", name), ("job", job)]
        .map(|(name, value)| Matcher::new(emberdb_model::MatchOp::Equal, name, value).unwrap());
    let set = querier.select(&matchers, TimeRange::ALL, &mut symbols).unwrap();
    let mut starts = BTreeMap::new();
    for series in 0..set.len() {
        let mut samples = SampleColumns::new();
        set.read(series, TimeRange::ALL, &mut samples).unwrap();
        let known = samples.start_timestamps.iter().copied().chain(std::iter::repeat(0));
        for (sample, start_ms) in samples.iter().zip(known) {
            assert_eq!(sample.value, sample.timestamp_ms as f64);
            starts.insert(sample.timestamp_ms, start_ms);
        }
        let known = samples.histograms.start_timestamps.iter().copied().chain(std::iter::repeat(0));
        for ((t_ms, histogram), start_ms) in samples.histograms.iter().zip(known) {
            assert_eq!(histogram.sum, t_ms as f64);
            starts.insert(t_ms, start_ms);
        }
    }
    starts
}

#[test]
fn starts_are_stored_when_they_are_asked_for() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    put_started(&db, &series_of(Kind::Float, false), Kind::Float, 1_000, 500);
    assert_eq!(starts(&db, "own", "Float"), BTreeMap::from([(1_000, 0)]));
}

#[test]
fn starts_survive_files_restarts_and_blocks() {
    let dir = TempDir::new();
    let db = reopen(&dir.path);
    let mut expected = BTreeMap::new();
    // A counter that starts anew each hour, known from the second hour on: nine hours.
    for minute in 0..9 * 60 {
        let t_ms = minute * MINUTE_MS;
        let start_ms = if minute < 60 { 0 } else { t_ms / HOUR_MS * HOUR_MS - 1 };
        for kind in [Kind::Float, Kind::Histogram, Kind::FloatHistogram] {
            put_started(&db, &series_of(kind, false), kind, t_ms, start_ms);
        }
        expected.insert(t_ms, start_ms);
    }
    let all_are_there = |db: &Tsdb, when: &str| {
        for kind in [Kind::Float, Kind::Histogram, Kind::FloatHistogram] {
            assert_eq!(starts(db, "own", &format!("{kind:?}")), expected, "{kind:?}, {when}");
        }
        assert!(starts(db, "behind", "it").values().all(|&start_ms| start_ms == 0));
    };
    all_are_there(&db, "in memory");
    db.close().unwrap();
    let db = reopen(&dir.path);
    all_are_there(&db, "from the log");
    let report = db.maintain().unwrap();
    assert!(!report.blocks_from_head.is_empty(), "{report:?}");
    all_are_there(&db, "in blocks and files of chunks");
    db.close().unwrap();
    all_are_there(&reopen(&dir.path), "from blocks, files of chunks and the log");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A map has what is stored, whatever comes late, in whatever kind, and whatever is done to the directory.
    #[test]
    fn the_store_has_the_starts_of_a_map(
        events in prop::collection::vec(
            (0..3_usize, 0..3_usize, 1..40_i64, prop::bool::weighted(0.15), 0..100_u8),
            1..250,
        ),
    ) {
        let dir = TempDir::new();
        let mut db = reopen(&dir.path);
        let mut expected: [BTreeMap<i64, i64>; 3] = Default::default();
        let (mut now_ms, mut newest_ms) = (0, [i64::MIN; 3]);
        for (series, start, minutes, is_late, deed) in events {
            match deed {
                0..3 => {
                    db.close().unwrap();
                    db = reopen(&dir.path);
                }
                3..8 => {
                    db.maintain().unwrap();
                }
                _ => {}
            }
            // The third series has all kinds, one after the other.
            let kinds = [Kind::Float, Kind::Histogram, Kind::FloatHistogram];
            let (job, kind) = match series {
                2 => ("all", kinds[start]),
                _ => (["floats", "histograms"][series], kinds[series]),
            };
            let is_late = is_late && newest_ms[series] != i64::MIN;
            now_ms += minutes * MINUTE_MS;
            let t_ms = if is_late { newest_ms[series] - minutes * 1000 - 1 } else { now_ms };
            if is_late && (t_ms < now_ms - 40 * MINUTE_MS || expected[series].contains_key(&t_ms)) {
                continue;
            }
            let start_ms = [0, 77, t_ms - 500][start];
            put_started(&db, &labels("some", job), kind, t_ms, start_ms);
            expected[series].insert(t_ms, start_ms);
            newest_ms[series] = newest_ms[series].max(t_ms);
        }
        for (job, expected) in ["floats", "histograms", "all"].into_iter().zip(&expected) {
            prop_assert_eq!(&starts(&db, "some", job), expected, "{}", job);
        }
        db.maintain().unwrap();
        db.close().unwrap();
        let db = reopen(&dir.path);
        for (job, expected) in ["floats", "histograms", "all"].into_iter().zip(&expected) {
            prop_assert_eq!(&starts(&db, "some", job), expected, "{}", job);
        }
    }
}

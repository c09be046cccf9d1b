//! Whatever happens in which order, what was stored is there, once, and what was deleted is not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use emberdb_model::{LabelsRef, STALE_NAN, SampleValue};
use emberdb_tsdb_db::Maintained;
use proptest::prelude::*;
use proptest::sample::select;

use super::histograms::{read_one, whole};
use super::*;

const MINUTE_MS: i64 = 60_000;
const JOBS: [&str; 3] = ["a", "b", "c"];

/// Also before the epoch, and near both ends of time.
const BEGINS_MS: [i64; 6] = [
    0,
    -300 * MINUTE_MS,
    1_790_000_000_000,
    i64::MIN + 600 * MINUTE_MS,
    i64::MAX - 6000 * MINUTE_MS,
    i64::MAX - 300 * MINUTE_MS,
];

/// What may happen to a database.
#[derive(Clone, Debug)]
enum Event {
    /// So many minutes later, a sample of each series that is named by a bit.
    Append {
        later_minutes: i64,
        series: u8,
        kind: Kind,
    },
    /// A sample of a series, so many minutes before the newest of all.
    Late {
        earlier_minutes: i64,
        job: usize,
        kind: Kind,
    },
    Maintain,
    Delete {
        job: usize,
        earlier_minutes: i64,
        len_minutes: i64,
    },
    Clean,
    Close,
    /// The process ends.
    Kill,
    /// The database is left for a copy of it.
    Snapshot,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Float,
    /// The series ends here.
    Stale,
    Histogram,
    FloatHistogram,
}

fn event() -> impl Strategy<Value = Event> {
    let kind = || {
        prop_oneof![
            6 => Just(Kind::Float),
            1 => Just(Kind::Stale),
            2 => Just(Kind::Histogram),
            1 => Just(Kind::FloatHistogram),
        ]
    };
    prop_oneof![
        12 => (prop_oneof![40 => 1..45_i64, 1 => 1..10_000_000_i64], 1..8_u8, kind())
            .prop_map(|(later_minutes, series, kind)| Event::Append { later_minutes, series, kind }),
        6 => (0..300_i64, 0..3_usize, kind())
            .prop_map(|(earlier_minutes, job, kind)| Event::Late { earlier_minutes, job, kind }),
        3 => Just(Event::Maintain),
        1 => (0..3_usize, 0..2000_i64, 1..300_i64)
            .prop_map(|(job, earlier_minutes, len_minutes)| Event::Delete { job, earlier_minutes, len_minutes }),
        1 => Just(Event::Clean),
        1 => Just(Event::Close),
        1 => Just(Event::Kill),
        1 => Just(Event::Snapshot),
    ]
}

/// What is expected of a series.
#[derive(Default)]
struct Expected {
    /// Times with the value, or the count.
    samples: BTreeMap<i64, f64>,
    /// Each time that it ever had.
    times: BTreeSet<i64>,
    deleted: Vec<TimeRange>,
}

struct Trial {
    // It is left before its directory goes.
    db: Tsdb,
    dir: TempDir,
    options: TsdbOptions,
    series: [Expected; 3],
    now_ms: i64,
    /// How many samples there were: each has another value.
    count: i64,
}

impl Trial {
    fn new(options: TsdbOptions, now_ms: i64) -> Self {
        let dir = TempDir::new();
        let db = Tsdb::open(&Env::real(), &dir.path, options.clone()).unwrap();
        Self { db, dir, options, series: Default::default(), now_ms, count: 0 }
    }

    fn reopen(&mut self) {
        self.db = Tsdb::open(&Env::real(), &self.dir.path, self.options.clone()).unwrap();
    }

    /// The old database is left before its directory goes: it writes finished chunks at its end.
    fn move_to(&mut self, dir: TempDir) {
        let _old = std::mem::replace(&mut self.dir, dir);
        self.reopen();
    }

    fn append(&mut self, job: usize, t_ms: i64, kind: Kind) {
        self.count += 1;
        let (labels, mut number) = (labels("m", JOBS[job]), self.count as f64);
        let mut appender = self.db.appender().unwrap();
        let appended = match kind {
            Kind::Float => appender.append(&labels, t_ms, number),
            Kind::Stale => {
                number = STALE_NAN;
                appender.append(&labels, t_ms, number)
            }
            Kind::Histogram => appender.append_histogram(&labels, t_ms, &whole(&[self.count])),
            Kind::FloatHistogram => {
                appender.append_float_histogram(&labels, t_ms, &whole(&[self.count]).to_float())
            }
        };
        let expected = &mut self.series[job];
        if matches!(appended, Err(AppendError::Deleted { timestamp_ms }) if timestamp_ms == t_ms) {
            assert!(expected.deleted.iter().any(|range| range.contains(t_ms)), "{t_ms}");
            return;
        }
        appended.unwrap();
        assert!(appender.commit().unwrap().rejected.is_empty());
        expected.samples.insert(t_ms, number);
        expected.times.insert(t_ms);
    }

    fn apply(&mut self, event: &Event) {
        match *event {
            // A snapshot covers the last time there is.
            Event::Append { .. } if self.now_ms == i64::MAX - 1 => {}
            Event::Append { later_minutes, series, kind } => {
                self.now_ms = self.now_ms.saturating_add(later_minutes * MINUTE_MS).min(i64::MAX - 1);
                for job in (0..3).filter(|job| series & (1 << job) != 0) {
                    if !self.series[job].times.contains(&self.now_ms) {
                        self.append(job, self.now_ms, kind);
                    }
                }
            }
            Event::Late { earlier_minutes, job, kind } => {
                let t_ms = self.now_ms.saturating_sub(earlier_minutes * MINUTE_MS);
                let t_ms = (t_ms + 1).min(i64::MAX - 1);
                let takes_late = self.options.out_of_order_window_ms > 0;
                if takes_late && self.count > 0 && !self.series[job].times.contains(&t_ms) {
                    self.append(job, t_ms, kind);
                    self.now_ms = self.now_ms.max(t_ms);
                }
            }
            Event::Maintain => drop(self.db.maintain().unwrap()),
            Event::Delete { job, earlier_minutes, len_minutes } => {
                let min_ms = self.now_ms.saturating_sub(earlier_minutes * MINUTE_MS);
                let range = TimeRange::new(min_ms, min_ms.saturating_add(len_minutes * MINUTE_MS));
                self.db.delete(&[Matcher::equal("job", JOBS[job])], range).unwrap();
                self.series[job].samples.retain(|&t_ms, _| !range.contains(t_ms));
                self.series[job].deleted.push(range);
            }
            Event::Clean => drop(self.db.clean_tombstones().unwrap()),
            Event::Close => {
                self.db.close().unwrap();
                self.reopen();
            }
            Event::Kill => {
                self.move_to(copy_of(&self.dir.path));
            }
            Event::Snapshot => {
                let to = TempDir::new();
                self.db.snapshot(&to.path, true).unwrap();
                self.move_to(to);
            }
        }
    }

    fn check(&self) {
        let (querier, mut symbols) = (self.db.querier().unwrap(), SymbolTable::new());
        let set = querier.select(&[], TimeRange::ALL, &mut symbols).unwrap();
        let mut found: Vec<_> = (0..set.len())
            .map(|series| {
                let labels = LabelsRef::new(&symbols, set.labels(series)).to_string();
                let samples = numbers(&read_one(&*set, series, TimeRange::ALL));
                let newest = set.newest(series, TimeRange::ALL, &mut SampleColumns::new()).unwrap();
                let newest = numbers(newest.as_slice());
                assert_eq!(show(&newest), show(&samples[samples.len().saturating_sub(1)..]), "{labels}");
                (labels, samples)
            })
            .filter(|(_, samples)| !samples.is_empty())
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let expected: Vec<_> = self
            .series
            .iter()
            .zip(JOBS)
            .filter(|(series, _)| !series.samples.is_empty())
            .map(|(series, job)| {
                let samples = series.samples.iter().map(|(&t, &v)| (t, v)).collect::<Vec<_>>();
                (labels("m", job).to_string(), samples)
            })
            .collect();
        assert_eq!(show(&found), show(&expected));
    }
}

/// Times with values, or counts; NaN of a marker that the series ended.
fn numbers(samples: &[(i64, SampleValue)]) -> Vec<(i64, f64)> {
    let number = |value: &SampleValue| match value {
        SampleValue::Float(value) => *value,
        SampleValue::Histogram(histogram) if histogram.sum.is_nan() => f64::NAN,
        SampleValue::Histogram(histogram) => histogram.count,
    };
    samples.iter().map(|(t, value)| (*t, number(value))).collect()
}

/// As text, in which NaN is equal.
fn show<T: std::fmt::Debug>(all: &[T]) -> String {
    format!("{all:?}")
}

/// A second database on a copy of the files, as a process that was killed leaves them.
fn copy_of(dir: &Path) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        let env = Env::real();
        env.fs().create_dir_all(to).unwrap();
        for entry in env.fs().read_dir(from).unwrap() {
            let (from, to) = (from.join(&entry.name), to.join(&entry.name));
            if entry.is_dir {
                copy(&from, &to);
            } else {
                env.fs().write_atomic(&to, &env.fs().read(&from, 1 << 30).unwrap()).unwrap();
            }
        }
    }
    let to = TempDir::new();
    copy(dir, &to.path);
    to
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Against maps.
    #[test]
    fn nothing_is_lost(
        events in prop::collection::vec(event(), 1..120),
        stale_series_ratio in prop::option::of(0.0..1.0),
        window_minutes in select(vec![0, 300]),
        begin_ms in select(BEGINS_MS.to_vec()),
    ) {
        let mut options = TsdbOptions::default();
        options.maintenance = Maintained::ByCaller;
        options.out_of_order_window_ms = window_minutes * MINUTE_MS;
        options.stale_series_ratio = stale_series_ratio;
        let mut trial = Trial::new(options, begin_ms);
        for event in &events {
            trial.apply(event);
            trial.check();
        }
    }
}

/// A program that stood still for long, or a sender that is wrong about the unit: block by block it would take for ever.
#[test]
fn years_between_samples_are_passed_over() {
    let mut options = TsdbOptions::default();
    options.maintenance = Maintained::ByCaller;
    options.out_of_order_window_ms = 300 * MINUTE_MS;
    for later_ms in [1_790_000_000_000_000_000, i64::MAX - 1] {
        let mut trial = Trial::new(options.clone(), later_ms);
        for t_ms in [0, MINUTE_MS, later_ms] {
            trial.append(0, t_ms, Kind::Float);
        }
        // So long before that it is in another block, and in order.
        trial.append(1, later_ms - 45 * MINUTE_MS, Kind::Histogram);
        trial.apply(&Event::Late { earlier_minutes: 200, job: 0, kind: Kind::Float });
        for event in [Event::Maintain, Event::Close, Event::Maintain, Event::Kill, Event::Snapshot] {
            trial.apply(&event);
            trial.check();
        }
        // Late ones that are far from each other, in one chunk.
        let mut trial = Trial::new(options.clone(), 300 * MINUTE_MS);
        trial.append(0, 300 * MINUTE_MS, Kind::Float);
        trial.apply(&Event::Late { earlier_minutes: 200, job: 0, kind: Kind::Float });
        trial.append(0, later_ms, Kind::Float);
        trial.now_ms = later_ms;
        trial.apply(&Event::Late { earlier_minutes: 200, job: 0, kind: Kind::Float });
        trial.apply(&Event::Maintain);
        trial.check();
        assert_eq!(trial.db.blocks().iter().map(|block| block.stats.num_samples).sum::<u64>(), 3);
    }
}

/// Blocks end before a time.
#[test]
fn a_sample_of_the_last_millisecond_is_refused() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let mut appender = db.appender().unwrap();
    let labels = labels("m", "a");
    assert!(matches!(appender.append(&labels, i64::MAX, 1.0), Err(AppendError::Limit(_))));
    assert!(matches!(appender.append_histogram(&labels, i64::MAX, &whole(&[1])), Err(AppendError::Limit(_))));
    assert!(appender.append(&labels, i64::MAX - 1, 1.0).is_ok());
}

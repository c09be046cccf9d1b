//! What a target writes, scrape by scrape: the events of staleness, limits, labels, and a model that has no cache.

#![expect(clippy::unwrap_used, reason = "a helper fails as its test does")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use emberdb_model::{Labels, LabelsBuilder};
use emberdb_scrape::{
    Entry, ExpositionFormat, Scrape, ScrapeError, ScrapeReport, Target, TargetOptions, TextParser,
};
use proptest::prelude::*;
use support::{MemoryStorage, STALE_BITS};

const TEXT: &str = "text/plain; version=0.0.4";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0";

struct Setup {
    storage: MemoryStorage,
    target: Target,
}

impl Setup {
    fn new(options: TargetOptions) -> Self {
        let labels = Labels::new([("job", "j"), ("__address__", "not stored")]).unwrap();
        Self { storage: MemoryStorage::default(), target: Target::new(&labels, options) }
    }

    fn scrape(&mut self, timestamp_ms: i64, body: &str) -> ScrapeReport {
        self.scrape_as(timestamp_ms, TEXT, body.as_bytes())
    }

    fn scrape_as(&mut self, timestamp_ms: i64, content_type: &str, body: &[u8]) -> ScrapeReport {
        let scrape = Scrape { content_type, body, duration: Duration::from_millis(250) };
        self.target.ingest(&self.storage, timestamp_ms, &scrape).unwrap()
    }

    fn fail(&mut self, timestamp_ms: i64) -> ScrapeReport {
        let duration = Duration::from_secs(1);
        self.target.fail(&self.storage, timestamp_ms, duration, "connection refused").unwrap()
    }

    fn series(&self, name: &str) -> String {
        self.storage.series(name)
    }
}

fn options(set: impl FnOnce(&mut TargetOptions)) -> TargetOptions {
    let mut options = TargetOptions::default();
    set(&mut options);
    options
}

#[test]
fn a_series_that_vanishes_ends_and_begins_again() {
    let mut s = Setup::new(TargetOptions::default());
    assert_eq!(s.scrape(10, "a 1\nb 1\n").series_added, 2);
    assert_eq!(s.scrape(20, "a 2\n").stale_markers, 1);
    assert_eq!(s.scrape(30, "a 3\n").stale_markers, 0);
    assert_eq!(s.scrape(40, "a 4\nb 4\n").series_added, 1);
    assert_eq!(s.series(r#"a{job="j"}"#), "10:1 20:2 30:3 40:4");
    assert_eq!(s.series(r#"b{job="j"}"#), "10:1 20:stale 40:4");
    assert_eq!(s.series(r#"scrape_series_added{job="j"}"#), "10:2 20:0 30:0 40:1");
    assert_eq!(s.storage.commits(), 4, "one batch a scrape");
}

#[test]
fn a_failed_scrape_ends_all_and_reports_why() {
    let mut s = Setup::new(TargetOptions::default());
    let _ = s.scrape(10, "a 1\nb 1\n");
    let report = s.fail(20);
    assert_eq!(report.error.unwrap().to_string(), "connection refused");
    assert_eq!(report.stale_markers, 2);
    assert_eq!(s.fail(30).stale_markers, 0, "they ended already");
    let report = s.scrape(40, "a 4\n");
    assert_eq!((report.stale_markers, report.series_added), (0, 0), "the series are still known");
    assert_eq!(s.series(r#"a{job="j"}"#), "10:1 20:stale 40:4");
    assert_eq!(s.series(r#"b{job="j"}"#), "10:1 20:stale");
    assert_eq!(s.series(r#"up{job="j"}"#), "10:1 20:0 30:0 40:1");
    assert_eq!(s.series(r#"scrape_duration_seconds{job="j"}"#), "10:0.25 20:1 30:1 40:0.25");
    assert_eq!(s.series(r#"scrape_samples_scraped{job="j"}"#), "10:2 20:0 30:0 40:1");
}

#[test]
fn a_malformed_body_stores_nothing_of_it_and_says_where() {
    let mut s = Setup::new(TargetOptions::default());
    let _ = s.scrape(10, "a 1\nb 1\n");
    let report = s.scrape(20, "a 2\nc 2\nb =2\nd 2\n");
    let Some(ScrapeError::Parse(error)) = &report.error else { panic!("{report:?}") };
    assert_eq!(error.to_string(), r#"3:3: expected a number as the value, found "=2" in "b =2""#);
    assert_eq!(report.stale_markers, 2, "a too, although the body had it before the fault");
    let _ = s.scrape(30, "a 3\nb 3\n");
    assert_eq!(s.series(r#"a{job="j"}"#), "10:1 20:stale 30:3");
    assert_eq!(s.series(r#"b{job="j"}"#), "10:1 20:stale 30:3");
    assert_eq!(s.series(r#"c{job="j"}"#), "");
    assert_eq!(s.series(r#"d{job="j"}"#), "no such series");
    assert_eq!(s.series(r#"up{job="j"}"#), "10:1 20:0 30:1");
    assert_eq!(s.series(r#"scrape_samples_scraped{job="j"}"#), "10:2 20:2 30:2", "as far as it was read");
}

#[test]
fn openmetrics_that_was_cut_is_malformed() {
    let mut s = Setup::new(TargetOptions::default());
    assert!(s.scrape_as(10, OPENMETRICS, b"a 1\n# EOF\n").is_up());
    let report = s.scrape_as(20, OPENMETRICS, b"a 2\n");
    assert_eq!(
        report.error.unwrap().to_string(),
        r##"2:1: expected `# EOF` as the last line, found end of input in """##
    );
    assert_eq!(s.series(r#"a{job="j"}"#), "10:1 20:stale");
}

#[test]
fn a_removed_target_ends_with_its_report() {
    let mut s = Setup::new(TargetOptions::default());
    assert_eq!(s.target.remove(&s.storage, 5).unwrap(), 0, "it was never scraped");
    let _ = s.scrape(10, "a 1\nb 1\n");
    assert_eq!(s.target.remove(&s.storage, 20).unwrap(), 7);
    assert_eq!(s.target.remove(&s.storage, 30).unwrap(), 0);
    for name in ["a", "b", "up", "scrape_duration_seconds", "scrape_series_added"] {
        assert!(s.series(&format!(r#"{name}{{job="j"}}"#)).ends_with(" 20:stale"), "{name}");
    }
}

#[test]
fn a_removed_target_that_came_back_goes_on() {
    let mut s = Setup::new(TargetOptions::default());
    let _ = s.scrape(10, "a 1\n");
    let mut old = std::mem::replace(&mut s, Setup::new(TargetOptions::default()));
    std::mem::swap(&mut old.storage, &mut s.storage);
    let _ = s.scrape(25, "a 2\n");
    assert_eq!(old.target.remove(&s.storage, 20).unwrap(), 0, "its markers are out of order");
    assert_eq!(s.series(r#"a{job="j"}"#), "10:1 25:2");
}

#[test]
fn samples_with_their_own_time_do_not_end_unless_asked() {
    let body = "a 1 7\nb 1\n";
    let mut s = Setup::new(TargetOptions::default());
    let _ = s.scrape(10, body);
    assert_eq!(s.scrape(20, "c 1\n").stale_markers, 1);
    assert_eq!(s.series(r#"a{job="j"}"#), "7:1");
    let mut s = Setup::new(options(|o| o.track_timestamps_staleness = true));
    let _ = s.scrape(10, body);
    assert_eq!(s.scrape(20, "c 1\n").stale_markers, 2);
    assert_eq!(s.series(r#"a{job="j"}"#), "7:1 20:stale");
    let mut s = Setup::new(options(|o| o.honor_timestamps = false));
    let _ = s.scrape(10, body);
    assert_eq!(s.scrape(20, "c 1\n").stale_markers, 2);
    assert_eq!(s.series(r#"a{job="j"}"#), "10:1 20:stale");
}

#[test]
fn refused_samples_are_counted_and_the_scrape_goes_on() {
    let mut s = Setup::new(TargetOptions::default());
    s.storage.set_oldest(1000);
    let body = "a 1 2000\nb 1\nold 1 999\nahead 1 603001\nfar 1 602999\n";
    let report = s.scrape(3000, body);
    assert_eq!(report.samples_out_of_bounds, 2, "{report:?}");
    let report = s.scrape(4000, "a 2 1999\nb 2\na 3 2000\n");
    assert!(report.is_up());
    assert_eq!((report.samples_out_of_order, report.samples_duplicate), (1, 1), "{report:?}");
    assert_eq!((report.samples_scraped, report.samples_post_metric_relabeling), (3, 3));
    assert_eq!(s.series(r#"a{job="j"}"#), "2000:1");
    assert_eq!(s.series(r#"b{job="j"}"#), "3000:1 4000:2");
    assert_eq!(s.series(r#"far{job="j"}"#), "602999:1");
}

#[test]
fn the_second_of_two_equal_series_is_dropped() {
    let mut s = Setup::new(TargetOptions::default());
    for (t, body) in [(10, "a 1\nb 1\na 5\n"), (20, "a 2\nb 2\na 6\n")] {
        let report = s.scrape(t, body);
        assert_eq!((report.samples_duplicate, report.samples_scraped), (1, 3), "{report:?}");
    }
    let report = s.scrape(30, "x{a=\"1\",b=\"2\"} 1\nx{b=\"2\",a=\"1\"} 2\n");
    assert_eq!((report.samples_duplicate, report.series_added), (1, 1), "spelled otherwise, but the same");
    assert_eq!(s.series(r#"a{job="j"}"#), "10:1 20:2 30:stale");
    assert_eq!(s.series(r#"x{a="1", b="2", job="j"}"#), "30:1");
}

#[test]
fn another_order_of_labels_is_the_same_series() {
    let mut s = Setup::new(TargetOptions::default());
    let bodies =
        ["x{a=\"1\",b=\"2\"} 1\ny 1\n", "x{b=\"2\",a=\"1\"} 2\ny 2\n", "{\"x\",b=\"2\",a=\"1\",} 3\ny 3\n"];
    for (t, body) in (10..).step_by(10).zip(bodies) {
        let report = s.scrape(t, body);
        assert_eq!((report.stale_markers, report.samples_duplicate), (0, 0));
    }
    assert_eq!(s.series(r#"x{a="1", b="2", job="j"}"#), "10:1 20:2 30:3");
    assert_eq!(s.storage.appends_by_labels(), 2 + 5, "each series was named once");
}

#[test]
fn an_unchanged_line_is_resolved_by_its_bytes() {
    let mut s = Setup::new(TargetOptions::default());
    for t in 1..=20 {
        let body = match t % 3 {
            0 => "# TYPE a gauge\na 1\nb{x=\"1\"} 2\nc 3\n",
            1 => "a 1\n\nb{x=\"1\"} 2\nc 3\n",
            _ => "c 3\na 1\nb{x=\"1\"} 2\n",
        };
        assert!(s.scrape(t, body).is_up());
    }
    assert_eq!(s.storage.appends_by_labels(), 3 + 5);
    s.storage.forget_references();
    assert!(s.scrape(21, "a 1\nb{x=\"1\"} 2\nc 3\n").is_up());
    assert_eq!(
        s.storage.appends_by_labels(),
        2 * (3 + 5),
        "and named again when the storage has forgotten it"
    );
}

#[test]
fn a_name_that_a_known_one_begins_is_another_series() {
    let mut s = Setup::new(TargetOptions::default());
    let _ = s.scrape(10, "a 1\n");
    let _ = s.scrape(20, "ab 2\n");
    let _ = s.scrape(30, "a {x=\"1\"} 3\n");
    let _ = s.scrape(40, "a{x=\"1\"} 4\n");
    assert_eq!(s.series(r#"a{job="j"}"#), "10:1 20:stale");
    assert_eq!(s.series(r#"ab{job="j"}"#), "20:2 30:stale");
    assert_eq!(s.series(r#"a{job="j", x="1"}"#), "30:3 40:4");
}

#[test]
fn a_type_that_changes_changes_the_meaning_of_a_line() {
    let mut s = Setup::new(TargetOptions::default());
    let _ = s.scrape(10, "# TYPE h histogram\nh_bucket{le=\"1\"} 1\n");
    let _ = s.scrape(20, "# TYPE h untyped\nh_bucket{le=\"1\"} 2\n");
    assert_eq!(s.series(r#"h_bucket{job="j", le="1.0"}"#), "10:1 20:stale");
    assert_eq!(s.series(r#"h_bucket{job="j", le="1"}"#), "20:2");
}

#[test]
fn conflicting_labels_are_renamed_or_honored() {
    let line = "m{job=\"x\",exported_job=\"y\"} 1\n";
    let mut s = Setup::new(TargetOptions::default());
    let _ = s.scrape(10, line);
    assert_eq!(s.series(r#"m{exported_exported_job="x", exported_job="y", job="j"}"#), "10:1");
    let mut s = Setup::new(options(|o| o.honor_labels = true));
    let _ = s.scrape(10, &format!("{line}n{{job=\"\"}} 2\no 3\n"));
    assert_eq!(s.series(r#"m{exported_job="y", job="x"}"#), "10:1");
    assert_eq!(s.series("n"), "10:2", "an empty label keeps the target's away");
    assert_eq!(s.series(r#"o{job="j"}"#), "10:3");
}

#[test]
fn a_limit_exceeded_fails_the_scrape() {
    type Case = (fn(&mut TargetOptions), &'static str);
    let sets: [Case; 5] = [
        (|o| o.sample_limit = 2, "sample limit exceeded: 3 samples, at most 2 are taken"),
        (
            |o| o.label_limit = 2,
            r#"label limit exceeded: 3 labels in c{job="j", long="xyz"}, at most 2 are taken"#,
        ),
        (|o| o.label_name_length_limit = 8, ""),
        (
            |o| o.label_value_length_limit = 2,
            r#"label value length limit exceeded: "long" has a value of 3 bytes in c{job="j", long="xyz"}, at most 2 are taken"#,
        ),
        (|o| o.body_size_limit = 20, "body size limit exceeded: 24 bytes, at most 20 are taken"),
    ];
    for (set, message) in sets {
        let mut s = Setup::new(options(set));
        assert!(s.scrape(10, "a 1\nb 1\n").is_up());
        let report = s.scrape(20, "a 2\nb 2\nc{long=\"xyz\"} 2\n");
        if message.is_empty() {
            assert!(report.is_up(), "a limit that nothing exceeds");
            continue;
        }
        assert_eq!(report.error.unwrap().to_string(), message);
        assert_eq!(s.series(r#"a{job="j"}"#), "10:1 20:stale");
        assert_eq!(s.series(r#"up{job="j"}"#), "10:1 20:0");
    }
    let mut s = Setup::new(options(|o| o.label_name_length_limit = 8));
    let error = s.scrape(10, "a{too_long_a_name=\"1\"} 1\n").error.unwrap();
    assert!(
        error.to_string().starts_with("label name length limit exceeded: \"too_long_a_name\""),
        "{error}"
    );
}

#[test]
fn bodies_that_cannot_be_read_fail_the_scrape() {
    let mut s = Setup::new(TargetOptions::default());
    for (content_type, body, message) in [
        (TEXT, "", "the body is empty"),
        ("text/html", "<html>", "received unsupported Content-Type \"text/html\""),
        ("application/vnd.google.protobuf", "\u{1}", "cannot read application/vnd.google.protobuf"),
        (TEXT, "a{x=\"1\",x=\"2\"} 1\n", "label \"x\" is given twice"),
        (TEXT, "{\"\"} 1\n", "the metric name is missing in \"{\\\"\\\"}\""),
        (TEXT, "refused_by_storage 1\n", "cannot append refused_by_storage{job=\"j\"}: limit reached"),
    ] {
        let _ = s.scrape(10, "a 1\n");
        let report = s.scrape_as(20, content_type, body.as_bytes());
        let error = report.error.expect(message).to_string();
        assert!(error.contains(message), "{error}");
        assert_eq!(s.series(r#"a{job="j"}"#), "10:1 20:stale");
        s = Setup::new(TargetOptions::default());
    }
    let mut s = Setup::new(options(|o| o.fallback_format = Some(ExpositionFormat::PrometheusText)));
    let report = s.scrape_as(10, "", b"a 1\n");
    assert!(report.is_up() && report.warning.is_some());
}

#[test]
fn a_storage_that_fails_loses_no_marker() {
    let mut s = Setup::new(TargetOptions::default());
    let _ = s.scrape(10, "a 1\nb 1\n");
    s.storage.refuse_commits(true);
    let scrape = Scrape { content_type: TEXT, body: b"a 2\n", duration: Duration::ZERO };
    assert_eq!(s.target.ingest(&s.storage, 20, &scrape).unwrap_err().to_string(), "the disk is full");
    assert!(s.target.remove(&s.storage, 25).is_err());
    s.storage.refuse_commits(false);
    assert_eq!(s.scrape(30, "a 3\n").stale_markers, 1);
    assert_eq!(s.series(r#"a{job="j"}"#), "10:1 30:3");
    assert_eq!(s.series(r#"b{job="j"}"#), "10:1 30:stale");
}

const EXEMPLARS: &str = r##"# TYPE a counter
a_total 1 # {trace="x"} 0.5
b 1 0.02 # {trace="y",id="1"} 2 0.015
c 1 # {trace="x",trace="y"} 0.5
d 1 # {trace="late"} -1
a_total 2 # {trace="twice"} 0.5
# EOF
"##;

#[test]
fn exemplars_are_stored_with_their_samples() {
    let mut s = Setup::new(TargetOptions::default());
    s.storage.take_marks();
    // The second time all lines are known.
    for timestamp_ms in [10, 30] {
        let report = s.scrape_as(timestamp_ms, OPENMETRICS, EXEMPLARS.as_bytes());
        assert!(report.is_up(), "{report:?}");
        assert_eq!(report.exemplars_out_of_order, 1);
        let first = format!(r#"a_total{{job="j"}} {{trace="x"}} 0.5 scraped at {timestamp_ms}"#);
        let second = r#"b{job="j"} {id="1", trace="y"} 2 at 15"#.to_owned();
        assert_eq!(
            s.storage.marks(),
            [first, second],
            "not of a sample that stands twice, nor with invalid labels"
        );
    }
    // A sample's own time is that of an exemplar without one.
    let _ = s.scrape_as(40, OPENMETRICS, b"b 1 0.035 # {} 1\n# EOF\n");
    assert_eq!(s.storage.marks(), [r#"b{job="j"} {} 1 scraped at 35"#]);
}

#[test]
fn a_storage_without_exemplars_and_metadata_fails_no_scrape() {
    let mut s = Setup::new(options(|o| o.metadata_wal_records = true));
    let report = s.scrape_as(10, OPENMETRICS, EXEMPLARS.as_bytes());
    assert!(report.is_up() && report.exemplars_out_of_order == 0, "{report:?}");
    assert_eq!(s.series(r#"a_total{job="j"}"#), "10:1");
}

#[test]
fn metadata_are_stored_where_that_is_asked_for() {
    let body = "# HELP a_seconds Time \\\\ spent.\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\n\
        a_seconds_total 1\nb 1\na_seconds_total{x=\"1\"} 1\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 1\n# EOF\n";
    for metadata_wal_records in [false, true] {
        let mut s = Setup::new(options(|o| o.metadata_wal_records = metadata_wal_records));
        s.storage.take_marks();
        for timestamp_ms in [10, 20] {
            assert!(s.scrape_as(timestamp_ms, OPENMETRICS, body.as_bytes()).is_up());
            let expected = [
                r#"a_seconds_total{job="j"} counter "seconds" "Time \\ spent.""#,
                r#"h_bucket{job="j", le="1.0"} histogram "" """#,
                r#"h_count{job="j"} histogram "" """#,
            ];
            assert_eq!(s.storage.marks(), if metadata_wal_records { &expected[..] } else { &[] });
        }
    }
}

/// One scrape of the model: lines by number, or no response.
#[derive(Clone, Debug)]
enum Event {
    Lines(Vec<usize>),
    Malformed(Vec<usize>),
    NoResponse,
}

/// Lines that are the same series, prefixes of each other, of a histogram, with and without their own time.
const LINES: [&str; 12] = [
    "a",
    "ab",
    "a{x=\"1\"}",
    "a{x=\"1\",y=\"2\"}",
    "a{y=\"2\",x=\"1\"}",
    "{\"a\",x=\"1\"}",
    "# TYPE a histogram\na{le=\"1\"}",
    "# TYPE a untyped\na{le=\"1\"}",
    "a {x=\"1\"}",
    "t{own=\"time\"}",
    "\n# a comment\n:c",
    "u{x=\"\\n\"}",
];

fn event() -> impl Strategy<Value = Event> {
    let lines = || prop::collection::vec(0..LINES.len(), 1..14);
    prop_oneof![6 => lines().prop_map(Event::Lines), 1 => lines().prop_map(Event::Malformed), 1 => Just(Event::NoResponse)]
}

fn body(lines: &[usize], timestamp_ms: i64) -> String {
    let line = |(i, &n): (usize, &usize)| {
        let own = if LINES[n].contains("own") { format!(" {}", timestamp_ms - 5) } else { String::new() };
        format!("{} {}{own}\n", LINES[n], timestamp_ms as usize * 100 + i)
    };
    lines.iter().enumerate().map(line).collect()
}

/// What a target without a cache does: parse everything, compare sets of labels.
#[derive(Default)]
struct Model {
    present: Vec<Labels>,
    stored: BTreeMap<String, Vec<(i64, u64)>>,
}

impl Model {
    fn scrape(&mut self, timestamp_ms: i64, samples: Option<Vec<(Labels, Option<i64>, f64)>>) {
        let mut now: Vec<Labels> = Vec::new();
        for (labels, own, value) in samples.unwrap_or_default() {
            if own.is_none() && now.contains(&labels) {
                continue;
            }
            let entry = self.stored.entry(labels.to_string()).or_default();
            let t = own.unwrap_or(timestamp_ms);
            if entry.last().is_none_or(|&(newest, _)| newest < t) {
                entry.push((t, value.to_bits()));
            }
            if own.is_none() {
                now.push(labels);
            }
        }
        for labels in &self.present {
            if !now.contains(labels) {
                self.stored.entry(labels.to_string()).or_default().push((timestamp_ms, STALE_BITS));
            }
        }
        self.present = now;
    }
}

fn parse(body: &str) -> Vec<(Labels, Option<i64>, f64)> {
    let mut builder = LabelsBuilder::new();
    let mut samples = Vec::new();
    for entry in TextParser::new(body) {
        if let Entry::Series(series) = entry.unwrap() {
            builder.clear();
            series.metric.read_labels(&mut builder);
            builder.push("job", "j");
            samples.push((builder.build().unwrap(), series.timestamp_ms, series.value));
        }
    }
    samples
}

proptest! {
    #[test]
    fn the_cache_changes_nothing_but_speed(events in prop::collection::vec(event(), 1..12)) {
        let mut s = Setup::new(TargetOptions::default());
        let mut model = Model::default();
        for (timestamp_ms, event) in (1000..).step_by(10).zip(&events) {
            match event {
                Event::Lines(lines) => {
                    let body = body(lines, timestamp_ms);
                    prop_assert!(s.scrape(timestamp_ms, &body).is_up());
                    model.scrape(timestamp_ms, Some(parse(&body)));
                }
                Event::Malformed(lines) => {
                    let body = format!("{}a 1 x\n", body(lines, timestamp_ms));
                    prop_assert!(!s.scrape(timestamp_ms, &body).is_up());
                    model.scrape(timestamp_ms, None);
                }
                Event::NoResponse => {
                    prop_assert!(!s.fail(timestamp_ms).is_up());
                    model.scrape(timestamp_ms, None);
                }
            }
        }
        let stored = s.storage.dump(|name| name.starts_with("up{") || name.starts_with("scrape_"));
        prop_assert_eq!(stored, model.stored);
    }
}

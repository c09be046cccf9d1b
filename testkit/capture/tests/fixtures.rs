//! The committed captures tell the story that `ember demo` and other tests count on.

#![expect(clippy::unwrap_used, reason = "what helps a test fails as a test does")]

use std::ops::Range;

use emberdb_capture::{Capture, Outcome, Record};

/// Scrapes are this far apart, on multiples of it.
const INTERVAL_MS: i64 = 15_000;
/// Scrapes of a target that stays.
const RECORDS: usize = 81;
/// Scrapes well within the incident, in which many requests fail, and quiet ones before and after it.
const INCIDENT: Range<usize> = 34..48;
const BEFORE: Range<usize> = 4..30;
const AFTER: Range<usize> = 55..80;

macro_rules! fixture {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../../tests/fixtures/", $name, ".capture.zst")).as_slice())
    };
}

const FIXTURES: [(&str, &[u8]); 5] = [
    fixture!("node-node-a"),
    fixture!("node-node-b"),
    fixture!("prometheus-main"),
    fixture!("alertmanager-main"),
    fixture!("checkout-main"),
];

fn open(wanted: &str) -> Capture {
    let (_, file) = FIXTURES.iter().find(|(name, _)| *name == wanted).unwrap();
    Capture::from_bytes(file).unwrap()
}

/// The body as text, when the scrape succeeded.
fn body(record: &Record) -> Option<&str> {
    match &record.outcome {
        Outcome::Scraped { body, .. } => Some(std::str::from_utf8(body).unwrap()),
        Outcome::Failed { .. } | Outcome::Removed => None,
    }
}

/// (name with labels, value) of each sample line: enough of a parser for series whose labels hold no `} `.
fn samples(body: &str) -> impl Iterator<Item = (&str, f64)> {
    body.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let end = line.find("} ").map_or_else(|| line.find(' ').unwrap(), |brace| brace + 1);
        let value = line[end..].split_whitespace().next().unwrap();
        (&line[..end], value.parse().unwrap())
    })
}

/// The sum over the series of one scrape that `keep` keeps.
fn sum(record: &Record, keep: impl Fn(&str) -> bool) -> f64 {
    let body = body(record).unwrap();
    samples(body).filter(|(series, _)| keep(series)).map(|(_, value)| value).sum()
}

#[test]
fn all_together_are_small() {
    let bytes: usize = FIXTURES.iter().map(|(_, file)| file.len()).sum();
    assert!(bytes < 2_000_000, "{bytes} bytes");
}

#[test]
fn each_is_of_the_target_that_its_name_says_and_has_no_gap() {
    let mut first = None;
    for (name, file) in FIXTURES {
        let capture = Capture::from_bytes(file).unwrap();
        let [(job, job_name), (instance, instance_name)] = capture.target() else { panic!("{name}: labels") };
        assert_eq!((job.as_str(), instance.as_str()), ("job", "instance"));
        assert_eq!(format!("{job_name}-{instance_name}"), name);

        let times: Vec<i64> = capture.records().iter().map(|record| record.timestamp_ms).collect();
        assert_eq!(times[0] % INTERVAL_MS, 0);
        assert_eq!(*first.get_or_insert(times[0]), times[0], "all captures begin together");
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == INTERVAL_MS), "{name}: {times:?}");
        let scrapes = capture.records().iter().filter(|record| body(record).is_some()).count();
        assert!(scrapes >= 40, "{name}: {scrapes} scrapes");
    }
}

#[test]
fn both_formats_are_there() {
    for (name, file) in FIXTURES {
        for record in Capture::from_bytes(file).unwrap().records() {
            let Outcome::Scraped { content_type, .. } = &record.outcome else { continue };
            let body = body(record).unwrap();
            assert!(body.ends_with('\n'), "{name}");
            if name == "checkout-main" {
                assert!(content_type.starts_with("application/openmetrics-text; version="), "{content_type}");
                assert!(body.ends_with("# EOF\n") && body.contains(" # {trace_id=\""));
            } else {
                assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8", "{name}");
            }
        }
    }
}

#[test]
fn one_target_fails_twice_and_is_removed_half_way() {
    let records_of_b = open("node-node-b");
    let (scraped, end) = records_of_b.records().split_at(RECORDS / 2);
    assert!(scraped.iter().all(|record| body(record).is_some()));
    let [failed_1, failed_2, removed] = end else { panic!("{end:?}") };
    for record in [failed_1, failed_2] {
        let Outcome::Failed { reason } = &record.outcome else { panic!("{record:?}") };
        assert!(reason.contains("Connection refused"), "{reason}");
    }
    assert_eq!(removed.outcome, Outcome::Removed);
}

/// The machine was busy: three scrapes of targets that stayed took longer than the timeout of ten seconds.
#[test]
fn the_targets_that_stay_time_out_three_times() {
    for (name, file) in FIXTURES.iter().filter(|(name, _)| *name != "node-node-b") {
        let capture = Capture::from_bytes(file).unwrap();
        assert_eq!(capture.records().len(), RECORDS, "{name}");
        let failed: Vec<usize> =
            (0..RECORDS).filter(|&scrape| body(&capture.records()[scrape]).is_none()).collect();
        let expected: &[usize] = match *name {
            "prometheus-main" => &[32],
            "alertmanager-main" => &[62, 66],
            _ => &[],
        };
        assert_eq!(failed, expected, "{name}");
        for &scrape in expected {
            assert!(matches!(capture.records()[scrape].outcome, Outcome::Failed { .. }), "{name}");
            assert!(capture.records()[scrape].duration.as_secs() >= 10, "{name}");
        }
    }
}

#[test]
fn one_series_vanishes_for_four_minutes_and_comes_back() {
    let capture = open("node-node-a");
    let present: Vec<bool> = capture
        .records()
        .iter()
        .map(|record| {
            body(record).unwrap().contains("\nbatch_last_success_timestamp_seconds{batch=\"invoices\"} ")
        })
        .collect();
    let away = 26..42;
    let expected: Vec<bool> = (0..RECORDS).map(|scrape| !away.contains(&scrape)).collect();
    assert_eq!(present, expected);
}

#[test]
fn errors_are_rare_and_then_for_a_while_they_are_not() {
    let capture = open("prometheus-main");
    let requests =
        |record: &Record| sum(record, |series| series.starts_with("prometheus_http_requests_total{"));
    let errors = |record: &Record| {
        sum(record, |series| {
            series.starts_with("prometheus_http_requests_total{code=\"4")
                || series.starts_with("prometheus_http_requests_total{code=\"5")
        })
    };
    let share = |scrapes: Range<usize>| {
        let (first, last) = (&capture.records()[scrapes.start], &capture.records()[scrapes.end]);
        (errors(last) - errors(first)) / (requests(last) - requests(first))
    };
    let (before, incident, after) = (share(BEFORE), share(INCIDENT), share(AFTER));
    assert!(before < 0.02 && after < 0.02, "{before} {after}");
    assert!(incident > 0.2, "{incident}");
    let scraped = capture.records().iter().filter(|record| body(record).is_some());
    assert!(scraped.map(requests).is_sorted(), "the server did not restart");
    let last = body(&capture.records()[80]).unwrap();
    for code in ["400", "422", "503"] {
        assert!(last.contains(&format!("prometheus_http_requests_total{{code=\"{code}\",")), "{code}");
    }
}

#[test]
fn a_classic_histogram_has_counts_in_several_buckets() {
    let capture = open("alertmanager-main");
    let last = body(&capture.records()[80]).unwrap();
    let prefix = "alertmanager_http_request_duration_seconds_bucket{handler=\"/alerts\",method=\"get\",";
    let cumulative: Vec<f64> =
        samples(last).filter(|(series, _)| series.starts_with(prefix)).map(|(_, value)| value).collect();
    assert_eq!(cumulative.len(), 11);
    let filled = 1 + cumulative.windows(2).filter(|pair| pair[1] > pair[0]).count();
    assert!(filled >= 5, "{cumulative:?}");
    assert!(cumulative[10] > 300.0, "{cumulative:?}");
}

//! What is refused, in which words, and what is stored of the rest.

use emberdb::{DbOptions, Matcher, TimeRange, TsdbOptions};
use emberdb_model::{Labels, Sample};
use emberdb_remote::message::{BucketSpan, Count, Histogram, Sample as SentSample, v1, v2};
use emberdb_remote::{Incoming, MessageKind, ReceiveOptions, receive};

use super::database::Opened;
use super::{NOW_MS, labels, samples, send, send_message, send_samples, written};

/// A database that has `up 1` at the time 1 000 ms before now.
fn with_up() -> Opened {
    let opened = Opened::new(DbOptions::default());
    let series = [(labels(&[("__name__", "up")]), samples(&[(NOW_MS - 1000, 1.0)]))];
    assert_eq!(send_samples(opened.db.storage(), MessageKind::V1, &series).status, 204);
    opened
}

/// Samples of `up` that are refused, and why.
fn bad_samples() -> Vec<(Vec<Sample>, &'static str)> {
    vec![
        (samples(&[(NOW_MS - 2000, 1.0)]), "out of order sample"),
        (
            samples(&[(NOW_MS - 1000, 2.5)]),
            "duplicate sample for timestamp 1699999999000; overrides not allowed: existing 1, new value 2.5",
        ),
        (samples(&[(NOW_MS - 100 * 60 * 60 * 1000, 1.0)]), "out of bounds"),
        (samples(&[(NOW_MS + 10 * 60 * 1000 + 1, 1.0)]), "out of bounds: timestamp is too far in the future"),
    ]
}

/// Samples of `up`, and before and behind them those of other series.
fn between_good_ones(bad: Vec<Sample>) -> [(Labels, Vec<Sample>); 3] {
    let good = samples(&[(NOW_MS, 1.0)]);
    [
        (labels(&[("__name__", "before")]), good.clone()),
        (labels(&[("__name__", "up")]), bad),
        (labels(&[("__name__", "behind"), ("a.b", "c")]), good),
    ]
}

#[test]
fn one_bad_sample_spoils_a_request_of_1_0() {
    for (bad, why) in bad_samples() {
        let opened = with_up();
        let reply = send_samples(opened.db.storage(), MessageKind::V1, &between_good_ones(bad));
        assert_eq!((reply.status, reply.message.as_str(), reply.written), (400, why, None));
        assert_eq!(opened.db.stats().samples, 1, "{why}");
    }
}

#[test]
fn one_bad_sample_is_left_out_of_a_request_of_2_0() {
    for (bad, why) in bad_samples() {
        let opened = with_up();
        let reply = send_samples(opened.db.storage(), MessageKind::V2, &between_good_ones(bad));
        let line = format!(r#"{why} for series {{__name__="up"}}"#);
        assert_eq!((reply.status, &reply.message, written(&reply)), (400, &line, Some((2, 0, 0))));
        assert_eq!(opened.db.stats().samples, 3, "{why}");
    }
}

#[test]
fn of_two_values_at_one_time_in_one_request_the_first_is_kept() {
    let up = labels(&[("__name__", "up")]);
    let one = |value| (up.clone(), samples(&[(NOW_MS, value)]));
    let in_one = [(up.clone(), samples(&[(NOW_MS, 7.0), (NOW_MS, 8.0), (NOW_MS, 9.0)]))];
    for series in [&in_one[..], &[one(7.0), one(8.0), one(9.0)]] {
        for (kind, counts) in [(MessageKind::V1, None), (MessageKind::V2, Some((3, 0, 0)))] {
            let opened = with_up();
            let reply = send_samples(opened.db.storage(), kind, series);
            assert_eq!(reply.status, 204, "{}", reply.message);
            assert_eq!(counts, (kind == MessageKind::V2).then(|| written(&reply)).flatten());
            assert_eq!(opened.db.stats().samples, 2);
            let value = opened.db.query("up", NOW_MS).unwrap().value.to_json();
            assert!(value.contains(r#""7""#), "{value}");
            // What is stored is another matter.
            let reply = send_samples(opened.db.storage(), kind, &[one(8.0)]);
            assert_eq!(reply.status, 400);
        }
    }
}

#[test]
fn ten_minutes_ahead_are_not_too_far() {
    let opened = with_up();
    let series = [(labels(&[("__name__", "up")]), samples(&[(NOW_MS + 10 * 60 * 1000, 1.0)]))];
    assert_eq!(send_samples(opened.db.storage(), MessageKind::V1, &series).status, 204);
}

#[test]
fn samples_beyond_the_window_are_too_old_and_those_within_are_stored() {
    let mut options = DbOptions { storage: TsdbOptions::default(), ..DbOptions::default() };
    options.storage.out_of_order_window_ms = 60_000;
    let opened = Opened::new(options);
    let up = labels(&[("__name__", "up")]);
    let sent = [(up.clone(), samples(&[(NOW_MS, 1.0)])), (up.clone(), samples(&[(NOW_MS - 60_000, 2.0)]))];
    assert_eq!(send_samples(opened.db.storage(), MessageKind::V2, &sent[..1]).status, 204);
    let reply = send_samples(opened.db.storage(), MessageKind::V2, &sent[1..]);
    assert_eq!((reply.status, written(&reply)), (204, Some((1, 0, 0))), "{}", reply.message);
    let reply =
        send_samples(opened.db.storage(), MessageKind::V2, &[(up, samples(&[(NOW_MS - 60_001, 2.0)]))]);
    assert_eq!((reply.status, &*reply.message), (400, r#"too old sample for series {__name__="up"}"#));
}

/// What the storage has to say comes first; what only the request itself stands against is passed over at commit, upstream.
#[test]
fn conflicts_within_a_request_are_passed_over() {
    for (sent, kept, conflicting) in [
        (&[(0, 1.0), (0, 2.0)][..], "1", 1),
        (&[(0, 1.0), (0, 2.0), (0, 1.0), (5, 3.0)], "3", 1),
        (&[(5, 1.0), (0, 2.0)], "1", 1),
        (&[(3, 3.0), (2, 2.0), (4, 4.0)], "4", 1),
    ] {
        for kind in MessageKind::ALL {
            // In one series, and in as many as there are samples.
            for together in [true, false] {
                let opened = with_up();
                let up = labels(&[("__name__", "up")]);
                let sent: Vec<_> = sent.iter().map(|&(after_ms, value)| (NOW_MS + after_ms, value)).collect();
                let of_all = [(up.clone(), samples(&sent))];
                let of_each: Vec<_> = sent.iter().map(|&one| (up.clone(), samples(&[one]))).collect();
                let series = if together { &of_all[..] } else { &of_each[..] };
                let reply = send_samples(opened.db.storage(), kind, series);
                assert_eq!((reply.status, &*reply.message), (204, ""), "{sent:?}");
                assert_eq!(reply.left_out.conflicting, conflicting, "{sent:?}");
                if kind == MessageKind::V2 {
                    assert_eq!(written(&reply), Some((sent.len(), 0, 0)), "{sent:?}");
                }
                let found = opened.db.query("up", NOW_MS + 1000).unwrap().value.to_json();
                assert!(found.contains(&format!(r#""{kept}"]"#)), "{sent:?}: {found}");
            }
        }
    }
}

#[test]
fn a_conflict_with_what_is_stored_is_told_behind_newer_samples_of_the_request() {
    let opened = with_up();
    let sent = [(NOW_MS, 1.0), (NOW_MS - 1000, 2.0)];
    let series = [(labels(&[("__name__", "up")]), samples(&sent))];
    let reply = send_samples(opened.db.storage(), MessageKind::V1, &series);
    assert!(reply.message.starts_with("duplicate sample for timestamp 1699999999000"), "{}", reply.message);
    assert_eq!((reply.status, opened.db.stats().samples), (400, 1));
}

/// Upstream takes it, and nobody sees it. Nothing else of the request must be lost with it.
#[test]
fn a_late_sample_that_a_deletion_would_hide_is_passed_over() {
    let mut options = DbOptions { storage: TsdbOptions::default(), ..DbOptions::default() };
    options.storage.out_of_order_window_ms = 60_000;
    let opened = Opened::new(options);
    let named = |name: &str, sent: &[(i64, f64)]| (labels(&[("__name__", name)]), samples(sent));
    let send = |series: &[_]| send_samples(opened.db.storage(), MessageKind::V1, series);
    assert_eq!(send(&[named("up", &[(NOW_MS - 30_000, 1.0), (NOW_MS, 2.0)])]).status, 204);
    let range = TimeRange::new(NOW_MS - 40_000, NOW_MS - 20_000);
    opened.db.delete(&[Matcher::equal("__name__", "up")], range).unwrap();
    let reply = send(&[named("up", &[(NOW_MS - 25_000, 3.0)]), named("down", &[(NOW_MS, 4.0)])]);
    assert_eq!((reply.status, reply.left_out.conflicting), (204, 1), "{}", reply.message);
    let found = opened.db.query("count({__name__=~'up|down'})", NOW_MS).unwrap().value.to_json();
    assert!(found.contains(r#""2"]"#), "{found}");
}

/// Messages of 1.0 have the floats of a series before its histograms, whatever their times are.
#[test]
fn histograms_behind_newer_floats_of_a_request_are_passed_over() {
    let opened = Opened::new(DbOptions::default());
    let histogram = |timestamp| Histogram { timestamp, ..Default::default() };
    let series = v1::TimeSeries {
        labels: vec![label("__name__", "up")],
        samples: vec![SentSample::new(NOW_MS, 1.0)],
        histograms: vec![histogram(NOW_MS - 1), histogram(NOW_MS), histogram(NOW_MS + 1)],
        ..Default::default()
    };
    let request = v1::WriteRequest { timeseries: vec![series], metadata: Vec::new() };
    let reply = send_message(opened.db.storage(), MessageKind::V1, &request);
    assert_eq!((reply.status, reply.left_out.conflicting), (204, 2), "{}", reply.message);
    let found = opened.db.query("count_over_time(up[1m])", NOW_MS + 1).unwrap().value.to_json();
    assert!(found.contains(r#""2"]"#), "{found}");
}

fn label(name: &str, value: &str) -> v1::Label {
    v1::Label { name: name.into(), value: value.into() }
}

#[test]
fn series_of_1_0_whose_labels_name_nothing_are_passed_over() {
    let opened = Opened::new(DbOptions::default());
    let series = |labels: &[(&str, &str)]| v1::TimeSeries {
        labels: labels.iter().map(|(name, value)| label(name, value)).collect(),
        samples: vec![SentSample::new(NOW_MS, 1.0)],
        ..Default::default()
    };
    let timeseries = vec![
        series(&[("job", "a")]),
        series(&[("__name__", "")]),
        series(&[("__name__", "up"), ("", "x")]),
        series(&[("__name__", "up"), ("a", "1"), ("a", "2")]),
        series(&[("z", "1"), ("__name__", "up"), ("empty", ""), ("a", "1")]),
    ];
    let request = v1::WriteRequest { timeseries, metadata: Vec::new() };
    let reply = send_message(opened.db.storage(), MessageKind::V1, &request);
    assert_eq!((reply.status, reply.left_out.with_invalid_labels), (204, 4));
    let found = opened.db.query("up", NOW_MS).unwrap().value.to_json();
    assert!(found.contains(r#"[{"metric":{"__name__":"up","a":"1","z":"1"},"#), "{found}");
}

/// A request of 2.0 with the texts `texts` behind the empty one.
fn request_v2(texts: &[&str], timeseries: Vec<v2::TimeSeries>) -> v2::Request {
    let symbols = std::iter::once("").chain(texts.iter().copied()).map(str::to_owned).collect();
    v2::Request { symbols, timeseries }
}

fn series_v2(labels_refs: &[u32]) -> v2::TimeSeries {
    let samples = vec![SentSample::new(NOW_MS, 1.0)];
    v2::TimeSeries { labels_refs: labels_refs.to_vec(), samples, ..Default::default() }
}

#[test]
fn everything_that_can_be_wrong_with_a_series_of_2_0_has_a_line() {
    let opened = Opened::new(DbOptions::default());
    let metadata = |unit_ref, help_ref| Some(v2::Metadata { unit_ref, help_ref, r#type: 0 });
    let histogram = Histogram {
        count: Some(Count::Integer(1)),
        positive_spans: vec![BucketSpan { offset: 0, length: 1 }],
        positive_deltas: vec![7],
        timestamp: NOW_MS,
        ..Default::default()
    };
    let exemplar = v2::Exemplar { labels_refs: vec![1], value: 1.0, timestamp: NOW_MS };
    let timeseries = vec![
        series_v2(&[1, 2, 3]),
        series_v2(&[1, 9]),
        v2::TimeSeries { metadata: metadata(9, 0), ..series_v2(&[1, 2]) },
        v2::TimeSeries { metadata: metadata(0, 9), ..series_v2(&[1, 2]) },
        series_v2(&[3, 4]),
        series_v2(&[1, 2, 3, 4, 3, 2]),
        v2::TimeSeries { samples: Vec::new(), ..series_v2(&[1, 2]) },
        v2::TimeSeries { samples: Vec::new(), histograms: vec![histogram], ..series_v2(&[1, 2, 3, 4]) },
        v2::TimeSeries { exemplars: vec![exemplar], ..series_v2(&[1, 2]) },
    ];
    let request = request_v2(&["__name__", "up", "a", "b"], timeseries);
    let reply = send_message(opened.db.storage(), MessageKind::V2, &request);
    let lines = [
        "parsing labels for series [1 2 3]: invalid labelRefs length 3",
        "parsing labels for series [1 9]: labelRefs 1 (name) = 9 (value) outside of symbols table (size 5)",
        "parsing metadata for series [1 2]: metadata unit_ref 9 outside of symbols table (size 5)",
        "parsing metadata for series [1 2]: metadata help_ref 9 outside of symbols table (size 5)",
        r#"invalid metric name or labels, got {a="b"}"#,
        r#"invalid labels for series, labels {__name__="up", a="b", a="up"}, duplicated label a"#,
        r#"TimeSeries must contain at least one sample or histogram for series {__name__="up"}"#,
        "7 observations found in buckets, but the Count field is 1: histogram's observation count should equal the number of \
         observations found in the buckets (in absence of NaN) for series {__name__=\"up\", a=\"b\"}",
        r#"parsing exemplar for series {__name__="up"}: invalid labelRefs length 1"#,
    ];
    assert_eq!(reply.message.lines().collect::<Vec<_>>(), lines);
    assert_eq!((reply.status, written(&reply)), (400, Some((1, 0, 0))));
    assert_eq!(reply.left_out.with_invalid_labels, 4);
    // A request without the empty text has no place that a missing unit could refer to.
    let request = v2::Request { symbols: Vec::new(), timeseries: vec![series_v2(&[])] };
    let reply = send_message(opened.db.storage(), MessageKind::V2, &request);
    let line = "parsing metadata for series []: metadata unit_ref 0 outside of symbols table (size 0)";
    assert_eq!((reply.status, &*reply.message), (400, line));
}

#[test]
fn a_bad_histogram_spoils_a_request_of_1_0() {
    let opened = Opened::new(DbOptions::default());
    let histogram = Histogram { schema: 60, timestamp: NOW_MS, ..Default::default() };
    let series = v1::TimeSeries {
        labels: vec![label("__name__", "up")],
        histograms: vec![histogram],
        ..Default::default()
    };
    let request = v1::WriteRequest { timeseries: vec![series], metadata: Vec::new() };
    let reply = send_message(opened.db.storage(), MessageKind::V1, &request);
    assert_eq!(reply.status, 400);
    assert!(reply.message.contains("histogram has an invalid schema"), "{}", reply.message);
}

#[test]
fn histograms_where_there_are_floats_and_floats_where_there_are_histograms() {
    let opened = Opened::new(DbOptions::default());
    let send = |series| {
        let request = request_v2(&["__name__", "up"], vec![series]);
        send_message(opened.db.storage(), MessageKind::V2, &request)
    };
    assert_eq!(send(series_v2(&[1, 2])).status, 204);
    let at = |timestamp| Histogram { timestamp, ..Default::default() };
    let histograms = v2::TimeSeries {
        samples: Vec::new(),
        histograms: vec![at(NOW_MS), at(NOW_MS + 1)],
        ..series_v2(&[1, 2])
    };
    let reply = send(histograms);
    assert_eq!(reply.message, r#"duplicate sample for timestamp for series {__name__="up"}"#);
    assert_eq!(written(&reply), Some((0, 1, 0)));
    let float = v2::TimeSeries { samples: vec![SentSample::new(NOW_MS + 1, 2.5)], ..series_v2(&[1, 2]) };
    let reply = send(float);
    assert_eq!(
        reply.message,
        r#"duplicate sample for timestamp 1700000000001; overrides not allowed: existing is a histogram, new value 2.5 for series {__name__="up"}"#
    );
    assert_eq!(written(&reply), Some((0, 0, 0)));
}

#[test]
fn headers_and_bytes_that_cannot_be_read_store_nothing() {
    let opened = Opened::new(DbOptions::default());
    let body = super::compress(&request_v2(&["__name__", "up"], vec![series_v2(&[1, 2])])).unwrap();
    let [(_, of_v2), (_, snappy), _] = MessageKind::V2.headers();
    let only_v1 = ReceiveOptions { accepted: vec![MessageKind::V1], ..ReceiveOptions::default() };
    let all = ReceiveOptions::default();
    for (content_type, content_encoding, body, options, status) in [
        (of_v2, "gzip", &*body, &all, 415),
        ("text/plain", snappy, &*body, &all, 415),
        ("application/x-protobuf;proto=x", snappy, &*body, &all, 415),
        (of_v2, snappy, &*body, &only_v1, 415),
        (of_v2, snappy, b"", &all, 400),
        (of_v2, snappy, b"garbage", &all, 400),
        // What is compressed is looked at before what is announced.
        ("text/plain", snappy, b"garbage", &all, 400),
        // A message of 2.0 that is called one of 1.0 has nothing that is known there.
        ("application/x-protobuf", snappy, &*body, &all, 204),
    ] {
        let incoming = Incoming { content_type, content_encoding, body, now_ms: NOW_MS };
        let reply = receive(opened.db.storage(), &incoming, options);
        assert_eq!((reply.status, written(&reply)), (status, None), "{content_type} {content_encoding}");
    }
    assert_eq!(opened.db.stats().samples, 0);
    // Decompressed well, but no message: nothing is written, and that is said.
    let cut = snap::raw::Encoder::new().compress_vec(&[0x2a, 200, 1]).unwrap();
    let reply = send(opened.db.storage(), MessageKind::V2, &cut);
    assert_eq!((reply.status, written(&reply)), (400, Some((0, 0, 0))), "{}", reply.message);
    // No headers at all are those of 1.0.
    let body = super::encode(MessageKind::V1, []).unwrap();
    let incoming = Incoming { content_type: "", content_encoding: "", body: &body, now_ms: NOW_MS };
    assert_eq!(receive(opened.db.storage(), &incoming, &all).status, 204);
}

#[test]
fn type_and_unit_become_labels_where_that_is_asked_for() {
    let opened = Opened::new(DbOptions::default());
    let metadata = Some(v2::Metadata { r#type: 1, unit_ref: 3, help_ref: 0 });
    let counter = v2::TimeSeries { metadata, ..series_v2(&[1, 2, 4, 5]) };
    let plain = series_v2(&[1, 2, 4, 5]);
    let request = request_v2(&["__name__", "up", "seconds", "__type__", "sent"], vec![counter, plain]);
    let options = ReceiveOptions { type_and_unit_labels: true, ..ReceiveOptions::default() };
    let [(_, content_type), (_, content_encoding), _] = MessageKind::V2.headers();
    let body = super::compress(&request).unwrap();
    let incoming = Incoming { content_type, content_encoding, body: &body, now_ms: NOW_MS };
    assert_eq!(receive(opened.db.storage(), &incoming, &options).status, 204);
    let found = opened.db.query("up", NOW_MS).unwrap().value.to_json();
    assert!(found.contains(r#""__type__":"counter","__unit__":"seconds""#), "{found}");
    assert!(found.contains(r#""__type__":"sent"}"#), "{found}");
}

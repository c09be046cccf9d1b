//! Labels, histograms and requests that are wrong.

use emberdb_remote::message::{BucketSpan, Count, Histogram, v2};
use emberdb_remote::{EncodeError, MessageKind, compress};

use super::samples::integer;
use super::{ALWAYS, Case, EMPTY_SERIES_ARE_REFUSED, Entry, FAULTS_ARE_THE_SENDERS, body, full_name};
use crate::differential::trial::Version;

/// The series, one for each group of cases.
pub(super) const NAMES: [&str; 4] = ["labels", "wrong", "right", "whole"];

/// The cases, in the order in which they are to be sent.
pub(super) fn cases(end_ms: i64) -> Vec<Result<Case, EncodeError>> {
    let of_kind = |kind| {
        let mut cases = labels(kind, end_ms);
        cases.extend(histograms(kind, end_ms));
        cases.extend(whole(kind, end_ms));
        cases
    };
    let mut cases: Vec<_> = [MessageKind::V1, MessageKind::V2].into_iter().flat_map(of_kind).collect();
    cases.extend(references(end_ms));
    cases
}

fn case(kind: MessageKind, since: Version, what: &str, entries: &[Entry]) -> Result<Case, EncodeError> {
    body(kind, entries).map(|body| Case { what: what.to_owned(), kind, body, since })
}

fn labels(kind: MessageKind, end_ms: i64) -> Vec<Result<Case, EncodeError>> {
    let name = full_name(kind, "labels");
    let right = |value: f64| {
        Entry::new(&[("__name__", &name), ("right", "yes")]).samples(&[(end_ms + value as i64, value)])
    };
    let sets: [(&str, &[(&str, &str)]); 13] = [
        ("no labels", &[]),
        ("no name", &[("a", "1")]),
        ("an empty name", &[("__name__", ""), ("a", "1")]),
        ("an empty value", &[("__name__", &name), ("a", "")]),
        ("an empty label name", &[("", "1"), ("__name__", &name)]),
        ("a label twice", &[("__name__", &name), ("a", "1"), ("a", "2")]),
        ("a label twice with one value", &[("__name__", &name), ("a", "1"), ("a", "1")]),
        ("labels out of order", &[("b", "1"), ("__name__", &name), ("a", "2")]),
        ("the name twice", &[("__name__", &name), ("__name__", "other")]),
        ("a label name that is UTF-8", &[("__name__", &name), ("größe", "1")]),
        ("a label name with a space", &[("__name__", &name), ("a b", "1")]),
        ("a value that is UTF-8", &[("__name__", &name), ("a", "ü\u{0}\n\"")]),
        ("a label that is reserved", &[("__name__", &name), ("__a__", "1")]),
    ];
    let mut cases = Vec::new();
    for (number, (what, labels)) in (0_u8..).zip(sets) {
        let wrong = Entry::new(labels).samples(&[(end_ms, f64::from(number))]);
        cases.push(case(kind, ALWAYS, what, std::slice::from_ref(&wrong)));
        // What is right around it tells whether it is taken nevertheless.
        let around = [right(f64::from(2 * number)), wrong, right(f64::from(2 * number + 1))];
        cases.push(case(kind, ALWAYS, &format!("{what}, between two that are right"), &around));
    }
    cases
}

fn histograms(kind: MessageKind, end_ms: i64) -> Vec<Result<Case, EncodeError>> {
    let plain = || Histogram::of_integer(0, 0, &integer("{{count:3 sum:4 buckets:[1 2]}}"));
    let float = || Histogram::of_float(0, 0, &integer("{{count:3 sum:4 buckets:[1 2]}}").to_float());
    let custom = || {
        let custom = "{{schema:-53 count:3 sum:4 custom_values:[1 2] buckets:[1 2]}}";
        Histogram::of_integer(0, 0, &integer(custom))
    };
    let span = |offset, length| BucketSpan { offset, length };
    let wrong: [(&str, Histogram); 19] = [
        ("a count above that of the buckets", Histogram { count: Some(Count::Integer(4)), ..plain() }),
        ("a count below that of the buckets", Histogram { count: Some(Count::Integer(2)), ..plain() }),
        ("no count", Histogram { count: None, ..plain() }),
        ("a negative bucket", Histogram { positive_deltas: vec![-1, 4], ..plain() }),
        ("more buckets than spans", Histogram { positive_deltas: vec![1, 1, -1], ..plain() }),
        ("fewer buckets than spans", Histogram { positive_deltas: vec![3], ..plain() }),
        ("spans that overlap", Histogram { positive_spans: vec![span(0, 1), span(-1, 1)], ..plain() }),
        (
            "a span of no length",
            Histogram { positive_spans: vec![span(0, 1), span(2, 0), span(0, 1)], ..plain() },
        ),
        ("a schema that nobody knows", Histogram { schema: 100, ..plain() }),
        ("a schema that is finer than the finest", Histogram { schema: 9, ..plain() }),
        ("a schema that is coarser than the coarsest", Histogram { schema: -5, ..plain() }),
        ("a zero bucket below zero", Histogram { zero_threshold: -1.0, ..plain() }),
        ("a sum that is not a number", Histogram { sum: f64::NAN, ..plain() }),
        ("a count in floats that is negative", Histogram { count: Some(Count::Float(-1.0)), ..float() }),
        ("a bucket in floats that is negative", Histogram { positive_counts: vec![-1.0, 4.0], ..float() }),
        ("custom bounds that fall", Histogram { custom_values: vec![2.0, 1.0], ..custom() }),
        ("custom bounds with an infinity", Histogram { custom_values: vec![1.0, f64::INFINITY], ..custom() }),
        ("more buckets than custom bounds", Histogram { custom_values: Vec::new(), ..custom() }),
        ("exponential buckets with custom bounds", Histogram { custom_values: vec![1.0], ..plain() }),
    ];
    let entry = |series: &str, ms, histogram| Entry {
        histograms: vec![Histogram { timestamp: ms, ..histogram }],
        ..Entry::named(&full_name(kind, series))
    };
    let mut cases = Vec::new();
    for (number, (what, histogram)) in (0_i64..).zip(wrong) {
        let ms = end_ms + number;
        let is_negative = histogram.count == Some(Count::Float(-1.0));
        let since = if is_negative { EMPTY_SERIES_ARE_REFUSED } else { FAULTS_ARE_THE_SENDERS };
        cases.push(case(kind, since, what, &[entry("wrong", ms, histogram.clone())]));
        let around = [
            entry("right", ms * 2 - end_ms, plain()),
            entry("wrong", ms, histogram),
            entry("right", ms * 2 + 1 - end_ms, plain()),
        ];
        cases.push(case(kind, since, &format!("{what}, between two that are right"), &around));
    }
    cases
}

/// Requests that cannot be read as a whole, and some that are empty.
fn whole(kind: MessageKind, end_ms: i64) -> Vec<Result<Case, EncodeError>> {
    let named = Entry::named(&full_name(kind, "whole"));
    let right = body(kind, &[named.samples(&[(end_ms, 1.0)])]);
    let with_since = |since, what: &str, change: fn(Vec<u8>) -> Vec<u8>| {
        right.clone().map(|body| Case { what: what.to_owned(), kind, body: change(body), since })
    };
    let with = |what, change| with_since(ALWAYS, what, change);
    vec![
        with("an empty body", |_| Vec::new()),
        with("a body without compression", |_| b"not compressed".to_vec()),
        with("a body that is cut short", |mut body| {
            body.truncate(body.len() / 2);
            body
        }),
        with_since(EMPTY_SERIES_ARE_REFUSED, "a compressed body that is no message", |_| {
            vec![3, 8, 0xff, 0xff, 0xff]
        }),
        case(kind, ALWAYS, "no series", &[]),
    ]
}

/// Numbers of symbols in 2.0.
fn references(end_ms: i64) -> Vec<Result<Case, EncodeError>> {
    let name = full_name(MessageKind::V2, "whole");
    let request = |symbols: &[&str], labels_refs: &[u32]| {
        let samples = vec![emberdb_remote::message::Sample::new(end_ms + 1, 1.0)];
        let series =
            v2::TimeSeries { labels_refs: labels_refs.to_vec(), samples, ..v2::TimeSeries::default() };
        let symbols = symbols.iter().map(|&symbol| symbol.to_owned()).collect();
        v2::Request { symbols, timeseries: vec![series] }
    };
    let cases = [
        ("a symbol that is not there", request(&["", "__name__", &name], &[1, 7])),
        ("a label without a value", request(&["", "__name__", &name], &[1, 2, 1])),
        ("symbols that do not begin with the empty one", request(&["__name__", &name], &[0, 1])),
        ("no symbols", request(&[], &[])),
    ];
    let case = |(what, request): (&str, v2::Request)| {
        let body = compress(&request)?;
        Ok(Case { what: what.to_owned(), kind: MessageKind::V2, body, since: FAULTS_ARE_THE_SENDERS })
    };
    cases.into_iter().map(case).collect()
}

//! Times and values: what is late, there already, or contradicts.

use emberdb_histogram::{CounterResetHint, FloatHistogram, Histogram as Integer};
use emberdb_model::STALE_NAN;
use emberdb_remote::message::Histogram;
use emberdb_remote::{EncodeError, MessageKind};

use super::{ALWAYS, Case, EMPTY_SERIES_ARE_REFUSED, EXEMPLARS_MAY_BE_LATE, Entry, body, full_name};
use crate::differential::settings::OUT_OF_ORDER_WINDOW_MS;

/// The series, one for each group of cases.
pub(super) const NAMES: [&str; 8] =
    ["again", "within", "late", "border", "batch", "kinds", "histograms", "exemplars"];

const SECOND_MS: i64 = 1000;

/// The cases, in the order in which they are to be sent.
pub(super) fn cases(end_ms: i64) -> Vec<Result<Case, EncodeError>> {
    [MessageKind::V1, MessageKind::V2].into_iter().flat_map(|kind| cases_of(kind, end_ms)).collect()
}

fn cases_of(kind: MessageKind, end_ms: i64) -> Vec<Result<Case, EncodeError>> {
    let mut cases = Vec::new();
    let mut add = |since, what: &str, entries: &[Entry]| {
        cases.push(body(kind, entries).map(|body| Case { what: what.to_owned(), kind, body, since }));
    };
    // In 1.0 all versions answer alike.
    let of_v2 = |since| if kind == MessageKind::V2 { since } else { ALWAYS };
    let name = |name: &str| full_name(kind, name);
    let floats = |series: &str, samples: &[(i64, f64)]| Entry::named(&name(series)).samples(samples);
    let at = |seconds: i64| end_ms + seconds * SECOND_MS;

    add(ALWAYS, "samples in order", &[floats("again", &[(at(-30), 1.0), (at(-20), 2.0), (at(-10), 3.0)])]);
    add(
        ALWAYS,
        "the same samples again",
        &[floats("again", &[(at(-30), 1.0), (at(-20), 2.0), (at(-10), 3.0)])],
    );
    add(ALWAYS, "the newest with another value", &[floats("again", &[(at(-10), 4.0)])]);
    add(ALWAYS, "one that is not the newest with another value", &[floats("again", &[(at(-20), 5.0)])]);
    add(
        ALWAYS,
        "the newest with another value, and one behind it",
        &[floats("again", &[(at(-10), 4.0), (at(0), 5.0)])],
    );
    add(ALWAYS, "not a number again", &[floats("again", &[(at(1), f64::NAN)])]);
    add(ALWAYS, "the same not a number again", &[floats("again", &[(at(1), f64::NAN)])]);
    add(ALWAYS, "a staleness marker for a number that is not one", &[floats("again", &[(at(1), STALE_NAN)])]);
    add(ALWAYS, "a negative zero", &[floats("again", &[(at(2), -0.0)])]);
    add(ALWAYS, "a zero for it", &[floats("again", &[(at(2), 0.0)])]);

    add(ALWAYS, "two values at one time in one series", &[floats("within", &[(at(-9), 1.0), (at(-9), 2.0)])]);
    add(
        ALWAYS,
        "one value twice at one time in one series",
        &[floats("within", &[(at(-8), 1.0), (at(-8), 1.0)])],
    );
    add(
        ALWAYS,
        "falling times in one series",
        &[floats("within", &[(at(-5), 1.0), (at(-6), 2.0), (at(-4), 3.0)])],
    );
    add(
        ALWAYS,
        "one series twice, times rise",
        &[floats("within", &[(at(-3), 1.0)]), floats("within", &[(at(-2), 2.0)])],
    );
    add(
        ALWAYS,
        "one series twice, times fall",
        &[floats("within", &[(at(0), 1.0)]), floats("within", &[(at(-1), 2.0)])],
    );
    add(
        ALWAYS,
        "one series twice, one time, two values",
        &[floats("within", &[(at(1), 1.0)]), floats("within", &[(at(1), 2.0)])],
    );
    add(
        ALWAYS,
        "one series twice, one time, one value",
        &[floats("within", &[(at(2), 1.0)]), floats("within", &[(at(2), 1.0)])],
    );

    add(ALWAYS, "the first of a series, three hours late", &[floats("late", &[(at(-10_800), 1.0)])]);
    add(ALWAYS, "the newest of the series", &[floats("late", &[(at(0), 2.0)])]);
    add(ALWAYS, "an hour late", &[floats("late", &[(at(-3600), 3.0)])]);
    add(ALWAYS, "the same again, late", &[floats("late", &[(at(-3600), 3.0)])]);
    add(ALWAYS, "another value, late", &[floats("late", &[(at(-3600), 4.0)])]);
    add(
        ALWAYS,
        "late samples in falling order",
        &[floats("late", &[(at(-1800), 5.0), (at(-2000), 6.0), (at(-1900), 7.0)])],
    );
    add(ALWAYS, "late, with a new one behind", &[floats("late", &[(at(-900), 8.0), (at(1), 9.0)])]);
    add(ALWAYS, "new, with a late one behind", &[floats("late", &[(at(2), 9.0), (at(-800), 8.0)])]);

    let border_ms = end_ms - OUT_OF_ORDER_WINDOW_MS;
    add(ALWAYS, "the newest of a series", &[floats("border", &[(at(0), 1.0)])]);
    add(ALWAYS, "far too late", &[floats("border", &[(border_ms - 3_600_000, 1.0)])]);
    add(
        ALWAYS,
        "too late, and a new one",
        &[floats("border", &[(border_ms - 3_600_000, 1.0), (at(1), 2.0)])],
    );
    add(
        ALWAYS,
        "a new one, and too late",
        &[floats("border", &[(at(2), 2.0), (border_ms - 3_600_000, 1.0)])],
    );
    add(ALWAYS, "in the year 2200", &[floats("border", &[(7_258_118_400_000, 1.0)])]);
    add(
        ALWAYS,
        "a new one, and in the year 2200",
        &[floats("border", &[(at(3), 3.0), (7_258_118_400_000, 1.0)])],
    );
    add(ALWAYS, "at the epoch", &[floats("border", &[(0, 1.0)])]);
    add(ALWAYS, "before the epoch", &[floats("border", &[(-1, 1.0)])]);
    add(ALWAYS, "at the first time of all", &[floats("border", &[(i64::MIN, 1.0)])]);
    add(ALWAYS, "at the last time of all", &[floats("border", &[(i64::MAX, 1.0)])]);
    add(of_v2(EMPTY_SERIES_ARE_REFUSED), "nothing of a series", &[floats("border", &[])]);

    // What is right in a request beside what is not.
    let others = ["a", "b"].map(|other| Entry::new(&[("__name__", &name("batch")), ("other", other)]));
    let [a, b] = others;
    add(
        ALWAYS,
        "two right series around one too late",
        &[
            a.clone().samples(&[(at(0), 1.0)]),
            floats("border", &[(border_ms - 3_600_000, 1.0)]),
            b.clone().samples(&[(at(0), 1.0)]),
        ],
    );
    add(
        ALWAYS,
        "two right series around one that contradicts",
        &[a.samples(&[(at(1), 1.0)]), floats("again", &[(at(-10), 7.0)]), b.samples(&[(at(1), 1.0)])],
    );

    let histogram =
        |series: &str, histograms: Vec<Histogram>| Entry { histograms, ..Entry::named(&name(series)) };
    let one = integer("{{count:3 sum:4 buckets:[1 2]}}");
    let two = integer("{{count:5 sum:9 buckets:[2 3]}}");
    add(ALWAYS, "a number", &[floats("kinds", &[(at(-9), 1.0)])]);
    add(ALWAYS, "a histogram at the time of a number", &[histogram("kinds", vec![of(at(-9), &one)])]);
    add(ALWAYS, "a histogram after a number", &[histogram("kinds", vec![of(at(-8), &one)])]);
    add(ALWAYS, "a number at the time of a histogram", &[floats("kinds", &[(at(-8), 1.0)])]);
    add(ALWAYS, "a number before a histogram", &[floats("kinds", &[(at(-10), 1.0)])]);
    let both = Entry { histograms: vec![of(at(-6), &one)], ..floats("kinds", &[(at(-7), 1.0)]) };
    add(ALWAYS, "a number and then a histogram in one series", &[both]);
    let both = Entry { histograms: vec![of(at(-4), &one)], ..floats("kinds", &[(at(-3), 1.0)]) };
    add(ALWAYS, "a histogram and then a number in one series", &[both]);
    let both = Entry { histograms: vec![of(at(-2), &one)], ..floats("kinds", &[(at(-2), 1.0)]) };
    add(ALWAYS, "a number and a histogram at one time in one series", &[both]);

    add(
        ALWAYS,
        "histograms in order",
        &[histogram("histograms", vec![of(at(-30), &one), of(at(-20), &two)])],
    );
    add(ALWAYS, "the same histogram again", &[histogram("histograms", vec![of(at(-20), &two)])]);
    add(ALWAYS, "another histogram at its time", &[histogram("histograms", vec![of(at(-20), &one)])]);
    add(ALWAYS, "a late histogram", &[histogram("histograms", vec![of(at(-25), &one)])]);
    add(ALWAYS, "the same late histogram again", &[histogram("histograms", vec![of(at(-25), &one)])]);
    add(ALWAYS, "one that falls without a hint", &[histogram("histograms", vec![of(at(-10), &one)])]);
    let mut gauge = one.clone();
    gauge.counter_reset_hint = CounterResetHint::Gauge;
    add(ALWAYS, "a gauge after counters", &[histogram("histograms", vec![of(at(-9), &gauge)])]);
    let mut reset = one.clone();
    reset.counter_reset_hint = CounterResetHint::Reset;
    add(ALWAYS, "one that says it is reset", &[histogram("histograms", vec![of(at(-8), &reset)])]);
    let float = Histogram::of_float(at(-7), 0, &one.to_float());
    add(ALWAYS, "one in floats after one in whole numbers", &[histogram("histograms", vec![float])]);
    let stale =
        Histogram::of_float(at(-6), 0, &FloatHistogram { sum: STALE_NAN, ..FloatHistogram::default() });
    add(ALWAYS, "a staleness marker as a histogram", &[histogram("histograms", vec![stale])]);
    add(
        ALWAYS,
        "two histograms at one time",
        &[histogram("histograms", vec![of(at(-5), &one), of(at(-5), &two)])],
    );

    let exemplar = |value, ms| (super::owned(&[("trace_id", "1")]), value, ms);
    let with = |sample_ms, exemplars| Entry { exemplars, ..floats("exemplars", &[(sample_ms, 1.0)]) };
    add(ALWAYS, "an exemplar", &[with(at(-9), vec![exemplar(1.0, at(-9))])]);
    add(ALWAYS, "the same exemplar again", &[with(at(-8), vec![exemplar(1.0, at(-9))])]);
    add(ALWAYS, "another exemplar at its time", &[with(at(-7), vec![exemplar(2.0, at(-9))])]);
    add(EXEMPLARS_MAY_BE_LATE, "an exemplar that is late", &[with(at(-6), vec![exemplar(3.0, at(-20))])]);
    add(
        EXEMPLARS_MAY_BE_LATE,
        "exemplars in falling order",
        &[with(at(-5), vec![exemplar(4.0, at(-4)), exemplar(5.0, at(-5))])],
    );
    add(
        of_v2(EMPTY_SERIES_ARE_REFUSED),
        "an exemplar without a sample",
        &[Entry { exemplars: vec![exemplar(6.0, at(0))], ..Entry::named(&name("exemplars")) }],
    );
    let long = (super::owned(&[("trace_id", &"x".repeat(200))]), 7.0, at(1));
    add(ALWAYS, "an exemplar with too many characters", &[with(at(1), vec![long])]);
    let bare = (Vec::new(), 8.0, at(2));
    add(ALWAYS, "an exemplar without labels", &[with(at(2), vec![bare])]);
    cases
}

fn of(timestamp_ms: i64, histogram: &Integer) -> Histogram {
    Histogram::of_integer(timestamp_ms, 0, histogram)
}

/// A histogram in whole numbers from the notation of scripts.
pub(super) fn integer(notation: &str) -> Integer {
    let float: FloatHistogram = notation.parse().expect("the notation is written here");
    let mut before = 0;
    let deltas = |buckets: &[f64], before: &mut i64| {
        let delta = |&count: &f64| {
            let count = count as i64;
            let delta = count - *before;
            *before = count;
            delta
        };
        buckets.iter().map(delta).collect::<Vec<_>>()
    };
    Integer {
        schema: float.schema,
        zero_threshold: float.zero_threshold,
        zero_count: float.zero_count as u64,
        count: float.count as u64,
        sum: float.sum,
        positive: emberdb_histogram::Side {
            spans: float.positive.spans.clone(),
            buckets: deltas(&float.positive.buckets, &mut before),
        },
        custom_values: float.custom_values.clone(),
        ..Integer::default()
    }
}

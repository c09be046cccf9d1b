//! Each refusal has its own reason, and the rest of the batch goes on.

use emberdb_histogram::Schema;
use emberdb_model::storage::AppendError;
use emberdb_model::{STALE_NAN, SeriesRef};

use super::*;

const HOUR_MS: i64 = 3_600_000;

/// The same whether the newest sample is of the batch or was committed.
#[test]
fn what_is_not_later_is_refused_or_passed_over() {
    for commits_between in [false, true] {
        let dir = TempDir::new();
        let db = open(&dir.path);
        let (series, floats) = (labels("latency", "a"), labels("up", "a"));
        let mut appender = db.appender().unwrap();
        appender.append_histogram(&series, 10, &whole(&[1, 0])).unwrap();
        appender.append_histogram(&series, 20, &whole(&[1, 0, 2])).unwrap();
        appender.append(&floats, 20, 1.0).unwrap();
        if commits_between {
            assert_eq!(appender.commit().unwrap().samples, 3);
            appender = db.appender().unwrap();
        }
        let refused = [
            appender.append_histogram(&series, 15, &whole(&[2])),
            appender.append_histogram(&series, 20, &whole(&[1, 0, 3])),
            appender.append_float_histogram(&series, 20, &whole(&[1, 0, 2]).to_float()),
            appender.append(&series, 20, 2.5),
            appender.append(&series, 20, STALE_NAN),
            appender.append(&series, 19, 2.5),
            appender.append_histogram(&floats, 20, &whole(&[1])),
            appender.append_float_histogram(&floats, 19, &whole(&[1]).to_float()),
        ];
        let reasons = refused.map(|refused| {
            let refused = refused.unwrap_err();
            assert_eq!(matches!(refused, AppendError::ConflictInBatch(_)), !commits_between, "{refused}");
            refused.conflict().to_string()
        });
        let held = "histogram {count:3, sum:3, (0.5,1]:1, (2,4]:2}";
        assert_eq!(
            reasons,
            [
                "out of order sample: 15 is before the series' newest sample at 20".to_owned(),
                format!(
                    "duplicate sample for timestamp 20: the series holds {held}, refused histogram {{count:4, sum:4, \
                     (0.5,1]:1, (2,4]:3}}"
                ),
                format!("duplicate sample for timestamp 20: the series holds {held}, refused float {held}"),
                format!("duplicate sample for timestamp 20: the series holds {held}, refused float 2.5"),
                format!("duplicate sample for timestamp 20: the series holds {held}, refused float NaN"),
                "out of order sample: 19 is before the series' newest sample at 20".to_owned(),
                "duplicate sample for timestamp 20: the series holds float 1, refused histogram {count:1, sum:1, \
                 (0.5,1]:1}"
                    .to_owned(),
                "out of order sample: 19 is before the series' newest sample at 20".to_owned(),
            ]
        );
        // The same once more, also without the empty bucket, is no error.
        appender.append_histogram(&series, 20, &whole(&[1, 0, 2])).unwrap();
        let mut without_empty = whole(&[1, 0, 2]);
        without_empty.compact(0);
        assert_eq!(without_empty.positive.buckets.len(), 2);
        appender.append_histogram(&series, 20, &without_empty).unwrap();
        appender.append_histogram(&series, 30, &whole(&[1, 0, 3])).unwrap();
        let _ = appender.commit().unwrap();
        let stored = read_all(&db, TimeRange::ALL);
        assert_eq!(numbers(&stored[0].1), [(10, 1.0), (20, 3.0), (30, 4.0)]);
        assert_eq!(numbers(&stored[1].1), [(20, 1.0)]);
    }
}

#[test]
fn what_is_too_old_is_refused() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let mut appender = db.appender().unwrap();
    appender.append_histogram(&labels("latency", "a"), 2 * HOUR_MS, &whole(&[1])).unwrap();
    let _ = appender.commit().unwrap();
    let mut appender = db.appender().unwrap();
    let refused = appender.append_histogram(&labels("latency", "b"), HOUR_MS - 1, &whole(&[1]));
    assert!(matches!(refused, Err(AppendError::TooOld { oldest_ms: HOUR_MS, .. })));
    appender.append_histogram(&labels("latency", "b"), HOUR_MS, &whole(&[1])).unwrap();
    assert_eq!(appender.commit().unwrap().samples, 1);
}

#[test]
fn invalid_histograms_are_refused_with_the_reason() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let series = labels("latency", "a");
    let mut appender = db.appender().unwrap();
    let miscounted = Histogram { count: 7, ..whole(&[1]) };
    let mut unspanned = whole(&[1]);
    unspanned.positive.spans.clear();
    let finest = Histogram { schema: Schema::new(9), ..whole(&[1]) };
    for (wrong, reason) in [
        (miscounted, "1 observations found in buckets, but the Count field is 7"),
        (unspanned, "positive side: spans need 0 buckets, have 1 buckets"),
        (finest, "histogram has an invalid schema"),
    ] {
        let refused = appender.append_histogram(&series, 1, &wrong).unwrap_err();
        assert!(matches!(refused, AppendError::InvalidHistogram(_)), "{refused:?}");
        assert!(refused.to_string().starts_with(&format!("invalid histogram: {reason}")), "{refused}");
    }
    let mut negative = float("{{count:1 buckets:[1]}}");
    negative.count = -1.0;
    assert!(matches!(
        appender.append_float_histogram(&series, 1, &negative),
        Err(AppendError::InvalidHistogram(_))
    ));
    let buckets_max = 1 << 20;
    let too_wide = FloatHistogram {
        positive: Side {
            spans: vec![Span { offset: 0, length: buckets_max + 1 }],
            buckets: vec![0.0; buckets_max as usize + 1],
        },
        ..FloatHistogram::default()
    };
    let refused = appender.append_float_histogram(&series, 1, &too_wide).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "limit reached: a histogram has 1048577 positive buckets, at most 1048576 are stored"
    );
    assert_eq!(appender.commit().unwrap().series_created, 0, "an invalid histogram creates no series");
    assert!(read_all(&db, TimeRange::ALL).is_empty());
}

#[test]
fn what_names_no_series_is_refused() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let mut appender = db.appender().unwrap();
    let unknown = appender.append_histogram_ref(SeriesRef(77), 1, &whole(&[1]));
    assert!(matches!(unknown, Err(AppendError::UnknownSeries(SeriesRef(77)))));
    let unnamed = appender.append_float_histogram(&Labels::default(), 1, &whole(&[1]).to_float());
    assert!(matches!(unnamed, Err(AppendError::InvalidLabels(_))));
    appender.rollback();
}

/// The buckets of both together are more than a chunk can list: the second has a chunk of its own.
#[test]
fn what_does_not_fit_into_one_chunk_goes_into_the_next() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let series = labels("latency", "a");
    let spread = |first: i32| {
        let spans = (0..600_000).map(|i| Span { offset: if i == 0 { first } else { 1 }, length: 1 });
        let buckets = vec![1.0; 600_000];
        FloatHistogram {
            count: 6e5,
            positive: Side { spans: spans.collect(), buckets },
            counter_reset_hint: emberdb_histogram::CounterResetHint::Gauge,
            ..FloatHistogram::default()
        }
    };
    let mut appender = db.appender().unwrap();
    appender.append_float_histogram(&series, 1, &spread(0)).unwrap();
    appender.append_float_histogram(&series, 2, &spread(1)).unwrap();
    assert_eq!(appender.commit().unwrap().samples, 2);
    assert_eq!(numbers(&read_all(&db, TimeRange::ALL)[0].1), [(1, 6e5), (2, 6e5)]);
    drop(db);
    assert_eq!(numbers(&read_all(&open(&dir.path), TimeRange::ALL)[0].1), [(1, 6e5), (2, 6e5)]);
}

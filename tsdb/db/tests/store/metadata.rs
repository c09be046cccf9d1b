//! What metrics are for: the newest word of each series, in the log once, over restarts and truncations.

use std::fs;

use emberdb_model::{Metadata, MetricMetadata, MetricType};
use emberdb_tsdb_db::{Maintained, MetadataFilter};

use super::*;

fn gauge(help: &str) -> Metadata {
    Metadata { metric_type: MetricType::Gauge, unit: "seconds".into(), help: help.into() }
}

/// Commits a sample and metadata of a series.
fn put_with(db: &Tsdb, series: &Labels, sample_ms: i64, metadata: &Metadata) {
    let mut appender = db.appender().unwrap();
    let series = appender.append(series, sample_ms, 1.0).unwrap();
    appender.update_metadata(series, metadata).unwrap();
    let _ = appender.commit().unwrap();
}

fn all(db: &Tsdb) -> Vec<MetricMetadata> {
    db.metadata(&MetadataFilter::default()).unwrap()
}

fn of(metric: &str, metadata: &[Metadata]) -> MetricMetadata {
    MetricMetadata { metric: metric.into(), metadata: metadata.to_vec() }
}

#[test]
fn metrics_are_listed_with_what_their_series_say() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    put_with(&db, &labels("b", "1"), 1, &gauge("one"));
    put_with(&db, &labels("b", "2"), 1, &gauge("two"));
    put_with(&db, &labels("b", "3"), 1, &gauge("one"));
    put_with(&db, &labels("a", "1"), 1, &gauge("one"));
    let histogram = Metadata { metric_type: MetricType::Histogram, ..Metadata::default() };
    put_with(&db, &labels("h_bucket", "1"), 1, &histogram);
    put_with(&db, &labels("h_sum", "1"), 1, &histogram);
    let (a, b) = (of("a", &[gauge("one")]), of("b", &[gauge("one"), gauge("two")]));
    let h = of("h", &[histogram]);
    assert_eq!(all(&db), [a.clone(), b.clone(), h.clone()]);
    let ask = |set: &dyn Fn(&mut MetadataFilter)| {
        let mut filter = MetadataFilter::default();
        set(&mut filter);
        db.metadata(&filter).unwrap()
    };
    assert_eq!(ask(&|filter| filter.metric = Some("b".into())), std::slice::from_ref(&b));
    assert_eq!(ask(&|filter| filter.metric = Some("h_bucket".into())), []);
    assert_eq!(ask(&|filter| filter.metrics_max = Some(2)), [a.clone(), b]);
    assert_eq!(ask(&|filter| filter.metrics_max = Some(0)), []);
    assert_eq!(ask(&|filter| filter.per_metric_max = Some(1)), [a, of("b", &[gauge("one")]), h]);
    db.close().unwrap();
    assert!(db.metadata(&MetadataFilter::default()).is_err());
}

#[test]
fn the_newest_word_stays_and_is_logged_once() {
    let dir = TempDir::new();
    let series = labels("m", "a");
    let segment = || fs::metadata(dir.path.join("wal/00000000")).unwrap().len();
    {
        let db = open(&dir.path);
        put_with(&db, &series, 1, &gauge("first"));
        put_with(&db, &series, 2, &gauge("second"));
        let (before, help) = (segment(), "second");
        put_with(&db, &series, 2, &gauge(help));
        assert_eq!(segment(), before, "nothing changed, and nothing was logged");
        let mut appender = db.appender().unwrap();
        let reference = appender.append(&series, 3, 1.0).unwrap();
        appender.update_metadata(reference, &gauge("third")).unwrap();
        assert_eq!(all(&db), [of("m", &[gauge("second")])], "not before the commit");
        appender.rollback();
        assert_eq!(all(&db), [of("m", &[gauge("second")])]);
    }
    let db = open(&dir.path);
    assert_eq!(all(&db), [of("m", &[gauge("second")])]);
    assert_eq!(db.replay_report().metadata, 2);
    assert!(db.replay_report().records_skipped.is_empty());
    // What a restart has brought back is not logged again.
    put_with(&db, &series, 2, &gauge("second"));
    drop(db);
    assert_eq!(open(&dir.path).replay_report().metadata, 2);
}

#[test]
fn texts_without_end_are_refused() {
    let dir = TempDir::new();
    let db = open(&dir.path);
    let mut appender = db.appender().unwrap();
    let series = appender.append(&labels("m", "a"), 1, 1.0).unwrap();
    let endless = gauge(&"x".repeat(1 << 20));
    assert!(matches!(appender.update_metadata(series, &endless), Err(AppendError::Limit(_))));
    let unknown = appender.update_metadata(emberdb_model::SeriesRef(9), &gauge(""));
    assert!(matches!(unknown, Err(AppendError::UnknownSeries(_))));
    assert_eq!(appender.commit().unwrap().samples, 1, "the batch goes on without");
    assert_eq!(all(&db), []);
}

/// A series without samples leaves the log, and its metadata with it; when it comes back, both are logged anew.
#[test]
fn metadata_live_as_long_as_their_series() {
    let dir = TempDir::new();
    let open = || {
        let mut options = TsdbOptions::default();
        options.block_range_ms = 1000;
        options.maintenance = Maintained::ByCaller;
        Tsdb::open(&Env::real(), &dir.path, options).unwrap()
    };
    let (gone, alive) = (labels("gone", "a"), labels("alive", "a"));
    let mut db = open();
    put_with(&db, &gone, 0, &gauge("gone"));
    // Each start begins a segment: a log of a few is long enough to be shortened. The first time the head still has the series' sample.
    for (round, left) in [(0, 2), (1, 1)] {
        for t in (60 * round..).take(60) {
            put_with(&db, &alive, t * 100, &gauge("alive"));
            if t % 10 == 9 {
                drop(db);
                db = open();
            }
        }
        assert_eq!(all(&db).len(), 2);
        db.maintain().unwrap();
        assert_eq!(all(&db).len(), left);
    }
    assert_eq!(all(&db), [of("alive", &[gauge("alive")])]);
    put_with(&db, &gone, 12_000, &gauge("gone"));
    let both = [of("alive", &[gauge("alive")]), of("gone", &[gauge("gone")])];
    assert_eq!(all(&db), both);
    drop(db);
    assert_eq!(all(&open()), both);
}

//! Prometheus carried inside a Rust program: storage in its own file formats and PromQL, as a library.
//!
//! [`Db::open`] opens a directory, [`Db::appender`] takes samples, [`Db::query`] and [`Db::query_range`] answer PromQL.
//!
//! ```
//! use emberdb::{Db, DbOptions, Labels};
//!
//! # let dir = emberdb::Env::real().fs().create_temp_dir("emberdb-example")?;
//! let db = Db::open(&dir, DbOptions::default())?;
//!
//! let requests = Labels::new([("__name__", "http_requests_total"), ("job", "api")])?;
//! let mut appender = db.appender()?;
//! let series = appender.append(&requests, 0, 100.0)?;
//! for i in 1..=20 {
//!     appender.append_ref(series, i * 15_000, 100.0 + 3.0 * i as f64)?; // the fast path: no labels
//! }
//! let _ = appender.commit()?;
//!
//! println!("{}", db.query("sum by (job) (http_requests_total)", 300_000)?.value);
//! println!("{}", db.query_range("rate(http_requests_total[1m])", 60_000, 300_000, 60_000)?.value);
//! # db.close()?;
//! # emberdb::Env::real().fs().remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Native histograms are samples like floats. A recorder counts what a program observes; now and then its state is appended:
//!
//! ```
//! use emberdb::{Db, DbOptions, ExponentialOptions, ExponentialRecorder, Labels, QueryValue, SampleValue};
//!
//! # let dir = emberdb::Env::real().fs().create_temp_dir("emberdb-histograms")?;
//! let db = Db::open(&dir, DbOptions::default())?;
//! let latency = Labels::new([("__name__", "request_seconds"), ("job", "api")])?;
//! let recorder = ExponentialRecorder::new(ExponentialOptions::default())?;
//! for i in 0..=20 {
//!     for request in 1..=100 {
//!         recorder.observe(0.01 * f64::from(request)); // from any thread
//!     }
//!     let mut appender = db.appender()?;
//!     appender.append_histogram(&latency, i * 15_000, &recorder.snapshot())?;
//!     let _ = appender.commit()?;
//! }
//!
//! let answer = db.query("histogram_quantile(0.5, rate(request_seconds[2m]))", 300_000)?;
//! let QueryValue::Vector(medians) = &answer.value else { unreachable!("the query is of a vector") };
//! let median = medians.iter().next().map(|sample| sample.value);
//! assert!(matches!(median, Some(SampleValue::Float(seconds)) if (seconds - 0.5).abs() < 0.03));
//! # db.close()?;
//! # emberdb::Env::real().fs().remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Beside samples a series may have examples of what it counted ([`Db::query_exemplars`]), and a metric a type, a unit and a
//! help text ([`Db::metadata`]).
//!
//! A [`Db`] is cheap to clone and can be used from many threads: queries see the commits before them and go on while
//! appends do. Answers ([`QueryResult`]) are typed, are read without cloning strings, print as a table, and write
//! themselves as Prometheus' JSON. [`Db::explain`] shows how a query is evaluated, [`Db::analyze`] what each part of it cost.
//!
//! The crates below can be used by themselves: [`histogram`] (the mathematics of histograms), [`promql_syntax`] (the parser), [`promql`] (the engine, over any
//! [`Queryable`](storage::Queryable)), [`tsdb`] (the store). With the feature `scrape`, `emberdb::scrape` reads exposition
//! formats and writes staleness markers.
#![forbid(unsafe_code)]

mod db;
mod exemplars;
mod options;

pub use db::Db;
pub use emberdb_env::Env;
pub use emberdb_histogram::{
    CounterResetHint, CustomRecorder, ExponentialOptions, ExponentialRecorder, FloatHistogram, Histogram,
    HistogramError, NativeHistogram, RecorderError, Schema, Side, Span,
};
pub use emberdb_model::{
    Annotation, AnnotationKind, Annotations, Exemplar, Labels, LabelsRef, MatchOp, Matcher, Metadata,
    MetricMetadata, MetricType, STALE_NAN, Sample, SampleValue, SeriesExemplars, SeriesRef, TimeRange,
    is_stale, storage,
};
pub use emberdb_promql_engine::{
    Analysis, CancelHandle, Engine, EngineOptions, Explain, Feature, Figures, PlanNode, PlanOperator,
    QueryError, QueryErrorKind, QueryOptions, QueryResult, QueryValue, Statistics,
};
pub use emberdb_tsdb_db::{
    BlockMeta, BlockStats, CompactionReport, Compression, Durability, FloatEncoding, Maintained,
    MetadataFilter, OpenError, Replay, ReplayProgress, ReplayReport, Tsdb, TsdbOptions, TsdbStats,
};
pub use options::DbOptions;

pub use emberdb_histogram as histogram;
pub use emberdb_promql_engine as promql;
pub use emberdb_promql_syntax as promql_syntax;
#[cfg(feature = "scrape")]
pub use emberdb_scrape as scrape;
pub use emberdb_tsdb_db as tsdb;

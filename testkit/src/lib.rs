//! What the tests of all rooms compare with.
//!
//! - [`NaiveEngine`] evaluates PromQL slowly and obviously: the specification of the fast engine.
//! - [`MemoryStorage`] stores samples obviously: the double of a storage, and the model of the real one.
//! - [`queries`] over [`hostile_series`], [`histogram_queries`] over [`hostile_histogram_series`]: strategies for property
//!   tests.
//! - [`run_script`] runs Prometheus' `.test` scripts against any [`ScriptEngine`].
//! - [`conformance`] compares all that has an answer in Prometheus' own data with it.
//!
//! ```
//! use emberdb_testkit::{NaiveScriptEngine, run_script};
//!
//! let script = "
//! load 15s
//!   m 0+1x20
//!
//! eval instant at 5m increase(m[1m])
//!   {} 4
//! ";
//! let report = run_script(&mut NaiveScriptEngine::default(), script)?;
//! assert_eq!((report.passed, report.failed.len()), (1, 0));
//! # Ok::<(), emberdb_testkit::ScriptError>(())
//! ```
#![forbid(unsafe_code)]

pub mod conformance;
mod generate;
mod generate_histogram;
mod naive;
mod script;
mod storage;

pub use generate::{GENERATED_SPAN_MS, hostile_samples, hostile_series, queries};
pub use generate_histogram::{histogram_queries, hostile_histogram_samples, hostile_histogram_series};
pub use naive::{
    NaiveAnswer, NaiveEngine, NaiveError, NaiveErrorKind, NaiveOptions, NaiveSample, NaiveSeries, NaiveValue,
};
pub use script::{
    FastScriptEngine, NaiveScriptEngine, ScriptAnswer, ScriptEngine, ScriptError, ScriptFailure,
    ScriptQueryError, ScriptQueryErrorKind, ScriptReport, ScriptSeries, ScriptStorage, are_floats_equal,
    are_histograms_equal, are_values_equal, run_script, touches,
};
pub use storage::MemoryStorage;

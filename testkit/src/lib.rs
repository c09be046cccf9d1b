//! What the tests of all rooms compare with.
//!
//! - [`NaiveEngine`] evaluates PromQL slowly and obviously: the specification of the fast engine.
//! - [`MemoryStorage`] stores samples obviously: the double of a storage, and the model of the real one.
//! - With the feature `generate`, `queries` over `hostile_series`, `histogram_queries` over `hostile_histogram_series`,
//!   `extended_queries` and `extended_ranges` over both, `start_timestamp_queries` over series `with_start_timestamps`:
//!   strategies for property tests.
//! - [`through_chunks`]: what a head makes of native histograms that a [`MemoryStorage`] gives back as they were.
//! - [`run_script`] runs Prometheus' `.test` scripts against any [`ScriptEngine`].
//! - `conformance` (a feature) compares all that has an answer in Prometheus' own data with it.
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

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "generate")]
mod generate;
#[cfg(feature = "generate")]
mod generate_histogram;
#[cfg(feature = "generate")]
mod generate_start_timestamps;
mod naive;
mod script;
mod storage;

#[cfg(feature = "generate")]
pub use generate::{
    GENERATED_SPAN_MS, extended_queries, extended_ranges, hostile_samples, hostile_series, queries,
};
#[cfg(feature = "generate")]
pub use generate_histogram::{histogram_queries, hostile_histogram_samples, hostile_histogram_series};
#[cfg(feature = "generate")]
pub use generate_start_timestamps::{
    StartTimestampsOfSeries, start_timestamp_queries, with_start_timestamps,
};
pub use naive::{
    NaiveAnswer, NaiveEngine, NaiveError, NaiveErrorKind, NaiveOptions, NaiveSample, NaiveSeries, NaiveValue,
};
#[cfg(feature = "engine")]
pub use script::FastScriptEngine;
pub use script::{
    NaiveScriptEngine, ScriptAnswer, ScriptEngine, ScriptError, ScriptFailure, ScriptQueryError,
    ScriptQueryErrorKind, ScriptReport, ScriptSeries, ScriptStorage, are_floats_equal, are_histograms_equal,
    are_values_equal, in_whole_counts, run_script, through_chunks,
};
pub use storage::MemoryStorage;

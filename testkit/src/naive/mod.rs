//! The naive reference evaluator: PromQL one step at a time, written to be read beside the language's description and to
//! share nothing with the engine that it judges but the mathematics of native histograms. It is slow on purpose.
//!
//! An expression is evaluated by walking its tree at each step of a [`Frame`]: the steps of the query, or the grid of a
//! subquery. Three things belong to a frame rather than to a step, as upstream has it: a subquery is evaluated over the
//! union of its windows, the parameters of an aggregation are checked together, and what does not depend on time is
//! evaluated at the frame's first step.
//!
//! * [`engine`]: the front door; [`value`], [`error`], [`notes`]: what comes out
//! * [`evaluator`]: the walk; [`frame`]: the steps
//! * [`selector`], [`stats_only`], [`extended`], [`extended_histogram`], [`subquery`]: where samples come from
//! * [`call`]: which function has which body; [`rate`], [`histogram_rate`], [`start_timestamp`], [`over_time`], [`regression`], [`math`],
//!   [`calendar`], [`labels`], [`sort`], [`absent`], [`info`], [`native_histogram`], [`histogram_quantile`],
//!   [`classic_histogram`]: the bodies
//! * [`aggregation`], [`group`], [`binary`], [`binary_value`], [`matching`]: the operators
//! * [`compensated`], [`histogram_sum`], [`quantile`], [`ranking`], [`go`]: sums, quantiles, ranks, and Go's ways with numbers
//! * [`histogram_remark`]: what is said about native histograms

mod absent;
mod aggregation;
mod binary;
mod binary_value;
mod calendar;
mod call;
mod classic_histogram;
mod compensated;
mod engine;
mod error;
mod evaluator;
mod extended;
mod extended_histogram;
mod frame;
mod go;
mod group;
mod histogram_quantile;
mod histogram_rate;
mod histogram_remark;
mod histogram_sum;
mod info;
mod labels;
mod matching;
mod math;
mod native_histogram;
mod notes;
mod over_time;
mod quantile;
mod ranking;
mod rate;
mod regression;
mod selector;
mod sort;
mod start_timestamp;
mod stats_only;
mod subquery;
mod value;

pub use engine::{NaiveEngine, NaiveOptions};
pub use error::{NaiveError, NaiveErrorKind};
pub use value::{NaiveAnswer, NaiveSample, NaiveSeries, NaiveValue};

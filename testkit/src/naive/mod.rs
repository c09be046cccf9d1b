//! The naive reference evaluator: PromQL over floats, one step at a time, written to be read beside the language's
//! description and to share nothing with the engine that it judges. It is slow on purpose.
//!
//! An expression is evaluated by walking its tree at each step of a [`Frame`]: the steps of the query, or the grid of a
//! subquery. Three things belong to a frame rather than to a step, as upstream has it: a subquery is evaluated over the
//! union of its windows, the parameters of an aggregation are checked together, and what does not depend on time is
//! evaluated at the frame's first step.
//!
//! * [`engine`]: the front door; [`value`], [`error`], [`notes`]: what comes out
//! * [`evaluator`]: the walk; [`frame`]: the steps
//! * [`selector`], [`extended`], [`subquery`]: where samples come from
//! * [`call`]: which function has which body; [`rate`], [`over_time`], [`regression`], [`math`], [`calendar`], [`labels`],
//!   [`sort`], [`absent`], [`info`], [`classic_histogram`]: the bodies
//! * [`aggregation`], [`binary`], [`matching`]: the operators
//! * [`compensated`], [`quantile`], [`go`]: sums, quantiles, and Go's ways with numbers

mod absent;
mod aggregation;
mod binary;
mod calendar;
mod call;
mod classic_histogram;
mod compensated;
mod engine;
mod error;
mod evaluator;
mod extended;
mod frame;
mod go;
mod info;
mod labels;
mod matching;
mod math;
mod notes;
mod over_time;
mod quantile;
mod rate;
mod regression;
mod selector;
mod sort;
mod subquery;
mod value;

pub use engine::{NaiveEngine, NaiveOptions};
pub use error::{NaiveError, NaiveErrorKind};
pub use value::{NaiveAnswer, NaiveSample, NaiveSeries, NaiveValue};

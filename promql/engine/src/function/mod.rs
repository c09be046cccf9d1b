//! The bodies of functions: pure arithmetic on slices and columns, without labels.
//!
//! | file | what |
//! |---|---|
//! | `window` | the windows of a range selector, slid over one series |
//! | `range` | which function has which body |
//! | `rate` | `rate increase delta` |
//! | `counter` | `irate idelta changes resets` |
//! | `start_timestamp` | counters that say when they began |
//! | `regression` | `deriv predict_linear double_exponential_smoothing` |
//! | `over_time` | the `*_over_time` family |
//! | `native` | range functions over native histograms |
//! | `extended`, `extended_native` | `anchored` and `smoothed` windows, of floats and of native histograms |
//! | `map` | functions of a value: mathematics, rounding, calendar |
//! | `quantile` | the quantile of a slice |
//! | `extremum` | the lesser and the greater of two numbers |
//! | `scratch` | memory that is reused from series to series |
//!
//! A function over a range vector is a [`RangeBody`], called once a series for all steps; a function over an
//! instant vector of floats is a [`MapBody`], called once a column. [`range_body`] and [`map_body`] find them.

mod counter;
pub(crate) mod extended;
pub(crate) mod extended_native;
mod extremum;
mod map;
pub(crate) mod native;
mod over_time;
mod quantile;
mod range;
mod rate;
mod regression;
mod scratch;
mod start_timestamp;
mod window;

#[cfg(test)]
mod tests;

pub use extremum::{greater_of, lesser_of};
pub use map::{MapBody, map_body};
pub(crate) use native::{NativeRemark, NativeWindow, RateKind};
pub use quantile::quantile;
pub use range::{RangeBody, range_body};
pub use regression::{SmoothingError, check_smoothing};
pub use scratch::RangeScratch;
pub(crate) use start_timestamp::{Started, StartedBody, list_overlaps, started_body};
pub use window::{WindowCursor, Windows};

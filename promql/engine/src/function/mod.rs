//! The bodies of functions: pure arithmetic on slices and columns, without labels.
//!
//! | file | what |
//! |---|---|
//! | `window` | the windows of a range selector, slid over one series |
//! | `rate` | `rate increase delta` |
//! | `over_time` | the `*_over_time` family |
//!
//! A range function is a [`RangeBody`], called once a series for all steps; [`range_body`] finds it.

mod over_time;
mod rate;
mod scratch;
mod window;

use emberdb_promql_syntax::FunctionId;

pub use scratch::RangeScratch;
pub use window::{WindowCursor, Windows};

use crate::batch::Column;

/// A range function: one value per step from the samples of one series.
///
/// `params` are the scalar arguments in the order of the call without the range vector, each with one value
/// per step. `out` gets the length of the steps and all its values from the body.
pub type RangeBody =
    fn(windows: &Windows<'_>, params: &[&[f64]], scratch: &mut RangeScratch, out: &mut Column);

/// The body of a function over a range vector, `None` for other functions and for `absent_over_time`, which
/// is about a whole vector.
#[must_use]
pub fn range_body(function: FunctionId) -> Option<RangeBody> {
    match function {
        FunctionId::Rate => Some(rate::rate),
        FunctionId::Increase => Some(rate::increase),
        FunctionId::Delta => Some(rate::delta),
        FunctionId::SumOverTime => Some(over_time::sum),
        _ => None,
    }
}

//! The `*_over_time` functions.
//!
//! | file | what |
//! |---|---|
//! | `reduce` | `sum avg count present` |
//! | `extreme` | `min max ts_of_min ts_of_max` by a monotonic queue |
//! | `pick` | `first last ts_of_first ts_of_last` |
//! | `spread` | `stddev stdvar` |
//! | `rank` | `quantile mad` over a window that is kept sorted |
//! | `interleave` | four overlapping windows at a time |

mod extreme;
mod interleave;
mod pick;
mod rank;
mod reduce;
mod spread;

pub(super) use extreme::{max, min, ts_of_max, ts_of_min};
pub(super) use pick::{first, last, ts_of_first, ts_of_last};
pub(super) use rank::{mad, quantile};
pub(super) use reduce::{avg, count, present, sum};
pub(super) use spread::{stddev, stdvar};

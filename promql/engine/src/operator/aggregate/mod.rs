//! Aggregations: the operators that must see all series of a group before they know anything.
//!
//! * [`grouping`]: which series make a group
//! * [`fold`]: those that fold column after column into one accumulator a group: [`sum`], [`extremum`], [`spread`]
//! * [`quantile`], [`rank`]: those that look at a whole group at once
//! * [`limit`]: those that let series through
//! * [`count_values`]: the one whose labels depend on values

mod count_values;
mod extremum;
mod fold;
mod grouping;
mod limit;
mod quantile;
mod rank;
mod runs;
mod spread;
mod sum;

pub(crate) use count_values::count_values;
pub(crate) use fold::fold;
pub(crate) use grouping::{GroupLabels, Groups};
pub(crate) use limit::{LimitRatio, limitk};
pub(crate) use quantile::quantile;
pub(crate) use rank::{Rank, rank};

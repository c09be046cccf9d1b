//! Reading: a view of the head at one commit and of the blocks beside it, and the series that matchers select in them.

mod label_order;
mod merge;
mod querier;
mod series_set;

pub(crate) use merge::{MergedQuerier, Part};
pub(crate) use querier::HeadQuerier;

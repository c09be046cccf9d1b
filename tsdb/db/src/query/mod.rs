//! Reading: a view of the head at one commit, and the series that matchers select in it.

mod querier;
mod series_set;

pub(crate) use querier::HeadQuerier;

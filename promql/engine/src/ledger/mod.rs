//! The ledger: what a query would have held and read if Prometheus had evaluated it.
//!
//! Prometheus computes the whole result of an operator before the next one begins, and counts the samples that are in
//! memory while it does: that is what its limit is about, and what its statistics tell. The operators here do not work that
//! way, so a query that asks for statistics is evaluated as Prometheus would: each operator's result is [taken](count) into
//! memory, and [`Ledger`] enters it. A query that does not ask passes all of this by.
//!
//! * [`tally`]: what was read, step by step
//! * [`window`]: how much each window of a range vector holds
//! * [`count`]: how much there is at each step of a result
//! * [`book`]: the samples in memory, operator by operator

mod book;
mod count;
mod tally;
mod window;

pub(crate) use book::{Entry, Ledger};
pub(crate) use count::{Content, content_of};
pub(crate) use window::{SeriesWindows, WindowGrid};

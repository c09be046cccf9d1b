//! From the syntax tree to operators.
//!
//! * [`logical`]: the query with all times resolved
//! * [`lower`]: syntax tree -> logical plan
//! * [`rules`]: rewrites of the logical plan, one a file; [`reach`](mod@reach): the time that it looks at
//! * [`physical`]: logical plan -> operators; [`call`], [`aggregate`]: the functions and aggregations among them;
//!   [`extended`]: `anchored` and `smoothed`
//! * [`explain`]: logical plan -> what people are shown of it; [`watch`]: operators that count what they do;
//!   [`enter`]: operators whose results the ledger has

mod aggregate;
mod call;
mod enter;
mod explain;
mod extended;
mod logical;
mod lower;
mod physical;
mod reach;
mod rules;
mod watch;

pub(crate) use logical::{Node, NodeKind};
pub(crate) use lower::{QueryTimes, lower};
pub(crate) use physical::{Builder, Settings};
pub(crate) use reach::reach;
pub(crate) use rules::rewrite;

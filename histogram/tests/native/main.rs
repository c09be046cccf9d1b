//! Native histograms against upstream's tables and answers.
//!
//! The data lies outside the repository: in the folder that `EMBERDB_CONFORMANCE` names, or beside the workspace.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a helper fails and reports as its test does"
)]

mod notation;
mod operations;
mod quantiles;
mod read;
mod trims;

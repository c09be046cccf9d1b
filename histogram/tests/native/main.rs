//! Native histograms against upstream's tables and answers.
//!
//! The data lies outside the repository: in the folder that `EMBERDB_CONFORMANCE` names, or beside the workspace.

mod notation;
mod operations;
mod quantiles;
mod read;
mod trims;

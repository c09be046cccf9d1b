//! Blocks as a whole: those that upstream wrote, and our own.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "the helpers of tests fail, and say what they skip, as tests do"
)]

mod data;
mod garbage;
mod golden;
mod histograms;
mod merging;
mod model;

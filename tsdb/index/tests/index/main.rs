//! Index files as their users see them: against Prometheus' own, against what is obvious, and against damage.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what tests share is test code too, also where clippy does not see it"
)]

mod conformance;
mod damage;
mod golden;
mod memory_file;
mod round_trip;
mod sample;
mod version_1;
mod writer;

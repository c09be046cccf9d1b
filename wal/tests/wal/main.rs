//! The log as a whole: against upstream's own files, against models, and against damage.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what tests share is test code too, also where clippy does not see it"
)]

mod conformance;
mod damage;
mod failure;
mod log;
mod memory_fs;
mod repair;
mod round_trip;

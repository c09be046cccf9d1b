//! The log as a whole: against upstream's own files, against models, and against damage.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what tests share is test code too, also where clippy does not see it"
)]

mod checkpoint;
mod checkpoint_crash;
mod conformance;
mod conformance_logs;
mod conformance_records;
mod damage;
mod failure;
mod group_sync;
mod items;
mod json;
mod log;
mod memory_fs;
mod record_damage;
mod repair;
mod round_trip;
mod tail;
mod tail_damage;
mod transcode;

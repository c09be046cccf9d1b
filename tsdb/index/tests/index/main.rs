//! Index files as their users see them.

mod conformance;
mod damage;
mod golden;
mod memory_file;
mod round_trip;
mod sample;
mod version_1;
mod writer;

//! Finished chunks of the head in files, `chunks_head/NNNNNN`, as Prometheus keeps them.
//!
//! ```text
//! ┌───────────────────┬─────────┬─────────┐
//! │ magic 01 30 BC 91 │ 1: u8   │ 0 0 0   │  header, 8 bytes
//! ├───────────────────┴─────────┴─────────┤
//! │ entry, entry, …  (see `entry`)        │  at most 128 MiB in all
//! └───────────────────────────────────────┘
//! ```
//!
//! The files spare memory and make a restart fast; the log has the same samples. So a chunk that cannot be written stays in
//! memory, and files that cannot be read are given up: nothing is lost with them.

mod entry;
mod files;
mod scan;

pub(crate) use entry::NewChunk;
pub(crate) use files::{ChunkDiskRef, ChunkFiles};
pub(crate) use scan::{Scan, StoredChunk};

/// The folder in the database's directory.
pub(crate) const CHUNKS_HEAD_DIR: &str = "chunks_head";

/// The first bytes of each file: the magic number, the version, and three bytes of nothing.
const FILE_HEADER: [u8; 8] = [0x01, 0x30, 0xbc, 0x91, 1, 0, 0, 0];

/// A file is full at this size; upstream refuses to write larger ones.
const FILE_BYTES_MAX: u64 = 128 * 1024 * 1024;

fn file_name(number: u32) -> String {
    format!("{number:06}")
}

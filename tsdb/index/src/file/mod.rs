//! Index files of blocks: `docs/format/index.md` says what the bytes are.

mod cursor;
mod output;
mod postings_table;
mod reader;
mod search;
mod select;
mod series_entry;
mod series_section;
mod symbols;
mod toc;
mod varint;
mod verify;
mod version;
mod writer;

pub use output::INDEX_BYTES_MAX;
pub use reader::IndexReader;
pub use series_entry::{ChunkMeta, SeriesEntryRef};
pub use writer::IndexWriter;

/// The first four bytes of an index file.
const MAGIC: u32 = 0xBAAA_D700;

/// Magic number and version.
const HEADER_BYTES: usize = 5;

/// Bytes of a CRC-32C.
const CHECKSUM_BYTES: usize = 4;

//! A block of a Prometheus data directory: an immutable folder of samples of one range of time.
//!
//! ```text
//! 01M7ZYD7ZMSMQEHKYTVD4BE026/     its name is a ULID
//! ├── meta.json                    what it is: range, counts, where it comes from
//! ├── index                        labels, postings, where chunks are
//! ├── tombstones                   what of it is deleted
//! └── chunks/000001 …              samples
//! ```
//!
//! The bytes are those of Prometheus, both ways; `docs/format/block.md` says what they are.
//!
//! - Reading: [`Block::open`]; then [`Block::querier`] answers queries, [`Block::series`] goes through everything,
//!   [`Block::verify`] says what is wrong. [`Block::delete`] hides samples, [`Block::snapshot`] links the files elsewhere.
//! - Writing: [`BlockWriter`] takes finished chunks, [`SampleBlockBuilder`] takes samples.
//!   [`repair_versions`] puts right what one bad release wrote.
//! - Compacting: [`plan_compaction`] says which blocks, [`compacted_meta`] what the new one will be, and
//!   [`merge_blocks`] writes it out of any [`BlockSource`].
//!
//! ```
//! use emberdb_env::Env;
//! use emberdb_model::storage::Querier;
//! use emberdb_model::{Labels, Matcher, SampleColumns, SymbolTable, TimeRange};
//! use emberdb_tsdb_block::{Block, BlockMeta, MergeOptions, SampleBlockBuilder, new_ulid};
//!
//! let env = Env::real();
//! let dir = env.fs().create_temp_dir("block-example")?;
//!
//! let mut builder = SampleBlockBuilder::new();
//! let up = Labels::new([("__name__", "up"), ("job", "api")])?;
//! builder.push(&up, 1_000, 1.0);
//! builder.push(&up, 2_000, 0.0);
//! let meta = BlockMeta::new(new_ulid(&env), 0, 7_200_000);
//! let meta = builder.write(&env, &dir, meta, MergeOptions::default())?.ok_or("there are samples")?;
//!
//! let mut block = Block::open(&env, &dir.join(meta.ulid.to_string()))?;
//! block.delete(&[Matcher::equal("job", "api")], TimeRange::new(2_000, 9_000))?;
//!
//! let mut symbols = SymbolTable::new();
//! let found = block.querier().select(&[Matcher::equal("__name__", "up")], TimeRange::ALL, &mut symbols)?;
//! let mut samples = SampleColumns::new();
//! found.read(0, TimeRange::ALL, &mut samples)?;
//! assert_eq!((samples.timestamps, samples.values), (vec![1_000], vec![1.0]));
//! env.fs().remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod block;
mod chunk_file;
mod decode;
mod error;
mod merge;
mod meta;
mod planner;
mod querier;
mod repair;
mod sample_builder;
mod tombstone;
mod varint;
mod writer;

pub use block::{Block, BlockSeries, SeriesIter};
pub use chunk_file::{CHUNK_SEGMENT_BYTES_MAX, ChunkFileWriter, ChunkFiles, RawChunk};
pub use error::{BlockError, BlockResult};
pub use merge::{BlockSource, MergeOptions, SourceIter, SourceSeries, SourceSymbols, merge_blocks};
pub use meta::{
    BlockDescription, BlockMeta, BlockStats, Compaction, HINT_OUT_OF_ORDER, HINT_SELECTED_SERIES,
    HINT_STALE_SERIES, META_FILE, new_ulid,
};
pub use planner::{block_ranges, compacted_meta, plan_compaction};
pub use querier::BlockQuerier;
pub use repair::repair_versions;
pub use sample_builder::SampleBlockBuilder;
pub use tombstone::{Intervals, TombstoneSet};
pub use ulid::Ulid;
pub use writer::{BlockChunk, BlockWriter, UNFINISHED_SUFFIX};

//! Symbols, postings, and the way from matchers to series.
//!
//! *Postings* are the sorted lists of series that have a label; [`Matcher`](emberdb_model::Matcher)s select series by
//! looking lists up, intersecting and subtracting them, the same way in both indexes:
//!
//! - [`MemoryIndex`] is the head's: it names series by small numbers ([`SeriesId`]) and finds a series by its labels.
//! - [`IndexReader`] is a block's: the file `index`, read where it is mapped, of version 1 or 2. It names series by their
//!   place in the file ([`SeriesEntryRef`]) and says where their chunks are ([`ChunkMeta`]).
//!   [`IndexReader::verify`] checks everything there is to check.
//! - [`IndexWriter`] writes such files, version 2, the same bytes as Prometheus.
//!
//! The bytes are described in `docs/format/index.md`.
//!
//! ```
//! use emberdb_model::{Labels, Matcher};
//! use emberdb_tsdb_index::MemoryIndex;
//!
//! let mut index = MemoryIndex::new();
//! let api = Labels::new([("__name__", "up"), ("job", "api")])?;
//! let (id, created) = index.get_or_insert(&api);
//! assert!(created);
//! assert_eq!(index.select(&[Matcher::equal("job", "api")]), [id]);
//! assert_eq!(index.labels(id).to_string(), r#"up{job="api"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A file:
//!
//! ```
//! use emberdb_env::Env;
//! use emberdb_model::Matcher;
//! use emberdb_tsdb_index::{ChunkMeta, IndexReader, IndexWriter};
//!
//! let env = Env::real();
//! let dir = env.fs().create_temp_dir("index-example")?;
//! let path = dir.join("index");
//!
//! let mut writer = IndexWriter::create(&env, &path, ["", "__name__", "api", "job", "up"])?;
//! let chunk = ChunkMeta { min_ms: 0, max_ms: 60_000, chunk_ref: 8 };
//! let entry = writer.add_series([("__name__", "up"), ("job", "api")].into_iter(), &[chunk])?;
//! writer.finish()?;
//!
//! let index = IndexReader::open(&path, env.fs().map(&path)?)?;
//! assert_eq!(index.select(&[Matcher::equal("job", "api")])?, [entry]);
//! let (mut labels, mut chunks) = (Vec::new(), Vec::new());
//! index.series(entry, &mut labels, &mut chunks)?;
//! assert_eq!(chunks, [chunk]);
//! let (name, value) = labels[1];
//! assert_eq!((index.symbol(name)?, index.symbol(value)?), ("job", "api"));
//! # env.fs().remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod error;
mod file;
mod label_pages;
mod memory;
mod names;
mod postings;
mod select;

pub use error::{IndexCorruption, IndexError, WriteRefusal};
pub use file::{ChunkMeta, INDEX_BYTES_MAX, IndexReader, IndexWriter, SeriesEntryRef};
pub use memory::{MemoryIndex, SERIES_MAX, SeriesId};

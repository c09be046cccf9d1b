//! The store: a Prometheus data directory that is written, replayed and queried.
//!
//! - [`Tsdb::open`] takes a directory, replays its write-ahead log and repairs a torn tail, at once or in the background ([`Replay`]);
//!   [`Tsdb::open_read_only`] only looks.
//! - Writers gather samples in an [`Appender`](emberdb_model::storage::Appender); a commit is logged first, then
//!   becomes visible at once, and durable when [`Durability`] says.
//! - Readers take a [`Querier`](emberdb_model::storage::Querier), which sees all commits before it and none after.
//!
//! - Series may have exemplars, read as from any [`ExemplarQueryable`](emberdb_model::storage::ExemplarQueryable), and
//!   metadata: [`Tsdb::metadata`].
//! - [`Tsdb::maintain`], once a minute by itself, moves samples into blocks, makes larger blocks, and removes old ones.
//!
//! New samples live in the *head*: for each series compressed chunks and one open chunk. Older ones are in *blocks*, folders that
//! do not change. Rooms: `db` opens, closes, compacts and deletes, `head` takes and keeps new samples, `query` reads both.
//!
//! ```
//! use emberdb_env::Env;
//! use emberdb_model::{Labels, Matcher, SampleColumns, SymbolTable, TimeRange};
//! use emberdb_model::storage::{Appendable, Queryable};
//! use emberdb_tsdb_db::{Tsdb, TsdbOptions};
//!
//! let env = Env::real();
//! let dir = env.fs().create_temp_dir("tsdb-example")?;
//! let db = Tsdb::open(&env, &dir, TsdbOptions::default())?;
//!
//! let mut appender = db.appender()?;
//! let up = appender.append(&Labels::new([("__name__", "up")])?, 1_000, 1.0)?;
//! appender.append_ref(up, 2_000, 0.0)?;
//! assert_eq!(appender.commit()?.samples, 2);
//!
//! let mut symbols = SymbolTable::new();
//! let found = db.querier()?.select(&[Matcher::equal("__name__", "up")], TimeRange::ALL, &mut symbols)?;
//! let mut samples = SampleColumns::new();
//! found.read(0, TimeRange::ALL, &mut samples)?;
//! assert_eq!(samples.values, [1.0, 0.0]);
//! db.close()?;
//! # env.fs().remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod db;
mod error;
mod head;
mod options;
mod query;

pub use db::{CompactionReport, MetadataFilter, ReplayProgress, Tsdb, TsdbStats};
pub use emberdb_tsdb_block::{BlockMeta, BlockStats};
pub use emberdb_wal::{Compression, RecordKind, RepairReport};
pub use error::OpenError;
pub use head::ReplayReport;
pub use options::{Durability, FloatEncoding, Maintained, Replay, TsdbOptions};

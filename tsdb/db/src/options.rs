//! How a database is opened.

use std::time::Duration;

use emberdb_tsdb_chunk::Encoding;
use emberdb_wal::{Compression, SEGMENT_BYTES_DEFAULT};

/// When a commit is durable against a power cut. Against the end of the process it always is: the system has its bytes before the
/// commit returns.
///
/// Whatever is chosen, after a write or an fsync that failed nothing more is written: appends are refused, with the reason, until the
/// database is opened again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// When its segment of the log is full, when the database is closed, and on [`Tsdb::sync`](crate::Tsdb::sync); otherwise when the system
    /// likes to, which for Linux is within half a minute. What Prometheus does.
    #[default]
    Never,
    /// So long after the commit returned, at most, and the time of an fsync: a thread of the database makes durable what was
    /// logged since the last time. With [`Maintained::ByCaller`] there is no such thread, and [`Tsdb::maintain`](crate::Tsdb::maintain) does it.
    ///
    /// [`Durability::EVERY_SECOND`] is what to take if nothing speaks for another time.
    Interval(Duration),
    /// Before the commit returns, and before any reader sees its samples. Those who commit at the same time share an fsync, so
    /// that many of them commit hardly slower than one.
    ///
    /// If the fsync fails, the commit returns an error and its samples stay invisible. Whether they are in the log shows when the database is opened
    /// again: a disk does not tell.
    EveryCommit,
}

impl Durability {
    /// A power cut takes what was committed in the last second.
    pub const EVERY_SECOND: Self = Self::Interval(Duration::from_secs(1));
}

/// Whether opening waits until the head is what the log says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replay {
    /// [`Tsdb::open`](crate::Tsdb::open) returns when all samples are there, or says why they cannot be.
    #[default]
    Foreground,
    /// [`Tsdb::open`](crate::Tsdb::open) returns when the blocks are open, and a thread of the database replays the log. Until it is through:
    ///
    /// - queries see the blocks, and nothing of the head: what is older than a few hours;
    /// - appends, deletions, maintenance and snapshots are refused with
    ///   [`Unavailable`](emberdb_model::storage::StorageErrorKind::Unavailable), which says how far it is. They do not wait, because a service
    ///   that is asked for its health meanwhile has to answer; [`Tsdb::wait_ready`](crate::Tsdb::wait_ready) does.
    ///
    /// If the log cannot be replayed, every append and every query after that says why: answers without the head would look whole.
    Background,
}

/// Who moves samples from the head into blocks, makes larger blocks, and removes what is too old.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Maintained {
    /// A thread of the database, once a minute and as soon as a block is due.
    #[default]
    InBackground,
    /// Whoever calls [`Tsdb::maintain`](crate::Tsdb::maintain).
    ByCaller,
}

/// The encoding of chunks of floats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FloatEncoding {
    /// What every Prometheus reads. Samples with start timestamps are written as [`Xor2`](Self::Xor2) all the same, which has a place for them.
    #[default]
    Xor,
    /// Fewer bits for samples that come at even times, and for staleness markers. No Prometheus before 3.11 reads it.
    Xor2,
}

impl FloatEncoding {
    /// The encoding of the chunk of a sample that counts since `start_ms`; 0 is unknown.
    pub(crate) const fn of(self, start_ms: i64) -> Encoding {
        match self {
            Self::Xor if start_ms == 0 => Encoding::Xor,
            Self::Xor | Self::Xor2 => Encoding::Xor2,
        }
    }
}

/// Options of [`Tsdb::open`](crate::Tsdb::open).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TsdbOptions {
    /// Time span of a block, in milliseconds: chunks end at its multiples, and samples older than half of it, seen
    /// from the newest sample, are refused. Default 2 hours, as Prometheus.
    pub block_range_ms: i64,
    /// How records of the write-ahead log are compressed. Default snappy, as the Prometheus server.
    pub wal_compression: Compression,
    /// Size at which a segment of the log is full, in bytes. Default 128 MiB.
    pub wal_segment_bytes: u64,
    /// When commits are durable against a power cut.
    pub durability: Durability,
    /// Who moves samples from the head into blocks.
    pub maintenance: Maintained,
    /// A block is removed when its end lies so many milliseconds behind the end of the newest block. Default: never; the
    /// Prometheus server keeps 15 days.
    pub retention_ms: Option<i64>,
    /// The oldest blocks are removed when everything together has more bytes than this. Default: never.
    pub retention_bytes: Option<u64>,
    /// How far behind the newest sample of the database, in milliseconds, a sample may lie that is older than the newest one of its
    /// series, or than what is taken in order. Default 0: no such sample is taken.
    pub out_of_order_window_ms: i64,
    /// When at least such a part of the series in memory has ended, between 0 and 1, their samples go into blocks at once and not
    /// only when their time has passed. For where series come and go. Default: not at all.
    pub stale_series_ratio: Option<f64>,
    /// Examples of what series counted are kept up to this number, of all series together; then a new one takes the place of the one
    /// that came first. Default 100 000, what a Prometheus server with exemplar storage keeps; they take memory (some 150 bytes each)
    /// when they are there. 0 keeps none: appending one is refused, as by a server without that feature.
    pub exemplars_max: usize,
    /// Whether it is stored since when samples count, where
    /// [appenders say so](emberdb_model::storage::Appender::set_start_timestamp). Default: no, as Prometheus' feature `st-storage`, because
    /// the records and chunks with them are new: no Prometheus before 3.11 reads a directory that has some. What a directory has is read
    /// and kept whatever is chosen.
    pub start_timestamps: bool,
    /// How floats are written into chunks. What a directory has is read whatever is chosen.
    pub float_encoding: FloatEncoding,
    /// Whether opening waits until the log is replayed.
    pub replay: Replay,
    /// How many threads put samples of the log into their series, beside the two that read it: at most 16, and with 1 there is one thread
    /// for all. The result is the same. Default: as many as the machine has processors.
    pub replay_threads: Option<usize>,
    /// At most so many series; the next one is refused. Default 2^32 - 1, which is what series numbers can count.
    pub series_max: usize,
}

impl Default for TsdbOptions {
    fn default() -> Self {
        Self {
            block_range_ms: 2 * 60 * 60 * 1000,
            wal_compression: Compression::default(),
            wal_segment_bytes: SEGMENT_BYTES_DEFAULT,
            durability: Durability::default(),
            maintenance: Maintained::default(),
            retention_ms: None,
            retention_bytes: None,
            out_of_order_window_ms: 0,
            stale_series_ratio: None,
            exemplars_max: 100_000,
            start_timestamps: false,
            float_encoding: FloatEncoding::default(),
            replay: Replay::default(),
            replay_threads: None,
            series_max: emberdb_tsdb_index::SERIES_MAX,
        }
    }
}

/// By what chunks begin and end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkRules {
    pub(crate) block_range_ms: i64,
    pub(crate) floats: FloatEncoding,
}

impl TsdbOptions {
    pub(crate) const fn chunk_rules(&self) -> ChunkRules {
        ChunkRules { block_range_ms: self.block_range_ms, floats: self.float_encoding }
    }
}

//! The head: all series with their newest samples, in memory.
//!
//! ```text
//! Head ── index: labels, postings             one lock, written when a series is created
//!      ├─ pages: 256 series each               one lock a page, held for a run of a batch's samples
//!      ├─ log:   the write-ahead log           one lock, held while a commit is logged and stored
//!      ├─ chunk files: finished chunks         read without a lock but for finding the file
//!      ├─ exemplars, metadata                  a lock each, taken last
//!      └─ isolation: commit numbers            what a reader may see
//! ```
//!
//! Locks are taken in the order log, index, page; a reader holds one page at a time.
//!
//! A sample's way: [`appender`] (is it in order? [`order`]) → [`batch`] → [`commit`] ([`recheck`], if another batch was
//! faster) → [`series`], of which native histograms are a [`lane`] of their own ([`held`] outside of chunks) and samples that came
//! out of order another one ([`late`]) → [`publish`]: readers see it. The way back after a restart is [`replay`]. Finished
//! chunks ([`chunk`]) go into files ([`offload`], [`chunk_file`]), what is old into blocks ([`source`]) and out of memory and log
//! ([`truncate`]; [`stale`], if a series has ended); [`delete`] hides samples. [`exemplars`] and [`metadata`] stand beside the samples, and
//! go the same way ([`marks`], [`replay_marks`]).

mod appender;
mod batch;
mod chunk;
pub(crate) mod chunk_file;
mod commit;
mod delete;
mod due;
mod exemplars;
mod held;
mod isolation;
mod lane;
mod late;
mod leaving;
mod marks;
mod metadata;
mod offload;
mod order;
mod page;
mod publish;
mod recheck;
mod replay;
mod replay_marks;
mod series;
mod source;
mod stale;
mod truncate;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use emberdb_env::Env;
use emberdb_model::Labels;
use emberdb_model::storage::AppendError;
use emberdb_tsdb_index::{MemoryIndex, SeriesId};
use emberdb_wal::{WalError, WalWriter};
use parking_lot::{Mutex, RwLock};

use crate::options::TsdbOptions;
use chunk_file::ChunkFiles;

pub(crate) use appender::HeadAppender;
use appender::Turns;
pub(crate) use exemplars::EXEMPLARS_MAX;
use exemplars::Exemplars;
pub(crate) use isolation::{Isolation, Snapshot};
use metadata::MetadataTable;
pub(crate) use page::{Page, Pages};
pub use replay::ReplayReport;
pub(crate) use replay::{Progress, replay};
pub(crate) use series::{Series, View};
pub(crate) use source::{HeadSource, LateChunks};
pub(crate) use stale::StaleSeries;

/// All series in memory, and the log that makes them durable.
pub(crate) struct Head {
    pub(crate) env: Env,
    pub(crate) options: TsdbOptions,
    pub(crate) index: RwLock<MemoryIndex>,
    pub(crate) pages: Pages,
    pub(crate) chunk_files: ChunkFiles,
    pub(crate) isolation: Isolation,
    pub(crate) exemplars: Exemplars,
    pub(crate) metadata: MetadataTable,
    pub(crate) log: Mutex<Log>,
    unpublished: publish::Unpublished,
    turns: Turns,
    due: due::Due,
    /// Time of the newest committed sample; `i64::MIN` before the first.
    newest_ms: AtomicI64,
    /// Time of the oldest committed sample; `i64::MAX` before the first.
    oldest_ms: AtomicI64,
    samples: AtomicU64,
    /// Samples before this are in blocks, or nowhere: the head has none and takes none.
    min_valid_ms: AtomicI64,
    /// The greatest time of which the log says that it is done with what is before.
    floor_ms: AtomicI64,
    /// Time of the oldest late sample, or earlier.
    late_from_ms: AtomicI64,
    /// The part that late samples are of which are stored now. Changes only while the log is held, and settled.
    late_part: AtomicU32,
    leaving: Mutex<leaving::Leaving>,
    /// How often the log has let go of labels. Changes only while the log is held.
    let_go: AtomicU64,
    /// References by which the log knows a series beside its own: logs of others name a series anew after a truncation.
    further_refs: Mutex<Vec<(SeriesId, u64)>>,
}

/// The writing end of the log and its buffers.
pub(crate) struct Log {
    /// Absent when the database is read-only or closed.
    pub(crate) writer: Option<WalWriter>,
    /// The log of late samples; absent where none are taken and none were.
    pub(crate) late_writer: Option<WalWriter>,
    series_record: Vec<u8>,
    records: commit::Records,
}

impl Head {
    pub(crate) fn new(env: Env, options: TsdbOptions, chunk_files: ChunkFiles) -> Self {
        Self {
            exemplars: Exemplars::new(&options),
            metadata: MetadataTable::default(),
            env,
            options,
            chunk_files,
            index: RwLock::new(MemoryIndex::new()),
            pages: Pages::default(),
            isolation: Isolation::default(),
            log: Mutex::new(Log {
                writer: None,
                late_writer: None,
                series_record: Vec::new(),
                records: commit::Records::default(),
            }),
            unpublished: publish::Unpublished::default(),
            turns: Turns::default(),
            due: due::Due::default(),
            newest_ms: AtomicI64::new(i64::MIN),
            oldest_ms: AtomicI64::new(i64::MAX),
            samples: AtomicU64::new(0),
            min_valid_ms: AtomicI64::new(i64::MIN),
            floor_ms: AtomicI64::new(i64::MIN),
            late_from_ms: AtomicI64::new(i64::MAX),
            late_part: AtomicU32::new(0),
            leaving: Mutex::default(),
            let_go: AtomicU64::new(0),
            further_refs: Mutex::default(),
        }
    }

    /// The series of these labels, if there is one.
    pub(crate) fn find(&self, labels: &Labels) -> Option<SeriesId> {
        self.index.read().find(labels)
    }

    /// The series of these labels, created if there is none, and whether it was.
    pub(crate) fn get_or_create(&self, labels: &Labels) -> Result<(SeriesId, bool), AppendError> {
        match self.find(labels) {
            Some(id) => Ok((id, false)),
            None => self.create_or_get(labels),
        }
    }

    fn create_or_get(&self, labels: &Labels) -> Result<(SeriesId, bool), AppendError> {
        let mut index = self.index.write();
        let wal_ref = match self.next_series(&index) {
            Ok(wal_ref) => wal_ref,
            Err(limit) => return index.find(labels).map(|id| (id, false)).ok_or(limit),
        };
        let (id, is_new) = index.get_or_insert(labels);
        if is_new {
            self.pages.push(Series::new(wal_ref));
        }
        Ok((id, is_new))
    }

    /// The log's reference of another series, if there may be one.
    fn next_series(&self, index: &MemoryIndex) -> Result<u64, AppendError> {
        self.check_room(index)?;
        self.pages.next_wal_ref()
    }

    /// Whether there may be another series.
    fn check_room(&self, index: &MemoryIndex) -> Result<(), AppendError> {
        if index.len() >= self.options.series_max {
            let message = format!("the database holds {} series, the most it may", index.len());
            return Err(AppendError::Limit(message));
        }
        if index.created() >= emberdb_tsdb_index::SERIES_MAX {
            return Err(AppendError::Limit(
                "the numbers of series are used up: open the database again".into(),
            ));
        }
        Ok(())
    }

    /// Samples older than this are not taken in order: half a block behind the newest one, as Prometheus without an
    /// out-of-order window, and what blocks hold.
    fn oldest_accepted_ms(&self) -> i64 {
        let newest_ms = self.newest_ms.load(Ordering::Acquire);
        newest_ms.saturating_sub(self.options.block_range_ms / 2).max(self.min_valid_ms())
    }

    /// Which samples are taken now.
    fn accepted(&self) -> order::Accepted {
        let window_ms = self.options.out_of_order_window_ms;
        let newest_ms = self.newest_ms.load(Ordering::Acquire);
        let late_from_ms = (window_ms > 0).then(|| newest_ms.saturating_sub(window_ms));
        // Blocks end before a time, so that none can hold a sample of the last one.
        let end_ms = Some(i64::MAX);
        order::Accepted { oldest_ms: self.oldest_accepted_ms(), end_ms, late_from_ms }
    }

    /// Samples before this time are in blocks, or nowhere.
    pub(crate) fn min_valid_ms(&self) -> i64 {
        self.min_valid_ms.load(Ordering::Acquire)
    }

    /// Up to when the log itself says that samples in order are in blocks, or nowhere.
    pub(crate) fn floor_ms(&self) -> i64 {
        self.floor_ms.load(Ordering::Acquire)
    }

    /// Notes what the log says.
    pub(crate) fn note_floor(&self, floor_ms: i64) {
        self.floor_ms.store(floor_ms, Ordering::Release);
    }

    /// Time of the oldest sample that came out of order and is not in a block; the greatest there is without any.
    pub(crate) fn late_from_ms(&self) -> i64 {
        self.late_from_ms.load(Ordering::Acquire)
    }

    /// Counts late samples that were just stored.
    fn note_late(&self, oldest_ms: i64) {
        self.late_from_ms.fetch_min(oldest_ms, Ordering::AcqRel);
    }

    /// From now on samples before this time are not taken, and not restored.
    pub(crate) fn raise_min_valid(&self, min_valid_ms: i64) {
        self.min_valid_ms.fetch_max(min_valid_ms, Ordering::AcqRel);
    }

    /// First and last time of all committed samples, if there are any.
    pub(crate) fn time_range(&self) -> Option<(i64, i64)> {
        let (oldest, newest) =
            (self.oldest_ms.load(Ordering::Acquire), self.newest_ms.load(Ordering::Acquire));
        (oldest <= newest).then_some((oldest, newest))
    }

    /// Number of committed samples.
    pub(crate) fn samples(&self) -> u64 {
        self.samples.load(Ordering::Acquire)
    }

    /// From now on samples before this time are neither taken nor restored, and the head's time begins there: a block has them,
    /// or will have them. Returns when no commit is under way that began before; fails if the log has, so that there is one for ever.
    pub(crate) fn begin_at(&self, min_valid_ms: i64) -> Result<(), WalError> {
        self.raise_min_valid(min_valid_ms);
        drop(self.settled_log()?);
        self.oldest_ms.fetch_max(min_valid_ms, Ordering::AcqRel);
        Ok(())
    }

    /// Counts samples that are in the head no more.
    fn note_forgotten(&self, samples: u64) {
        self.samples.fetch_sub(samples, Ordering::AcqRel);
    }

    /// Counts samples that were just stored.
    fn note_samples(&self, count: u64, oldest_ms: i64, newest_ms: i64) {
        self.samples.fetch_add(count, Ordering::AcqRel);
        self.oldest_ms.fetch_min(oldest_ms, Ordering::AcqRel);
        self.newest_ms.fetch_max(newest_ms, Ordering::AcqRel);
    }
}

/// The head, shared by appenders and readers.
pub(crate) type SharedHead = Arc<Head>;

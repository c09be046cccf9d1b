//! Gathering a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use emberdb_model::storage::{AppendError, Appender, CommitSummary, Rejection, StorageError};
use emberdb_model::{Labels, Sample, SeriesRef};
use emberdb_tsdb_index::SeriesId;
use parking_lot::Mutex;

use super::page::{Page, Pages};
use super::series::check_order;
use super::{Head, SharedHead};

/// At most so many samples in one batch, which is held in memory until it is committed: 32 bytes each.
const BATCH_SAMPLES_MAX: usize = 1 << 26;

/// Tells batches apart; a number comes again after four billion of them.
static NEXT_BATCH: AtomicU32 = AtomicU32::new(1);

/// A batch of samples for a head.
pub(crate) struct HeadAppender {
    head: SharedHead,
    pub(super) batch: Batch,
    oldest_accepted_ms: i64,
    turn: Turn,
    /// The page used last: samples mostly come in the order of their series.
    page: Option<(usize, Arc<Page>)>,
}

/// The samples of a batch, checked against what was committed and against each other.
pub(super) struct Batch {
    number: u32,
    pub(super) samples: Vec<BatchSample>,
    /// Series whose labels the log may not have yet.
    pub(super) unlogged: Vec<SeriesId>,
    pub(super) series_created: usize,
    pub(super) rejected: Vec<Rejection>,
}

/// A sample of a batch.
#[derive(Clone, Copy)]
pub(super) struct BatchSample {
    pub(super) id: SeriesId,
    pub(super) wal_ref: u64,
    pub(super) sample: Sample,
}

impl HeadAppender {
    pub(crate) fn new(head: &SharedHead) -> Self {
        let batch = Batch {
            number: NEXT_BATCH.fetch_add(1, Ordering::Relaxed),
            samples: Vec::new(),
            unlogged: Vec::new(),
            series_created: 0,
            rejected: Vec::new(),
        };
        let oldest_accepted_ms = head.oldest_accepted_ms();
        Self { turn: head.turns.begin(), head: Arc::clone(head), batch, oldest_accepted_ms, page: None }
    }

    /// Checks a sample and adds it to the batch.
    fn add(&mut self, id: SeriesId, sample: Sample) -> Result<(), AppendError> {
        if self.batch.samples.len() >= BATCH_SAMPLES_MAX {
            let message = format!("a batch holds at most {BATCH_SAMPLES_MAX} samples: commit more often");
            return Err(AppendError::Limit(message));
        }
        let unknown = || AppendError::UnknownSeries(SeriesRef(u64::from(id.0)));
        let (page_number, slot) = Pages::place(id);
        if self.page.as_ref().is_none_or(|(number, _)| *number != page_number) {
            let page = self.head.pages.page(page_number).ok_or_else(unknown)?;
            self.page = Some((page_number, page));
        }
        let Some((_, page)) = &self.page else { return Err(unknown()) };
        let mut page = page.write();
        let series = page.get_mut(slot).ok_or_else(unknown)?;
        let (batch, place) = series.pending;
        let earlier =
            self.batch.samples.get(place as usize).filter(|s| batch == self.batch.number && s.id == id);
        let follows = match earlier {
            Some(earlier) => check_order(Some(earlier.sample), sample, self.oldest_accepted_ms)?,
            None => series.check(sample, self.oldest_accepted_ms)?,
        };
        if !follows {
            return Ok(());
        }
        if !series.logged && earlier.is_none() {
            self.batch.unlogged.push(id);
        }
        let place = self.batch.samples.len() as u32;
        self.batch.samples.push(BatchSample { id, wal_ref: series.wal_ref, sample });
        series.pending = (self.batch.number, place);
        Ok(())
    }
}

impl Appender for HeadAppender {
    fn append(&mut self, labels: &Labels, timestamp_ms: i64, value: f64) -> Result<SeriesRef, AppendError> {
        if labels.is_empty() {
            return Err(AppendError::InvalidLabels(emberdb_model::LabelError::Empty));
        }
        let (id, created) = self.head.get_or_create(labels)?;
        self.batch.series_created += usize::from(created);
        self.add(id, Sample { timestamp_ms, value })?;
        Ok(SeriesRef(u64::from(id.0)))
    }

    fn append_ref(&mut self, series: SeriesRef, timestamp_ms: i64, value: f64) -> Result<(), AppendError> {
        let id = u32::try_from(series.0).map_err(|_| AppendError::UnknownSeries(series))?;
        self.add(SeriesId(id), Sample { timestamp_ms, value })
    }

    fn commit(mut self: Box<Self>) -> Result<CommitSummary, StorageError> {
        let alone = self.head.turns.was_alone(&self.turn);
        self.head.commit(&mut self.batch, alone)
    }

    fn rollback(self: Box<Self>) {}
}

impl Drop for HeadAppender {
    fn drop(&mut self) {
        self.head.turns.end();
    }
}

/// Which batches are open at the same time. One that was alone from its begin to its commit has been checked against
/// all there is; the others are checked once more.
#[derive(Default)]
pub(super) struct Turns {
    state: Mutex<TurnsState>,
}

#[derive(Default)]
struct TurnsState {
    open: usize,
    begun: u64,
}

/// A batch's place among all batches.
struct Turn {
    number: u64,
    began_alone: bool,
}

impl Turns {
    fn begin(&self) -> Turn {
        let mut state = self.state.lock();
        state.open += 1;
        state.begun += 1;
        Turn { number: state.begun, began_alone: state.open == 1 }
    }

    fn was_alone(&self, turn: &Turn) -> bool {
        turn.began_alone && self.state.lock().begun == turn.number
    }

    fn end(&self) {
        self.state.lock().open -= 1;
    }
}

impl Head {
    /// A series' newest committed sample.
    pub(super) fn newest(&self, id: SeriesId) -> Option<Sample> {
        self.pages.with(id, |series| series.newest()).flatten()
    }
}

//! Gathering a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use emberdb_histogram::{FloatHistogram, Histogram};
use emberdb_model::storage::{AppendError, Appender, CommitSummary, StorageError};
use emberdb_model::{Labels, Sample, SeriesRef};
use emberdb_tsdb_chunk::AnyHistogram;
use emberdb_tsdb_index::SeriesId;
use parking_lot::Mutex;

use super::batch::{Batch, BatchHistogram, BatchSample};
use super::held::{HeldHistogram, check_valid};
use super::order::{Accepted, Follows, follow_float, follow_histogram};
use super::page::{Page, Pages};
use super::{Head, SharedHead};

/// At most so many floats in one batch, which is held in memory until it is committed: 32 bytes each.
const BATCH_SAMPLES_MAX: usize = 1 << 26;

/// At most so many native histograms in one batch: some 200 bytes each, and their buckets.
const BATCH_HISTOGRAMS_MAX: usize = 1 << 22;

/// Tells batches apart; a number comes again after four billion of them.
static NEXT_BATCH: AtomicU32 = AtomicU32::new(1);

/// A batch of samples for a head.
pub(crate) struct HeadAppender {
    head: SharedHead,
    batch: Batch,
    accepted: Accepted,
    turn: Turn,
    /// The page used last: samples mostly come in the order of their series.
    page: PageOfTurn,
}

/// A page and its number.
type PageOfTurn = Option<(usize, Arc<Page>)>;

impl HeadAppender {
    pub(crate) fn new(head: &SharedHead) -> Self {
        let batch = Batch::new(NEXT_BATCH.fetch_add(1, Ordering::Relaxed));
        let accepted = head.accepted();
        Self { turn: head.turns.begin(), head: Arc::clone(head), batch, accepted, page: None }
    }

    /// The series of these labels.
    fn get_or_create(&mut self, labels: &Labels) -> Result<SeriesId, AppendError> {
        if labels.is_empty() {
            return Err(AppendError::InvalidLabels(emberdb_model::LabelError::Empty));
        }
        let (id, created) = self.head.get_or_create(labels)?;
        self.batch.series_created += usize::from(created);
        Ok(id)
    }

    /// Checks a float and adds it to the batch.
    fn add(&mut self, id: SeriesId, sample: Sample) -> Result<(), AppendError> {
        check_room(self.batch.samples.len(), BATCH_SAMPLES_MAX)?;
        let (page, slot) = locate(&mut self.page, &self.head, id)?;
        let mut page = page.write();
        let series = page.get_mut(slot).ok_or_else(|| unknown(id))?;
        let (number, place) = series.pending;
        let earlier = if number == self.batch.number { self.batch.sample_at(place, id) } else { None };
        let is_first = earlier.is_none();
        let follows = match earlier {
            Some(earlier) => follow_float(Some(earlier), sample, self.accepted)?,
            None => series.check(sample, self.accepted)?,
        };
        let wal_ref = series.wal_ref;
        let earlier = (!is_first).then_some(place);
        let place = match follows {
            Follows::Appended => self.batch.push_sample(BatchSample { id, wal_ref, sample }, earlier),
            Follows::AlreadyThere => return Ok(()),
            Follows::Late => {
                check_room(self.batch.late.len(), BATCH_SAMPLES_MAX)?;
                self.batch.late.samples.push(BatchSample { id, wal_ref, sample });
                if !series.logged {
                    self.batch.unlogged.push(id);
                }
                return Ok(());
            }
            Follows::AsStaleHistogram(encoding) => {
                check_room(self.batch.histograms.len(), BATCH_HISTOGRAMS_MAX)?;
                let (timestamp_ms, histogram) = (sample.timestamp_ms, HeldHistogram::stale(encoding));
                self.batch.push_histogram(BatchHistogram { id, wal_ref, timestamp_ms, histogram }, earlier)
            }
        };
        if !series.logged && is_first {
            self.batch.unlogged.push(id);
        }
        series.pending = (self.batch.number, place);
        Ok(())
    }

    /// Checks a histogram, which is valid, and adds it to the batch.
    fn add_histogram(
        &mut self,
        id: SeriesId,
        timestamp_ms: i64,
        histogram: AnyHistogram<'_>,
    ) -> Result<(), AppendError> {
        check_room(self.batch.histograms.len(), BATCH_HISTOGRAMS_MAX)?;
        let (page, slot) = locate(&mut self.page, &self.head, id)?;
        let mut page = page.write();
        let series = page.get_mut(slot).ok_or_else(|| unknown(id))?;
        let (number, place) = series.pending;
        let earlier = if number == self.batch.number { self.batch.sample_at(place, id) } else { None };
        let is_first = earlier.is_none();
        let follows = match earlier {
            Some(_) => follow_histogram(earlier, timestamp_ms, histogram, self.accepted)?,
            None => series.check_histogram(timestamp_ms, histogram, self.accepted)?,
        };
        if follows == Follows::AlreadyThere {
            return Ok(());
        }
        let (wal_ref, histogram) = (series.wal_ref, HeldHistogram::of(histogram));
        let added = BatchHistogram { id, wal_ref, timestamp_ms, histogram };
        if follows == Follows::Late {
            self.batch.late.histograms.push(added);
            if !series.logged {
                self.batch.unlogged.push(id);
            }
            return Ok(());
        }
        let place = self.batch.push_histogram(added, (!is_first).then_some(place));
        if !series.logged && is_first {
            self.batch.unlogged.push(id);
        }
        series.pending = (self.batch.number, place);
        Ok(())
    }

    /// Adds a histogram by labels.
    fn append_any(
        &mut self,
        labels: &Labels,
        timestamp_ms: i64,
        histogram: AnyHistogram<'_>,
    ) -> Result<SeriesRef, AppendError> {
        check_valid(histogram)?;
        let id = self.get_or_create(labels)?;
        self.add_histogram(id, timestamp_ms, histogram)?;
        Ok(SeriesRef(u64::from(id.0)))
    }

    /// Adds a histogram by reference.
    fn append_any_ref(
        &mut self,
        series: SeriesRef,
        timestamp_ms: i64,
        histogram: AnyHistogram<'_>,
    ) -> Result<(), AppendError> {
        check_valid(histogram)?;
        self.add_histogram(id_of(series)?, timestamp_ms, histogram)
    }
}

/// Whether a batch that has `count` samples of a sort can take another.
fn check_room(count: usize, count_max: usize) -> Result<(), AppendError> {
    if count < count_max {
        return Ok(());
    }
    let message = format!("a batch holds at most {count_max} samples of a kind: commit more often");
    Err(AppendError::Limit(message))
}

/// The page of a series and the place in it.
fn locate<'p>(page: &'p mut PageOfTurn, head: &Head, id: SeriesId) -> Result<(&'p Page, usize), AppendError> {
    let (number, slot) = Pages::place(id);
    if page.as_ref().is_none_or(|(known, _)| *known != number) {
        *page = Some((number, head.pages.page(number).ok_or_else(|| unknown(id))?));
    }
    match page {
        Some((_, page)) => Ok((&**page, slot)),
        None => Err(unknown(id)),
    }
}

fn id_of(series: SeriesRef) -> Result<SeriesId, AppendError> {
    u32::try_from(series.0).map(SeriesId).map_err(|_| AppendError::UnknownSeries(series))
}

fn unknown(id: SeriesId) -> AppendError {
    AppendError::UnknownSeries(SeriesRef(u64::from(id.0)))
}

impl Appender for HeadAppender {
    fn append(&mut self, labels: &Labels, timestamp_ms: i64, value: f64) -> Result<SeriesRef, AppendError> {
        let id = self.get_or_create(labels)?;
        self.add(id, Sample { timestamp_ms, value })?;
        Ok(SeriesRef(u64::from(id.0)))
    }

    fn append_ref(&mut self, series: SeriesRef, timestamp_ms: i64, value: f64) -> Result<(), AppendError> {
        self.add(id_of(series)?, Sample { timestamp_ms, value })
    }

    fn append_histogram(
        &mut self,
        labels: &Labels,
        timestamp_ms: i64,
        histogram: &Histogram,
    ) -> Result<SeriesRef, AppendError> {
        self.append_any(labels, timestamp_ms, histogram.into())
    }

    fn append_histogram_ref(
        &mut self,
        series: SeriesRef,
        timestamp_ms: i64,
        histogram: &Histogram,
    ) -> Result<(), AppendError> {
        self.append_any_ref(series, timestamp_ms, histogram.into())
    }

    fn append_float_histogram(
        &mut self,
        labels: &Labels,
        timestamp_ms: i64,
        histogram: &FloatHistogram,
    ) -> Result<SeriesRef, AppendError> {
        self.append_any(labels, timestamp_ms, histogram.into())
    }

    fn append_float_histogram_ref(
        &mut self,
        series: SeriesRef,
        timestamp_ms: i64,
        histogram: &FloatHistogram,
    ) -> Result<(), AppendError> {
        self.append_any_ref(series, timestamp_ms, histogram.into())
    }

    fn find_series(&mut self, labels: &Labels) -> Option<SeriesRef> {
        self.head.find(labels).map(|id| SeriesRef(u64::from(id.0)))
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

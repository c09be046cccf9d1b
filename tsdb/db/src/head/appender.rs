//! Gathering a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use emberdb_histogram::{FloatHistogram, Histogram};
use emberdb_model::storage::{AppendError, Appender, CommitSummary, StorageError};
use emberdb_model::{Exemplar, Labels, Metadata, Sample, SeriesRef};
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
    pub(super) head: SharedHead,
    pub(super) batch: Batch,
    accepted: Accepted,
    /// Since when samples count that are added now; 0 is unknown.
    start_ms: i64,
    turn: Turn,
    /// The page used last: samples mostly come in the order of their series.
    page: PageOfTurn,
}

/// A page and its number.
type PageOfTurn = Option<(usize, Arc<Page>)>;

impl HeadAppender {
    pub(crate) fn new(head: &SharedHead) -> Self {
        let number = NEXT_BATCH.fetch_add(1, Ordering::Relaxed);
        let batch = Batch::new(number, head.let_go.load(Ordering::Acquire));
        let accepted = head.accepted();
        Self { turn: head.turns.begin(), head: Arc::clone(head), batch, accepted, start_ms: 0, page: None }
    }

    /// Adds something to the series of these labels.
    fn add_to(
        &mut self,
        labels: &Labels,
        add: impl Fn(&mut Self, SeriesId) -> Result<(), AppendError>,
    ) -> Result<SeriesRef, AppendError> {
        if labels.is_empty() {
            return Err(AppendError::InvalidLabels(emberdb_model::LabelError::Empty));
        }
        loop {
            let (id, created) = self.head.get_or_create(labels)?;
            self.batch.series_created += usize::from(created);
            match add(self, id) {
                // It was removed since it was found: there will be another one.
                Err(AppendError::UnknownSeries(_)) => {}
                added => return added.map(|()| SeriesRef(u64::from(id.0))),
            }
        }
    }

    /// A series' reference in the log, which will have its labels when the batch is logged.
    pub(super) fn refer(&mut self, id: SeriesId) -> Result<u64, AppendError> {
        let (page, slot) = locate(&mut self.page, &self.head, id)?;
        let mut page = page.write();
        let series = page.get_mut(slot).ok_or_else(|| unknown(id))?;
        series.stay(id)?;
        if !series.logged {
            self.batch.unlogged.push(id);
        }
        Ok(series.wal_ref)
    }

    /// Checks a float and adds it to the batch.
    fn add(&mut self, id: SeriesId, sample: Sample) -> Result<(), AppendError> {
        check_room(self.batch.samples.len(), BATCH_SAMPLES_MAX)?;
        let (page, slot) = locate(&mut self.page, &self.head, id)?;
        let mut page = page.write();
        let series = page.get_mut(slot).ok_or_else(|| unknown(id))?;
        series.stay(id)?;
        let (number, place) = series.pending;
        let earlier = if number == self.batch.number { self.batch.sample_at(place, id) } else { None };
        let is_first = earlier.is_none();
        // What is stored comes first: it decides what its neighbours in the batch cannot change.
        let follows = match (series.check(sample, self.accepted)?, earlier) {
            (Follows::Appended | Follows::AsStaleHistogram(_), Some(earlier)) => {
                follow_float(Some(earlier), sample, self.accepted).map_err(in_batch)?
            }
            (follows, _) => follows,
        };
        let (wal_ref, start_ms) = (series.wal_ref, self.start_ms);
        let earlier = (!is_first).then_some(place);
        let place = match follows {
            Follows::Appended => {
                self.batch.push_sample(BatchSample { id, wal_ref, sample, start_ms }, earlier)
            }
            Follows::AlreadyThere => return Ok(()),
            Follows::Late => {
                check_room(self.batch.late.len(), BATCH_SAMPLES_MAX)?;
                self.batch.late.samples.push(BatchSample { id, wal_ref, sample, start_ms });
                if !series.logged {
                    self.batch.unlogged.push(id);
                }
                return Ok(());
            }
            Follows::AsStaleHistogram(encoding) => {
                check_room(self.batch.histograms.len(), BATCH_HISTOGRAMS_MAX)?;
                let (timestamp_ms, histogram) = (sample.timestamp_ms, HeldHistogram::stale(encoding));
                let marker = BatchHistogram { id, wal_ref, timestamp_ms, start_ms, histogram };
                self.batch.push_histogram(marker, earlier)
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
        series.stay(id)?;
        let (number, place) = series.pending;
        let earlier = if number == self.batch.number { self.batch.sample_at(place, id) } else { None };
        let is_first = earlier.is_none();
        let follows = match series.check_histogram(timestamp_ms, histogram, self.accepted)? {
            Follows::Appended if !is_first => {
                follow_histogram(earlier, timestamp_ms, histogram, self.accepted).map_err(in_batch)?
            }
            follows => follows,
        };
        if follows == Follows::AlreadyThere {
            return Ok(());
        }
        let (wal_ref, histogram) = (series.wal_ref, HeldHistogram::of(histogram));
        let added = BatchHistogram { id, wal_ref, timestamp_ms, start_ms: self.start_ms, histogram };
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
        self.add_to(labels, |appender, id| appender.add_histogram(id, timestamp_ms, histogram))
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

/// The error of a sample that only another one of its batch stands against.
fn in_batch(error: AppendError) -> AppendError {
    AppendError::ConflictInBatch(Box::new(error))
}

/// Whether a batch that has `count` samples, exemplars or metadata of a sort can take another.
pub(super) fn check_room(count: usize, count_max: usize) -> Result<(), AppendError> {
    if count < count_max {
        return Ok(());
    }
    let message = format!("a batch holds at most {count_max} of a kind: commit more often");
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

pub(super) fn id_of(series: SeriesRef) -> Result<SeriesId, AppendError> {
    u32::try_from(series.0).map(SeriesId).map_err(|_| AppendError::UnknownSeries(series))
}

pub(super) fn unknown(id: SeriesId) -> AppendError {
    AppendError::UnknownSeries(SeriesRef(u64::from(id.0)))
}

impl Appender for HeadAppender {
    fn append(&mut self, labels: &Labels, timestamp_ms: i64, value: f64) -> Result<SeriesRef, AppendError> {
        self.add_to(labels, |appender, id| appender.add(id, Sample { timestamp_ms, value }))
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

    fn set_start_timestamp(&mut self, start_timestamp_ms: i64) {
        if self.head.options.start_timestamps {
            self.start_ms = start_timestamp_ms;
        }
    }

    fn append_exemplar(&mut self, series: SeriesRef, exemplar: &Exemplar) -> Result<(), AppendError> {
        self.add_exemplar(series, exemplar, true)
    }

    fn append_untimed_exemplar(&mut self, series: SeriesRef, exemplar: &Exemplar) -> Result<(), AppendError> {
        self.add_exemplar(series, exemplar, false)
    }

    fn update_metadata(&mut self, series: SeriesRef, metadata: &Metadata) -> Result<(), AppendError> {
        self.add_metadata(series, metadata)
    }

    fn find_series(&mut self, labels: &Labels) -> Option<SeriesRef> {
        self.head.find(labels).map(|id| SeriesRef(u64::from(id.0)))
    }

    fn commit(mut self: Box<Self>) -> Result<CommitSummary, StorageError> {
        let alone = self.head.turns.was_alone(&self.turn);
        let summary = self.head.commit(&mut self.batch, alone, self.accepted.oldest_ms)?;
        self.head.tell_if_due();
        Ok(summary)
    }

    fn rollback(self: Box<Self>) {}
}

impl Drop for HeadAppender {
    fn drop(&mut self) {
        self.head.turns.end(&self.turn);
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
    /// The numbers of batches that are open, ascending.
    open: Vec<u64>,
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
        state.begun += 1;
        let number = state.begun;
        state.open.push(number);
        Turn { number, began_alone: state.open.len() == 1 }
    }

    fn was_alone(&self, turn: &Turn) -> bool {
        turn.began_alone && self.state.lock().begun == turn.number
    }

    fn end(&self, turn: &Turn) {
        self.state.lock().open.retain(|&number| number != turn.number);
    }

    /// The number of the newest batch.
    pub(super) fn begun(&self) -> u64 {
        self.state.lock().begun
    }

    /// Whether a batch is open that is not newer than this one.
    pub(super) fn is_open_since(&self, begun: u64) -> bool {
        self.state.lock().open.first().is_some_and(|&oldest| oldest <= begun)
    }
}

//! What one running query shares between its operators and threads: the limits, the pool, the annotations.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use emberdb_env::Env;
use emberdb_model::Annotations;
use parking_lot::Mutex;

use crate::annotation::{
    Note, Notes, Origin, OverlapsOfTurns, Repairs, RepairsOfTurns, forced_monotonicity, start_overlap,
};
use crate::error::{QueryError, Result};
use crate::operator::Buffers;
use crate::operator::meter::Meters;
use crate::options::CancelHandle;

/// One running query.
pub(crate) struct QueryContext {
    pub(crate) env: Env,
    /// On the monotonic clock.
    pub(crate) deadline: Duration,
    pub(crate) cancel: Option<CancelHandle>,
    pub(crate) samples_max: usize,
    pub(crate) pool: Option<Arc<rayon::ThreadPool>>,
    /// There exactly in a query that is analysed.
    pub(crate) meters: Option<Arc<Meters>>,
    held: AtomicUsize,
    read: AtomicU64,
    notes: Mutex<Notes>,
    /// By metric: what was repaired is told once, of all samples.
    repairs: Mutex<BTreeMap<String, RepairsOfTurns>>,
    /// By metric: windows in which start timestamps overlap are told once too.
    overlaps: Mutex<BTreeMap<String, OverlapsOfTurns>>,
    /// Buffers that no thread is using.
    idle: Mutex<Vec<Buffers>>,
}

impl QueryContext {
    pub(crate) fn new(
        env: Env,
        timeout: Duration,
        cancel: Option<CancelHandle>,
        samples_max: usize,
        pool: Option<Arc<rayon::ThreadPool>>,
        meters: Option<Arc<Meters>>,
    ) -> Self {
        let deadline = env.clock().monotonic().saturating_add(timeout);
        Self {
            env,
            deadline,
            cancel,
            samples_max,
            pool,
            meters,
            held: AtomicUsize::new(0),
            read: AtomicU64::new(0),
            notes: Mutex::default(),
            repairs: Mutex::default(),
            overlaps: Mutex::default(),
            idle: Mutex::default(),
        }
    }

    /// Whether to go on; asked once a series.
    pub(crate) fn check(&self) -> Result<()> {
        if self.cancel.as_ref().is_some_and(CancelHandle::is_canceled) {
            return Err(QueryError::Canceled);
        }
        if self.env.clock().monotonic() > self.deadline {
            return Err(QueryError::Timeout);
        }
        Ok(())
    }

    /// What [`Scratch::count_read`](crate::operator::Scratch::count_read) does for the whole query.
    pub(crate) fn admit_read(&self, samples: usize) -> Result<()> {
        self.read.fetch_add(samples as u64, Ordering::Relaxed);
        self.refuse_above(self.held.load(Ordering::Relaxed).saturating_add(samples))?;
        self.check()
    }

    /// Counts samples that stay in memory until the reservation is dropped.
    pub(crate) fn hold(self: &Arc<Self>, samples: usize) -> Result<Reservation> {
        let before = self.held.fetch_add(samples, Ordering::Relaxed);
        let reservation = Reservation { context: Arc::clone(self), samples };
        self.refuse_above(before.saturating_add(samples))?;
        Ok(reservation)
    }

    fn refuse_above(&self, samples: usize) -> Result<()> {
        if samples > self.samples_max {
            return Err(QueryError::TooManySamples { limit: self.samples_max });
        }
        Ok(())
    }

    pub(crate) fn note(&self, note: Note) {
        self.notes.lock().add(note);
    }

    pub(crate) fn merge_notes(&self, notes: Notes) {
        self.notes.lock().merge(notes);
    }

    /// Notes bucket counts that were raised.
    pub(crate) fn note_repairs(&self, metric: &str, turn: u32, repairs: Repairs) {
        let mut all = self.repairs.lock();
        let of_metric = all.entry(metric.to_owned()).or_default();
        match of_metric.get_mut(&turn) {
            Some(seen) => seen.merge(&repairs),
            None => {
                of_metric.insert(turn, repairs);
            }
        }
    }

    /// Notes the windows of a series in which start timestamps overlap, as the expression of `origin` sees them.
    pub(crate) fn note_overlaps(&self, metric: &str, origin: Origin, windows: usize) {
        let mut all = self.overlaps.lock();
        let of_metric = all.entry(metric.to_owned()).or_default();
        of_metric.entry(origin.turn).or_insert((origin.position, 0)).1 += windows;
    }

    /// All annotations, in an order that does not depend on who was faster.
    pub(crate) fn take_notes(&self) -> Annotations {
        let mut notes = std::mem::take(&mut *self.notes.lock());
        for (metric, of_expressions) in std::mem::take(&mut *self.repairs.lock()) {
            forced_monotonicity(&metric, &of_expressions).into_iter().for_each(|note| notes.add(note));
        }
        for (metric, of_expressions) in std::mem::take(&mut *self.overlaps.lock()) {
            start_overlap(&metric, &of_expressions).into_iter().for_each(|note| notes.add(note));
        }
        notes.into_annotations()
    }

    pub(crate) fn samples_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    pub(crate) fn take_buffers(&self) -> Buffers {
        self.idle.lock().pop().unwrap_or_default()
    }

    pub(crate) fn give_buffers(&self, buffers: Buffers) {
        self.idle.lock().push(buffers);
    }
}

/// Samples that are counted as held in memory, until it is dropped.
pub(crate) struct Reservation {
    context: Arc<QueryContext>,
    samples: usize,
}

impl Reservation {
    /// Counts more, or fewer.
    pub(crate) fn set(&mut self, samples: usize) -> Result<()> {
        if samples > self.samples {
            let before = self.context.held.fetch_add(samples - self.samples, Ordering::Relaxed);
            let now = before.saturating_add(samples - self.samples);
            self.samples = samples;
            return self.context.refuse_above(now);
        }
        self.context.held.fetch_sub(self.samples - samples, Ordering::Relaxed);
        self.samples = samples;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.context.held.fetch_sub(self.samples, Ordering::Relaxed);
    }
}

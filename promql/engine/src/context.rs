//! What one running query shares between its operators and threads: the limits, the pool, the annotations.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use emberdb_env::Env;
use emberdb_model::{Annotation, Annotations};
use parking_lot::Mutex;

use crate::annotation::{MonotonicityRepairs, forced_monotonicity};
use crate::error::{QueryError, Result};
use crate::operator::Buffers;
use crate::options::CancelHandle;

/// One running query.
pub(crate) struct QueryContext {
    pub(crate) env: Env,
    /// On the monotonic clock.
    pub(crate) deadline: Duration,
    pub(crate) cancel: Option<CancelHandle>,
    pub(crate) samples_max: usize,
    pub(crate) pool: Option<Arc<rayon::ThreadPool>>,
    held: AtomicUsize,
    read: AtomicU64,
    notes: Mutex<Annotations>,
    /// By metric and position: what was repaired is told once, of all samples.
    repairs: Mutex<BTreeMap<(String, u32), MonotonicityRepairs>>,
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
    ) -> Self {
        let deadline = env.clock().monotonic().saturating_add(timeout);
        Self {
            env,
            deadline,
            cancel,
            samples_max,
            pool,
            held: AtomicUsize::new(0),
            read: AtomicU64::new(0),
            notes: Mutex::default(),
            repairs: Mutex::default(),
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

    /// Counts samples that were read for one series and are in memory for a moment, and asks [`check`](Self::check).
    pub(crate) fn count_read(&self, samples: usize) -> Result<()> {
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

    pub(crate) fn note(&self, annotation: Annotation) {
        self.notes.lock().add(annotation);
    }

    pub(crate) fn merge_notes(&self, notes: Annotations) {
        self.notes.lock().merge(notes);
    }

    /// Notes bucket counts that were raised.
    pub(crate) fn note_repairs(&self, metric: &str, position: u32, repairs: MonotonicityRepairs) {
        let mut all = self.repairs.lock();
        let of_metric = all.entry((metric.to_owned(), position));
        of_metric.and_modify(|seen| seen.merge(repairs)).or_insert(repairs);
    }

    /// All annotations, in an order that does not depend on who was faster.
    pub(crate) fn take_notes(&self) -> Annotations {
        let mut all: Vec<Annotation> = self.notes.lock().iter().cloned().collect();
        let repairs = std::mem::take(&mut *self.repairs.lock());
        all.extend(repairs.iter().map(|((metric, at), repairs)| forced_monotonicity(metric, *repairs, *at)));
        all.sort_unstable_by(|a, b| (a.kind, a.position, &a.message).cmp(&(b.kind, b.position, &b.message)));
        let mut notes = Annotations::default();
        all.into_iter().for_each(|annotation| notes.add(annotation));
        notes
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

//! A storage in memory that refuses what the real one refuses.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};

use emberdb_model::storage::{
    AppendError, Appendable, Appender, CommitSummary, Rejection, StorageError, StorageErrorKind,
};
use emberdb_model::{Exemplar, Labels, Metadata, STALE_NAN, SeriesRef, is_stale};

/// Samples by series; a batch becomes visible at its commit.
#[derive(Default)]
pub(crate) struct MemoryStorage {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    labels: Vec<Labels>,
    samples: Vec<BTreeMap<i64, f64>>,
    ids: HashMap<Labels, usize>,
    /// References of an older generation are unknown.
    generation: u64,
    oldest_ms: i64,
    refuses_commits: bool,
    /// Exemplars and metadata as texts, in the order of their commits; absent if they are not taken.
    marks: Option<Vec<String>>,
    appends_by_labels: usize,
    commits: usize,
}

impl MemoryStorage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the lock")
    }

    /// The samples of a series as `time:value`, staleness markers as `time:stale`.
    pub(crate) fn series(&self, name: &str) -> String {
        let state = self.state();
        let found = state.ids.iter().find(|(labels, _)| labels.to_string() == name);
        let Some((_, &id)) = found else { return "no such series".into() };
        let texts: Vec<_> = state.samples[id]
            .iter()
            .map(|(t, v)| if is_stale(*v) { format!("{t}:stale") } else { format!("{t}:{v}") })
            .collect();
        texts.join(" ")
    }

    /// All samples, but for those of series that `skip` names.
    pub(crate) fn dump(&self, skip: impl Fn(&str) -> bool) -> BTreeMap<String, Vec<(i64, u64)>> {
        let state = self.state();
        let series = state.labels.iter().zip(&state.samples);
        series
            .map(|(labels, samples)| {
                (labels.to_string(), samples.iter().map(|(&t, v)| (t, v.to_bits())).collect::<Vec<_>>())
            })
            .filter(|(name, samples)| !skip(name) && !samples.is_empty())
            .collect()
    }

    /// Forgets what its references mean, as after a garbage collection.
    pub(crate) fn forget_references(&self) {
        self.state().generation += 1;
    }

    pub(crate) fn set_oldest(&self, oldest_ms: i64) {
        self.state().oldest_ms = oldest_ms;
    }

    pub(crate) fn refuse_commits(&self, refuse: bool) {
        self.state().refuses_commits = refuse;
    }

    /// Takes exemplars and metadata from now on.
    pub(crate) fn take_marks(&self) {
        self.state().marks = Some(Vec::new());
    }

    /// The exemplars and metadata that came since this was asked last.
    pub(crate) fn marks(&self) -> Vec<String> {
        self.state().marks.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// How often a series was named by its labels.
    pub(crate) fn appends_by_labels(&self) -> usize {
        self.state().appends_by_labels
    }

    pub(crate) fn commits(&self) -> usize {
        self.state().commits
    }
}

impl Appendable for MemoryStorage {
    fn appender(&self) -> Result<Box<dyn Appender + '_>, StorageError> {
        Ok(Box::new(MemoryAppender { storage: self, batch: Vec::new(), marks: Vec::new() }))
    }
}

struct MemoryAppender<'s> {
    storage: &'s MemoryStorage,
    batch: Vec<(SeriesRef, i64, f64)>,
    marks: Vec<String>,
}

impl MemoryAppender<'_> {
    fn add_exemplar(
        &mut self,
        series: SeriesRef,
        exemplar: &Exemplar,
        sort: &str,
    ) -> Result<(), AppendError> {
        let state = self.storage.state();
        if state.marks.is_none() {
            return Err(AppendError::ExemplarsUnsupported);
        }
        let Exemplar { labels, value, timestamp_ms } = exemplar;
        if *value < 0.0 {
            let newest_ms = i64::MAX;
            return Err(AppendError::OutOfOrderExemplar { timestamp_ms: *timestamp_ms, newest_ms });
        }
        let series = &state.labels[state.id(series)?];
        self.marks.push(format!("{series} {labels} {value} {sort} {timestamp_ms}"));
        Ok(())
    }
}

impl State {
    fn reference(&self, id: usize) -> SeriesRef {
        SeriesRef(self.generation << 32 | id as u64)
    }

    fn id(&self, reference: SeriesRef) -> Result<usize, AppendError> {
        let known = reference.0 >> 32 == self.generation;
        known.then_some(reference.0 as u32 as usize).ok_or(AppendError::UnknownSeries(reference))
    }

    /// Whether a sample can be stored: false if the same is there already.
    fn check(&self, id: usize, timestamp_ms: i64, value: f64) -> Result<bool, AppendError> {
        if timestamp_ms < self.oldest_ms {
            return Err(AppendError::TooOld { timestamp_ms, oldest_ms: self.oldest_ms });
        }
        let Some((&newest_ms, &held)) = self.samples[id].last_key_value() else { return Ok(true) };
        if timestamp_ms < newest_ms {
            return Err(AppendError::OutOfOrder { timestamp_ms, newest_ms });
        }
        if timestamp_ms == newest_ms && held.to_bits() != value.to_bits() {
            return Err(AppendError::Duplicate { timestamp_ms, held, refused: value });
        }
        Ok(timestamp_ms > newest_ms)
    }
}

impl Appender for MemoryAppender<'_> {
    fn append(&mut self, labels: &Labels, timestamp_ms: i64, value: f64) -> Result<SeriesRef, AppendError> {
        let mut state = self.storage.state();
        state.appends_by_labels += 1;
        if labels.get("__name__") == Some("refused_by_storage") {
            return Err(AppendError::Limit("a test asked for it".into()));
        }
        let id = match state.ids.get(labels) {
            Some(&id) => id,
            None => {
                let id = state.labels.len();
                state.labels.push(labels.clone());
                state.samples.push(BTreeMap::new());
                state.ids.insert(labels.clone(), id);
                id
            }
        };
        let reference = state.reference(id);
        drop(state);
        self.append_ref(reference, timestamp_ms, value)?;
        Ok(reference)
    }

    fn append_ref(&mut self, series: SeriesRef, timestamp_ms: i64, value: f64) -> Result<(), AppendError> {
        let state = self.storage.state();
        if state.check(state.id(series)?, timestamp_ms, value)? {
            self.batch.push((series, timestamp_ms, value));
        }
        Ok(())
    }

    fn append_exemplar(&mut self, series: SeriesRef, exemplar: &Exemplar) -> Result<(), AppendError> {
        self.add_exemplar(series, exemplar, "at")
    }

    fn append_untimed_exemplar(&mut self, series: SeriesRef, exemplar: &Exemplar) -> Result<(), AppendError> {
        self.add_exemplar(series, exemplar, "scraped at")
    }

    fn update_metadata(&mut self, series: SeriesRef, metadata: &Metadata) -> Result<(), AppendError> {
        let state = self.storage.state();
        if state.marks.is_none() {
            return Err(AppendError::MetadataUnsupported);
        }
        let series = &state.labels[state.id(series)?];
        let Metadata { metric_type, unit, help } = metadata;
        self.marks.push(format!("{series} {metric_type} {unit:?} {help:?}"));
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<CommitSummary, StorageError> {
        let mut state = self.storage.state();
        if state.refuses_commits {
            return Err(StorageError::new(StorageErrorKind::Unavailable, "the disk is full"));
        }
        state.commits += 1;
        state.marks.iter_mut().for_each(|marks| marks.extend(self.marks.iter().cloned()));
        let mut summary = CommitSummary::default();
        for (series, timestamp_ms, value) in self.batch {
            let id = state.id(series).expect("references live as long as the batch");
            match state.check(id, timestamp_ms, value) {
                Ok(true) => {
                    state.samples[id].insert(timestamp_ms, value);
                    summary.samples += 1;
                }
                Ok(false) => {}
                Err(error) => summary.rejected.push(Rejection { series, error }),
            }
        }
        Ok(summary)
    }

    fn rollback(self: Box<Self>) {}
}

/// The bits of a staleness marker.
pub(crate) const STALE_BITS: u64 = STALE_NAN.to_bits();

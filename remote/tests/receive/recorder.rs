//! A storage that remembers what it was given, keeps exemplars and metadata, and fails when told to.

use std::sync::Mutex;

use emberdb_model::storage::{
    AppendError, Appendable, Appender, CommitSummary, StorageError, StorageErrorKind,
};
use emberdb_model::{Exemplar, Labels, Metadata, SeriesRef};

#[derive(Default)]
pub(crate) struct Recorder {
    /// The series that were created, the first has the reference 0.
    pub(crate) series: Mutex<Vec<Labels>>,
    /// What was committed, in words.
    pub(crate) committed: Mutex<Vec<String>>,
    /// The storage fails at a sample with this value.
    pub(crate) fails_at: Option<f64>,
    pub(crate) fails_to_commit: bool,
}

struct Recording<'r> {
    recorder: &'r Recorder,
    batch: Vec<String>,
}

impl Appendable for Recorder {
    fn appender(&self) -> Result<Box<dyn Appender + '_>, StorageError> {
        Ok(Box::new(Recording { recorder: self, batch: Vec::new() }))
    }
}

fn disk_is_full() -> StorageError {
    StorageError::new(StorageErrorKind::Unavailable, "the disk is full")
}

impl Appender for Recording<'_> {
    fn append(&mut self, labels: &Labels, timestamp_ms: i64, value: f64) -> Result<SeriesRef, AppendError> {
        let series = match self.find_series(labels) {
            Some(series) => series,
            None => {
                let mut all = self.recorder.series.lock().unwrap();
                all.push(labels.clone());
                SeriesRef(all.len() as u64 - 1)
            }
        };
        self.batch.push(format!("look up {labels}"));
        self.append_ref(series, timestamp_ms, value)?;
        Ok(series)
    }

    fn append_ref(&mut self, series: SeriesRef, timestamp_ms: i64, value: f64) -> Result<(), AppendError> {
        if self.recorder.fails_at == Some(value) {
            return Err(disk_is_full().into());
        }
        self.batch.push(format!("{}: {value} at {timestamp_ms}", series.0));
        Ok(())
    }

    fn find_series(&mut self, labels: &Labels) -> Option<SeriesRef> {
        let place = self.recorder.series.lock().unwrap().iter().position(|known| known == labels);
        place.map(|place| SeriesRef(place as u64))
    }

    fn append_exemplar(&mut self, series: SeriesRef, exemplar: &Exemplar) -> Result<(), AppendError> {
        if exemplar.value < 0.0 {
            let timestamp_ms = exemplar.timestamp_ms;
            return Err(AppendError::OutOfOrderExemplar { timestamp_ms, newest_ms: timestamp_ms + 1 });
        }
        self.batch.push(format!("{}: exemplar {} {}", series.0, exemplar.labels, exemplar.value));
        Ok(())
    }

    fn update_metadata(&mut self, series: SeriesRef, metadata: &Metadata) -> Result<(), AppendError> {
        let Metadata { metric_type, unit, help } = metadata;
        self.batch.push(format!("{}: {metric_type}, {unit:?}, {help:?}", series.0));
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<CommitSummary, StorageError> {
        if self.recorder.fails_to_commit {
            return Err(disk_is_full());
        }
        self.recorder.committed.lock().unwrap().extend(self.batch);
        Ok(CommitSummary::default())
    }

    fn rollback(self: Box<Self>) {}
}

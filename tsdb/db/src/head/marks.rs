//! Exemplars and metadata of a batch: what stands beside samples. They are gathered, logged and stored with them.

use emberdb_model::storage::AppendError;
use emberdb_model::{Exemplar, Metadata, SeriesRef};
use emberdb_tsdb_index::SeriesId;
use emberdb_wal::{ExemplarEncoder, encode_metadata};

use super::Head;
use super::appender::{HeadAppender, check_room, id_of};
use super::batch::Batch;
use super::commit::Records;
use super::exemplars::{BatchExemplar, HeldExemplar};
use super::metadata::BatchMetadata;
use super::recheck::reject;

/// At most so many exemplars or metadata in one batch: some 200 bytes each.
const BATCH_MARKS_MAX: usize = 1 << 22;

/// Bytes of a unit and a help text together: many pages of text, and far less than a record of the log can hold.
const METADATA_BYTES_MAX: usize = 1 << 20;

/// Exemplars and metadata are spread over several records from about so many bytes on: a record is held in memory when it is read.
const RECORD_BYTES_AIM: usize = 1 << 20;

/// What metadata take in a record beside their texts, in bytes, at most.
const METADATA_FIELDS_BYTES: usize = 32;

impl HeadAppender {
    /// Checks an exemplar and adds it to the batch. `is_timed`: whether its time is its own, or that of a scrape.
    pub(super) fn add_exemplar(
        &mut self,
        series: SeriesRef,
        exemplar: &Exemplar,
        is_timed: bool,
    ) -> Result<(), AppendError> {
        if !self.head.exemplars.is_on() {
            return Err(AppendError::ExemplarsUnsupported);
        }
        check_room(self.batch.exemplars.len(), BATCH_MARKS_MAX)?;
        let id = id_of(series)?;
        let wal_ref = self.refer(id)?;
        let exemplar = HeldExemplar::new(exemplar, is_timed)?;
        self.batch.exemplars.add(&self.head.exemplars, BatchExemplar { id, wal_ref, exemplar })
    }

    /// Adds metadata to the batch, unless the series has the same.
    pub(super) fn add_metadata(&mut self, series: SeriesRef, metadata: &Metadata) -> Result<(), AppendError> {
        let bytes = metadata.unit.len() + metadata.help.len();
        if bytes > METADATA_BYTES_MAX {
            let message = format!(
                "unit and help of a metric have {bytes} bytes, at most {METADATA_BYTES_MAX} are taken"
            );
            return Err(AppendError::Limit(message));
        }
        check_room(self.batch.metadata.len(), BATCH_MARKS_MAX)?;
        let id = id_of(series)?;
        let wal_ref = self.refer(id)?;
        if !self.batch.metadata.is_known(&self.head.metadata, id, metadata) {
            self.batch.metadata.set(BatchMetadata { id, wal_ref, metadata: metadata.clone() });
        }
        Ok(())
    }
}

impl Head {
    /// Takes the exemplars out of a batch that others have made impossible.
    pub(super) fn check_exemplars_again(&self, batch: &mut Batch) {
        for (id, error) in batch.exemplars.check_again(&self.exemplars) {
            reject(batch, id, error);
        }
    }

    /// Stores what was logged of a batch's exemplars and metadata.
    pub(super) fn store_marks(&self, batch: &mut Batch) {
        self.exemplars.store(std::mem::take(&mut batch.exemplars));
        self.metadata.store(std::mem::take(&mut batch.metadata));
    }

    /// Forgets what is not to outlive the labels of these series in the log.
    pub(super) fn forget_marks(&self, series: &[SeriesId]) {
        self.metadata.forget(series);
    }
}

impl Records {
    /// The metadata of a batch. They come before its samples.
    pub(super) fn add_metadata(&mut self, metadata: &[BatchMetadata]) {
        let bytes = |m: &BatchMetadata| m.metadata.unit.len() + m.metadata.help.len() + METADATA_FIELDS_BYTES;
        for part in parts(metadata, bytes) {
            let mut record = self.take();
            encode_metadata(part.iter().map(BatchMetadata::logged), &mut record);
            self.add(record);
        }
    }

    /// The exemplars of a batch. They come after its samples: who sends on what is logged sends the samples first.
    pub(super) fn add_exemplars(&mut self, exemplars: &[BatchExemplar]) {
        for part in parts(exemplars, |added| added.exemplar.logged_bytes_max()) {
            let mut record = self.take();
            let mut encoder = ExemplarEncoder::new(&mut record);
            for BatchExemplar { wal_ref, exemplar, .. } in part {
                let (exemplar, labels) = exemplar.logged(*wal_ref);
                encoder.add(exemplar, labels);
            }
            self.add(record);
        }
    }
}

/// Splits a list into parts of about the size of a record, with at least one element each.
fn parts<T>(mut list: &[T], bytes: impl Fn(&T) -> usize) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let mut sum = 0;
        let within = list.iter().take_while(|element| {
            sum += bytes(element);
            sum <= RECORD_BYTES_AIM
        });
        let (part, rest) = list.split_at_checked(within.count().max(1))?;
        list = rest;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_by_size_and_nothing_is_left_out() {
        let split = |sizes: &[usize]| parts(sizes, |&size| size).map(<[usize]>::len).collect::<Vec<_>>();
        let half = RECORD_BYTES_AIM / 2;
        assert_eq!(split(&[]), [0; 0]);
        assert_eq!(split(&[half, half, half]), [2, 1]);
        assert_eq!(split(&[1, 3 * half, 1, 1]), [1, 1, 2]);
    }
}

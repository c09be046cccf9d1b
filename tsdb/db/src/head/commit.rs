//! Logging a batch, then storing it, then showing it to readers.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use emberdb_histogram::{FloatHistogram, Histogram, NativeHistogram};
use emberdb_model::storage::{CommitSummary, StorageError, StorageErrorKind};
use emberdb_tsdb_index::SeriesId;
use emberdb_wal::{
    RecordNumber, RefStamp, SeriesEncoder, WalError, encode_histograms, encode_samples,
    encode_started_histograms, encode_started_samples,
};

use super::batch::{Batch, BatchHistogram, BatchSample, LateBatch};
use super::held::HeldHistogram;
use super::isolation::CommitStamp;
use super::late::LateValue;
use super::page::{PAGE_SERIES, Pages};
use super::{Head, Log};
use crate::error::{closed, log_failed};

/// Floats in one record of the log: a record is held in memory as a whole when it is read.
const RECORD_SAMPLES_MAX: usize = 1 << 16;

/// Histograms are spread over several records from about so many bytes on; a single one may have more.
const RECORD_HISTOGRAM_BYTES: usize = 1 << 20;

/// Buffers that a log keeps from commit to commit: one large batch must not hold its memory for ever.
const RECORDS_KEPT: usize = 2;

/// The records of a commit in their order, in buffers that are used again.
#[derive(Default)]
pub(super) struct Records {
    buffers: Vec<Vec<u8>>,
    used: usize,
}

impl Records {
    /// An empty buffer to fill with the next record.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let mut buffer = self.buffers.get_mut(self.used).map(std::mem::take).unwrap_or_default();
        buffer.clear();
        buffer
    }

    /// Adds a record, unless there is nothing in it.
    pub(super) fn add(&mut self, record: Vec<u8>) {
        if record.is_empty() {
            return;
        }
        match self.buffers.get_mut(self.used) {
            Some(buffer) => *buffer = record,
            None => self.buffers.push(record),
        }
        self.used += 1;
    }

    fn clear(&mut self) {
        self.used = 0;
        self.buffers.truncate(RECORDS_KEPT);
    }

    fn as_slices(&self) -> impl Iterator<Item = &[u8]> {
        self.buffers.iter().take(self.used).map(Vec::as_slice)
    }

    /// The floats of a part.
    fn add_samples(&mut self, samples: &[BatchSample]) {
        for samples in samples.chunks(RECORD_SAMPLES_MAX) {
            let mut record = self.take();
            if samples.iter().all(|added| added.start_ms == 0) {
                encode_samples(samples.iter().map(BatchSample::logged), &mut record);
            } else {
                encode_started_samples(samples.iter().map(BatchSample::logged_with_start), &mut record);
            }
            self.add(record);
        }
    }

    /// The histograms of a part. Each kind has records of its own; which of them comes first is no matter, as the
    /// histograms that a series has in a part are all of one kind.
    fn add_histograms(&mut self, mut histograms: &[BatchHistogram]) {
        while !histograms.is_empty() {
            let mut bytes = 0;
            let within = histograms.iter().take_while(|added| {
                bytes += added.histogram.logged_bytes_max();
                bytes <= RECORD_HISTOGRAM_BYTES
            });
            let (now, later) = histograms.split_at(within.count().max(1));
            let is_any_started = now.iter().any(|added| added.start_ms != 0);
            self.add_histograms_of(now.iter().filter_map(integer), is_any_started);
            self.add_histograms_of(now.iter().filter_map(float), is_any_started);
            histograms = later;
        }
    }

    /// Histograms that all count in whole numbers, or all in floats.
    fn add_histograms_of<'h, N: RecordNumber>(
        &mut self,
        histograms: impl Iterator<Item = (RefStamp, &'h NativeHistogram<N>)>,
        with_starts: bool,
    ) {
        let (mut record, mut record_custom) = (self.take(), Vec::new());
        if with_starts {
            encode_started_histograms(histograms, &mut record);
        } else {
            encode_histograms(histograms, &mut record, &mut record_custom);
        }
        self.add(record);
        self.add(record_custom);
    }
}

fn integer(added: &BatchHistogram) -> Option<(RefStamp, &Histogram)> {
    match &added.histogram {
        HeldHistogram::Integer(histogram) => Some((added.stamp(), histogram)),
        HeldHistogram::Float(_) => None,
    }
}

fn float(added: &BatchHistogram) -> Option<(RefStamp, &FloatHistogram)> {
    match &added.histogram {
        HeldHistogram::Integer(_) => None,
        HeldHistogram::Float(histogram) => Some((added.stamp(), histogram)),
    }
}

impl Head {
    /// Makes a batch durable and visible. A batch that was not `alone` is checked against what others committed since it began, and so is
    /// one whose samples, which are of `oldest_ms` or later, may have become too old.
    ///
    /// Whoever holds the log logs and stores, so that the samples of a series are in memory in the order of the log. Nobody holds it while
    /// waiting for the disk: others go on, and share the fsync. What is stored is invisible until then.
    pub(super) fn commit(
        &self,
        batch: &mut Batch,
        alone: bool,
        oldest_ms: i64,
    ) -> Result<CommitSummary, StorageError> {
        let mut log = self.log.lock();
        if log.writer.is_none() {
            return Err(closed());
        }
        self.isolation.check().map_err(log_failed)?;
        if !alone || self.min_valid_ms() > oldest_ms {
            self.check_again(batch);
        }
        self.refuse_deleted(batch);
        self.name_again(batch);
        let samples = batch.len();
        let logged = self.write_log(&mut log, batch).inspect_err(|error| self.note_failure(error))?;
        self.mark_logged(&logged);
        let stamp = self.isolation.begin_commit();
        let _guard = self.isolation.guard();
        for (samples, histograms) in batch.parts() {
            self.store(samples, stamp);
            self.store_histograms(histograms, stamp);
        }
        // Whoever checks a later batch's exemplars looks at those that are stored: so they are, at once.
        self.store_marks(batch);
        self.unpublished.add(stamp, std::mem::take(&mut batch.late));
        let promise = log.promise(self.options.durability);
        drop(log);
        promise.wait().inspect_err(|error| self.isolation.fail(error)).map_err(not_durable)?;
        self.publish(stamp);
        Ok(CommitSummary {
            samples,
            series_created: batch.series_created,
            rejected: std::mem::take(&mut batch.rejected),
        })
    }

    /// After a write that failed nobody knows what the log holds. A batch that was too large was not even tried.
    pub(super) fn note_failure(&self, error: &StorageError) {
        if error.kind() != StorageErrorKind::Limit {
            self.isolation.fail(error);
        }
    }

    /// Writes the batch's records; returns the series whose labels are logged now.
    fn write_log(&self, log: &mut Log, batch: &Batch) -> Result<Vec<SeriesId>, StorageError> {
        let unlogged = self.encode_series(&batch.unlogged, &mut log.series_record);
        log.records.clear();
        log.records.add_metadata(batch.metadata.as_slice());
        for (samples, histograms) in batch.parts() {
            log.records.add_samples(samples);
            log.records.add_histograms(histograms);
        }
        let in_order = log.records.used;
        log.records.add_samples(&batch.late.samples);
        log.records.add_histograms(&batch.late.histograms);
        let late_end = log.records.used;
        log.records.add_exemplars(batch.exemplars.as_slice());
        let series_record = (!unlogged.is_empty()).then_some(log.series_record.as_slice());
        let records: Vec<&[u8]> = series_record.into_iter().chain(log.records.as_slices()).collect();
        let Some(writer) = &mut log.writer else { return Err(closed()) };
        writer.log(&records).map_err(log_failed)?;
        let late: Vec<&[u8]> = log.records.as_slices().take(late_end).skip(in_order).collect();
        let late_writer = log.late_writer.as_mut().filter(|_| !late.is_empty());
        for writer in late_writer.into_iter() {
            writer.log(&late).map_err(log_failed)?;
        }
        log.records.clear();
        Ok(unlogged)
    }

    /// What the log had of a series when the batch began it may have let go of since then.
    fn name_again(&self, batch: &mut Batch) {
        if self.let_go.load(Ordering::Acquire) != batch.let_go {
            let series: Vec<SeriesId> = batch.series().collect();
            batch.unlogged.extend(series);
        }
    }

    /// Encodes the labels of those of `series` that the log does not have, and returns these.
    fn encode_series(&self, series: &[SeriesId], record: &mut Vec<u8>) -> Vec<SeriesId> {
        if series.is_empty() {
            return Vec::new();
        }
        record.clear();
        let mut encoder = SeriesEncoder::new(record);
        let index = self.index.read();
        let mut unlogged: Vec<SeriesId> = series.to_vec();
        unlogged.sort_unstable();
        unlogged.dedup();
        unlogged.retain(|&id| {
            let wal_ref = self.pages.with(id, |s| (!s.logged).then_some(s.wal_ref)).flatten();
            if let Some(wal_ref) = wal_ref {
                encoder.add(wal_ref, index.labels(id).iter());
            }
            wal_ref.is_some()
        });
        unlogged
    }

    fn mark_logged(&self, series: &[SeriesId]) {
        for &id in series {
            self.pages.with(id, |series| series.logged = true);
        }
    }

    /// Puts logged samples into their series: one lock for each run of samples of one page.
    fn store(&self, samples: &[BatchSample], stamp: CommitStamp) {
        let page_of = |s: &BatchSample| s.id.index() / PAGE_SERIES;
        let (mut oldest_ms, mut newest_ms) = (i64::MAX, i64::MIN);
        for run in samples.chunk_by(|a, b| page_of(a) == page_of(b)) {
            let page = self.pages.page(page_of(&run[0])).expect("a sample was checked against its series");
            let mut page = page.write();
            for &BatchSample { id, sample, start_ms, .. } in run {
                page[Pages::place(id).1].push(sample, start_ms, stamp, self.options.chunk_rules());
                oldest_ms = oldest_ms.min(sample.timestamp_ms);
                newest_ms = newest_ms.max(sample.timestamp_ms);
            }
        }
        self.note_samples(samples.len() as u64, oldest_ms, newest_ms);
    }

    /// Puts logged samples that came out of order into their series. They are seen at once, by those who read already, too: whoever reads
    /// their time again gets another answer in any case.
    pub(super) fn store_late(&self, late: LateBatch) {
        let floats = late.samples.into_iter().map(|added| {
            (added.id, added.sample.timestamp_ms, added.start_ms, LateValue::Float(added.sample.value))
        });
        let histograms = late.histograms.into_iter().map(|added| {
            (added.id, added.timestamp_ms, added.start_ms, LateValue::Histogram(Box::new(added.histogram)))
        });
        let (part, encoding) = (self.late_part.load(Ordering::Acquire), self.options.float_encoding);
        for (id, timestamp_ms, start_ms, value) in floats.chain(histograms) {
            self.note_late(timestamp_ms);
            self.pages.with(id, |series| {
                let inserted = series.late_mut().insert(timestamp_ms, start_ms, value, part, encoding);
                inserted.expect("histograms that are valid and not too large can be written into chunks")
            });
        }
    }

    /// Puts logged histograms into their series.
    fn store_histograms(&self, histograms: &[BatchHistogram], stamp: CommitStamp) {
        if histograms.is_empty() {
            return;
        }
        let page_of = |added: &BatchHistogram| added.id.index() / PAGE_SERIES;
        let (mut oldest_ms, mut newest_ms) = (i64::MAX, i64::MIN);
        for run in histograms.chunk_by(|a, b| page_of(a) == page_of(b)) {
            let page = self.pages.page(page_of(&run[0])).expect("a histogram was checked against its series");
            let mut page = page.write();
            for added in run {
                let (t_ms, histogram) = (added.timestamp_ms, added.histogram.as_any());
                page[Pages::place(added.id).1]
                    .push_histogram(t_ms, histogram, added.start_ms, stamp, self.options.chunk_rules())
                    .expect("a histogram that is valid and not too large can be the first of a chunk");
                oldest_ms = oldest_ms.min(t_ms);
                newest_ms = newest_ms.max(t_ms);
            }
        }
        self.note_samples(histograms.len() as u64, oldest_ms, newest_ms);
    }
}

/// A commit whose fsync failed, as its committer sees it.
fn not_durable(error: WalError) -> StorageError {
    let message = format!(
        "the batch stays invisible, and whether it is stored shows when the database is opened again: {error}"
    );
    StorageError::new(StorageErrorKind::Unavailable, message).caused_by(error)
}

/// Keeps the compiler honest about sharing: a head is used from many threads.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Arc<Head>>();
};

//! Logging a batch, then storing it.

use std::sync::Arc;

use emberdb_model::Sample;
use emberdb_model::SeriesRef;
use emberdb_model::storage::{CommitSummary, Rejection, StorageError};
use emberdb_tsdb_index::SeriesId;
use emberdb_wal::{RefSample, SeriesEncoder, encode_samples};
use foldhash::HashMap;

use super::appender::{Batch, BatchSample};
use super::isolation::CommitStamp;
use super::page::{PAGE_SERIES, Pages};
use super::series::check_order;
use super::{Head, Log};
use crate::error::{closed, log_failed};
use crate::options::WalSync;

/// Samples in one record of the log: a record is held in memory as a whole when it is read.
const RECORD_SAMPLES_MAX: usize = 1 << 16;

impl Head {
    /// Makes a batch durable and visible. Commits are serial: whoever holds the log commits. A batch that was not
    /// `alone` is checked against what others committed since it began.
    pub(super) fn commit(&self, batch: &mut Batch, alone: bool) -> Result<CommitSummary, StorageError> {
        let mut log = self.log.lock();
        if log.writer.is_none() {
            return Err(closed());
        }
        let stamp = self.isolation.begin_commit();
        if !alone {
            self.check_again(batch);
        }
        let logged = self.write_log(&mut log, batch)?;
        self.mark_logged(&logged);
        self.store(&batch.samples, stamp);
        self.isolation.finish_commit(stamp);
        Ok(CommitSummary {
            samples: batch.samples.len(),
            series_created: batch.series_created,
            rejected: std::mem::take(&mut batch.rejected),
        })
    }

    /// Another batch may have been committed since this one began: what it made impossible is taken out.
    fn check_again(&self, batch: &mut Batch) {
        let mut newest: HashMap<SeriesId, Option<Sample>> = HashMap::default();
        let rejected = &mut batch.rejected;
        batch.samples.retain(|&BatchSample { id, sample, .. }| {
            let newest = newest.entry(id).or_insert_with(|| self.newest(id));
            match check_order(*newest, sample, i64::MIN) {
                Ok(follows) => {
                    if follows {
                        *newest = Some(sample);
                    }
                    follows
                }
                Err(error) => {
                    rejected.push(Rejection { series: SeriesRef(u64::from(id.0)), error });
                    false
                }
            }
        });
    }

    /// Writes the batch's records; returns the series whose labels are logged now.
    fn write_log(&self, log: &mut Log, batch: &Batch) -> Result<Vec<SeriesId>, StorageError> {
        let unlogged = self.encode_series(&batch.unlogged, &mut log.series_record);
        let records = batch.samples.chunks(RECORD_SAMPLES_MAX);
        let record_count = records.len();
        log.samples_records.resize_with(record_count.max(log.samples_records.len()), Vec::new);
        for (samples, record) in records.zip(&mut log.samples_records) {
            record.clear();
            encode_samples(samples.iter().map(BatchSample::logged), record);
        }
        let series_record = (!unlogged.is_empty()).then_some(log.series_record.as_slice());
        let samples_records = log.samples_records[..record_count].iter().map(Vec::as_slice);
        let records: Vec<&[u8]> = series_record.into_iter().chain(samples_records).collect();
        let Some(writer) = &mut log.writer else { return Err(closed()) };
        writer.log(&records).map_err(log_failed)?;
        if self.options.wal_sync == WalSync::Commit {
            writer.sync().map_err(log_failed)?;
        }
        // One large batch must not hold its memory for ever.
        log.samples_records.truncate(1);
        Ok(unlogged)
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
            for &BatchSample { id, sample, .. } in run {
                page[Pages::place(id).1].push(sample, stamp, self.options.block_range_ms);
                oldest_ms = oldest_ms.min(sample.timestamp_ms);
                newest_ms = newest_ms.max(sample.timestamp_ms);
            }
        }
        self.note_samples(samples.len(), oldest_ms, newest_ms);
    }
}

impl BatchSample {
    fn logged(&self) -> RefSample {
        let Sample { timestamp_ms, value } = self.sample;
        RefSample { series_ref: self.wal_ref, timestamp_ms, value }
    }
}

/// Keeps the compiler honest about sharing: a head is used from many threads.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Arc<Head>>();
};

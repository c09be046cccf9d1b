//! Reading the log back into an empty head.
//!
//! One thread checks and decompresses records ([`ahead`]). Another one decodes them, knows which series a reference means ([`refs`]), and
//! counts what it drops: it is called the reader. What is to be done to series goes through buffers and queues ([`shards`]) as [`work`] to the threads that do it
//! ([`shard`]). Series are created by the reader, in the order of the log. What was found is told in a [`report`], how far it is by [`progress`].

mod ahead;
mod by_series;
mod floats;
mod progress;
mod refs;
mod report;
mod run;
mod series;
mod shard;
mod shards;
#[cfg(test)]
mod tests;
mod work;

use std::path::Path;

use emberdb_histogram::NativeHistogram;
use emberdb_model::storage::AppendError;
use emberdb_model::{Labels, TimeRange};
use emberdb_wal::{
    Corruption, HistogramDecoder, LoggedRecord, RecordError, RecordKind, RefMmapMarker, RefSample,
    RefStartedSample, RefTombstone, SeriesDecoder, WalError, WalListing, decode_mmap_markers, decode_samples,
    decode_started_samples, decode_tombstones, repair,
};
use foldhash::HashMap;

use super::chunk_file::StoredChunk;
use super::replay_marks::{restore_exemplars, restore_metadata};
use super::{Head, SharedHead};
use crate::error::OpenError;
use ahead::LogReader;

pub(crate) use progress::Progress;
use refs::RefTable;
pub use report::ReplayReport;
use series::are_labels;
use shards::{Shards, Spread};
use work::{Change, Held};

/// Fills an empty head from `chunks`, which were found in files, from the log in `dir`, and from that of late samples in
/// `late_dir`. With `may_repair`, what cannot be read is cut off a log; all before it is kept.
pub(crate) fn replay(
    head: &SharedHead,
    chunks: &[StoredChunk],
    dir: &Path,
    late_dir: &Path,
    may_repair: bool,
    progress: &Progress,
) -> Result<ReplayReport, OpenError> {
    replay_spread(head, chunks, [dir, late_dir], may_repair, progress, Spread::of(head))
}

fn replay_spread(
    head: &SharedHead,
    chunks: &[StoredChunk],
    dirs: [&Path; 2],
    may_repair: bool,
    progress: &Progress,
    spread: Spread,
) -> Result<ReplayReport, OpenError> {
    let started = head.env.clock().monotonic();
    let mut replay = Replay {
        head,
        series: RefTable::default(),
        chunks: by_series(chunks),
        samples: Vec::new(),
        is_late: false,
        reads_ahead: spread.threads > 1,
        shards: Shards::start(head, spread),
        progress,
        bytes_before: 0,
        report: ReplayReport::default(),
    };
    let damages = replay.read_logs(dirs);
    let Replay { chunks, shards, mut report, .. } = replay;
    // Whatever happened, no thread is left at work on the head.
    let tallies = shards.finish()?;
    let damages = damages?;
    report.chunks_passed_over += chunks.values().map(|chunks| chunks.len() as u64).sum::<u64>();
    for tally in &tallies {
        report.add(tally);
        let (oldest_ms, newest_ms) = tally.range_ms.unwrap_or((i64::MAX, i64::MIN));
        head.note_samples(tally.samples, oldest_ms, newest_ms);
    }
    for ((dir, damage), repaired) in
        dirs.into_iter().zip(damages).zip([&mut report.repair, &mut report.late_repair])
    {
        match damage {
            Some(corruption) if may_repair => *repaired = Some(repair(&head.env, dir, &corruption)?),
            Some(corruption) => report.unreadable_ends.push(corruption.to_string()),
            None => {}
        }
    }
    report.series = head.index.read().len();
    report.duration = head.env.clock().monotonic().saturating_sub(started);
    Ok(report)
}

struct Replay<'a> {
    head: &'a Head,
    /// Series by their reference in the log. One series may have several: it was logged again after a truncation.
    series: RefTable,
    /// Chunks of series that the log has not named yet, by that reference, in the order in which they were written.
    chunks: HashMap<u64, Vec<StoredChunk>>,
    samples: Vec<RefSample>,
    /// Whether the log of late samples is being read.
    is_late: bool,
    /// Whether logs are read by a thread.
    reads_ahead: bool,
    shards: Shards,
    progress: &'a Progress,
    /// Bytes of the logs that were read to their end.
    bytes_before: u64,
    /// What the reader counts. The others count by themselves.
    report: ReplayReport,
}

impl Replay<'_> {
    /// Reads the log and that of late samples; returns where each could not be read on.
    fn read_logs(&mut self, dirs: [&Path; 2]) -> Result<[Option<Corruption>; 2], OpenError> {
        let env = &self.head.env;
        let [listing, late_listing] = [WalListing::read(env, dirs[0])?, WalListing::read(env, dirs[1])?];
        let [bytes, late_bytes] = [&listing, &late_listing].map(|log| log.bytes(env).unwrap_or_default());
        self.progress.set_total(bytes.saturating_add(late_bytes));
        let damage = self.read_log(dirs[0], &listing)?;
        self.bytes_before = bytes;
        self.shards.begin_late();
        self.is_late = true;
        let late_damage = self.read_log(dirs[1], &late_listing)?;
        self.progress.set_read(bytes.saturating_add(late_bytes));
        Ok([damage, late_damage])
    }

    /// Applies the records of a log to its end, or to the first one that cannot be read, which is returned.
    fn read_log(&mut self, dir: &Path, listing: &WalListing) -> Result<Option<Corruption>, OpenError> {
        let mut reader = LogReader::start(&self.head.env, listing, self.reads_ahead);
        let damage = self.apply_all(dir, &mut reader);
        // Before anything is cut off, nobody reads.
        reader.finish()?;
        damage
    }

    fn apply_all(&mut self, dir: &Path, reader: &mut LogReader) -> Result<Option<Corruption>, OpenError> {
        loop {
            self.progress.set_read(self.bytes_before.saturating_add(reader.bytes_read()));
            if self.progress.is_stopped() {
                return Err(OpenError::Closed { dir: dir.to_path_buf() });
            }
            let record = match reader.next_record() {
                // A thread that is gone says why when all are waited for.
                Ok(Some(record)) if !self.shards.is_broken() => record,
                Ok(_) => return Ok(None),
                Err(WalError::Corrupt(corruption)) if corruption.dir == dir => return Ok(Some(*corruption)),
                Err(error) => return Err(error.into()),
            };
            let position = record.position;
            match self.apply(&record) {
                Ok(()) => {}
                Err(ApplyError::Record(error)) if position.in_checkpoint => {
                    return Err(OpenError::Wal(error.into()));
                }
                Err(ApplyError::Record(error)) => {
                    return Ok(Some(Corruption::undecodable(dir, position, error)));
                }
                Err(ApplyError::Append(error)) => return Err(OpenError::Limit(error.to_string())),
            }
        }
    }

    fn apply(&mut self, record: &LoggedRecord<'_>) -> Result<(), ApplyError> {
        match record.kind() {
            Some(RecordKind::Series) => self.add_series(record.data),
            Some(RecordKind::Samples) => self.add_samples(record.data),
            Some(RecordKind::SamplesV2) => self.add_started_samples(record.data),
            Some(
                RecordKind::HistogramSamples
                | RecordKind::CustomBucketsHistogramSamples
                | RecordKind::HistogramSamplesV2,
            ) => self.add_histograms::<i64>(record.data),
            Some(
                RecordKind::FloatHistogramSamples
                | RecordKind::CustomBucketsFloatHistogramSamples
                | RecordKind::FloatHistogramSamplesV2,
            ) => self.add_histograms::<f64>(record.data),
            Some(RecordKind::MmapMarkers) => self.apply_markers(record.data),
            Some(RecordKind::Tombstones) => self.delete(record.data),
            Some(RecordKind::Exemplars) => {
                let find = |wal_ref| self.series.get(wal_ref);
                Ok(restore_exemplars(self.head, find, record.data, &mut self.report)?)
            }
            Some(RecordKind::Metadata) => {
                let find = |wal_ref| self.series.get(wal_ref);
                Ok(restore_metadata(self.head, find, record.data, &mut self.report)?)
            }
            // It was read before all others.
            Some(RecordKind::Floor) => Ok(()),
            Some(kind) => {
                self.skip(kind);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn add_series(&mut self, record: &[u8]) -> Result<(), ApplyError> {
        let mut decoder = SeriesDecoder::new(record)?;
        let mut pairs = Vec::new();
        while let Some(wal_ref) = decoder.next_series(&mut pairs)? {
            let (id, own_ref) = if are_labels(&pairs) {
                self.head.restore_series(pairs.iter().copied(), wal_ref)?
            } else if let Ok(labels) = Labels::new(pairs.iter().copied()) {
                self.head.restore_series(labels.iter(), wal_ref)?
            } else {
                self.report.series_invalid += 1;
                continue;
            };
            if own_ref != wal_ref {
                self.head.further_refs.lock().push((id, wal_ref));
            }
            self.series.insert(wal_ref, id);
            // Finished chunks come before any sample of the log: what comes again there is not newer then.
            if let Some(chunks) = self.chunks.remove(&wal_ref) {
                self.shards.change(id, Change::Chunks(chunks));
            }
        }
        Ok(())
    }

    fn add_samples(&mut self, record: &[u8]) -> Result<(), ApplyError> {
        self.samples.clear();
        decode_samples(record, &mut self.samples)?;
        let samples = std::mem::take(&mut self.samples);
        for &RefSample { series_ref, timestamp_ms, value } in &samples {
            self.add_float(RefStartedSample { series_ref, timestamp_ms, start_timestamp_ms: 0, value });
        }
        self.samples = samples;
        Ok(())
    }

    fn add_started_samples(&mut self, record: &[u8]) -> Result<(), ApplyError> {
        let mut samples = Vec::new();
        decode_started_samples(record, &mut samples)?;
        samples.into_iter().for_each(|sample| self.add_float(sample));
        Ok(())
    }

    #[inline]
    fn add_float(&mut self, sample: RefStartedSample) {
        let RefStartedSample { series_ref, timestamp_ms, start_timestamp_ms, value } = sample;
        if timestamp_ms < self.min_valid_ms() {
            self.report.samples_in_blocks += 1;
        } else if let Some(id) = self.series.get(series_ref) {
            self.shards.add_float(id, timestamp_ms, value, start_timestamp_ms);
        } else {
            self.report.samples_without_series += 1;
        }
    }

    /// Earlier samples of the log being read are in blocks.
    fn min_valid_ms(&self) -> i64 {
        if self.is_late { i64::MIN } else { self.head.min_valid_ms() }
    }

    /// Upstream has written late samples of these series into files: those that were logged before are there.
    fn apply_markers(&mut self, record: &[u8]) -> Result<(), ApplyError> {
        let mut markers = Vec::new();
        decode_mmap_markers(record, &mut markers)?;
        for RefMmapMarker { series_ref, chunk_ref } in markers {
            if let Some(id) = self.series.get(series_ref) {
                self.shards.change(id, Change::ForgetStored(chunk_ref));
            }
        }
        Ok(())
    }

    fn add_histograms<N: Held>(&mut self, record: &[u8]) -> Result<(), ApplyError> {
        // All or nothing: what cannot be decoded to its end will be cut off the log.
        let mut histogram = NativeHistogram::<N>::default();
        let mut decoder = HistogramDecoder::<N>::new(record)?;
        while decoder.next_histogram(&mut histogram)?.is_some() {}
        let mut decoder = HistogramDecoder::<N>::new(record)?;
        let min_valid_ms = self.min_valid_ms();
        while let Some(stamp) = decoder.next_histogram(&mut histogram)? {
            if stamp.timestamp_ms < min_valid_ms {
                self.report.samples_in_blocks += 1;
                continue;
            }
            let Some(id) = self.series.get(stamp.series_ref) else {
                self.report.samples_without_series += 1;
                continue;
            };
            if histogram.accept_schema().is_err() {
                self.report.histograms_invalid += 1;
                continue;
            }
            self.shards.add_histogram(id, stamp, &mut histogram);
        }
        Ok(())
    }

    fn delete(&mut self, record: &[u8]) -> Result<(), ApplyError> {
        let mut tombstones = Vec::new();
        decode_tombstones(record, &mut tombstones)?;
        for RefTombstone { series_ref, min_ms, max_ms } in tombstones {
            if let Some(id) = self.series.get(series_ref) {
                self.shards.change(id, Change::Delete(TimeRange::new(min_ms, max_ms)));
            }
        }
        Ok(())
    }

    fn skip(&mut self, kind: RecordKind) {
        match self.report.records_skipped.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, count)) => *count += 1,
            None => self.report.records_skipped.push((kind, 1)),
        }
    }
}

/// Chunks by their series' reference in the log.
fn by_series(chunks: &[StoredChunk]) -> HashMap<u64, Vec<StoredChunk>> {
    let mut by_series: HashMap<u64, Vec<StoredChunk>> = HashMap::default();
    for chunk in chunks {
        by_series.entry(chunk.wal_ref).or_default().push(*chunk);
    }
    by_series
}

/// Why a record could not be applied.
enum ApplyError {
    /// Its bytes make no sense.
    Record(RecordError),
    /// It makes sense, but the head cannot take it.
    Append(AppendError),
}

impl From<RecordError> for ApplyError {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl From<AppendError> for ApplyError {
    fn from(error: AppendError) -> Self {
        Self::Append(error)
    }
}

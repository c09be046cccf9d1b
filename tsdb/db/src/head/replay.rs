//! Reading the log back into an empty head.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use emberdb_histogram::NativeHistogram;
use emberdb_model::storage::AppendError;
use emberdb_model::{Labels, Sample, TimeRange};
use emberdb_tsdb_chunk::AnyHistogram;
use emberdb_tsdb_index::SeriesId;
use emberdb_wal::{
    Corruption, HistogramDecoder, LoggedRecord, RecordError, RecordKind, RecordNumber, RefMmapMarker,
    RefSample, RefStartedSample, RefTombstone, RepairReport, SeriesDecoder, WalError, WalListing, WalReader,
    decode_mmap_markers, decode_samples, decode_started_samples, decode_tombstones, repair,
};
use foldhash::HashMap;

use super::Head;
use super::chunk_file::StoredChunk;
use super::held::HeldHistogram;
use super::isolation::CommitStamp;
use super::late::LateValue;
use super::order::{Accepted, Follows};
use super::replay_marks::{restore_exemplars, restore_metadata};
use super::series::Series;
use crate::error::OpenError;

/// What was found in the files of chunks and in the log.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ReplayReport {
    /// Series restored.
    pub series: usize,
    /// Samples restored, floats and native histograms.
    pub samples: u64,
    /// Native histograms restored.
    pub histograms: u64,
    /// Of these samples, those that were in files of chunks.
    pub samples_in_chunks: u64,
    /// Chunks in files that belong to no series of the log, or overlap with what the series has.
    pub chunks_passed_over: u64,
    /// Why a file of chunks, and those written later, were given up, if so. Their samples are in the log, too.
    pub chunks_unreadable: Option<String>,
    /// Samples of the log that are in blocks already.
    pub samples_in_blocks: u64,
    /// Samples that came out of order and are not in blocks yet, from chunks and from the log of late samples.
    pub late_samples: u64,
    /// Start timestamps that the log has; the head keeps samples without them.
    pub start_timestamps_dropped: u64,
    /// Samples that were logged but are not newer than what the series has: late or repeated ones.
    pub samples_passed_over: u64,
    /// Series whose labels are no valid set: an empty name, or a name twice.
    pub series_invalid: u64,
    /// Samples of series whose labels the log does not have, or not validly.
    pub samples_without_series: u64,
    /// Native histograms that cannot be stored: of a schema that nobody knows, or with other buckets than their spans say.
    pub histograms_invalid: u64,
    /// Exemplars restored. More may have been in the log than the database keeps: then the newest are there.
    pub exemplars: u64,
    /// Exemplars of the log that are older than the head, of series that it does not have, repeated, or with labels that are too long.
    pub exemplars_dropped: u64,
    /// Metadata of series that were restored, all versions counted.
    pub metadata: u64,
    /// Metadata of series whose labels the log does not have.
    pub metadata_without_series: u64,
    /// Records of kinds that this version does not keep, with their number.
    pub records_skipped: Vec<(RecordKind, u64)>,
    /// What was cut off because it could not be read.
    pub repair: Option<RepairReport>,
    /// What was cut off the log of late samples.
    pub late_repair: Option<RepairReport>,
    /// Why the end of a log could not be read, if it was opened read-only and so not repaired.
    pub unreadable_end: Option<String>,
    /// Time taken.
    pub duration: Duration,
}

impl fmt::Display for ReplayReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.duration.as_secs_f64() * 1000.0;
        write!(f, "replayed {} samples of {} series in {ms:.1} ms", self.samples, self.series)?;
        if self.samples_in_chunks > 0 {
            write!(f, "; {} of these samples were in finished chunks", self.samples_in_chunks)?;
        }
        if self.chunks_passed_over > 0 {
            write!(f, "; passed over {} chunks that fit no series", self.chunks_passed_over)?;
        }
        if let Some(reason) = &self.chunks_unreadable {
            write!(f, "; gave up finished chunks, whose samples the log has: {reason}")?;
        }
        if self.samples_in_blocks > 0 {
            write!(f, "; {} samples of the log were in blocks", self.samples_in_blocks)?;
        }
        if self.samples_passed_over > 0 {
            write!(f, "; passed over {} samples that came late or twice", self.samples_passed_over)?;
        }
        if self.samples_without_series > 0 {
            write!(f, "; dropped {} samples of unknown series", self.samples_without_series)?;
        }
        if self.series_invalid > 0 {
            write!(f, "; dropped {} series with invalid labels", self.series_invalid)?;
        }
        if self.histograms_invalid > 0 {
            write!(f, "; dropped {} invalid histograms", self.histograms_invalid)?;
        }
        if self.exemplars > 0 {
            write!(f, "; {} exemplars", self.exemplars)?;
        }
        if self.exemplars_dropped > 0 {
            write!(
                f,
                "; dropped {} exemplars that are too old or of unknown series",
                self.exemplars_dropped
            )?;
        }
        for (kind, count) in &self.records_skipped {
            write!(f, "; skipped {count} records of kind {kind}")?;
        }
        if self.late_samples > 0 {
            write!(f, "; {} samples had come late", self.late_samples)?;
        }
        if self.start_timestamps_dropped > 0 {
            write!(f, "; dropped {} start timestamps", self.start_timestamps_dropped)?;
        }
        for repair in [&self.repair, &self.late_repair].into_iter().flatten() {
            write!(f, "; {repair}")?;
        }
        if let Some(reason) = &self.unreadable_end {
            write!(f, "; the end of the log was not read: {reason}")?;
        }
        Ok(())
    }
}

/// Fills an empty head from `chunks`, which were found in files, from the log in `dir`, and from that of late samples in
/// `late_dir`. With `may_repair`, what cannot be read is cut off a log; all before it is kept.
pub(crate) fn replay(
    head: &Head,
    chunks: &[StoredChunk],
    dir: &Path,
    late_dir: &Path,
    may_repair: bool,
) -> Result<ReplayReport, OpenError> {
    let started = head.env.clock().monotonic();
    let mut replay = Replay {
        head,
        series: HashMap::default(),
        chunks: by_series(chunks),
        samples: Vec::new(),
        is_late: false,
        report: ReplayReport::default(),
    };
    let damage = replay.read_log(dir)?;
    replay.is_late = true;
    let late_damage = replay.read_log(late_dir)?;
    replay.report.chunks_passed_over += replay.chunks.values().map(|chunks| chunks.len() as u64).sum::<u64>();
    let mut report = replay.report;
    for (dir, damage, repaired) in
        [(dir, damage, &mut report.repair), (late_dir, late_damage, &mut report.late_repair)]
    {
        match damage {
            Some(corruption) if may_repair => *repaired = Some(repair(&head.env, dir, &corruption)?),
            Some(corruption) => report.unreadable_end = Some(corruption.to_string()),
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
    series: HashMap<u64, SeriesId>,
    /// Chunks of series that the log has not named yet, by that reference, in the order in which they were written.
    chunks: HashMap<u64, Vec<StoredChunk>>,
    samples: Vec<RefSample>,
    /// Whether the log of late samples is being read.
    is_late: bool,
    report: ReplayReport,
}

impl Replay<'_> {
    /// Applies the records of a log to its end, or to the first one that cannot be read, which is returned.
    fn read_log(&mut self, dir: &Path) -> Result<Option<Corruption>, OpenError> {
        let mut reader = WalReader::new(&self.head.env, &WalListing::read(&self.head.env, dir)?);
        loop {
            let record = match reader.next_record() {
                Ok(Some(record)) => record,
                Ok(None) => return Ok(None),
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
            Some(RecordKind::Samples | RecordKind::SamplesV2) => self.add_samples(record.data),
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
                let find = |wal_ref| self.series.get(&wal_ref).copied();
                Ok(restore_exemplars(self.head, find, record.data, &mut self.report)?)
            }
            Some(RecordKind::Metadata) => {
                let find = |wal_ref| self.series.get(&wal_ref).copied();
                Ok(restore_metadata(self.head, find, record.data, &mut self.report)?)
            }
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
            let Ok(labels) = Labels::new(pairs.iter().copied()) else {
                self.report.series_invalid += 1;
                continue;
            };
            let (id, _) = self.head.get_or_create(&labels)?;
            self.head.pages.note_wal_ref(wal_ref);
            let own_ref = self.head.pages.with(id, |series| {
                // The first reference stays: samples under it may still be in the log.
                if !series.logged {
                    series.wal_ref = wal_ref;
                    series.logged = true;
                }
                series.wal_ref
            });
            if own_ref.is_some_and(|own_ref| own_ref != wal_ref) {
                self.head.further_refs.lock().push((id, wal_ref));
            }
            self.series.insert(wal_ref, id);
            self.add_chunks(id, wal_ref);
        }
        Ok(())
    }

    /// Gives a series its finished chunks, before any sample of the log: what comes again there is not newer then.
    fn add_chunks(&mut self, id: SeriesId, wal_ref: u64) {
        let Some(chunks) = self.chunks.remove(&wal_ref) else { return };
        let block_range_ms = self.head.options.block_range_ms;
        let mut restored = Restored::default();
        for chunk in chunks {
            if chunk.is_out_of_order {
                self.report.late_samples += u64::from(chunk.samples);
                self.head.note_late(chunk.min_ms);
                self.head.pages.with(id, |series| series.late_mut().restore(&chunk));
                continue;
            }
            if chunk.max_ms < self.head.min_valid_ms() {
                continue;
            }
            match self.head.pages.with(id, |series| series.restore(&chunk, block_range_ms)) {
                Some(true) => {
                    restored.count += usize::from(chunk.samples);
                    restored.oldest_ms = restored.oldest_ms.min(chunk.min_ms.max(self.head.min_valid_ms()));
                    restored.newest_ms = restored.newest_ms.max(chunk.max_ms);
                    if chunk.encoding.is_histogram() {
                        self.report.histograms += u64::from(chunk.samples);
                    }
                }
                _ => self.report.chunks_passed_over += 1,
            }
        }
        self.report.samples_in_chunks += restored.count as u64;
        self.note(&restored);
    }

    fn add_samples(&mut self, record: &[u8]) -> Result<(), ApplyError> {
        self.decode_floats(record)?;
        let mut restored = Restored::default();
        let min_valid_ms = self.head.min_valid_ms();
        let samples = std::mem::take(&mut self.samples);
        for &RefSample { series_ref, timestamp_ms, value } in &samples {
            if timestamp_ms < min_valid_ms && !self.is_late {
                self.report.samples_in_blocks += 1;
                continue;
            }
            let Some(&id) = self.series.get(&series_ref) else {
                self.report.samples_without_series += 1;
                continue;
            };
            if self.is_late {
                self.add_late(id, timestamp_ms, LateValue::Float(value));
                continue;
            }
            let sample = Sample { timestamp_ms, value };
            let block_range_ms = self.head.options.block_range_ms;
            match self.head.pages.with(id, |series| restore(series, sample, block_range_ms)) {
                Some(Restore::Float) => restored.note(timestamp_ms),
                Some(Restore::Histogram) => {
                    self.report.histograms += 1;
                    restored.note(timestamp_ms);
                }
                Some(Restore::PassedOver) | None => self.report.samples_passed_over += 1,
            }
        }
        self.samples = samples;
        self.note(&restored);
        Ok(())
    }

    /// Fills `samples` from a record of either kind.
    fn decode_floats(&mut self, record: &[u8]) -> Result<(), RecordError> {
        self.samples.clear();
        if record.first().copied().map(RecordKind::from_byte) != Some(RecordKind::SamplesV2) {
            return decode_samples(record, &mut self.samples);
        }
        let mut started = Vec::new();
        decode_started_samples(record, &mut started)?;
        for RefStartedSample { series_ref, start_timestamp_ms, timestamp_ms, value } in started {
            self.report.start_timestamps_dropped += u64::from(start_timestamp_ms != 0);
            self.samples.push(RefSample { series_ref, timestamp_ms, value });
        }
        Ok(())
    }

    /// Upstream has written late samples of these series into files: those that were logged before are there.
    fn apply_markers(&mut self, record: &[u8]) -> Result<(), ApplyError> {
        let mut markers = Vec::new();
        decode_mmap_markers(record, &mut markers)?;
        for RefMmapMarker { series_ref, chunk_ref } in markers {
            let Some(&id) = self.series.get(&series_ref) else { continue };
            self.head.pages.with(id, |series| series.late_mut().forget_stored(chunk_ref));
        }
        Ok(())
    }

    /// Adds a late sample to its series.
    fn add_late(&mut self, id: SeriesId, timestamp_ms: i64, value: LateValue) {
        match self.head.pages.with(id, |series| series.late_mut().insert(timestamp_ms, value)) {
            Some(Ok(true)) => {
                self.report.late_samples += 1;
                self.head.note_late(timestamp_ms);
            }
            Some(Ok(false)) | None => self.report.samples_passed_over += 1,
            Some(Err(_)) => self.report.histograms_invalid += 1,
        }
    }

    fn add_histograms<N: RecordNumber>(&mut self, record: &[u8]) -> Result<(), ApplyError>
    where
        for<'a> AnyHistogram<'a>: From<&'a NativeHistogram<N>>,
    {
        // All or nothing: what cannot be decoded to its end will be cut off the log.
        let mut histogram = NativeHistogram::<N>::default();
        let mut decoder = HistogramDecoder::<N>::new(record)?;
        while decoder.next_histogram(&mut histogram)?.is_some() {}
        let mut decoder = HistogramDecoder::<N>::new(record)?;
        let mut restored = Restored::default();
        while let Some(stamp) = decoder.next_histogram(&mut histogram)? {
            if stamp.timestamp_ms < self.head.min_valid_ms() && !self.is_late {
                self.report.samples_in_blocks += 1;
                continue;
            }
            let Some(&id) = self.series.get(&stamp.series_ref) else {
                self.report.samples_without_series += 1;
                continue;
            };
            if histogram.accept_schema().is_err() {
                self.report.histograms_invalid += 1;
                continue;
            }
            self.report.start_timestamps_dropped += u64::from(stamp.start_timestamp_ms != 0);
            let (t_ms, block_range_ms) = (stamp.timestamp_ms, self.head.options.block_range_ms);
            if self.is_late {
                let held = Box::new(HeldHistogram::of(AnyHistogram::from(&histogram)));
                self.add_late(id, t_ms, LateValue::Histogram(held));
                continue;
            }
            let any = AnyHistogram::from(&histogram);
            let pushed = self.head.pages.with(id, |series| {
                matches!(series.check_histogram(t_ms, any, Accepted::IN_ORDER), Ok(Follows::Appended))
                    .then(|| series.push_histogram(t_ms, any, CommitStamp::REPLAY, block_range_ms))
            });
            match pushed.flatten() {
                Some(Ok(())) => {
                    self.report.histograms += 1;
                    restored.note(t_ms);
                }
                Some(Err(_)) => self.report.histograms_invalid += 1,
                None => self.report.samples_passed_over += 1,
            }
        }
        self.note(&restored);
        Ok(())
    }

    fn note(&mut self, &Restored { count, oldest_ms, newest_ms }: &Restored) {
        self.report.samples += count as u64;
        self.head.note_samples(count, oldest_ms, newest_ms);
    }

    fn delete(&mut self, record: &[u8]) -> Result<(), ApplyError> {
        let mut tombstones = Vec::new();
        decode_tombstones(record, &mut tombstones)?;
        for RefTombstone { series_ref, min_ms, max_ms } in tombstones {
            if let Some(&id) = self.series.get(&series_ref) {
                self.head.pages.with(id, |series| series.delete(TimeRange::new(min_ms, max_ms)));
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

/// What of a record is in the head now.
struct Restored {
    count: usize,
    oldest_ms: i64,
    newest_ms: i64,
}

impl Default for Restored {
    fn default() -> Self {
        Self { count: 0, oldest_ms: i64::MAX, newest_ms: i64::MIN }
    }
}

impl Restored {
    fn note(&mut self, t_ms: i64) {
        self.count += 1;
        self.oldest_ms = self.oldest_ms.min(t_ms);
        self.newest_ms = self.newest_ms.max(t_ms);
    }
}

/// What a float of the log has become.
enum Restore {
    Float,
    Histogram,
    PassedOver,
}

/// Puts a float of the log into its series. Upstream logs the marker that ends a series of histograms as a float, unless
/// the histogram before was in the same batch.
fn restore(series: &mut Series, sample: Sample, block_range_ms: i64) -> Restore {
    match series.check(sample, Accepted::IN_ORDER) {
        Ok(Follows::Appended) => {
            series.push(sample, CommitStamp::REPLAY, block_range_ms);
            Restore::Float
        }
        Ok(Follows::AsStaleHistogram(encoding)) => {
            let marker = HeldHistogram::stale(encoding);
            let (t_ms, stamp) = (sample.timestamp_ms, CommitStamp::REPLAY);
            match series.push_histogram(t_ms, marker.as_any(), stamp, block_range_ms) {
                Ok(()) => Restore::Histogram,
                Err(_) => Restore::PassedOver,
            }
        }
        Ok(Follows::AlreadyThere | Follows::Late) | Err(_) => Restore::PassedOver,
    }
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

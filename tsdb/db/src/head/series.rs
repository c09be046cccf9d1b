//! One series' samples: finished chunks of floats and an open one, and beside them native histograms, if there are any.

use std::sync::Arc;

use emberdb_model::storage::{AppendError, StorageError, StorageErrorKind};
use emberdb_model::{Sample, SampleColumns, SampleValue, TimeRange, is_stale};
use emberdb_tsdb_chunk::{AnyHistogram, ChunkError, Encoding, XorAppender, decode_floats};

use super::batch::Place;
use super::chunk::HeadChunk;
use super::chunk_file::{ChunkFiles, StoredChunk};
use super::isolation::{CommitStamp, Visibility};
use super::lane::HistogramLane;
use super::late::LateSamples;
use super::order::{Accepted, Follows, Newest, follow_float, follow_histogram};

/// Samples that a chunk should hold; it is cut at the time when this many are expected, judged after a quarter.
const CHUNK_SAMPLES: u16 = 120;

/// A chunk is cut at this many samples, whatever was expected.
const CHUNK_SAMPLES_MAX: u16 = 2 * CHUNK_SAMPLES;

/// A chunk is cut when it has more bytes than this: one sample (19 bytes at the most) must still fit into a KiB.
const CHUNK_BYTES_MAX: usize = 1024 - 19;

/// The largest that a series' record may be.
const SERIES_BYTES_MAX: usize = 160;

/// A series in the head. Its labels are in the index.
pub(crate) struct Series {
    /// The reference in the log.
    pub(super) wal_ref: u64,
    /// Whether the log has this series' labels.
    pub(super) logged: bool,
    /// Floats in all chunks.
    samples: u32,
    visibility: Visibility,
    open: XorAppender,
    open_min_ms: i64,
    /// Time from which on a sample begins a new chunk.
    cut_at_ms: i64,
    finished: Vec<HeadChunk>,
    /// Absent as long as nothing was deleted and nothing came late.
    rare: Option<Box<Rare>>,
    /// Absent as long as the series has floats only.
    histograms: Option<Box<HistogramLane>>,
    /// The batch that has the newest sample which is not committed yet, and that sample's place in it.
    pub(super) pending: (u32, Place),
}

/// What most series do not have.
#[derive(Default)]
struct Rare {
    /// Ranges of time of which samples were deleted.
    deleted: Vec<TimeRange>,
    late: LateSamples,
}

/// What a reader sees, and where it finds it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) files: &'a ChunkFiles,
    /// The last commit that is seen.
    pub(crate) commit: u64,
    /// Samples in order are seen from this time on; earlier ones are in blocks. Late samples are seen whatever their time is.
    pub(crate) in_order_from_ms: i64,
}

impl View<'_> {
    /// The part of a range in which samples in order are looked for.
    fn in_order(self, range: TimeRange) -> TimeRange {
        TimeRange::new(range.min_ms.max(self.in_order_from_ms), range.max_ms)
    }
}

const _: () = assert!(size_of::<Series>() <= SERIES_BYTES_MAX, "a head keeps one for each series");

impl Series {
    pub(crate) fn new(wal_ref: u64) -> Self {
        Self {
            wal_ref,
            logged: false,
            samples: 0,
            visibility: Visibility::default(),
            open: XorAppender::new(),
            open_min_ms: 0,
            cut_at_ms: 0,
            finished: Vec::new(),
            rare: None,
            histograms: None,
            pending: (0, Place::default()),
        }
    }

    /// The newest sample. Either floats or histograms have an open chunk, and it is in that; neither has one only after a
    /// restart that found nothing but finished chunks.
    #[inline]
    pub(super) fn newest(&self) -> Option<Newest<'_>> {
        match self.open.last() {
            Some((timestamp_ms, value)) => Some(Newest::Float(Sample { timestamp_ms, value })),
            None => self.newest_elsewhere(),
        }
    }

    fn newest_elsewhere(&self) -> Option<Newest<'_>> {
        let lane = self.histograms.as_deref();
        match self.finished.last() {
            Some(chunk) if lane.is_none_or(|lane| lane.newest_ms() < chunk.max_ms) => {
                Some(Newest::Finished(chunk.max_ms))
            }
            _ => lane.map(Newest::Stored),
        }
    }

    /// Whether the float may follow the newest sample.
    #[inline]
    pub(super) fn check(&self, sample: Sample, accepted: Accepted) -> Result<Follows, AppendError> {
        if self.samples == u32::MAX {
            return Err(AppendError::Limit("a series holds at most 2^32 - 1 floats in memory".into()));
        }
        follow_float(self.newest(), sample, accepted)
    }

    /// Whether the histogram may follow the newest sample.
    pub(super) fn check_histogram(
        &self,
        t_ms: i64,
        histogram: AnyHistogram<'_>,
        accepted: Accepted,
    ) -> Result<Follows, AppendError> {
        if let Some(lane) = &self.histograms {
            lane.check_room()?;
        }
        follow_histogram(self.newest(), t_ms, histogram, accepted)
    }

    /// Adds a float that is newer than all samples before it.
    pub(super) fn push(&mut self, sample: Sample, stamp: CommitStamp, block_range_ms: i64) {
        self.visibility.note(stamp, self.samples);
        let t_ms = sample.timestamp_ms;
        if self.open.samples() == 0 {
            if let Some(lane) = &mut self.histograms {
                lane.finish_open();
            }
            self.begin_chunk(t_ms, block_range_ms);
        } else if self.is_full(t_ms) {
            self.cut();
            self.begin_chunk(t_ms, block_range_ms);
        }
        self.open.append(t_ms, sample.value).expect("a chunk is cut long before its header is full");
        self.samples += 1;
    }

    /// Adds a histogram that is newer than all samples before it.
    ///
    /// An error means that it cannot be written into any chunk; readers then see what they saw before.
    pub(super) fn push_histogram(
        &mut self,
        t_ms: i64,
        histogram: AnyHistogram<'_>,
        stamp: CommitStamp,
        block_range_ms: i64,
    ) -> Result<(), ChunkError> {
        let mut lane = match self.histograms.take() {
            Some(lane) => lane,
            None => Box::new(HistogramLane::new(block_range_ms)),
        };
        let pushed = lane.push(t_ms, histogram, stamp);
        if pushed.is_ok() && self.open.samples() > 0 {
            self.cut();
        }
        if lane.samples() > 0 {
            self.histograms = Some(lane);
        }
        pushed
    }

    /// Adds a finished chunk that was found in a file, unless it is not newer than what is there: then it is none of ours.
    pub(super) fn restore(&mut self, chunk: &StoredChunk, block_range_ms: i64) -> bool {
        if self.newest_ms().is_some_and(|newest_ms| chunk.min_ms <= newest_ms) {
            return false;
        }
        if self.open.samples() > 0 {
            self.cut();
        }
        if chunk.encoding.is_histogram() {
            let lane = self.histograms.get_or_insert_with(|| Box::new(HistogramLane::new(block_range_ms)));
            return lane.restore(chunk);
        }
        let Some(samples) = self.samples.checked_add(u32::from(chunk.samples)) else { return false };
        if let Some(lane) = &mut self.histograms {
            lane.finish_open();
        }
        self.samples = samples;
        self.finished.push(HeadChunk::stored(chunk));
        true
    }

    /// Whether the newest sample says that the series has ended.
    pub(super) fn is_stale(&self) -> bool {
        match self.newest() {
            Some(Newest::Float(sample)) => is_stale(sample.value),
            Some(Newest::Histogram(_, histogram)) => histogram.is_stale(),
            Some(Newest::Stored(lane)) => lane.newest().is_some_and(|newest| newest.as_any().is_stale()),
            // The newest sample is in a file: the series was not written to since the restart.
            Some(Newest::Finished(_)) | None => false,
        }
    }

    /// Time of the newest sample.
    pub(super) fn newest_ms(&self) -> Option<i64> {
        self.newest().map(Newest::timestamp_ms)
    }

    /// The finished chunks, of floats and of histograms, in this order.
    pub(super) fn finished_chunks(&self) -> impl Iterator<Item = &HeadChunk> {
        self.finished.iter().chain(self.histograms.iter().flat_map(|lane| lane.finished_chunks()))
    }

    /// The same, to be changed.
    pub(super) fn finished_chunks_mut(&mut self) -> impl Iterator<Item = &mut HeadChunk> {
        self.finished.iter_mut().chain(self.histograms.iter_mut().flat_map(|lane| lane.finished_chunks_mut()))
    }

    /// The open chunk, of floats or of histograms: its range, its encoding, and its bytes as they are now.
    pub(super) fn open_chunk(&self) -> Option<(TimeRange, Encoding, &[u8])> {
        match self.open.last() {
            Some((newest_ms, _)) => {
                Some((TimeRange::new(self.open_min_ms, newest_ms), Encoding::Xor, self.open.bytes()))
            }
            None => self.histograms.as_ref()?.open_chunk(),
        }
    }

    /// First and last time of all samples, late ones too.
    pub(super) fn time_range(&self) -> Option<TimeRange> {
        let finished = self.finished_chunks().map(HeadChunk::range);
        let open = self.open_chunk().map(|(range, ..)| range);
        let late = self.late().and_then(LateSamples::range);
        finished.chain(open).chain(late).reduce(|whole, range| whole.union(&range))
    }

    /// Forgets the chunks of which all samples are older than `before_ms`; returns the number of these samples. All readers
    /// must have seen them as committed.
    pub(super) fn forget_before(&mut self, before_ms: i64) -> u32 {
        let old = self.finished.iter().take_while(|chunk| chunk.max_ms < before_ms).count();
        let mut floats: u32 = self.finished.drain(..old).map(|chunk| u32::from(chunk.samples)).sum();
        if self.finished.is_empty() && self.open.last().is_some_and(|(newest_ms, _)| newest_ms < before_ms) {
            floats += u32::from(std::mem::take(&mut self.open).samples());
        }
        self.finished.shrink_to_fit();
        self.samples -= floats;
        self.visibility.forget(floats);
        let mut histograms = 0;
        if let Some(lane) = &mut self.histograms {
            histograms = lane.forget_before(before_ms);
            if lane.samples() == 0 {
                self.histograms = None;
            }
        }
        if let Some(rare) = &mut self.rare {
            let late_from_ms = rare.late.range().map_or(i64::MAX, |range| range.min_ms);
            rare.deleted.retain(|range| range.max_ms >= before_ms.min(late_from_ms));
        }
        self.drop_rare();
        floats + histograms
    }

    /// Hides the samples in `range`.
    pub(super) fn delete(&mut self, range: TimeRange) {
        self.rare.get_or_insert_default().deleted.push(range);
    }

    fn begin_chunk(&mut self, t_ms: i64, block_range_ms: i64) {
        self.open_min_ms = t_ms;
        self.cut_at_ms =
            (t_ms / block_range_ms).saturating_mul(block_range_ms).saturating_add(block_range_ms);
    }

    /// Whether the sample at `t_ms` must begin a new chunk. The rules are upstream's, so that the chunks are, too.
    fn is_full(&mut self, t_ms: i64) -> bool {
        if self.open.len_bytes() > CHUNK_BYTES_MAX {
            return true;
        }
        if self.open.samples() == CHUNK_SAMPLES / 4 {
            self.cut_at_ms = self.even_cut_ms();
        }
        t_ms >= self.cut_at_ms || self.open.samples() >= CHUNK_SAMPLES_MAX
    }

    /// A quarter of a chunk took so long: how many whole chunks fit before the block ends, and when does the first of
    /// them end if all are of one length?
    fn even_cut_ms(&self) -> i64 {
        let newest_ms = self.open.last().map_or(self.open_min_ms, |(t, _)| t);
        let quarter_ms = newest_ms.saturating_sub(self.open_min_ms).saturating_add(1);
        let left_ms = self.cut_at_ms.saturating_sub(self.open_min_ms);
        match left_ms / quarter_ms.saturating_mul(4) {
            0 | 1 => self.cut_at_ms,
            chunks => self.open_min_ms + left_ms / chunks,
        }
    }

    fn cut(&mut self) {
        let open = std::mem::take(&mut self.open);
        let max_ms = open.last().map_or(self.open_min_ms, |(t, _)| t);
        let samples = open.samples();
        let range = TimeRange::new(self.open_min_ms, max_ms);
        self.finished.push(HeadChunk::held(range, samples, Encoding::Xor, open.finish()));
    }

    /// Whether a reader sees any sample, and whether the series reaches into `range`.
    pub(crate) fn may_have(&self, view: View<'_>, range: TimeRange) -> bool {
        if self.is_all_deleted() {
            return false;
        }
        let is_late = |late: &LateSamples| late.range().is_some_and(|late| late.overlaps(&range));
        self.may_have_in_order(view.commit, view.in_order(range)) || self.late().is_some_and(is_late)
    }

    /// Whether one deletion takes all samples.
    fn is_all_deleted(&self) -> bool {
        let Some(rare) = self.rare.as_ref().filter(|rare| !rare.deleted.is_empty()) else { return false };
        self.time_range().is_some_and(|all| rare.deleted.iter().any(|range| range.intersection(&all) == all))
    }

    /// Whether a reader that holds `commit` sees any sample in order, and whether these reach into `range`.
    pub(super) fn may_have_in_order(&self, commit: u64, range: TimeRange) -> bool {
        let oldest_ms = self.finished.first().map_or(self.open_min_ms, |c| c.min_ms);
        let newest_ms = match self.open.last() {
            Some((t, _)) => t,
            None => self.finished.last().map_or(i64::MIN, |c| c.max_ms),
        };
        let has_floats = self.visibility.visible(commit, self.samples) > 0
            && range.overlaps(&TimeRange::new(oldest_ms, newest_ms));
        has_floats || self.histograms.as_ref().is_some_and(|lane| lane.may_have(commit, range))
    }

    /// Whether there may be histograms. If not, nobody who reads now will ever see one.
    pub(crate) fn may_have_histograms(&self) -> bool {
        self.histograms.is_some() || self.late().is_some_and(LateSamples::may_have_histograms)
    }

    /// Appends to `columns` the samples in `range` that a reader sees.
    pub(crate) fn read(
        &self,
        view: View<'_>,
        range: TimeRange,
        columns: &mut SampleColumns,
    ) -> Result<(), StorageError> {
        match self.late() {
            Some(late) if late.range().is_some_and(|late| late.overlaps(&range)) => {
                self.read_with_late(late, view, range, columns)
            }
            _ => self.read_in_order(view, range, columns),
        }
    }

    /// Merges samples in order with late ones. As upstream, chunks are taken in the order of their first time, and merged are those
    /// that overlap: of samples with one time that tells which one is seen.
    fn read_with_late(
        &self,
        late: &LateSamples,
        view: View<'_>,
        range: TimeRange,
        columns: &mut SampleColumns,
    ) -> Result<(), StorageError> {
        let mut in_order = SampleColumns::new();
        self.read_in_order(view, range, &mut in_order)?;
        let chunks = self.finished_chunks().map(HeadChunk::range).chain(self.open_chunk().map(|(r, ..)| r));
        let mut sources: Vec<(TimeRange, SampleColumns)> =
            chunks.map(|chunk| (chunk, in_order.within(chunk))).collect();
        late.read(view.files, range, &mut sources)?;
        sources.sort_by_key(|(chunk, _)| chunk.min_ms);
        let mut merged = SampleColumns::new();
        let mut end_ms = None;
        let mut group: Vec<SampleColumns> = Vec::new();
        for (chunk, samples) in sources {
            if end_ms.is_some_and(|end_ms| chunk.min_ms > end_ms) {
                append_group(&mut group, &mut merged);
            }
            end_ms = end_ms.max(Some(chunk.max_ms));
            group.push(samples);
        }
        append_group(&mut group, &mut merged);
        self.deleted().iter().for_each(|&deleted| merged.remove_all(deleted));
        columns.append(merged);
        Ok(())
    }

    fn read_in_order(
        &self,
        view: View<'_>,
        range: TimeRange,
        columns: &mut SampleColumns,
    ) -> Result<(), StorageError> {
        let range = view.in_order(range);
        self.read_floats(view.files, view.commit, range, columns)?;
        match &self.histograms {
            Some(lane) => lane.read(view.files, view.commit, range, self.deleted(), &mut columns.histograms),
            None => Ok(()),
        }
    }

    /// Lets go of the memory of what is not there any more.
    fn drop_rare(&mut self) {
        if self.rare.as_ref().is_some_and(|rare| rare.deleted.is_empty() && rare.late.is_empty()) {
            self.rare = None;
        }
    }

    /// The samples that came out of order, if there are any.
    pub(super) fn late(&self) -> Option<&LateSamples> {
        self.rare.as_ref().map(|rare| &rare.late).filter(|late| !late.is_empty())
    }

    /// The same, to be changed.
    pub(super) fn late_mut(&mut self) -> &mut LateSamples {
        &mut self.rare.get_or_insert_default().late
    }

    /// Forgets the first chunks of late samples.
    pub(super) fn forget_late(&mut self, chunks: usize) {
        if let Some(rare) = &mut self.rare {
            rare.late.forget_chunks(chunks);
        }
        self.drop_rare();
    }

    /// What of it is deleted.
    pub(super) fn deleted(&self) -> &[TimeRange] {
        self.rare.as_ref().map_or(&[], |rare| &rare.deleted)
    }

    /// Appends to `columns` the floats in `range` that a reader sees who holds `commit`.
    fn read_floats(
        &self,
        files: &ChunkFiles,
        commit: u64,
        range: TimeRange,
        columns: &mut SampleColumns,
    ) -> Result<(), StorageError> {
        let from = columns.len();
        let mut unseen_from = self.visibility.visible(commit, self.samples) as usize;
        for chunk in &self.finished {
            if unseen_from == 0 || chunk.min_ms > range.max_ms {
                break;
            }
            let visible = unseen_from.min(usize::from(chunk.samples));
            unseen_from -= visible;
            if chunk.max_ms >= range.min_ms {
                read_chunk(chunk.encoding, &chunk.bytes(files)?, visible, columns)?;
            }
        }
        if unseen_from > 0 && self.open_min_ms <= range.max_ms {
            read_chunk(Encoding::Xor, self.open.bytes(), unseen_from, columns)?;
        }
        columns.trim(from, range);
        for &deleted in self.deleted() {
            columns.remove(from, deleted);
        }
        Ok(())
    }

    /// The newest sample in `range` that a reader sees, if it can be told without decoding because it is a float: `None` if
    /// not. Late samples are never the newest.
    pub(crate) fn newest_if_near(&self, view: View<'_>, range: TimeRange) -> Option<Option<Sample>> {
        let (timestamp_ms, value) = self.open.last()?;
        let all_visible = self.visibility.visible(view.commit, self.samples) == self.samples;
        let is_seen = all_visible && self.rare.is_none() && timestamp_ms >= view.in_order_from_ms;
        (is_seen && timestamp_ms <= range.max_ms)
            .then(|| Some(Sample { timestamp_ms, value }).filter(|_| timestamp_ms >= range.min_ms))
    }

    /// The newest sample in `range` that a reader sees. `scratch` is memory to work in.
    pub(crate) fn newest_in(
        &self,
        view: View<'_>,
        range: TimeRange,
        scratch: &mut SampleColumns,
    ) -> Result<Option<(i64, SampleValue)>, StorageError> {
        if self.late().is_some() {
            scratch.clear();
            self.read(view, range, scratch)?;
            return Ok(scratch.newest());
        }
        let View { files, commit, .. } = view;
        let range = view.in_order(range);
        let newest = match &self.histograms {
            Some(lane) => lane.newest_in(files, commit, range, self.deleted())?,
            None => None,
        };
        // Floats before the histogram are not looked for.
        let min_ms = newest.as_ref().map_or(range.min_ms, |&(t_ms, _)| t_ms.max(range.min_ms));
        scratch.clear();
        self.read_floats(files, commit, TimeRange::new(min_ms, range.max_ms), scratch)?;
        Ok(match scratch.last() {
            Some(float) => Some(float.into()),
            None => newest.map(|(t_ms, histogram)| (t_ms, SampleValue::Histogram(Arc::new(histogram)))),
        })
    }

    /// How many histograms there are.
    pub(crate) fn histograms(&self) -> u32 {
        self.histograms.as_ref().map_or(0, |lane| lane.samples())
    }

    /// Bytes of samples in chunks in memory.
    pub(crate) fn chunk_bytes(&self) -> usize {
        self.float_chunk_bytes() + self.histograms.as_ref().map_or(0, |lane| lane.chunk_bytes())
    }

    fn float_chunk_bytes(&self) -> usize {
        self.open.len_bytes() + self.finished.iter().map(HeadChunk::heap_bytes).sum::<usize>()
    }

    /// Heap bytes that belong to this series beside its record.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.float_chunk_bytes()
            + self.finished.capacity() * size_of::<HeadChunk>()
            + self.visibility.heap_bytes()
            + self.rare.as_ref().map_or(0, |rare| size_of::<Rare>() + rare.late.heap_bytes())
            + self.histograms.as_ref().map_or(0, |lane| lane.heap_bytes())
    }
}

/// Takes out chunks that overlap, or one that overlaps none, and appends their samples.
fn append_group(group: &mut Vec<SampleColumns>, merged: &mut SampleColumns) {
    match group.len() {
        0 | 1 => group.drain(..).for_each(|only| merged.append(only)),
        _ => {
            merged.merge(group);
            group.clear();
        }
    }
}

/// Decodes the first `visible` samples of a chunk of floats.
pub(super) fn read_chunk(
    encoding: Encoding,
    bytes: &[u8],
    visible: usize,
    columns: &mut SampleColumns,
) -> Result<(), StorageError> {
    let from = columns.len();
    let SampleColumns { timestamps, values, start_timestamps, .. } = columns;
    if encoding == Encoding::Xor2 {
        // The lane may have ended before, where no start timestamps were known.
        start_timestamps.resize(from, 0);
    }
    decode_floats(encoding, bytes, timestamps, values, start_timestamps).map_err(corrupt)?;
    columns.truncate(from.saturating_add(visible).min(columns.len()));
    Ok(())
}

pub(super) fn corrupt(error: ChunkError) -> StorageError {
    StorageError::new(StorageErrorKind::Corrupt, format!("a chunk in memory is damaged: {error}"))
        .caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_HOURS_MS: i64 = 7_200_000;

    fn series(times_ms: impl Iterator<Item = i64>, value: impl Fn(i64) -> f64) -> Series {
        let mut series = Series::new(1);
        for t in times_ms {
            let sample = Sample { timestamp_ms: t, value: value(t) };
            assert_eq!(series.check(sample, Accepted::IN_ORDER).unwrap(), Follows::Appended);
            series.push(sample, CommitStamp::REPLAY, TWO_HOURS_MS);
        }
        series
    }

    fn view(files: &ChunkFiles) -> View<'_> {
        View { files, commit: 0, in_order_from_ms: i64::MIN }
    }

    fn chunk_samples(series: &Series) -> Vec<u16> {
        series.finished.iter().map(|c| c.samples).chain([series.open.samples()]).collect()
    }

    #[test]
    fn chunks_of_a_regular_series_have_even_lengths() {
        // 480 samples to the block's end: four chunks of 120.
        assert_eq!(chunk_samples(&series((0..500).map(|i| i * 15_000), |_| 1.0)), [120, 120, 120, 120, 20]);
    }

    #[test]
    fn chunks_end_with_the_block_and_when_they_are_large() {
        let late = series((0..20).map(|i| TWO_HOURS_MS - 150_000 + i * 15_000), |_| 1.0);
        assert_eq!(chunk_samples(&late), [10, 10]);
        let noisy = |t: i64| f64::from_bits((t as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 2);
        let counts = chunk_samples(&series((0..400).map(|i| i * 1000), noisy));
        assert!(counts.iter().all(|&n| n < 120), "{counts:?}");
    }

    #[test]
    fn extreme_times_are_kept() {
        let times = [i64::MIN, -1, 0, 1, i64::MAX];
        let series = series(times.into_iter(), |t| t as f64);
        let mut columns = SampleColumns::new();
        series.read(view(&ChunkFiles::none()), TimeRange::ALL, &mut columns).unwrap();
        assert_eq!(columns.timestamps, times);
    }

    #[test]
    fn deleted_samples_are_hidden() {
        let mut series = series(0..5, |t| t as f64);
        series.delete(TimeRange::new(1, 2));
        series.delete(TimeRange::new(4, 9));
        let mut columns = SampleColumns::new();
        series.read(view(&ChunkFiles::none()), TimeRange::ALL, &mut columns).unwrap();
        assert_eq!(columns.timestamps, [0, 3]);
        assert_eq!(series.newest_if_near(view(&ChunkFiles::none()), TimeRange::ALL), None);
    }

    #[test]
    fn reads_a_range_across_chunks() {
        let series = series((0..500).map(|i| i * 15_000), |t| t as f64);
        let mut columns = SampleColumns::new();
        series.read(view(&ChunkFiles::none()), TimeRange::new(1_799_000, 1_830_000), &mut columns).unwrap();
        assert_eq!(columns.timestamps, [1_800_000, 1_815_000, 1_830_000]);
        assert_eq!(columns.values, [1_800_000.0, 1_815_000.0, 1_830_000.0]);
    }
}

//! One series' samples: finished chunks of floats and an open one, and beside them native histograms, if there are any.

mod run;
mod view;

use emberdb_model::storage::AppendError;
use emberdb_model::{Sample, TimeRange, is_stale};
use emberdb_tsdb_chunk::{AnyHistogram, ChunkError, Encoding, FloatAppender, even_cut, range_end};

use super::batch::Place;
use super::chunk::HeadChunk;
use super::chunk_file::StoredChunk;
use super::isolation::{CommitStamp, Visibility};
use super::lane::HistogramLane;
use super::late::LateSamples;
use super::leaving::Life;
use super::order::{Accepted, Follows, Newest, follow_float, follow_histogram};
use crate::options::ChunkRules;
pub(crate) use view::View;
pub(in crate::head) use view::{corrupt, read_chunk};

/// Samples that a chunk should hold; it is cut at the time when this many are expected, judged after a quarter.
const CHUNK_SAMPLES: u16 = 120;

/// A chunk has so many quarters, the first of which tells how long all of them will take.
const QUARTERS: u16 = 4;

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
    pub(super) life: Life,
    /// Floats in all chunks.
    samples: u32,
    visibility: Visibility,
    open: FloatAppender,
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

const _: () = assert!(size_of::<Series>() <= SERIES_BYTES_MAX, "a head keeps one for each series");

impl Series {
    pub(crate) fn new(wal_ref: u64) -> Self {
        Self {
            wal_ref,
            logged: false,
            life: Life::InUse,
            samples: 0,
            visibility: Visibility::default(),
            open: FloatAppender::new(Encoding::Xor),
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
            Some(_) => lane.map(Newest::Stored),
            None => lane.map(Newest::Stored).or_else(|| self.newest_deleted_ms().map(Newest::Finished)),
        }
    }

    /// The end of all that was deleted, where there was a sample.
    fn newest_deleted_ms(&self) -> Option<i64> {
        self.rare.as_ref()?.deleted.iter().map(|range| range.max_ms).max()
    }

    /// Whether the float may follow the newest sample.
    #[inline]
    pub(super) fn check(&self, sample: Sample, accepted: Accepted) -> Result<Follows, AppendError> {
        if self.samples == u32::MAX {
            return Err(AppendError::Limit("a series holds at most 2^32 - 1 floats in memory".into()));
        }
        let follows = follow_float(self.newest(), sample, accepted)?;
        self.check_deleted(follows, sample.timestamp_ms)
    }

    /// Whether samples of this time are hidden.
    pub(super) fn is_deleted_at(&self, timestamp_ms: i64) -> bool {
        self.deleted().iter().any(|range| range.contains(timestamp_ms))
    }

    /// A late sample cannot come to where samples were deleted: the deletion would hide it, too.
    #[inline]
    fn check_deleted(&self, follows: Follows, timestamp_ms: i64) -> Result<Follows, AppendError> {
        if follows == Follows::Late && self.is_deleted_at(timestamp_ms) {
            return Err(AppendError::Deleted { timestamp_ms });
        }
        Ok(follows)
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
        let follows = follow_histogram(self.newest(), t_ms, histogram, accepted)?;
        self.check_deleted(follows, t_ms)
    }

    /// Adds a float that is newer than all samples before it, and counts since `start_ms`; 0 is unknown. A chunk keeps start
    /// timestamps if its first float has one; a first one that comes later begins another chunk.
    pub(super) fn push(&mut self, sample: Sample, start_ms: i64, stamp: CommitStamp, rules: ChunkRules) {
        self.visibility.note(stamp, self.samples);
        let t_ms = sample.timestamp_ms;
        if self.open.samples() == 0 {
            if let Some(lane) = &mut self.histograms {
                lane.finish_open();
            }
            self.begin_chunk(t_ms, start_ms, rules);
        } else if self.is_full(t_ms) || !self.open.keeps(start_ms) {
            self.cut();
            self.begin_chunk(t_ms, start_ms, rules);
        }
        self.open
            .append(t_ms, sample.value, start_ms)
            .expect("a chunk is cut long before its header is full");
        self.samples += 1;
    }

    /// Adds a histogram that is newer than all samples before it, and counts since `start_ms`; 0 is unknown.
    ///
    /// An error means that it cannot be written into any chunk; readers then see what they saw before.
    pub(super) fn push_histogram(
        &mut self,
        t_ms: i64,
        histogram: AnyHistogram<'_>,
        start_ms: i64,
        stamp: CommitStamp,
        rules: ChunkRules,
    ) -> Result<(), ChunkError> {
        let mut lane = match self.histograms.take() {
            Some(lane) => lane,
            None => Box::new(HistogramLane::new(rules.block_range_ms)),
        };
        let pushed = lane.push(t_ms, histogram, start_ms, stamp);
        if pushed.is_ok() && self.open.samples() > 0 {
            self.cut();
        }
        if lane.samples() > 0 {
            self.histograms = Some(lane);
        }
        pushed
    }

    /// Adds a finished chunk that was found in a file, unless it is not newer than what is there: then it is none of ours.
    pub(super) fn restore(&mut self, chunk: &StoredChunk, rules: ChunkRules) -> bool {
        if self.newest_ms().is_some_and(|newest_ms| chunk.min_ms <= newest_ms) {
            return false;
        }
        if self.open.samples() > 0 {
            self.cut();
        }
        if chunk.encoding.is_histogram() {
            let lane =
                self.histograms.get_or_insert_with(|| Box::new(HistogramLane::new(rules.block_range_ms)));
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
                let range = TimeRange::new(self.open_min_ms, newest_ms);
                Some((range, self.open.encoding(), self.open.bytes()))
            }
            None => self.histograms.as_ref()?.open_chunk(),
        }
    }

    /// Whether there is nothing to be known of the series but its labels: no samples, and no deletions that could hide some.
    pub(super) fn is_unused(&self) -> bool {
        self.time_range().is_none() && self.newest_deleted_ms().is_none()
    }

    /// First and last time of all samples, late ones too.
    pub(super) fn time_range(&self) -> Option<TimeRange> {
        let finished = self.finished_chunks().map(HeadChunk::range);
        let open = self.open_chunk().map(|(range, ..)| range);
        let late = self.late().and_then(LateSamples::range);
        finished.chain(open).chain(late).reduce(|whole, range| whole.union(&range))
    }

    /// The time of the first sample in order from this time on, or one between the two: a chunk does not tell which times it has.
    pub(super) fn first_from(&self, from_ms: i64) -> Option<i64> {
        let open = self.open_chunk().map(|(range, ..)| range);
        let chunks = self.finished_chunks().map(HeadChunk::range).chain(open);
        chunks.filter(|range| range.max_ms >= from_ms).map(|range| range.min_ms.max(from_ms)).min()
    }

    /// Forgets the chunks of which all samples are older than `before_ms`; returns the number of these samples. All readers
    /// must have seen them as committed. Deletions stay as long as the log may have them for samples that come late, from `late_from_ms` on.
    pub(super) fn forget_before(&mut self, before_ms: i64, late_from_ms: i64) -> u32 {
        let old = self.finished.iter().take_while(|chunk| chunk.max_ms < before_ms).count();
        let mut floats: u32 = self.finished.drain(..old).map(|chunk| u32::from(chunk.samples)).sum();
        if self.finished.is_empty() && self.open.last().is_some_and(|(newest_ms, _)| newest_ms < before_ms) {
            floats += u32::from(self.take_open().samples());
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
            let late_from_ms = rare.late.range().map_or(late_from_ms, |range| range.min_ms.min(late_from_ms));
            rare.deleted.retain(|range| range.max_ms >= before_ms.min(late_from_ms));
        }
        self.drop_rare();
        floats + histograms
    }

    /// Hides the samples in `range`.
    pub(super) fn delete(&mut self, range: TimeRange) {
        self.rare.get_or_insert_default().deleted.push(range);
    }

    fn begin_chunk(&mut self, t_ms: i64, start_ms: i64, rules: ChunkRules) {
        let encoding = rules.floats.of(start_ms);
        if self.open.encoding() != encoding {
            self.open = FloatAppender::new(encoding);
        }
        self.open_min_ms = t_ms;
        self.cut_at_ms = range_end(t_ms, rules.block_range_ms);
    }

    /// Whether the sample at `t_ms` must begin a new chunk. The rules are upstream's, so that the chunks are, too.
    fn is_full(&mut self, t_ms: i64) -> bool {
        if self.open.len_bytes() > CHUNK_BYTES_MAX {
            return true;
        }
        if self.open.samples() == CHUNK_SAMPLES / QUARTERS {
            let newest_ms = self.open.last().map_or(self.open_min_ms, |(t_ms, _)| t_ms);
            self.cut_at_ms = even_cut(self.open_min_ms, newest_ms, self.cut_at_ms, f64::from(QUARTERS));
        }
        t_ms >= self.cut_at_ms || self.open.samples() >= CHUNK_SAMPLES_MAX
    }

    fn cut(&mut self) {
        let open = self.take_open();
        let max_ms = open.last().map_or(self.open_min_ms, |(t, _)| t);
        let samples = open.samples();
        let range = TimeRange::new(self.open_min_ms, max_ms);
        self.finished.push(HeadChunk::held(range, samples, open.encoding(), open.finish()));
    }

    /// Takes the open chunk, and leaves an empty one, whose encoding is chosen when it begins.
    fn take_open(&mut self) -> FloatAppender {
        std::mem::replace(&mut self.open, FloatAppender::new(Encoding::Xor))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::FloatEncoding;

    const TWO_HOURS_MS: i64 = 7_200_000;
    const RULES: ChunkRules = ChunkRules { block_range_ms: TWO_HOURS_MS, floats: FloatEncoding::Xor };

    pub(super) fn series(times_ms: impl Iterator<Item = i64>, value: impl Fn(i64) -> f64) -> Series {
        let mut series = Series::new(1);
        for t in times_ms {
            let sample = Sample { timestamp_ms: t, value: value(t) };
            assert_eq!(series.check(sample, Accepted::IN_ORDER).unwrap(), Follows::Appended);
            series.push(sample, 0, CommitStamp::REPLAY, RULES);
        }
        series
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
}

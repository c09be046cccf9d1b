//! The native histograms of one series, beside its floats: finished chunks and an open one.
//!
//! A series has either an open chunk of floats or one of histograms, and what came last is in it. Histograms have a
//! visibility of their own. A later histogram may bring buckets that all others of its chunk then get, empty; so a reader
//! who began earlier sees its histograms by their number, in bytes that are new.

use std::sync::Arc;

use emberdb_histogram::{FloatHistogram, NativeHistogram};
use emberdb_model::storage::{AppendError, StorageError};
use emberdb_model::{HistogramColumns, TimeRange};
use emberdb_tsdb_chunk::{
    AnyHistogram, ChunkError, ChunkHistograms, Encoding, HistogramChunk, HistogramChunks, HistogramNumber,
    HistogramStarts, NativeHistogramReader, NoStarts, Starts,
};

use super::chunk::{ChunkBytes, HeadChunk};
use super::chunk_file::{ChunkFiles, StoredChunk};
use super::held::HeldHistogram;
use super::isolation::{CommitStamp, Visibility};
use super::series::corrupt;

/// The native histograms of a series.
pub(super) struct HistogramLane {
    /// Histograms in all chunks.
    samples: u32,
    visibility: Visibility,
    open: HistogramChunks,
    finished: Vec<HeadChunk>,
}

impl HistogramLane {
    pub(super) fn new(block_range_ms: i64) -> Self {
        Self {
            samples: 0,
            visibility: Visibility::default(),
            open: HistogramChunks::new(block_range_ms),
            finished: Vec::new(),
        }
    }

    /// Whether there is room for another histogram.
    pub(super) fn check_room(&self) -> Result<(), AppendError> {
        if self.samples == u32::MAX {
            return Err(AppendError::Limit("a series holds at most 2^32 - 1 histograms in memory".into()));
        }
        Ok(())
    }

    /// Adds a histogram that is newer than all samples of the series, and counts since `start_ms`; 0 is unknown.
    ///
    /// An error means that it could not be written even as the first of a chunk, and then nothing has changed that a
    /// reader could see.
    pub(super) fn push(
        &mut self,
        t_ms: i64,
        histogram: AnyHistogram<'_>,
        start_ms: i64,
        stamp: CommitStamp,
    ) -> Result<(), ChunkError> {
        let finished = match self.open.append_started(t_ms, histogram, start_ms) {
            Ok(finished) => finished,
            // The buckets of the chunk and its own together are too many. Alone they are not.
            Err(_) => {
                self.finish_open();
                self.open.append_started(t_ms, histogram, start_ms)?
            }
        };
        self.finished.extend(finished.map(HeadChunk::from));
        self.visibility.note(stamp, self.samples);
        self.samples += 1;
        Ok(())
    }

    /// Adds a finished chunk that was found in a file and is newer than all that is there.
    pub(super) fn restore(&mut self, chunk: &StoredChunk) -> bool {
        let Some(samples) = self.samples.checked_add(u32::from(chunk.samples)) else { return false };
        self.finish_open();
        self.samples = samples;
        self.finished.push(HeadChunk::stored(chunk));
        true
    }

    /// The finished chunks in the order of time.
    pub(super) fn finished_chunks(&self) -> impl Iterator<Item = &HeadChunk> {
        self.finished.iter()
    }

    /// The same, to be changed.
    pub(super) fn finished_chunks_mut(&mut self) -> impl Iterator<Item = &mut HeadChunk> {
        self.finished.iter_mut()
    }

    /// The open chunk: its range, its encoding, and its bytes as they are now.
    pub(super) fn open_chunk(&self) -> Option<(TimeRange, Encoding, &[u8])> {
        let open = self.open.open()?;
        Some((TimeRange::new(open.min_ms, open.max_ms), open.encoding, open.bytes))
    }

    /// Forgets the chunks of which all histograms are older than `before_ms`; returns the number of these.
    pub(super) fn forget_before(&mut self, before_ms: i64) -> u32 {
        let old = self.finished.iter().take_while(|chunk| chunk.max_ms < before_ms).count();
        let mut forgotten: u32 = self.finished.drain(..old).map(|chunk| u32::from(chunk.samples)).sum();
        if self.finished.is_empty() && self.open.open().is_some_and(|open| open.max_ms < before_ms) {
            forgotten += self.open.finish().map_or(0, |chunk| u32::from(chunk.samples));
        }
        self.samples -= forgotten;
        self.visibility.forget(forgotten);
        forgotten
    }

    /// Ends the open chunk: the series goes on with floats.
    pub(super) fn finish_open(&mut self) {
        self.finished.extend(self.open.finish().map(HeadChunk::from));
    }

    /// Time of the newest histogram in milliseconds; the smallest there is without any.
    pub(super) fn newest_ms(&self) -> i64 {
        let finished = || self.finished.last().map_or(i64::MIN, |chunk| chunk.max_ms);
        self.open.open().map_or_else(finished, |chunk| chunk.max_ms)
    }

    /// The encoding of the newest histogram's chunk.
    pub(super) fn newest_encoding(&self) -> Encoding {
        let finished = || self.finished.last().map_or(Encoding::Histogram, |chunk| chunk.encoding);
        self.open.open().map_or_else(finished, |chunk| chunk.encoding)
    }

    /// The newest histogram, decoded: its whole chunk is. None if that is in a file already.
    pub(super) fn newest(&self) -> Option<HeldHistogram> {
        let (encoding, bytes) = match (self.open.open(), self.finished.last()) {
            (Some(open), _) => (open.encoding, open.bytes),
            (None, finished) => (finished?.encoding, finished?.held_bytes()?),
        };
        Some(match encoding {
            Encoding::Histogram => HeldHistogram::Integer(last::<i64, NoStarts>(bytes)?),
            Encoding::HistogramSt => HeldHistogram::Integer(last::<i64, Starts>(bytes)?),
            Encoding::FloatHistogram => HeldHistogram::Float(last::<f64, NoStarts>(bytes)?),
            Encoding::FloatHistogramSt => HeldHistogram::Float(last::<f64, Starts>(bytes)?),
            // They are not in this lane.
            Encoding::Xor | Encoding::Xor2 => return None,
        })
    }

    /// Whether a reader that holds `commit` sees any histogram, and whether they reach into `range`.
    pub(super) fn may_have(&self, commit: u64, range: TimeRange) -> bool {
        let open = || self.open.open().map_or(i64::MAX, |chunk| chunk.min_ms);
        let oldest_ms = self.finished.first().map_or_else(open, |chunk| chunk.min_ms);
        self.visibility.visible(commit, self.samples) > 0
            && range.overlaps(&TimeRange::new(oldest_ms, self.newest_ms()))
    }

    /// Appends to `columns` the histograms in `range` that are not deleted and that a reader sees who holds `commit`.
    pub(super) fn read(
        &self,
        files: &ChunkFiles,
        commit: u64,
        range: TimeRange,
        deleted: &[TimeRange],
        columns: &mut HistogramColumns,
    ) -> Result<(), StorageError> {
        let mut left = self.visibility.visible(commit, self.samples) as usize;
        let mut decoded = ChunkHistograms::new();
        for chunk in self.chunks() {
            if left == 0 || chunk.range().min_ms > range.max_ms {
                break;
            }
            let visible = left.min(chunk.samples());
            left -= visible;
            if chunk.range().max_ms < range.min_ms {
                continue;
            }
            decoded.decode(chunk.encoding(), &chunk.bytes(files)?).map_err(corrupt)?;
            let timestamps = decoded.timestamps().get(..visible).unwrap_or(decoded.timestamps());
            let end = timestamps.partition_point(|&t| t <= range.max_ms);
            let start = timestamps.partition_point(|&t| t < range.min_ms).min(end);
            for (index, &t_ms) in timestamps.iter().enumerate().take(end).skip(start) {
                if !is_deleted(deleted, t_ms) {
                    let start_ms = decoded.start_timestamps().get(index).copied().unwrap_or(0);
                    columns.push_started(t_ms, Arc::new(decoded.histogram(index)), start_ms);
                }
            }
        }
        Ok(())
    }

    /// The newest histogram in `range` that is not deleted and that a reader sees who holds `commit`. Mostly one chunk is
    /// decoded.
    pub(super) fn newest_in(
        &self,
        files: &ChunkFiles,
        commit: u64,
        range: TimeRange,
        deleted: &[TimeRange],
    ) -> Result<Option<(i64, FloatHistogram)>, StorageError> {
        let visible = self.visibility.visible(commit, self.samples) as usize;
        let mut end = self.samples as usize;
        let mut decoded = ChunkHistograms::new();
        for chunk in self.chunks().rev() {
            let start = end - chunk.samples().min(end);
            let visible = visible.min(end).saturating_sub(start);
            end = start;
            if visible == 0 || chunk.range().min_ms > range.max_ms {
                continue;
            }
            if chunk.range().max_ms < range.min_ms {
                break;
            }
            decoded.decode(chunk.encoding(), &chunk.bytes(files)?).map_err(corrupt)?;
            let timestamps = decoded.timestamps().get(..visible).unwrap_or(decoded.timestamps());
            let found = timestamps.iter().rposition(|&t| range.contains(t) && !is_deleted(deleted, t));
            if let Some(index) = found {
                return Ok(Some((timestamps[index], decoded.histogram(index))));
            }
        }
        Ok(None)
    }

    /// Histograms in all chunks.
    pub(super) fn samples(&self) -> u32 {
        self.samples
    }

    /// Bytes of histograms in chunks in memory.
    pub(super) fn chunk_bytes(&self) -> usize {
        self.chunks().map(|chunk| chunk.heap_bytes()).sum()
    }

    /// Heap bytes that belong to it, its own record included, but not what the open chunk's next histogram is coded
    /// against.
    pub(super) fn heap_bytes(&self) -> usize {
        size_of::<Self>()
            + self.chunk_bytes()
            + self.finished.capacity() * size_of::<HeadChunk>()
            + self.visibility.heap_bytes()
    }

    /// All chunks in the order of time, the open one last.
    fn chunks(&self) -> impl DoubleEndedIterator<Item = LaneChunk<'_>> {
        self.finished.iter().map(LaneChunk::Finished).chain(self.open.open().map(LaneChunk::Open))
    }
}

/// A chunk of the lane.
enum LaneChunk<'a> {
    Finished(&'a HeadChunk),
    Open(HistogramChunk<&'a [u8]>),
}

impl<'a> LaneChunk<'a> {
    fn range(&self) -> TimeRange {
        match self {
            Self::Finished(chunk) => chunk.range(),
            Self::Open(chunk) => TimeRange::new(chunk.min_ms, chunk.max_ms),
        }
    }

    fn samples(&self) -> usize {
        usize::from(match self {
            Self::Finished(chunk) => chunk.samples,
            Self::Open(chunk) => chunk.samples,
        })
    }

    fn encoding(&self) -> Encoding {
        match self {
            Self::Finished(chunk) => chunk.encoding,
            Self::Open(chunk) => chunk.encoding,
        }
    }

    fn bytes(&self, files: &ChunkFiles) -> Result<ChunkBytes<'a>, StorageError> {
        match self {
            Self::Finished(chunk) => chunk.bytes(files),
            Self::Open(chunk) => Ok(ChunkBytes::Held(chunk.bytes)),
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Self::Finished(chunk) => chunk.heap_bytes(),
            Self::Open(chunk) => chunk.bytes.len(),
        }
    }
}

/// The last histogram of a chunk.
fn last<N: HistogramNumber, S: HistogramStarts>(bytes: &[u8]) -> Option<NativeHistogram<N>> {
    let (_, histogram) = NativeHistogramReader::<N, S>::new(bytes).ok()?.last()?.ok()?;
    Some(histogram)
}

fn is_deleted(deleted: &[TimeRange], t_ms: i64) -> bool {
    deleted.iter().any(|range| range.contains(t_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_HOURS_MS: i64 = 7_200_000;

    fn histogram(notation: &str) -> FloatHistogram {
        notation.parse().unwrap()
    }

    fn push(lane: &mut HistogramLane, t_ms: i64, notation: &str, commit: u64) {
        let stamp = CommitStamp { number: commit, oldest_reader: 0 };
        lane.push(t_ms, (&histogram(notation)).into(), 0, stamp).unwrap();
    }

    fn read(lane: &HistogramLane, commit: u64, range: TimeRange) -> Vec<(i64, f64)> {
        let mut columns = HistogramColumns::default();
        lane.read(&ChunkFiles::none(), commit, range, &[], &mut columns).unwrap();
        columns.iter().map(|(t_ms, histogram)| (t_ms, histogram.count)).collect()
    }

    #[test]
    fn readers_see_their_prefix_though_the_chunk_is_coded_anew() {
        let mut lane = HistogramLane::new(TWO_HOURS_MS);
        push(&mut lane, 1, "{{count:1 buckets:[1]}}", 1);
        push(&mut lane, 2, "{{count:3 buckets:[1 2]}}", 2);
        push(&mut lane, 3, "{{count:6 buckets:[1 2 3]}}", 3);
        assert_eq!(lane.chunks().count(), 1, "all are in one chunk, which was coded anew twice");
        for commit in 0..=3 {
            let seen: Vec<_> = [(1, 1.0), (2, 3.0), (3, 6.0)].into_iter().take(commit).collect();
            assert_eq!(read(&lane, commit as u64, TimeRange::ALL), seen);
            let newest = lane.newest_in(&ChunkFiles::none(), commit as u64, TimeRange::ALL, &[]).unwrap();
            assert_eq!(newest.map(|(t_ms, histogram)| (t_ms, histogram.count)), seen.last().copied());
        }
    }

    /// Chunks outside of the range are damaged here, and nobody sees it.
    #[test]
    fn chunks_outside_of_the_range_are_not_decoded() {
        let mut lane = HistogramLane::new(TWO_HOURS_MS);
        for t_ms in 0..10 {
            // A reset each time: each has its own chunk.
            push(&mut lane, t_ms, &format!("{{{{count:{0} buckets:[{0}]}}}}", 10 - t_ms), 1);
        }
        assert_eq!(lane.finished.len(), 9);
        for place in [0, 1, 2, 6, 7, 8] {
            let range = lane.finished[place].range();
            let damaged = HeadChunk::held(range, 1, Encoding::FloatHistogram, Box::new([0xff; 5]));
            lane.finished[place] = damaged;
        }
        assert_eq!(read(&lane, 1, TimeRange::new(3, 5)), [(3, 7.0), (4, 6.0), (5, 5.0)]);
        let newest = |range| {
            lane.newest_in(&ChunkFiles::none(), 1, range, &[]).map(|newest| newest.map(|(t_ms, _)| t_ms))
        };
        assert_eq!(newest(TimeRange::new(0, 5)).unwrap(), Some(5));
        assert_eq!(newest(TimeRange::new(i64::MIN, -1)).unwrap(), None);
        assert!(newest(TimeRange::new(0, 8)).is_err());
    }

    #[test]
    fn deleted_histograms_are_hidden() {
        let mut lane = HistogramLane::new(TWO_HOURS_MS);
        for t_ms in 0..5 {
            push(&mut lane, t_ms, "{{count:1 buckets:[1]}}", 1);
        }
        let deleted = [TimeRange::new(1, 2), TimeRange::new(4, 9)];
        let mut columns = HistogramColumns::default();
        lane.read(&ChunkFiles::none(), 1, TimeRange::ALL, &deleted, &mut columns).unwrap();
        assert_eq!(columns.timestamps, [0, 3]);
        assert_eq!(lane.newest_in(&ChunkFiles::none(), 1, TimeRange::ALL, &deleted).unwrap().unwrap().0, 3);
    }
}

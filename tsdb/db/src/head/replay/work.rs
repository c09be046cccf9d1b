//! What is to be done to the series of one page, in the order of the log.

use emberdb_histogram::{FloatHistogram, Histogram, NativeHistogram};
use emberdb_model::TimeRange;
use emberdb_tsdb_index::SeriesId;
use emberdb_wal::RecordNumber;

use super::super::chunk_file::StoredChunk;
use super::super::held::HeldHistogram;
use super::floats::Floats;

/// A native histogram of the log, and its series.
pub(super) struct LoggedHistogram {
    pub(super) id: SeriesId,
    pub(super) timestamp_ms: i64,
    /// Since when it counts; 0 is unknown.
    pub(super) start_ms: i64,
    pub(super) histogram: HeldHistogram,
}

/// What else the log, or a file of chunks, says of a series.
pub(super) enum Change {
    /// It has these finished chunks.
    Chunks(Vec<StoredChunk>),
    /// Its samples in this range are deleted.
    Delete(TimeRange),
    /// Its late samples before are in the chunk at this place.
    ForgetStored(u64),
}

/// Work on one page.
pub(super) enum Work {
    Samples(PageSamples),
    Change(SeriesId, Change),
}

/// Samples of the series of one page: floats or histograms. Of both, one kind is empty, so that the order of a series' samples is kept.
#[derive(Default)]
pub(super) struct PageSamples {
    /// The page's number.
    pub(super) page: usize,
    pub(super) is_late: bool,
    pub(super) floats: Floats,
    pub(super) histograms: Vec<LoggedHistogram>,
}

impl PageSamples {
    pub(super) fn is_empty(&self) -> bool {
        self.floats.is_empty() && self.histograms.is_empty()
    }
}

/// Memory of histograms that are in their series, to be decoded into again.
#[derive(Default)]
pub(super) struct Spent {
    integer: Vec<Histogram>,
    float: Vec<FloatHistogram>,
}

impl Spent {
    /// Takes the histograms out of `samples`.
    pub(super) fn take_from(&mut self, samples: &mut PageSamples) {
        for logged in samples.histograms.drain(..) {
            match logged.histogram {
                HeldHistogram::Integer(histogram) => self.integer.push(histogram),
                HeldHistogram::Float(histogram) => self.float.push(histogram),
            }
        }
    }
}

/// Bucket numbers of either kind, for who does not care which.
pub(super) trait Held: RecordNumber {
    /// Takes the histogram, and leaves memory of a spent one in its place.
    fn take(histogram: &mut NativeHistogram<Self>, spent: &mut Spent) -> HeldHistogram;
}

impl Held for i64 {
    fn take(histogram: &mut Histogram, spent: &mut Spent) -> HeldHistogram {
        HeldHistogram::Integer(std::mem::replace(histogram, spent.integer.pop().unwrap_or_default()))
    }
}

impl Held for f64 {
    fn take(histogram: &mut FloatHistogram, spent: &mut Spent) -> HeldHistogram {
        HeldHistogram::Float(std::mem::replace(histogram, spent.float.pop().unwrap_or_default()))
    }
}

//! The chunks that a head makes of a series of histograms.
//!
//! What a query sees of a histogram depends on the chunk that it is in: which empty buckets it has, how its spans are
//! cut, and whether a counter reset is known not to have happened. So chunks are cut where upstream cuts them.

use emberdb_histogram::{FloatHistogram, Histogram, NativeHistogram};

use super::number::HistogramNumber;
use super::{
    Appended, FloatHistogramAppender, FloatHistogramStAppender, HistogramAppender, HistogramStAppender,
    HistogramStarts, NativeHistogramAppender, is_stale,
};
use crate::cut::{even_cut, range_end};
use crate::{ChunkError, Encoding};

/// How large a chunk should be; it is cut at the time when it will be, judged after a quarter.
const CHUNK_BYTES_AIM: usize = 1024;

/// A chunk that is so large is cut, whatever was judged.
const CHUNK_BYTES_CUT: usize = 2 * CHUNK_BYTES_AIM;

/// A chunk is not cut for its size before it has so many samples: one alone may be larger than a chunk should be.
const CHUNK_SAMPLES_MIN: u16 = 10;

/// A histogram of either kind.
#[derive(Debug, Clone, Copy)]
pub enum AnyHistogram<'a> {
    /// It counts in whole numbers.
    Integer(&'a Histogram),
    /// It counts in floats.
    Float(&'a FloatHistogram),
}

impl AnyHistogram<'_> {
    /// The encoding of the chunks that it goes into.
    #[must_use]
    pub const fn encoding(self) -> Encoding {
        match self {
            Self::Integer(_) => Encoding::Histogram,
            Self::Float(_) => Encoding::FloatHistogram,
        }
    }

    /// Whether it says that the series has ended.
    #[must_use]
    pub fn is_stale(self) -> bool {
        is_stale(match self {
            Self::Integer(histogram) => histogram.sum,
            Self::Float(histogram) => histogram.sum,
        })
    }
}

impl<'a> From<&'a Histogram> for AnyHistogram<'a> {
    fn from(histogram: &'a Histogram) -> Self {
        Self::Integer(histogram)
    }
}

impl<'a> From<&'a FloatHistogram> for AnyHistogram<'a> {
    fn from(histogram: &'a FloatHistogram) -> Self {
        Self::Float(histogram)
    }
}

/// A chunk and the times of its first and last sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistogramChunk<B = Box<[u8]>> {
    /// Milliseconds since the Unix epoch.
    pub min_ms: i64,
    /// Milliseconds since the Unix epoch.
    pub max_ms: i64,
    /// How many samples it has.
    pub samples: u16,
    /// Whether its histograms count in whole numbers or in floats.
    pub encoding: Encoding,
    /// The chunk itself.
    pub bytes: B,
}

/// The histograms of one series, as a head keeps them: an open chunk, out of which finished ones come.
///
/// Chunks end where those of Prometheus' head do: within 1 to 2 KiB but not before ten samples, evenly over the range of
/// time that a block covers, and wherever a histogram [cannot follow](NativeHistogramAppender::append) another one.
/// A series that has floats for a while begins anew behind them.
///
/// ```
/// use emberdb_histogram::FloatHistogram;
/// use emberdb_tsdb_chunk::{HistogramChunks, ChunkHistograms};
///
/// let mut series = HistogramChunks::new(2 * 3_600_000);
/// let mut chunks = Vec::new();
/// for (t_ms, notation) in
///     [(0, "{{count:3 buckets:[3]}}"), (15_000, "{{count:5 buckets:[3 2]}}"), (30_000, "{{count:1 buckets:[1]}}")]
/// {
///     chunks.extend(series.append(t_ms, &notation.parse::<FloatHistogram>()?)?);
/// }
/// chunks.extend(series.finish());
/// assert_eq!(chunks.iter().map(|chunk| (chunk.min_ms, chunk.samples)).collect::<Vec<_>>(), [(0, 2), (30_000, 1)]);
///
/// // The first histogram has got the bucket of the second.
/// let mut columns = ChunkHistograms::new();
/// columns.decode(chunks[0].encoding, &chunks[0].bytes)?;
/// assert_eq!(columns.positive(0), [3.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct HistogramChunks {
    /// Absent where chunks end only where a histogram cannot follow.
    range_ms: Option<i64>,
    open: Option<Open>,
    /// The time from which on a sample begins a new chunk.
    cut_at_ms: i64,
    /// Whether that was judged. It is not judged again in the chunk that a histogram begins because it could not follow:
    /// only cuts by size and time begin a new judgement.
    is_judged: bool,
}

/// An open chunk.
#[derive(Debug, Clone)]
struct Open {
    min_ms: i64,
    max_ms: i64,
    appender: OpenAppender,
}

#[derive(Debug, Clone)]
enum OpenAppender {
    Integer(HistogramAppender),
    Float(FloatHistogramAppender),
    // Few series have start timestamps.
    IntegerSt(Box<HistogramStAppender>),
    FloatSt(Box<FloatHistogramStAppender>),
}

impl HistogramChunks {
    /// No histograms yet. No chunk reaches over a multiple of `range_ms`, the length of blocks, which is at least 1.
    #[must_use]
    pub const fn new(range_ms: i64) -> Self {
        let range_ms = if range_ms < 1 { 1 } else { range_ms };
        Self { range_ms: Some(range_ms), open: None, cut_at_ms: 0, is_judged: false }
    }

    /// No histograms yet. Chunks end only where a histogram cannot follow another one, whatever their size and time: so
    /// upstream's head writes the few that came late.
    #[must_use]
    pub const fn uncut() -> Self {
        Self { range_ms: None, open: None, cut_at_ms: i64::MAX, is_judged: false }
    }

    /// The end of the range that a time lies in.
    fn range_end_ms(&self, t_ms: i64) -> i64 {
        self.range_ms.map_or(i64::MAX, |range_ms| range_end(t_ms, range_ms))
    }

    /// Appends a histogram that is later than all before; gives back the chunk that is finished by that, if one is. The
    /// time is in milliseconds.
    ///
    /// # Errors
    /// Those of [`NativeHistogramAppender::append`].
    pub fn append<'a>(
        &mut self,
        t_ms: i64,
        histogram: impl Into<AnyHistogram<'a>>,
    ) -> Result<Option<HistogramChunk>, ChunkError> {
        self.append_started(t_ms, histogram, 0)
    }

    /// Like [`append`](Self::append), of a histogram that counts since `start_ms`, which is 0 if that is not known. A chunk
    /// keeps start timestamps if its first histogram has one; a first one that comes later begins another chunk.
    ///
    /// # Errors
    /// Those of [`append`](Self::append).
    pub fn append_started<'a>(
        &mut self,
        t_ms: i64,
        histogram: impl Into<AnyHistogram<'a>>,
        start_ms: i64,
    ) -> Result<Option<HistogramChunk>, ChunkError> {
        let histogram = histogram.into();
        let is_full = self.is_full(t_ms);
        let range_end_ms = self.range_end_ms(t_ms);
        let Some(open) = self.open.as_mut().filter(|open| open.takes(histogram, start_ms)) else {
            let next = Open::new(t_ms, histogram, start_ms)?;
            (self.cut_at_ms, self.is_judged) = (range_end_ms, false);
            return Ok(self.open.replace(next).map(Open::finish));
        };
        let before = (open.min_ms, open.max_ms, open.appender.samples());
        let finished = open.appender.append(t_ms, histogram, start_ms, is_full)?;
        open.max_ms = t_ms;
        if finished.is_some() {
            open.min_ms = t_ms;
            self.cut_at_ms = range_end_ms;
            self.is_judged &= !is_full;
        }
        let encoding = open.encoding();
        let (min_ms, max_ms, samples) = before;
        Ok(finished.map(|bytes| HistogramChunk { min_ms, max_ms, samples, encoding, bytes }))
    }

    /// The open chunk: complete and readable as it is, and different after the next histogram.
    #[must_use]
    pub fn open(&self) -> Option<HistogramChunk<&[u8]>> {
        self.open.as_ref().map(|open| HistogramChunk {
            min_ms: open.min_ms,
            max_ms: open.max_ms,
            samples: open.appender.samples(),
            encoding: open.encoding(),
            bytes: open.appender.bytes(),
        })
    }

    /// Finishes the open chunk, as a head does when the series goes on with floats, or ends. A histogram that is
    /// appended later begins anew.
    pub fn finish(&mut self) -> Option<HistogramChunk> {
        self.is_judged = false;
        self.open.take().map(Open::finish)
    }

    /// Whether the open chunk must not grow any more. Judges, when the time has come, at which time it will be full.
    fn is_full(&mut self, t_ms: i64) -> bool {
        let (Some(open), Some(_)) = (&self.open, self.range_ms) else { return false };
        let len_bytes = open.appender.bytes().len();
        // At the end of a block's range chunks are cut though they have few samples.
        let range_end_ms = if self.is_judged { self.range_end_ms(open.min_ms) } else { self.cut_at_ms };
        if !self.is_judged && len_bytes >= CHUNK_BYTES_AIM / 4 {
            let full_of_len = CHUNK_BYTES_AIM as f64 / len_bytes as f64;
            self.cut_at_ms = even_cut(open.min_ms, open.max_ms, self.cut_at_ms, full_of_len);
            self.is_judged = true;
        }
        (t_ms >= self.cut_at_ms || len_bytes >= CHUNK_BYTES_CUT)
            && (open.appender.samples() >= CHUNK_SAMPLES_MIN || t_ms >= range_end_ms)
    }
}

impl Open {
    fn new(t_ms: i64, histogram: AnyHistogram<'_>, start_ms: i64) -> Result<Self, ChunkError> {
        let mut appender = match (histogram, start_ms) {
            (AnyHistogram::Integer(_), 0) => OpenAppender::Integer(HistogramAppender::new()),
            (AnyHistogram::Float(_), 0) => OpenAppender::Float(FloatHistogramAppender::new()),
            (AnyHistogram::Integer(_), _) => OpenAppender::IntegerSt(Box::default()),
            (AnyHistogram::Float(_), _) => OpenAppender::FloatSt(Box::default()),
        };
        appender.append(t_ms, histogram, start_ms, false)?;
        Ok(Self { min_ms: t_ms, max_ms: t_ms, appender })
    }

    /// Whether a histogram can go into this chunk, as far as the encoding is concerned. Where start timestamps are kept
    /// there is a place for one that is not known.
    fn takes(&self, histogram: AnyHistogram<'_>, start_ms: i64) -> bool {
        let encoding = self.encoding();
        let plain = histogram.encoding();
        encoding == plain.with_starts() || encoding == plain && start_ms == 0
    }

    const fn encoding(&self) -> Encoding {
        match self.appender {
            OpenAppender::Integer(_) => HistogramAppender::ENCODING,
            OpenAppender::Float(_) => FloatHistogramAppender::ENCODING,
            OpenAppender::IntegerSt(_) => HistogramStAppender::ENCODING,
            OpenAppender::FloatSt(_) => FloatHistogramStAppender::ENCODING,
        }
    }

    fn finish(self) -> HistogramChunk {
        let Self { min_ms, max_ms, .. } = self;
        let (samples, encoding) = (self.appender.samples(), self.encoding());
        let bytes = match self.appender {
            OpenAppender::Integer(open) => open.finish(),
            OpenAppender::Float(open) => open.finish(),
            OpenAppender::IntegerSt(open) => open.finish(),
            OpenAppender::FloatSt(open) => open.finish(),
        };
        HistogramChunk { min_ms, max_ms, samples, encoding, bytes }
    }
}

impl OpenAppender {
    /// Appends, and gives back what is finished by that.
    fn append(
        &mut self,
        t_ms: i64,
        histogram: AnyHistogram<'_>,
        start_ms: i64,
        is_full: bool,
    ) -> Result<Option<Box<[u8]>>, ChunkError> {
        match (self, histogram) {
            (Self::Integer(open), AnyHistogram::Integer(h)) => append(open, t_ms, h, start_ms, is_full),
            (Self::Float(open), AnyHistogram::Float(h)) => append(open, t_ms, h, start_ms, is_full),
            (Self::IntegerSt(open), AnyHistogram::Integer(h)) => append(open, t_ms, h, start_ms, is_full),
            (Self::FloatSt(open), AnyHistogram::Float(h)) => append(open, t_ms, h, start_ms, is_full),
            // Whoever appends has seen that the chunk takes it.
            _ => Err(ChunkError::NotHistograms),
        }
    }

    const fn samples(&self) -> u16 {
        match self {
            Self::Integer(open) => open.samples(),
            Self::Float(open) => open.samples(),
            Self::IntegerSt(open) => open.samples(),
            Self::FloatSt(open) => open.samples(),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Integer(open) => open.bytes(),
            Self::Float(open) => open.bytes(),
            Self::IntegerSt(open) => open.bytes(),
            Self::FloatSt(open) => open.bytes(),
        }
    }
}

/// Appends, and gives back what is finished by that.
fn append<N: HistogramNumber, S: HistogramStarts>(
    open: &mut NativeHistogramAppender<N, S>,
    t_ms: i64,
    histogram: &NativeHistogram<N>,
    start_ms: i64,
    is_full: bool,
) -> Result<Option<Box<[u8]>>, ChunkError> {
    if is_full {
        return open.cut_with(t_ms, histogram, start_ms).map(Some);
    }
    Ok(match open.append_with(t_ms, histogram, start_ms)? {
        Appended::Here | Appended::Recoded => None,
        Appended::Cut(bytes) => Some(bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_histograms_are_in_one_chunk_however_large_it_is() {
        let histogram = |count: i64| {
            let buckets = (0..200).map(|bucket| if bucket == 0 { 1000 * count } else { 0 }).collect();
            let spans = vec![emberdb_histogram::Span { offset: 0, length: 200 }];
            Histogram {
                count: 200_000 * count.unsigned_abs(),
                positive: emberdb_histogram::Side { spans, buckets },
                ..Histogram::default()
            }
        };
        let chunks = |mut open: HistogramChunks| {
            let t_ms = |number| number * 8_000_000;
            let ended =
                (0..32).filter_map(|n| open.append(t_ms(n), &histogram(n * n % 977 + n)).ok().flatten());
            ended.count() + 1
        };
        assert_eq!(chunks(HistogramChunks::uncut()), 1);
        assert!(chunks(HistogramChunks::new(7_200_000)) > 10);
    }
}

//! A whole chunk of histograms in columns.

use emberdb_histogram::{FloatHistogram, NativeHistogram, Schema};

use super::codec::Coding;
use super::layout::HistogramLayout;
use super::number::HistogramNumber;
use super::reader::NativeHistogramReader;
use super::starts::{HistogramStarts, NoStarts};
use super::{CounterResetHeader, decode, is_stale};
use crate::start::Starts;
use crate::{ChunkError, Encoding};

/// The histograms of one chunk in floats: columns of numbers, and rows of buckets that share one layout.
///
/// It is filled with one chunk after the other and keeps its memory, so decoding allocates nothing for a histogram.
/// What a query sees of a chunk of whole numbers is the same as [`Histogram::to_float`](emberdb_histogram::Histogram)
/// gives.
///
/// ```
/// use emberdb_histogram::FloatHistogram;
/// use emberdb_tsdb_chunk::{Encoding, FloatHistogramAppender, ChunkHistograms};
///
/// let mut open = FloatHistogramAppender::new();
/// let histogram: FloatHistogram = "{{count:3 sum:5 buckets:[1 2]}}".parse()?;
/// open.append(1_000, &histogram)?;
/// open.append(2_000, &histogram)?;
///
/// let mut columns = ChunkHistograms::new();
/// assert_eq!(columns.decode(Encoding::FloatHistogram, open.bytes())?, 2);
/// assert_eq!(columns.timestamps(), [1_000, 2_000]);
/// assert_eq!((columns.counts()[1], columns.positive(1)), (3.0, &[1.0, 2.0][..]));
/// assert_eq!(columns.histogram(0), histogram);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ChunkHistograms {
    pub(super) header: CounterResetHeader,
    pub(super) layout: HistogramLayout,
    pub(super) timestamps: Vec<i64>,
    /// Empty where there are none.
    pub(super) starts: Vec<i64>,
    pub(super) counts: Vec<f64>,
    pub(super) zero_counts: Vec<f64>,
    pub(super) sums: Vec<f64>,
    /// Where the rows begin.
    pub(super) rows: Vec<usize>,
    /// Rows: positive buckets, then negative ones. Stale samples have none.
    pub(super) buckets: Vec<f64>,
    /// Positive buckets of a row.
    pub(super) positive_len: usize,
    /// Negative buckets of a row.
    pub(super) negative_len: usize,
    pub(super) memory: Memory,
}

/// Memory for decoding.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    integer: Coding<i64, NoStarts>,
    float: Coding<f64, NoStarts>,
    integer_st: Coding<i64, Starts>,
    float_st: Coding<f64, Starts>,
    /// A chunk with zeros behind it.
    pub(super) padded: Vec<u8>,
}

impl ChunkHistograms {
    /// Empty columns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Fills the columns with a chunk of histograms, and says how many there are. What was in them before is forgotten;
    /// bytes behind the last sample are ignored.
    ///
    /// # Errors
    /// [`ChunkError`] says at which bit the chunk is cut off or damaged, and what was expected there, or that it is not
    /// one of histograms. The columns are then empty.
    pub fn decode(&mut self, encoding: Encoding, bytes: &[u8]) -> Result<usize, ChunkError> {
        self.clear();
        let decoded = match encoding {
            Encoding::Histogram => self.decode_in(bytes, |memory| &mut memory.integer),
            Encoding::FloatHistogram => self.decode_in(bytes, |memory| &mut memory.float),
            Encoding::HistogramSt => self.decode_in(bytes, |memory| &mut memory.integer_st),
            Encoding::FloatHistogramSt => self.decode_in(bytes, |memory| &mut memory.float_st),
            Encoding::Xor | Encoding::Xor2 => Err(ChunkError::NotHistograms),
        };
        if decoded.is_err() {
            self.clear();
        }
        // A header may promise what no sample has.
        if self.starts.iter().all(|&start_ms| start_ms == 0) {
            self.starts.clear();
        }
        decoded.map(|()| self.len())
    }

    /// Forgets all histograms and keeps the memory.
    pub fn clear(&mut self) {
        self.timestamps.clear();
        self.starts.clear();
        self.counts.clear();
        self.zero_counts.clear();
        self.sums.clear();
        self.rows.clear();
        self.buckets.clear();
        self.header = CounterResetHeader::Unknown;
        let HistogramLayout { schema, zero_threshold, positive_spans, negative_spans, custom_values } =
            &mut self.layout;
        (*schema, *zero_threshold, *custom_values) = (Schema::default(), 0.0, None);
        positive_spans.clear();
        negative_spans.clear();
        (self.positive_len, self.negative_len) = (0, 0);
    }

    /// How many histograms there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.timestamps.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.timestamps.is_empty()
    }

    /// What the chunk says about counter resets.
    #[must_use]
    pub const fn header(&self) -> CounterResetHeader {
        self.header
    }

    /// Which buckets the histograms have. Those that are stale have none.
    #[must_use]
    pub const fn layout(&self) -> &HistogramLayout {
        &self.layout
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn timestamps(&self) -> &[i64] {
        &self.timestamps
    }

    /// Since when each histogram counts, in milliseconds since the Unix epoch; 0 is unknown. Empty if that is so of all of
    /// them.
    #[must_use]
    pub fn start_timestamps(&self) -> &[i64] {
        &self.starts
    }

    /// All observations.
    #[must_use]
    pub fn counts(&self) -> &[f64] {
        &self.counts
    }

    /// Observations in the zero buckets.
    #[must_use]
    pub fn zero_counts(&self) -> &[f64] {
        &self.zero_counts
    }

    /// The sums of all observations; the staleness marker is one, too.
    #[must_use]
    pub fn sums(&self) -> &[f64] {
        &self.sums
    }

    /// What is in the positive buckets of a histogram; empty if it is stale, or there is none.
    #[must_use]
    pub fn positive(&self, index: usize) -> &[f64] {
        self.row(index).get(..self.positive_len).unwrap_or_default()
    }

    /// What is in the negative buckets of a histogram; empty if it is stale, or there is none.
    #[must_use]
    pub fn negative(&self, index: usize) -> &[f64] {
        self.row(index).get(self.positive_len..).unwrap_or_default()
    }

    /// One histogram, with the counter reset hint that Prometheus gives it; an empty one if there is none.
    #[must_use]
    pub fn histogram(&self, index: usize) -> FloatHistogram {
        let mut histogram = FloatHistogram::default();
        self.copy_into(index, &mut histogram);
        histogram
    }

    /// Like [`histogram`](Self::histogram), in the memory of another one.
    pub fn copy_into(&self, index: usize, histogram: &mut FloatHistogram) {
        if index >= self.len() {
            *histogram = FloatHistogram::default();
            return;
        }
        let number = |column: &[f64]| column.get(index).copied().unwrap_or_default();
        let numbers = FloatHistogram {
            counter_reset_hint: self.header.hint(index),
            count: number(&self.counts),
            zero_count: number(&self.zero_counts),
            sum: number(&self.sums),
            ..FloatHistogram::default()
        };
        let buckets = [self.positive(index), self.negative(index)].map(|buckets| buckets.iter().copied());
        self.layout.copy_into(&numbers, buckets, histogram);
    }

    /// The histograms with their times, one by one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (i64, FloatHistogram)> + '_ {
        self.timestamps.iter().enumerate().map(|(index, &t_ms)| (t_ms, self.histogram(index)))
    }

    fn row(&self, index: usize) -> &[f64] {
        let (Some(&start), Some(&sum)) = (self.rows.get(index), self.sums.get(index)) else { return &[] };
        let len = if is_stale(sum) { 0 } else { self.positive_len + self.negative_len };
        self.buckets.get(start..start + len).unwrap_or_default()
    }

    /// Decodes one kind of chunk in the memory that is kept for it.
    fn decode_in<N: HistogramNumber, S: HistogramStarts>(
        &mut self,
        bytes: &[u8],
        memory: fn(&mut Memory) -> &mut Coding<N, S>,
    ) -> Result<(), ChunkError> {
        let mut coding = std::mem::take(memory(&mut self.memory));
        let decoded = self.decode_with(bytes, &mut coding);
        *memory(&mut self.memory) = coding;
        decoded
    }

    /// Decodes fast; and if something is unusual, once more with every field checked.
    fn decode_with<N: HistogramNumber, S: HistogramStarts>(
        &mut self,
        bytes: &[u8],
        coding: &mut Coding<N, S>,
    ) -> Result<(), ChunkError> {
        let mut reader = NativeHistogramReader::with_memory(bytes, std::mem::take(coding))?;
        self.header = reader.header();
        let is_done = reader.step().map(|is_first| !is_first || decode::fill(&mut reader, self));
        *coding = reader.into_coding();
        if is_done? {
            return Ok(());
        }
        self.clear();
        self.decode_checked::<N, S>(bytes)
    }

    fn decode_checked<N: HistogramNumber, S: HistogramStarts>(
        &mut self,
        bytes: &[u8],
    ) -> Result<(), ChunkError> {
        let mut reader = NativeHistogramReader::<N, S>::new(bytes)?;
        self.header = reader.header();
        let (mut held, mut histogram) = (NativeHistogram::default(), FloatHistogram::default());
        while let Some(t_ms) = reader.read_into(&mut held)? {
            N::to_float_into(&held, &mut histogram);
            self.push(t_ms, &histogram);
            if S::ARE_KEPT {
                self.starts.push(reader.start_ms());
            }
        }
        Ok(())
    }

    /// Appends a histogram that has the layout of those before, or is stale.
    fn push(&mut self, t_ms: i64, histogram: &FloatHistogram) {
        self.timestamps.push(t_ms);
        self.counts.push(histogram.count);
        self.zero_counts.push(histogram.zero_count);
        self.sums.push(histogram.sum);
        self.rows.push(self.buckets.len());
        if is_stale(histogram.sum) {
            return;
        }
        if self.buckets.is_empty() {
            let layout = HistogramLayout::of(histogram);
            (self.positive_len, self.negative_len) = (layout.positive_buckets(), layout.negative_buckets());
            self.layout = layout;
        }
        self.buckets.extend_from_slice(&histogram.positive.buckets);
        self.buckets.extend_from_slice(&histogram.negative.buckets);
    }
}

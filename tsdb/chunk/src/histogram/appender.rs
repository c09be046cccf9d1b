//! Building a chunk histogram by histogram.

use emberdb_histogram::{CounterResetHint, NativeHistogram};

use super::codec::{Coding, Values};
use super::field::Field;
use super::follow::Fit;
use super::layout::{HistogramLayout, buckets};
use super::number::HistogramNumber;
use super::reader::NativeHistogramReader;
use super::starts::{HistogramStarts, NoStarts};
use super::union::Union;
use super::widen::widened;
use super::{BOUNDS_MAX, BUCKETS_MAX, CounterResetHeader, HEADER_BYTES, SPANS_MAX, is_stale};
use crate::bits::BitWriter;
use crate::start::Starts;
use crate::{ChunkError, Encoding};

/// The first reservation; it doubles from there.
const CAPACITY_BYTES_MIN: usize = 128;

/// One open chunk: its bytes and what the next histogram is coded against.
///
/// All histograms of a chunk have the same buckets, and within a chunk no counter is reset. So appending may do more
/// than append: [`Appended`] says what was done. The rules are Prometheus', and so are the bytes.
///
/// Timestamps are not compared: whether a sample is in order is the caller's to decide. Any `i64` survives. Nor are
/// histograms [validated](NativeHistogram::validate), but for what could not be written.
///
/// ```
/// use emberdb_histogram::{Histogram, Side, Span};
/// use emberdb_tsdb_chunk::{Appended, HistogramAppender};
///
/// let histogram = |count, spans: &[(i32, u32)], buckets: &[i64]| Histogram {
///     count,
///     positive: Side {
///         spans: spans.iter().map(|&(offset, length)| Span { offset, length }).collect(),
///         buckets: buckets.to_vec(),
///     },
///     ..Histogram::default()
/// };
/// let mut open = HistogramAppender::new();
/// assert_eq!(open.append(1_000, &histogram(3, &[(1, 2)], &[1, 1]))?, Appended::Here);
/// assert_eq!(open.append(2_000, &histogram(4, &[(1, 2)], &[1, 2]))?, Appended::Here);
/// // A bucket that is new: those before get it too, empty.
/// assert_eq!(open.append(3_000, &histogram(6, &[(0, 3)], &[2, -1, 2]))?, Appended::Recoded);
/// // A reset: it begins a chunk, and what was open is finished.
/// assert!(matches!(open.append(4_000, &histogram(1, &[(0, 1)], &[1]))?, Appended::Cut(_)));
/// assert_eq!(open.samples(), 1);
/// # Ok::<(), emberdb_tsdb_chunk::ChunkError>(())
/// ```
#[derive(Debug, Clone)]
pub struct NativeHistogramAppender<N: HistogramNumber, S: HistogramStarts = NoStarts> {
    bytes: Vec<u8>,
    coding: Coding<N, S>,
    samples: u16,
    /// Unused low bits of the last byte.
    free_bits: u8,
}

/// Builds chunks of histograms that count in whole numbers.
pub type HistogramAppender = NativeHistogramAppender<i64>;

/// Builds chunks of histograms that count in floats.
pub type FloatHistogramAppender = NativeHistogramAppender<f64>;

/// Builds chunks of histograms that count in whole numbers, with start timestamps.
pub type HistogramStAppender = NativeHistogramAppender<i64, Starts>;

/// Builds chunks of histograms that count in floats, with start timestamps.
pub type FloatHistogramStAppender = NativeHistogramAppender<f64, Starts>;

/// What was done to append a histogram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// It stands behind the others.
    Here,
    /// It stands behind the others, which have got the buckets that only it had: all bytes are new.
    Recoded,
    /// It could not follow the others and stands in a new chunk, which is open from now on. These are the bytes of the
    /// finished one.
    Cut(Box<[u8]>),
}

impl<N: HistogramNumber> NativeHistogramAppender<N> {
    /// The encoding of its chunks.
    pub const ENCODING: Encoding = N::ENCODING;
}

impl<N: HistogramNumber> NativeHistogramAppender<N, Starts> {
    /// The encoding of its chunks.
    pub const ENCODING: Encoding = N::ENCODING.with_starts();

    /// Like [`append`](Self::append), of a histogram that counts since `start_ms`, which is 0 if that is not known.
    ///
    /// ```
    /// use emberdb_histogram::FloatHistogram;
    /// use emberdb_tsdb_chunk::{FloatHistogramStAppender, FloatHistogramStReader};
    ///
    /// let histogram: FloatHistogram = "{{count:3 sum:5 buckets:[1 2]}}".parse()?;
    /// let mut open = FloatHistogramStAppender::new();
    /// open.append_started(1_000, &histogram, 900)?;
    ///
    /// let mut reader = FloatHistogramStReader::new(open.bytes())?;
    /// let mut read = FloatHistogram::default();
    /// assert_eq!((reader.read_into(&mut read)?, reader.start_ms(), read), (Some(1_000), 900, histogram));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`append`](Self::append).
    pub fn append_started(
        &mut self,
        t_ms: i64,
        histogram: &NativeHistogram<N>,
        start_ms: i64,
    ) -> Result<Appended, ChunkError> {
        self.append_with(t_ms, histogram, start_ms)
    }

    /// Like [`cut`](Self::cut), with a histogram that counts since `start_ms`, which is 0 if that is not known.
    ///
    /// # Errors
    /// Those of [`cut`](Self::cut).
    pub fn cut_started(
        &mut self,
        t_ms: i64,
        histogram: &NativeHistogram<N>,
        start_ms: i64,
    ) -> Result<Box<[u8]>, ChunkError> {
        self.cut_with(t_ms, histogram, start_ms)
    }

    /// The start timestamp of the newest sample in milliseconds; 0 is unknown.
    #[must_use]
    pub const fn newest_start_ms(&self) -> i64 {
        self.coding.starts.start_ms()
    }
}

impl<N: HistogramNumber, S: HistogramStarts> NativeHistogramAppender<N, S> {
    /// An empty chunk.
    #[must_use]
    pub fn new() -> Self {
        let mut bytes = Vec::with_capacity(CAPACITY_BYTES_MIN);
        bytes.extend_from_slice(&[0; HEADER_BYTES]);
        Self { bytes, coding: Coding::default(), samples: 0, free_bits: 0 }
    }

    /// Goes on with an existing chunk, which is read to its end; bytes behind its last sample are dropped.
    /// What is appended gives the same bytes as if the chunk had never been closed.
    ///
    /// # Errors
    /// [`ChunkError`] when the chunk is cut off or damaged.
    pub fn resume(bytes: &[u8]) -> Result<Self, ChunkError> {
        let mut reader = NativeHistogramReader::<N, S>::new(bytes)?;
        while reader.step()? {}
        let used = &bytes[..reader.at_bit().div_ceil(8)];
        let free_bits = used.len() * 8 - reader.at_bit();
        let mut bytes = Vec::with_capacity(used.len().next_power_of_two().max(CAPACITY_BYTES_MIN));
        bytes.extend_from_slice(used);
        if let Some(last) = bytes.last_mut() {
            *last &= 0xff << free_bits;
        }
        let samples = reader.samples();
        let resumed = Self { bytes, coding: reader.into_coding(), samples, free_bits: free_bits as u8 };
        if resumed.coding.starts.can_go_on() {
            return Ok(resumed);
        }
        // Written anew, its header says what is true of its start timestamps.
        let layout = resumed.coding.layout.clone();
        resumed.recoded(layout, &Fit::Same, &Fit::Same)
    }

    /// Appends a histogram; the time is in milliseconds.
    ///
    /// It goes into a chunk of its own if a counter was reset, or its hint says so; if the schema, the zero threshold or
    /// custom bounds are others; if it is a gauge and those before are not, or the other way round; or if the series has
    /// been stale.
    ///
    /// # Errors
    /// [`ChunkError::Full`] behind the 65535th sample, or the 16383th with start timestamps;
    /// [`ChunkError::SpansBucketsMismatch`] and [`ChunkError::TooMany`] for a histogram that cannot be written. The chunk
    /// is then as it was.
    pub fn append(&mut self, t_ms: i64, histogram: &NativeHistogram<N>) -> Result<Appended, ChunkError> {
        self.append_with(t_ms, histogram, 0)
    }

    pub(super) fn append_with(
        &mut self,
        t_ms: i64,
        histogram: &NativeHistogram<N>,
        start_ms: i64,
    ) -> Result<Appended, ChunkError> {
        self.check(histogram)?;
        if self.samples == S::encoding(N::ENCODING).samples_max() {
            return Err(ChunkError::Full);
        }
        let values = Values::of(t_ms, histogram, start_ms);
        if self.samples == 0 {
            self.begin(values, histogram, own_header(histogram).unwrap_or(self.header()));
            return Ok(Appended::Here);
        }
        match self.coding.follow(self.header(), histogram) {
            Err(cause) => {
                // What a histogram that is no gauge says of a reset has become the cause, unless another went before.
                let is_gauge = histogram.counter_reset_hint == CounterResetHint::Gauge;
                let header = if is_gauge { CounterResetHeader::Gauge } else { N::header_of_break(cause) };
                Ok(Appended::Cut(self.replace(values, histogram, header)))
            }
            Ok([Fit::Same, Fit::Same]) => {
                self.push(values);
                Ok(Appended::Here)
            }
            Ok([positive, negative]) => self.append_wide(values, histogram, &positive, &negative),
        }
    }

    /// Begins a new chunk with a histogram because the open one is large enough; gives that one back.
    ///
    /// The new chunk's header says whether there was a reset in between, as far as upstream would know.
    ///
    /// # Errors
    /// Those of [`append`](Self::append), but that a full chunk is no matter.
    pub fn cut(&mut self, t_ms: i64, histogram: &NativeHistogram<N>) -> Result<Box<[u8]>, ChunkError> {
        self.cut_with(t_ms, histogram, 0)
    }

    fn cut_with(
        &mut self,
        t_ms: i64,
        histogram: &NativeHistogram<N>,
        start_ms: i64,
    ) -> Result<Box<[u8]>, ChunkError> {
        self.check(histogram)?;
        let header = own_header(histogram)
            .unwrap_or_else(|| N::header_of_cut(self.coding.follow(self.header(), histogram).err()));
        Ok(self.replace(Values::of(t_ms, histogram, start_ms), histogram, header))
    }

    /// What the header says about counter resets.
    #[must_use]
    pub fn header(&self) -> CounterResetHeader {
        CounterResetHeader::from_byte(self.bytes.get(S::FLAGS_BYTE).copied().unwrap_or_default())
    }

    /// How many samples there are.
    #[must_use]
    pub const fn samples(&self) -> u16 {
        self.samples
    }

    /// Which buckets the histograms have, once there is one.
    #[must_use]
    pub fn layout(&self) -> Option<&HistogramLayout> {
        (self.samples > 0).then_some(&self.coding.layout)
    }

    /// The time of the newest sample in milliseconds.
    #[must_use]
    pub fn newest_ms(&self) -> Option<i64> {
        (self.samples > 0).then(|| self.coding.t_ms.number())
    }

    /// Puts the newest sample into the memory of a histogram, as a reader would give it, and says its time.
    pub fn copy_newest_into(&self, histogram: &mut NativeHistogram<N>) -> Option<i64> {
        let index = usize::from(self.samples).checked_sub(1)?;
        self.coding.copy_into(self.header(), index, histogram);
        Some(self.coding.t_ms.number())
    }

    /// The chunk so far: complete and readable after every sample.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes the chunk has so far, the header included.
    #[must_use]
    pub const fn len_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The finished chunk, in as much memory as it has bytes.
    #[must_use]
    pub fn finish(self) -> Box<[u8]> {
        self.bytes.into_boxed_slice()
    }

    /// Refuses what could not be written, or read again.
    fn check(&self, histogram: &NativeHistogram<N>) -> Result<(), ChunkError> {
        if is_stale(histogram.sum) {
            return Ok(());
        }
        for side in [&histogram.positive, &histogram.negative] {
            let (needed, found) = (buckets(&side.spans), side.buckets.len());
            if needed != found as u64 {
                return Err(ChunkError::SpansBucketsMismatch { needed, found });
            }
            self.check_count(side.spans.len(), SPANS_MAX, "spans")?;
            self.check_count(found, BUCKETS_MAX, "buckets")?;
        }
        self.check_count(histogram.custom_bounds().len(), BOUNDS_MAX, "custom bounds")
    }

    fn check_count(&self, count: usize, count_max: u64, what: &'static str) -> Result<(), ChunkError> {
        if count as u64 > count_max {
            let at_bit = self.bytes.len() * 8 - usize::from(self.free_bits);
            return Err(ChunkError::TooMany { at_bit, count: count as u64, count_max, what });
        }
        Ok(())
    }

    /// Begins another chunk with a histogram and gives back the open one.
    fn replace(
        &mut self,
        values: Values<'_, N>,
        histogram: &NativeHistogram<N>,
        header: CounterResetHeader,
    ) -> Box<[u8]> {
        let mut next = Self::new();
        next.begin(values, histogram, header);
        std::mem::replace(self, next).finish()
    }

    /// Writes the first sample.
    fn begin(&mut self, values: Values<'_, N>, histogram: &NativeHistogram<N>, header: CounterResetHeader) {
        self.set_header(header);
        if is_stale(histogram.sum) {
            let stale = NativeHistogram { sum: histogram.sum, ..NativeHistogram::default() };
            self.coding.layout = HistogramLayout::default();
            self.push(Values::of(values.t_ms, &stale, values.start_ms));
        } else {
            self.coding.layout = HistogramLayout::of(histogram);
            self.push(values);
        }
    }

    /// Appends a histogram that has other spans than the chunk.
    fn append_wide(
        &mut self,
        values: Values<'_, N>,
        histogram: &NativeHistogram<N>,
        positive: &Fit,
        negative: &Fit,
    ) -> Result<Appended, ChunkError> {
        let is_recoded = positive.chunk_grows() || negative.chunk_grows();
        if is_recoded {
            *self = self.recoded(self.wide_layout(histogram, positive, negative)?, positive, negative)?;
        }
        let wide_positive = widened(positive, |union| &union.of_sample, values.positive);
        let wide_negative = widened(negative, |union| &union.of_sample, values.negative);
        self.push(Values { positive: &wide_positive, negative: &wide_negative, ..values });
        Ok(if is_recoded { Appended::Recoded } else { Appended::Here })
    }

    /// The layout of this chunk with the buckets that a histogram has as well.
    fn wide_layout(
        &self,
        histogram: &NativeHistogram<N>,
        positive: &Fit,
        negative: &Fit,
    ) -> Result<HistogramLayout, ChunkError> {
        let is_gauge = histogram.counter_reset_hint == CounterResetHint::Gauge;
        // Spans are those of the histogram as long as it has all buckets, however they are cut. If not, both sides of a
        // gauge are put together anew, of a counter only those that lack buckets.
        let is_any_new = positive.sample_grows() || negative.sample_grows();
        let spans = |fit: &Fit, spans: &[_]| match fit {
            Fit::Other(union) if union.sample_grows() || is_gauge && is_any_new => union.spans.clone(),
            Fit::Same if is_gauge && is_any_new => Union::new(spans, spans).spans,
            _ => spans.to_vec(),
        };
        let layout = HistogramLayout {
            positive_spans: spans(positive, &histogram.positive.spans),
            negative_spans: spans(negative, &histogram.negative.spans),
            ..self.coding.layout.clone()
        };
        for spans in [&layout.positive_spans, &layout.negative_spans] {
            self.check_count(buckets(spans) as usize, BUCKETS_MAX, "buckets")?;
            self.check_count(spans.len(), SPANS_MAX, "spans")?;
        }
        Ok(layout)
    }

    /// The same chunk written anew, in a layout that has its buckets at the places of two unions.
    fn recoded(&self, layout: HistogramLayout, positive: &Fit, negative: &Fit) -> Result<Self, ChunkError> {
        let mut recoded = Self::new();
        recoded.bytes.reserve(self.bytes.len());
        recoded.set_header(self.header());
        recoded.coding.layout = layout;
        let mut reader = NativeHistogramReader::<N, S>::new(&self.bytes)?;
        let mut old = NativeHistogram::default();
        while reader.step()? {
            reader.coding().copy_into(CounterResetHeader::Unknown, 0, &mut old);
            let values = Values::of(reader.coding().t_ms.number(), &old, reader.start_ms());
            let wide_positive = widened(positive, |union| &union.of_chunk, values.positive);
            let wide_negative = widened(negative, |union| &union.of_chunk, values.negative);
            recoded.push(Values { positive: &wide_positive, negative: &wide_negative, ..values });
        }
        Ok(recoded)
    }

    /// Writes a sample that has the buckets of the chunk, or is stale.
    #[inline]
    fn push(&mut self, values: Values<'_, N>) {
        let mut bits = BitWriter::new(&mut self.bytes, self.free_bits);
        if self.samples == 0 {
            self.coding.write_first(&mut bits, values);
        } else {
            self.coding.write_next(&mut bits, values);
        }
        self.free_bits = bits.free_bits();
        self.samples += 1;
        if let Some(header) = self.bytes.first_chunk_mut() {
            self.coding.starts.put_into(header, self.samples);
        }
    }

    fn set_header(&mut self, header: CounterResetHeader) {
        if let Some(byte) = self.bytes.get_mut(S::FLAGS_BYTE) {
            *byte = header.into_byte(*byte);
        }
    }
}

/// The header of a chunk that a histogram begins and says itself what it is.
const fn own_header<N: HistogramNumber>(histogram: &NativeHistogram<N>) -> Option<CounterResetHeader> {
    match histogram.counter_reset_hint {
        CounterResetHint::Gauge => Some(CounterResetHeader::Gauge),
        CounterResetHint::Reset => Some(CounterResetHeader::Reset),
        CounterResetHint::Unknown | CounterResetHint::NotReset => None,
    }
}

impl<N: HistogramNumber, S: HistogramStarts> Default for NativeHistogramAppender<N, S> {
    fn default() -> Self {
        Self::new()
    }
}

//! Reading sample by sample with every field checked.

use emberdb_histogram::NativeHistogram;

use super::codec::Coding;
use super::field::Field;
use super::layout::HistogramLayout;
use super::number::HistogramNumber;
use super::starts::{HistogramStarts, NoStarts};
use super::{CHUNK_BYTES_MAX, CounterResetHeader, HEADER_BYTES};
use crate::ChunkError;
use crate::bits::BitReader;
use crate::start::Starts;

/// An iterator over the histograms of a chunk and their times in milliseconds, with the counter reset hints that
/// Prometheus gives. After an error there is nothing more.
///
/// [`NativeHistogramReader::read_into`] does the same without allocating for each histogram.
///
/// ```
/// use emberdb_histogram::{CounterResetHint, Histogram, Side, Span};
/// use emberdb_tsdb_chunk::{HistogramAppender, HistogramReader};
///
/// let mut histogram = Histogram {
///     count: 3,
///     sum: 4.5,
///     positive: Side { spans: vec![Span { offset: 1, length: 2 }], buckets: vec![1, 1] },
///     ..Histogram::default()
/// };
/// let mut open = HistogramAppender::new();
/// open.append(1_000, &histogram)?;
/// open.append(2_000, &histogram)?;
///
/// let samples = HistogramReader::new(open.bytes())?.collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(samples[0], (1_000, histogram.clone()));
/// // The chunk was begun because there was none; within it a counter was not reset.
/// histogram.counter_reset_hint = CounterResetHint::NotReset;
/// assert_eq!(samples[1], (2_000, histogram));
/// # Ok::<(), emberdb_tsdb_chunk::ChunkError>(())
/// ```
#[derive(Debug, Clone)]
pub struct NativeHistogramReader<'a, N: HistogramNumber, S: HistogramStarts = NoStarts> {
    bits: BitReader<'a>,
    header: CounterResetHeader,
    samples: u16,
    /// Samples that have been read.
    read: u16,
    coding: Coding<N, S>,
}

/// Reads histograms that count in whole numbers.
pub type HistogramReader<'a> = NativeHistogramReader<'a, i64>;

/// Reads histograms that count in floats.
pub type FloatHistogramReader<'a> = NativeHistogramReader<'a, f64>;

/// Reads histograms that count in whole numbers, and their start timestamps.
pub type HistogramStReader<'a> = NativeHistogramReader<'a, i64, Starts>;

/// Reads histograms that count in floats, and their start timestamps.
pub type FloatHistogramStReader<'a> = NativeHistogramReader<'a, f64, Starts>;

impl<'a, N: HistogramNumber, S: HistogramStarts> NativeHistogramReader<'a, N, S> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`ChunkError`] when it is cut off, or counts more samples than the bytes can hold.
    pub fn new(bytes: &'a [u8]) -> Result<Self, ChunkError> {
        Self::with_memory(bytes, Coding::default())
    }

    /// Like [`new`](Self::new), in the memory of what another one has left.
    pub(super) fn with_memory(bytes: &'a [u8], mut coding: Coding<N, S>) -> Result<Self, ChunkError> {
        let mut bits = BitReader::new(bytes.get(..CHUNK_BYTES_MAX).unwrap_or(bytes));
        let [high, low] = (bits.read(16, "sample count")? as u16).to_be_bytes();
        let bytes_of_header = [high, low, bits.read(8, "the header's third byte")? as u8];
        let header = CounterResetHeader::from_byte(bytes_of_header[S::FLAGS_BYTE]);
        let (samples, starts) = S::from_header(bytes_of_header);
        coding.starts = starts;
        let samples_max = Coding::<N, S>::samples_max(bits.left_bits());
        if usize::from(samples) > samples_max {
            return Err(ChunkError::TooManySamples { samples, samples_max, len_bytes: bytes.len() });
        }
        debug_assert_eq!(bits.at_bit(), HEADER_BYTES * 8);
        Ok(Self { bits, header, samples, read: 0, coding })
    }

    /// What the header says about counter resets.
    #[must_use]
    pub const fn header(&self) -> CounterResetHeader {
        self.header
    }

    /// How many samples the chunk has, read or not.
    #[must_use]
    pub const fn samples(&self) -> u16 {
        self.samples
    }

    /// Which buckets the histograms have, once the first was read.
    #[must_use]
    pub fn layout(&self) -> Option<&HistogramLayout> {
        (self.read > 0).then_some(&self.coding.layout)
    }

    /// Reads the next histogram into the memory of another one, and says its time in milliseconds; `None` behind the
    /// last.
    ///
    /// Buckets that are finer than those of schema 8 are merged. A histogram that is stale has nothing but its sum.
    ///
    /// # Errors
    /// [`ChunkError`] says at which bit the chunk is cut off or damaged, and what was expected there.
    pub fn read_into(&mut self, histogram: &mut NativeHistogram<N>) -> Result<Option<i64>, ChunkError> {
        if !self.step()? {
            return Ok(None);
        }
        self.coding.copy_into(self.header, usize::from(self.read) - 1, histogram);
        // Checked when the layout was read: what is left to go wrong are spans.
        let schema = histogram.schema.number();
        histogram.accept_schema().map_err(|_| ChunkError::SpansOverlap { schema })?;
        Ok(Some(self.coding.t_ms.number()))
    }

    /// The start timestamp of the newest histogram that was read, in milliseconds; 0 is unknown.
    #[must_use]
    pub fn start_ms(&self) -> i64 {
        self.coding.starts.start_ms()
    }

    /// Reads the next sample and leaves it where it is; false behind the last. After an error there is none.
    pub(super) fn step(&mut self) -> Result<bool, ChunkError> {
        if self.read == self.samples {
            return Ok(false);
        }
        let read = if self.read == 0 {
            self.coding.read_first(&mut self.bits)
        } else {
            self.coding.read_next(&mut self.bits)
        };
        match read {
            Ok(()) => self.read += 1,
            Err(_) => self.samples = self.read,
        }
        read.map(|()| true)
    }

    /// The position behind the newest sample.
    pub(super) const fn at_bit(&self) -> usize {
        self.bits.at_bit()
    }

    /// The newest sample, and what else the next one is coded against.
    pub(super) const fn coding(&self) -> &Coding<N, S> {
        &self.coding
    }

    /// The same, for someone who goes on reading; the reader is useless then.
    pub(super) const fn coding_mut(&mut self) -> &mut Coding<N, S> {
        &mut self.coding
    }

    /// The bytes that are read from.
    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bits.bytes()
    }

    /// Leaves what it is coded with, and with it the memory.
    pub(super) fn into_coding(self) -> Coding<N, S> {
        self.coding
    }
}

impl<N: HistogramNumber, S: HistogramStarts> Iterator for NativeHistogramReader<'_, N, S> {
    type Item = Result<(i64, NativeHistogram<N>), ChunkError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut histogram = NativeHistogram::default();
        let read = self.read_into(&mut histogram);
        if read.is_err() {
            self.samples = self.read;
        }
        read.transpose().map(|t_ms| t_ms.map(|t_ms| (t_ms, histogram)))
    }
}

impl<N: HistogramNumber, S: HistogramStarts> std::iter::FusedIterator for NativeHistogramReader<'_, N, S> {}

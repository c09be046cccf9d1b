//! Building a chunk sample by sample, or several at a time ([`run`]); [`coding`]: what a sample is written as.

mod coding;
mod run;

use super::checked::XorReader;
use super::window::Window;
use super::{Coded, HEADER_BYTES};
use crate::ChunkError;
use crate::bits::BitWriter;
use crate::varint::{push_uvarint, push_varint};

/// The first reservation. Two hours of an idle gauge fit, and many counters' first hour.
const CAPACITY_BYTES_MIN: usize = 64;

/// A chunk without samples.
const EMPTY: [u8; HEADER_BYTES] = [0; HEADER_BYTES];

/// A sample has at most so many bytes: 68 bits of time, 77 of value.
const SAMPLE_BYTES_MAX: usize = 19;

/// The least by which a reservation grows.
const GROWTH_BYTES_MIN: usize = 32;

/// One open chunk: its bytes and what the next sample is coded against. A head keeps one for each series, so
/// it is small: 56 bytes and the buffer.
///
/// Timestamps are not compared: whether a sample is in order is the caller's to decide. Any `i64` survives.
///
/// ```
/// use emberdb_tsdb_chunk::XorAppender;
///
/// let mut open = XorAppender::new();
/// open.append(1_000, 0.5)?;
/// open.append(2_000, 0.5)?;
/// assert_eq!((open.samples(), open.last()), (2, Some((2_000, 0.5))));
///
/// // A chunk that was written earlier goes on where it ended, to the same bytes.
/// let mut resumed = XorAppender::resume(open.bytes())?;
/// open.append(3_000, 0.75)?;
/// resumed.append(3_000, 0.75)?;
/// assert_eq!(resumed.finish(), open.finish());
/// # Ok::<(), emberdb_tsdb_chunk::ChunkError>(())
/// ```
#[derive(Debug, Clone)]
pub struct XorAppender {
    bytes: Vec<u8>,
    t_ms: i64,
    step_ms: u64,
    value_bits: u64,
    samples: u16,
    window: Window,
    /// Unused low bits of the last byte.
    free_bits: u8,
}

const _: () = assert!(size_of::<XorAppender>() <= 56, "a head keeps one for each series");

impl XorAppender {
    /// An empty chunk. Memory is taken with the first sample: many series have no open chunk of floats, and when a log is
    /// replayed the thread that makes a series is not the one that fills it.
    #[must_use]
    pub const fn new() -> Self {
        let bytes = Vec::new();
        let Coded { t_ms, step_ms, value_bits, window } = Coded::NONE;
        Self { bytes, t_ms, step_ms, value_bits, samples: 0, window, free_bits: 0 }
    }

    /// Goes on with an existing chunk, which is read to its end; bytes behind its last sample are dropped.
    /// What is appended gives the same bytes as if the chunk had never been closed.
    ///
    /// # Errors
    /// [`ChunkError`] when the chunk is cut off or damaged.
    pub fn resume(bytes: &[u8]) -> Result<Self, ChunkError> {
        let mut reader = XorReader::new(bytes)?;
        for index in 0..usize::from(reader.samples()) {
            reader.read_sample(index)?;
        }
        let used = &bytes[..reader.at_bit().div_ceil(8)];
        let free_bits = used.len() * 8 - reader.at_bit();
        let mut bytes = Vec::with_capacity(used.len().next_power_of_two().max(CAPACITY_BYTES_MIN));
        bytes.extend_from_slice(used);
        if let Some(last) = bytes.last_mut() {
            *last &= 0xff << free_bits;
        }
        let Coded { t_ms, step_ms, value_bits, window } = reader.coded();
        let samples = reader.samples();
        Ok(Self { bytes, t_ms, step_ms, value_bits, samples, window, free_bits: free_bits as u8 })
    }

    /// Appends a sample; the time is in milliseconds.
    ///
    /// # Errors
    /// [`ChunkError::Full`] behind the 65535th sample; the chunk is then as it was. A head cuts its chunks long
    /// before.
    pub fn append(&mut self, t_ms: i64, value: f64) -> Result<(), ChunkError> {
        let samples = self.samples.checked_add(1).ok_or(ChunkError::Full)?;
        if self.bytes.capacity() - self.bytes.len() < SAMPLE_BYTES_MAX {
            self.grow();
        }
        let mut coded = self.coded();
        match self.samples {
            0 => {
                push_varint(&mut self.bytes, t_ms);
                self.bytes.extend_from_slice(&value.to_bits().to_be_bytes());
                coded.t_ms = t_ms;
                coded.value_bits = value.to_bits();
            }
            1 => {
                coded.step_ms = t_ms.wrapping_sub(self.t_ms).cast_unsigned();
                coded.t_ms = t_ms;
                push_uvarint(&mut self.bytes, coded.step_ms);
                self.write(|bits| coded.write_value(0, 0, value.to_bits(), bits));
            }
            _ => self.write(|bits| coded.write_next(t_ms, value.to_bits(), bits)),
        }
        self.go_on_at(coded, samples);
        Ok(())
    }

    /// What the next sample is coded against.
    #[inline(always)]
    fn coded(&self) -> Coded {
        let Self { t_ms, step_ms, value_bits, window, .. } = *self;
        Coded { t_ms, step_ms, value_bits, window }
    }

    /// Goes on after the newest of so many samples, which is in the bytes already.
    #[inline(always)]
    fn go_on_at(&mut self, coded: Coded, samples: u16) {
        let Coded { t_ms, step_ms, value_bits, window } = coded;
        (self.t_ms, self.step_ms, self.value_bits, self.window) = (t_ms, step_ms, value_bits, window);
        self.samples = samples;
        if let Some(header) = self.bytes.first_chunk_mut() {
            *header = samples.to_be_bytes();
        }
    }

    #[inline(always)]
    fn write(&mut self, body: impl FnOnce(&mut BitWriter<'_>)) {
        let mut writer = BitWriter::new(&mut self.bytes, self.free_bits);
        body(&mut writer);
        self.free_bits = writer.free_bits();
    }

    /// How many samples there are.
    #[must_use]
    pub const fn samples(&self) -> u16 {
        self.samples
    }

    /// The newest sample: its time in milliseconds and its value.
    #[must_use]
    pub const fn last(&self) -> Option<(i64, f64)> {
        if self.samples == 0 { None } else { Some((self.t_ms, f64::from_bits(self.value_bits))) }
    }

    /// The chunk so far: complete and readable after every sample.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        if self.bytes.is_empty() { &EMPTY } else { &self.bytes }
    }

    /// How many bytes the chunk has so far, the header included.
    #[must_use]
    pub const fn len_bytes(&self) -> usize {
        if self.bytes.is_empty() { HEADER_BYTES } else { self.bytes.len() }
    }

    /// The finished chunk, in as much memory as it has bytes.
    #[must_use]
    pub fn finish(self) -> Box<[u8]> {
        if self.bytes.is_empty() { EMPTY.into() } else { self.bytes.into_boxed_slice() }
    }

    /// Makes room for the header and the first samples, or for another sample and some more. A vector would double: of all memory
    /// that a head has, a quarter would be room for samples that never come, as chunks end at some hundred bytes.
    #[cold]
    fn grow(&mut self) {
        if self.bytes.is_empty() {
            self.bytes.reserve_exact(CAPACITY_BYTES_MIN);
            self.bytes.extend_from_slice(&EMPTY);
        } else {
            self.bytes.reserve_exact((self.bytes.len() / 4).max(GROWTH_BYTES_MIN));
        }
    }
}

impl Default for XorAppender {
    fn default() -> Self {
        Self::new()
    }
}

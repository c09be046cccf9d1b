//! Building a chunk sample by sample.

use super::decode::Xor2Reader;
use super::{
    CHANGED, CHANGED_ON_TIME, Coded, DOD_BITS, DOD_ONES_MIN, HEADER_BYTES, STALE_NAN_BITS, STALE_ONES,
    STALE_VALUE_ONES,
};
use crate::ChunkError;
use crate::bits::BitWriter;
use crate::start::Starts;
use crate::varint::{write_uvarint, write_varint};
use crate::xor::write_changed;

/// The first reservation; it doubles from there.
const CAPACITY_BYTES_MIN: usize = 64;

/// One open chunk of floats with start timestamps: its bytes and what the next sample is coded against.
///
/// Timestamps are not compared: whether a sample is in order is the caller's to decide. Any `i64` survives, of times and
/// of start timestamps.
///
/// ```
/// use emberdb_tsdb_chunk::{Encoding, Xor2Appender, decode_floats};
///
/// let mut open = Xor2Appender::new();
/// open.append(1_000, 0.5, 900)?;
/// open.append(2_000, 0.75, 900)?;
///
/// let (mut timestamps, mut values, mut starts) = (Vec::new(), Vec::new(), Vec::new());
/// decode_floats(Encoding::Xor2, open.bytes(), &mut timestamps, &mut values, &mut starts)?;
/// assert_eq!((timestamps, values, starts), (vec![1_000, 2_000], vec![0.5, 0.75], vec![900, 900]));
/// # Ok::<(), emberdb_tsdb_chunk::ChunkError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Xor2Appender {
    bytes: Vec<u8>,
    coded: Coded,
    /// The newest value, which may be a staleness marker.
    newest_bits: u64,
    /// Unused low bits of the last byte.
    free_bits: u8,
}

impl Xor2Appender {
    /// An empty chunk.
    #[must_use]
    pub fn new() -> Self {
        let mut bytes = Vec::with_capacity(CAPACITY_BYTES_MIN);
        bytes.extend_from_slice(&[0; HEADER_BYTES]);
        Self { bytes, coded: Coded::new(Starts::default()), newest_bits: 0, free_bits: 0 }
    }

    /// Goes on with an existing chunk: its samples are appended again, and bytes behind the last one are dropped. So what
    /// another writer coded in a way of its own is then coded in ours, and what is appended gives the same bytes as if the
    /// chunk had never been closed.
    ///
    /// # Errors
    /// [`ChunkError`] when the chunk is cut off or damaged.
    pub fn resume(bytes: &[u8]) -> Result<Self, ChunkError> {
        let mut reader = Xor2Reader::new(bytes)?;
        let mut open = Self::new();
        open.bytes.reserve(bytes.len());
        for _ in 0..reader.samples() {
            let value_bits = reader.read_sample()?;
            open.append(reader.t_ms(), f64::from_bits(value_bits), reader.start_ms())?;
        }
        Ok(open)
    }

    /// Appends a sample that counts since `start_ms`, which is 0 if that is not known. Times are in milliseconds.
    ///
    /// # Errors
    /// [`ChunkError::Full`] behind the 65535th sample; the chunk is then as it was. A head cuts its chunks long
    /// before.
    pub fn append(&mut self, t_ms: i64, value: f64, start_ms: i64) -> Result<(), ChunkError> {
        let samples = self.samples().checked_add(1).ok_or(ChunkError::Full)?;
        let previous_ms = self.coded.t_ms;
        let step_ms = t_ms.wrapping_sub(previous_ms).cast_unsigned();
        let value_bits = value.to_bits();
        let mut bits = BitWriter::new(&mut self.bytes, self.free_bits);
        match samples {
            1 => {
                write_varint(&mut bits, t_ms);
                bits.write(value_bits, 64);
            }
            2 => {
                write_uvarint(&mut bits, step_ms);
                self.coded.write_value(&mut bits, value_bits);
                self.coded.step_ms = step_ms;
            }
            _ => {
                let dod = step_ms.wrapping_sub(self.coded.step_ms).cast_signed();
                self.coded.write_joint(&mut bits, dod, value_bits);
                self.coded.step_ms = step_ms;
            }
        }
        self.coded.starts.write(&mut bits, previous_ms, t_ms, start_ms);
        self.free_bits = bits.free_bits();
        self.coded.t_ms = t_ms;
        self.newest_bits = value_bits;
        if value_bits != STALE_NAN_BITS {
            self.coded.value_bits = value_bits;
        }
        if let Some(header) = self.bytes.first_chunk_mut::<HEADER_BYTES>() {
            let [high, low] = samples.to_be_bytes();
            *header = [high, low, self.coded.starts.to_byte()];
        }
        Ok(())
    }

    /// How many samples there are.
    #[must_use]
    pub const fn samples(&self) -> u16 {
        self.coded.starts.samples()
    }

    /// The newest sample: its time in milliseconds and its value.
    #[must_use]
    pub const fn last(&self) -> Option<(i64, f64)> {
        if self.samples() == 0 { None } else { Some((self.coded.t_ms, f64::from_bits(self.newest_bits))) }
    }

    /// The start timestamp of the newest sample in milliseconds; 0 is unknown.
    #[must_use]
    pub const fn last_start_ms(&self) -> i64 {
        self.coded.starts.start_ms()
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
}

impl Coded {
    /// Writes the time and the value of a third or later sample.
    #[inline]
    fn write_joint(&mut self, bits: &mut BitWriter<'_>, dod: i64, value_bits: u64) {
        if dod != 0 {
            write_dod(bits, dod);
            return self.write_value(bits, value_bits);
        }
        let xor = value_bits ^ self.value_bits;
        if xor == 0 {
            bits.write(0, 1);
        } else if value_bits == STALE_NAN_BITS {
            bits.write((1 << STALE_ONES) - 1, STALE_ONES);
        } else {
            write_changed(bits, xor, &mut self.window, CHANGED_ON_TIME);
        }
    }

    /// Writes a value alone.
    #[inline]
    fn write_value(&mut self, bits: &mut BitWriter<'_>, value_bits: u64) {
        let xor = value_bits ^ self.value_bits;
        if xor == 0 {
            bits.write(0, 1);
        } else if value_bits == STALE_NAN_BITS {
            bits.write((1 << STALE_VALUE_ONES) - 1, STALE_VALUE_ONES);
        } else {
            write_changed(bits, xor, &mut self.window, CHANGED);
        }
    }
}

/// Writes the change of a time step, which is not 0.
#[inline]
fn write_dod(bits: &mut BitWriter<'_>, dod: i64) {
    // Counting the sign bit.
    let needed = 65 - (dod ^ dod >> 63).leading_zeros();
    for (ones, count) in (DOD_ONES_MIN..).zip(DOD_BITS) {
        if needed <= count {
            bits.write(((1 << ones) - 1) << 1, ones + 1);
            return bits.write(dod.cast_unsigned() & (u64::MAX >> (64 - count)), count);
        }
    }
}

impl Default for Xor2Appender {
    fn default() -> Self {
        Self::new()
    }
}

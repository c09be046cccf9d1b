//! A whole chunk into columns, every field checked.

use super::{
    CHUNK_BYTES_MAX, Coded, DOD_BITS, DOD_ONES_MIN, HEADER_BYTES, SAMPLE_BITS_MIN, STALE_NAN_BITS,
    STALE_ONES, STALE_VALUE_ONES,
};
use crate::ChunkError;
use crate::bits::BitReader;
use crate::start::Starts;
use crate::varint::{read_uvarint, read_varint};
use crate::xor::{read_in_window, read_new_window};

/// Appends a chunk's samples to the columns, as [`decode_floats`](crate::decode_floats) says.
pub(crate) fn decode_columns(
    bytes: &[u8],
    timestamps: &mut Vec<i64>,
    values: &mut Vec<f64>,
    starts: &mut Vec<i64>,
) -> Result<usize, ChunkError> {
    let mut reader = Xor2Reader::new(bytes)?;
    let samples = usize::from(reader.samples());
    debug_assert!(starts.len() <= timestamps.len());
    let lens = (timestamps.len(), values.len(), starts.len());
    timestamps.reserve(samples);
    values.reserve(samples);
    let filled = if reader.coded.starts.are_any() {
        starts.resize(lens.0, 0);
        starts.reserve(samples);
        fill(&mut reader, timestamps, values, |start_ms| starts.push(start_ms))
    } else {
        fill(&mut reader, timestamps, values, |_| ())
    };
    if filled.is_err() {
        timestamps.truncate(lens.0);
        values.truncate(lens.1);
    }
    // A header may promise what no sample has.
    let is_any_new = starts.get(lens.0..).is_some_and(|new| new.iter().any(|&start_ms| start_ms != 0));
    if filled.is_err() || !is_any_new {
        starts.truncate(lens.2);
    }
    filled.map(|()| samples)
}

/// Appends what is left of a chunk.
#[inline]
fn fill(
    reader: &mut Xor2Reader<'_>,
    timestamps: &mut Vec<i64>,
    values: &mut Vec<f64>,
    mut start: impl FnMut(i64),
) -> Result<(), ChunkError> {
    for _ in 0..reader.samples() {
        let value_bits = reader.read_sample()?;
        timestamps.push(reader.t_ms());
        values.push(f64::from_bits(value_bits));
        start(reader.start_ms());
    }
    Ok(())
}

/// Reads a chunk's samples in order.
#[derive(Debug, Clone)]
pub(super) struct Xor2Reader<'a> {
    bits: BitReader<'a>,
    samples: u16,
    coded: Coded,
}

impl<'a> Xor2Reader<'a> {
    /// Reads the header. A count that the bytes cannot hold is refused here, before anyone reserves room for it.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, ChunkError> {
        let mut bits = BitReader::new(bytes.get(..CHUNK_BYTES_MAX).unwrap_or(bytes));
        let samples = bits.read(16, "sample count")? as u16;
        let starts = Starts::from_byte(bits.read(8, "the header of start timestamps")? as u8);
        debug_assert_eq!(bits.at_bit(), HEADER_BYTES * 8);
        let samples_max = samples_max(bits.left_bits());
        if usize::from(samples) > samples_max {
            return Err(ChunkError::TooManySamples { samples, samples_max, len_bytes: bytes.len() });
        }
        Ok(Self { bits, samples, coded: Coded::new(starts) })
    }

    /// How many samples the chunk has.
    pub(super) const fn samples(&self) -> u16 {
        self.samples
    }

    /// The time of the newest sample.
    pub(super) const fn t_ms(&self) -> i64 {
        self.coded.t_ms
    }

    /// The start timestamp of the newest sample; 0 is unknown.
    pub(super) const fn start_ms(&self) -> i64 {
        self.coded.starts.start_ms()
    }

    /// Reads the next sample and gives its value. An error leaves the reader useless.
    #[inline]
    pub(super) fn read_sample(&mut self) -> Result<u64, ChunkError> {
        let previous_ms = self.coded.t_ms;
        let value_bits = match self.coded.starts.samples() {
            0 => {
                self.coded.t_ms = read_varint(&mut self.bits, "the first timestamp")?;
                let value_bits = self.bits.read(64, "the first value")?;
                if value_bits != STALE_NAN_BITS {
                    self.coded.value_bits = value_bits;
                }
                value_bits
            }
            1 => {
                self.coded.step_ms = read_uvarint(&mut self.bits, "the first time step")?;
                self.read_value()?
            }
            _ => self.read_joint()?,
        };
        if self.coded.starts.samples() > 0 {
            self.coded.t_ms = previous_ms.wrapping_add_unsigned(self.coded.step_ms);
        }
        self.coded.starts.read(&mut self.bits, previous_ms, self.coded.t_ms)?;
        Ok(value_bits)
    }

    /// Reads the change of the time step and the value of a third or later sample.
    #[inline]
    fn read_joint(&mut self) -> Result<u64, ChunkError> {
        const CHANGE: &str = "a time step's change";
        match self.bits.read_ones(STALE_ONES, "a sample's prefix")? {
            0 => Ok(self.coded.value_bits),
            1 => {
                let is_new = self.bits.read(1, "a changed value's prefix")? == 1;
                self.read_changed(is_new)
            }
            STALE_ONES => Ok(STALE_NAN_BITS),
            ones => {
                let [narrow, wide, full] = DOD_BITS;
                let count = match ones - DOD_ONES_MIN {
                    0 => narrow,
                    1 => wide,
                    _ => full,
                };
                let dod = self.bits.read(count, CHANGE)?;
                // Two's complement, as it is.
                let dod = (dod << (64 - count)).cast_signed() >> (64 - count);
                self.coded.step_ms = self.coded.step_ms.wrapping_add_signed(dod);
                self.read_value()
            }
        }
    }

    /// Reads a value alone.
    #[inline]
    fn read_value(&mut self) -> Result<u64, ChunkError> {
        match self.bits.read_ones(STALE_VALUE_ONES, "a value's prefix")? {
            0 => Ok(self.coded.value_bits),
            STALE_VALUE_ONES => Ok(STALE_NAN_BITS),
            ones => self.read_changed(ones > 1),
        }
    }

    /// Reads a value in the window in use, or in a new one.
    #[inline]
    fn read_changed(&mut self, is_new: bool) -> Result<u64, ChunkError> {
        let window = &mut self.coded.window;
        let xor = if is_new {
            read_new_window(&mut self.bits, window)?
        } else {
            read_in_window(&mut self.bits, window)?
        };
        self.coded.value_bits ^= xor;
        Ok(self.coded.value_bits)
    }
}

/// How many samples fit behind the header, were they all as short as can be.
const fn samples_max(len_bits: usize) -> usize {
    let [first, second, later] = SAMPLE_BITS_MIN;
    match len_bits {
        len_bits if len_bits < first => 0,
        len_bits if len_bits < first + second => 1,
        len_bits => 2 + (len_bits - first - second) / later,
    }
}

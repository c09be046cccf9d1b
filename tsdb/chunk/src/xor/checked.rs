//! Reading sample by sample with every field checked.

use super::value::read_xor;
use super::{CHUNK_BYTES_MAX, Coded, DOD_BITS, HEADER_BYTES, SAMPLE_BITS_MIN, dod_from_bits};
use crate::ChunkError;
use crate::bits::BitReader;
use crate::varint::{read_uvarint, read_varint};

/// Reads a chunk's samples in order.
#[derive(Debug, Clone)]
pub(super) struct XorReader<'a> {
    bits: BitReader<'a>,
    samples: u16,
    coded: Coded,
}

impl<'a> XorReader<'a> {
    /// Reads the header. A count that the bytes cannot hold is refused here, before anyone reserves room for it.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, ChunkError> {
        let mut bits = BitReader::new(bytes.get(..CHUNK_BYTES_MAX).unwrap_or(bytes));
        let samples = bits.read(HEADER_BYTES as u32 * 8, "sample count")? as u16;
        let samples_max = samples_max(bytes.len() - HEADER_BYTES);
        if usize::from(samples) > samples_max {
            return Err(ChunkError::TooManySamples { samples, samples_max, len_bytes: bytes.len() });
        }
        Ok(Self { bits, samples, coded: Coded::NONE })
    }

    /// How many samples the chunk has.
    pub(super) const fn samples(&self) -> u16 {
        self.samples
    }

    /// Reads the chunk's `index`th sample; those before it have been read. An error leaves the reader useless.
    pub(super) fn read_sample(&mut self, index: usize) -> Result<Coded, ChunkError> {
        match index {
            0 => {
                self.coded.t_ms = read_varint(&mut self.bits, "the first timestamp")?;
                self.coded.value_bits = self.bits.read(64, "the first value")?;
                return Ok(self.coded);
            }
            1 => self.coded.step_ms = read_uvarint(&mut self.bits, "the first time step")?,
            _ => self.coded.step_ms = self.coded.step_ms.wrapping_add(self.read_dod()?),
        }
        self.coded.t_ms = self.coded.t_ms.wrapping_add_unsigned(self.coded.step_ms);
        self.coded.value_bits ^= read_xor(&mut self.bits, &mut self.coded.window)?;
        Ok(self.coded)
    }

    /// The bytes that are read from.
    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bits.bytes()
    }

    /// The position behind the newest sample.
    pub(super) const fn at_bit(&self) -> usize {
        self.bits.at_bit()
    }

    /// What the next sample is coded against.
    pub(super) const fn coded(&self) -> Coded {
        self.coded
    }

    /// Goes on behind a sample that someone else has read.
    pub(super) const fn resume(&mut self, coded: Coded, at_bit: usize) {
        self.coded = coded;
        self.bits.seek(at_bit);
    }

    fn read_dod(&mut self) -> Result<u64, ChunkError> {
        const PREFIX: &str = "a time step's prefix";
        if self.bits.read(1, PREFIX)? == 0 {
            return Ok(0);
        }
        for count in DOD_BITS {
            if self.bits.read(1, PREFIX)? == 0 {
                return Ok(dod_from_bits(self.bits.read(count, "a time step's change")?, count));
            }
        }
        self.bits.read(64, "a time step's change")
    }
}

/// How many samples fit behind the header, were they all as short as can be.
fn samples_max(len_bytes: usize) -> usize {
    let [first, second, later] = SAMPLE_BITS_MIN;
    match len_bytes.min(CHUNK_BYTES_MAX) * 8 {
        len_bits if len_bits < first => 0,
        len_bits if len_bits < first + second => 1,
        len_bits => 2 + (len_bits - first - second) / later,
    }
}

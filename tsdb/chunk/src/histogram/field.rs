//! One number of a histogram, from sample to sample.

use std::fmt::Debug;

use super::cursor::Cursor;
use crate::ChunkError;
use crate::bits::{BitReader, BitWriter};
use crate::varbit::{read_uvarbit, read_varbit, write_uvarbit, write_varbit};
use crate::xor::{Window, read_xor, write_xor};

/// The newest of a row of numbers, and what else the next one is coded against.
pub(crate) trait Field: Copy + Debug + Default {
    /// What is coded.
    type Number: Copy;

    /// The least that the first one takes.
    const FIRST_BITS_MIN: u64;

    /// Writes the first one.
    fn write_first(&mut self, bits: &mut BitWriter<'_>, number: Self::Number);

    /// Writes another one.
    fn write_next(&mut self, bits: &mut BitWriter<'_>, number: Self::Number);

    /// Writes what stands for a count in a sample that only says that the series is stale.
    fn write_stale(&mut self, bits: &mut BitWriter<'_>);

    /// Reads the first one; `expected` names it in the error.
    fn read_first(&mut self, bits: &mut BitReader<'_>, expected: &'static str) -> Result<(), ChunkError>;

    /// Reads another one.
    fn read_next(&mut self, bits: &mut BitReader<'_>, expected: &'static str) -> Result<(), ChunkError>;

    /// Reads another one as far as nothing is unusual.
    fn read_fast(&mut self, cursor: &mut Cursor<'_>) -> Option<()>;

    /// The newest one.
    fn number(self) -> Self::Number;
}

/// An integer as the change of its change. The second is one too, as if there had been no change before.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Dod {
    number: i64,
    step: i64,
}

impl Field for Dod {
    type Number = i64;

    const FIRST_BITS_MIN: u64 = 1;

    #[inline]
    fn write_first(&mut self, bits: &mut BitWriter<'_>, number: i64) {
        write_varbit(bits, number);
        *self = Self { number, step: 0 };
    }

    #[inline]
    fn write_next(&mut self, bits: &mut BitWriter<'_>, number: i64) {
        let step = number.wrapping_sub(self.number);
        write_varbit(bits, step.wrapping_sub(self.step));
        *self = Self { number, step };
    }

    /// No change of the change, though there is one: nobody looks at the count.
    fn write_stale(&mut self, bits: &mut BitWriter<'_>) {
        write_varbit(bits, 0);
        *self = Self::default();
    }

    fn read_first(&mut self, bits: &mut BitReader<'_>, expected: &'static str) -> Result<(), ChunkError> {
        *self = Self { number: read_varbit(bits, expected)?, step: 0 };
        Ok(())
    }

    fn read_next(&mut self, bits: &mut BitReader<'_>, expected: &'static str) -> Result<(), ChunkError> {
        self.add(read_varbit(bits, expected)?);
        Ok(())
    }

    #[inline(always)]
    fn read_fast(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        self.add(cursor.varbit()?);
        Some(())
    }

    #[inline(always)]
    fn number(self) -> i64 {
        self.number
    }
}

impl Dod {
    #[inline(always)]
    const fn add(&mut self, dod: i64) {
        self.step = self.step.wrapping_add(dod);
        self.number = self.number.wrapping_add(self.step);
    }
}

/// Like [`Dod`], of a number that is not negative.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CountDod(Dod);

impl Field for CountDod {
    type Number = u64;

    const FIRST_BITS_MIN: u64 = 1;

    #[inline]
    fn write_first(&mut self, bits: &mut BitWriter<'_>, number: u64) {
        write_uvarbit(bits, number);
        self.0 = Dod { number: number.cast_signed(), step: 0 };
    }

    #[inline]
    fn write_next(&mut self, bits: &mut BitWriter<'_>, number: u64) {
        self.0.write_next(bits, number.cast_signed());
    }

    fn write_stale(&mut self, bits: &mut BitWriter<'_>) {
        self.0.write_stale(bits);
    }

    fn read_first(&mut self, bits: &mut BitReader<'_>, expected: &'static str) -> Result<(), ChunkError> {
        self.0 = Dod { number: read_uvarbit(bits, expected)?.cast_signed(), step: 0 };
        Ok(())
    }

    fn read_next(&mut self, bits: &mut BitReader<'_>, expected: &'static str) -> Result<(), ChunkError> {
        self.0.read_next(bits, expected)
    }

    #[inline(always)]
    fn read_fast(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        self.0.read_fast(cursor)
    }

    #[inline(always)]
    fn number(self) -> u64 {
        self.0.number.cast_unsigned()
    }
}

/// A float as the XOR with the one before, in a window of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Xor {
    value_bits: u64,
    window: Window,
}

impl Default for Xor {
    fn default() -> Self {
        Self { value_bits: 0, window: Window::NONE }
    }
}

impl Field for Xor {
    type Number = f64;

    const FIRST_BITS_MIN: u64 = 64;

    #[inline]
    fn write_first(&mut self, bits: &mut BitWriter<'_>, number: f64) {
        *self = Self { value_bits: number.to_bits(), window: Window::NONE };
        bits.write(self.value_bits, 64);
    }

    #[inline]
    fn write_next(&mut self, bits: &mut BitWriter<'_>, number: f64) {
        write_xor(bits, number.to_bits() ^ self.value_bits, &mut self.window);
        self.value_bits = number.to_bits();
    }

    fn write_stale(&mut self, bits: &mut BitWriter<'_>) {
        self.write_next(bits, 0.0);
    }

    fn read_first(&mut self, bits: &mut BitReader<'_>, expected: &'static str) -> Result<(), ChunkError> {
        *self = Self { value_bits: bits.read(64, expected)?, window: Window::NONE };
        Ok(())
    }

    fn read_next(&mut self, bits: &mut BitReader<'_>, _expected: &'static str) -> Result<(), ChunkError> {
        self.value_bits ^= read_xor(bits, &mut self.window)?;
        Ok(())
    }

    #[inline(always)]
    fn read_fast(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        self.value_bits ^= cursor.xor(&mut self.window)?;
        Some(())
    }

    #[inline(always)]
    fn number(self) -> f64 {
        f64::from_bits(self.value_bits)
    }
}

//! What a sample is written as, behind what it is coded against.

use super::super::window::{LEADING_BITS, SIGNIFICANT_BITS, Window};
use super::super::{Coded, DOD_BITS};
use crate::bits::BitSink;

impl Coded {
    /// Writes a third or later sample, and goes on to it.
    #[inline(always)]
    pub(super) fn write_next<B: BitSink>(&mut self, t_ms: i64, value_bits: u64, bits: &mut B) {
        let step_ms = t_ms.wrapping_sub(self.t_ms).cast_unsigned();
        let dod = step_ms.wrapping_sub(self.step_ms).cast_signed();
        self.t_ms = t_ms;
        self.step_ms = step_ms;
        if dod == 0 {
            return self.write_value(0, 1, value_bits, bits);
        }
        let (time, count) = changed_step(dod).unwrap_or_else(|| {
            bits.write(0b1111, 4);
            bits.write(dod.cast_unsigned(), 64);
            (0, 0)
        });
        self.write_value(time, count, value_bits, bits);
    }

    /// Writes `count` (at most 24) bits of the time and those of the value, in one piece if they fit.
    ///
    /// The bits of the value are those of [`write_xor`](super::super::write_xor), which histograms and their tests are written
    /// with. It is not called here because it writes prefix, window and contents one after the other: a head appends floats
    /// more often than anything else, and most samples are short enough for one write of time and value together.
    #[inline(always)]
    pub(super) fn write_value<B: BitSink>(&mut self, time: u64, count: u32, value_bits: u64, bits: &mut B) {
        const FIELDS_BITS: u32 = LEADING_BITS + SIGNIFICANT_BITS;
        let xor = value_bits ^ self.value_bits;
        self.value_bits = value_bits;
        if xor == 0 {
            return bits.write(time << 1, count + 1);
        }
        let (head, head_bits) = if self.window.holds(xor) {
            (time << 2 | 0b10, count + 2)
        } else {
            self.window = Window::around(xor);
            ((time << 2 | 0b11) << FIELDS_BITS | self.window.to_fields(), count + 2 + FIELDS_BITS)
        };
        let (contents, significant) = (xor >> self.window.trailing_bits(), self.window.significant_bits());
        if head_bits + significant <= 64 {
            bits.write(head << significant | contents, head_bits + significant);
        } else {
            bits.write(head, head_bits);
            bits.write(contents, significant);
        }
    }
}

/// The time step's change, which is not 0, and in how many bits it is written; `None` if it is written in full.
#[inline(always)]
fn changed_step(dod: i64) -> Option<(u64, u32)> {
    // One less, the moved ranges are those of two's complement; counting the sign bit.
    let lowered = dod.wrapping_sub(1);
    let needed = 65 - (lowered ^ lowered >> 63).leading_zeros();
    let (ones, count) = (1..).zip(DOD_BITS).find(|&(_, count)| needed <= count)?;
    let prefix = ((1_u64 << ones) - 1) << 1;
    let change = dod.cast_unsigned() & ((1 << count) - 1);
    Some((prefix << count | change, ones + 1 + count))
}

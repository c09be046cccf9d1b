//! `sum_over_time`, `avg_over_time`, `count_over_time`, `present_over_time`.

use emberdb_histogram::{KahanLanes, KahanMean};

use super::super::{RangeScratch, Windows};
use super::interleave::{LANES, LaneFold, interleave};
use crate::batch::Column;

/// `count_over_time(m[range])`.
pub(in super::super) fn count(windows: &Windows<'_>, _: &[&[f64]], _: &mut RangeScratch, out: &mut Column) {
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |_| {
        let (first, end) = cursor.advance();
        (first < end).then(|| (end - first) as f64)
    });
}

/// `present_over_time(m[range])`: 1 where the window has a sample.
pub(in super::super) fn present(windows: &Windows<'_>, _: &[&[f64]], _: &mut RangeScratch, out: &mut Column) {
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |_| {
        let (first, end) = cursor.advance();
        (first < end).then_some(1.0)
    });
}

/// `sum_over_time(m[range])`.
pub(in super::super) fn sum(
    windows: &Windows<'_>,
    _: &[&[f64]],
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    if ExactSums::list(windows.values, &mut scratch.prefix)
        .is_some_and(|sums| sums.slide(windows, out, |sum, _| sum))
    {
        return;
    }
    interleave(windows, out, |sums: &KahanLanes<LANES>, lane, _| sums.total(lane));
}

/// `avg_over_time(m[range])`.
pub(in super::super) fn avg(
    windows: &Windows<'_>,
    _: &[&[f64]],
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    let exact = ExactSums::list(windows.values, &mut scratch.prefix);
    if exact.is_some_and(|sums| sums.slide(windows, out, |sum, count| sum / count)) {
        return;
    }
    interleave(windows, out, |sums: &KahanLanes<LANES>, lane, values| {
        if !sums.sum(lane).is_finite() {
            // The sum may have left the range of floats on the way (and become NaN when it met the other
            // infinity): the mean has another way to go.
            let mut mean = KahanMean::new();
            values.iter().for_each(|&value| mean.add(value));
            return mean.mean();
        }
        let count = values.len() as f64;
        sums.sum(lane) / count + sums.compensation(lane) / count
    });
}

impl LaneFold for KahanLanes<LANES> {
    #[inline]
    fn new() -> Self {
        Self::new()
    }

    #[inline]
    fn add_one(&mut self, lane: usize, value: f64) {
        self.add_to(lane, value);
    }

    #[inline]
    fn add_all(&mut self, value: f64) {
        self.add([value; LANES]);
    }
}

/// Sums of integers: as long as no partial sum reaches 2^53 each addition of floats is exact, so any way to the
/// sum gives the same bits, and the shortest is the difference of two running sums.
struct ExactSums<'a> {
    /// The sum of the values before each sample, one more than there are samples.
    prefix: &'a [i64],
    /// The greatest magnitude of a value.
    magnitude_max: f64,
}

/// Integers up to here are told by adding and subtracting [`ROUNDER`], and found in the low bits of the sum.
const MAGNITUDE_MAX: f64 = (1_u64 << 50) as f64;

/// 1.5 * 2^52: floats of this magnitude have no fraction bits, so adding it rounds to an integer.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// 2^53, up to which every integer is a float.
const EXACT_MAX: f64 = (1_u64 << 53) as f64;

impl<'a> ExactSums<'a> {
    /// The running sums, if every value is an integer.
    fn list(values: &[f64], prefix: &'a mut Vec<i64>) -> Option<Self> {
        let mut magnitude_max = 0.0;
        for block in values.chunks(64) {
            // No branch within a block, so that it is a few vector instructions; NaN fails the comparison.
            let mut is_exact = true;
            for &value in block {
                let magnitude = value.abs();
                is_exact &= (magnitude <= MAGNITUDE_MAX) & ((value + ROUNDER) - ROUNDER == value);
                magnitude_max = if magnitude > magnitude_max { magnitude } else { magnitude_max };
            }
            if !is_exact {
                return None;
            }
        }
        prefix.clear();
        prefix.reserve(values.len() + 1);
        prefix.push(0);
        let mut sum = 0_i64;
        prefix.extend(values.iter().map(|&value| {
            let integer = (value + ROUNDER).to_bits().wrapping_sub(ROUNDER.to_bits()) as i64;
            sum = sum.wrapping_add(integer);
            sum
        }));
        Some(Self { prefix, magnitude_max })
    }

    /// Gives every window its answer from sum and count; false if a window is so long that its partial sums
    /// might not be exact, and then `out` holds nothing.
    fn slide(&self, windows: &Windows<'_>, out: &mut Column, answer: impl Fn(f64, f64) -> f64) -> bool {
        let mut cursor = windows.cursor();
        let mut count_max = 0;
        out.compute(windows.steps.count, |_| {
            let (first, end) = cursor.advance();
            count_max = count_max.max(end - first);
            // Where the running sums wrapped around, their difference has come back.
            let sum = self.prefix[end].wrapping_sub(self.prefix[first]) as f64;
            (first < end).then(|| answer(sum, (end - first) as f64))
        });
        count_max as f64 * self.magnitude_max <= EXACT_MAX
    }
}

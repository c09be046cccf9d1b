//! `rate`, `increase` and `delta`: the difference of last and first sample, extrapolated to the window's edges.
//!
//! With `sampled` the time between first and last sample and `average = sampled / (n - 1)`:
//!
//! ```text
//! window start        first          ...          last    window end
//!      |<- to_start ->|<--------- sampled -------->|<- to_end ->|
//!
//! result = last - first + (for each reset, in order: the value before it)
//! to_*   = average / 2               if that sample is 1.1 * average or more from the edge
//! to_start = sampled * (first / result)    if less: a counter does not come from below zero
//! answer = result * ((sampled + to_start + to_end) / sampled [/ range])
//! ```
//!
//! Steps go through in blocks: first the samples at the edges are gathered, then a loop without branches does
//! the arithmetic. The quotients that depend on times alone are kept while the times repeat, as they do where
//! scrapes are regular.

use super::{RangeScratch, Windows};
use crate::batch::{Column, WORD_STEPS};

/// `rate(m[range])`: increase per second.
pub(super) fn rate(windows: &Windows<'_>, _: &[&[f64]], scratch: &mut RangeScratch, out: &mut Column) {
    extrapolated::<true, true>(windows, scratch, out);
}

/// `increase(m[range])`.
pub(super) fn increase(windows: &Windows<'_>, _: &[&[f64]], scratch: &mut RangeScratch, out: &mut Column) {
    extrapolated::<true, false>(windows, scratch, out);
}

/// `delta(m[range])`: the same for a gauge, without resets and without a zero to extrapolate to.
pub(super) fn delta(windows: &Windows<'_>, _: &[&[f64]], scratch: &mut RangeScratch, out: &mut Column) {
    extrapolated::<false, false>(windows, scratch, out);
}

/// What a block of steps needs to know about its windows, a lane a step. Times are in seconds.
struct Block {
    first: [f64; WORD_STEPS],
    result: [f64; WORD_STEPS],
    to_start: [f64; WORD_STEPS],
    to_end: [f64; WORD_STEPS],
    sampled: [f64; WORD_STEPS],
    average: [f64; WORD_STEPS],
}

impl Block {
    /// Lanes that give a number, for windows that have none.
    const fn new() -> Self {
        Self {
            first: [1.0; WORD_STEPS],
            result: [1.0; WORD_STEPS],
            to_start: [1.0; WORD_STEPS],
            to_end: [1.0; WORD_STEPS],
            sampled: [1.0; WORD_STEPS],
            average: [1.0; WORD_STEPS],
        }
    }

    /// The answers of the first lanes.
    fn extrapolate<const COUNTER: bool, const RATE: bool>(&self, range_s: f64, out: &mut [f64]) {
        let edges = self.first.iter().zip(&self.result).zip(self.to_start.iter().zip(&self.to_end));
        let lanes = edges.zip(self.sampled.iter().zip(&self.average));
        for (slot, (((&first, &result), (&to_start, &to_end)), (&sampled, &average))) in
            out.iter_mut().zip(lanes)
        {
            let threshold = average * 1.1;
            let half = average / 2.0;
            let mut to_start = if to_start >= threshold { half } else { to_start };
            if COUNTER {
                let to_zero = sampled * (first / result);
                let comes_from_zero = (result > 0.0) & (first >= 0.0) & (to_zero < to_start);
                to_start = if comes_from_zero { to_zero } else { to_start };
            }
            let to_end = if to_end >= threshold { half } else { to_end };
            let factor = (sampled + to_start + to_end) / sampled;
            *slot = result * if RATE { factor / range_s } else { factor };
        }
    }
}

/// A quotient that is computed again only when what it depends on changes.
struct Kept<K> {
    key: K,
    quotient: f64,
}

impl Kept<i64> {
    const fn new() -> Self {
        Self { key: 0, quotient: 0.0 }
    }

    /// `time_ms` in seconds.
    #[inline]
    fn seconds(&mut self, time_ms: i64) -> f64 {
        if self.key != time_ms {
            *self = Self { key: time_ms, quotient: time_ms as f64 / 1000.0 };
        }
        self.quotient
    }
}

fn extrapolated<const COUNTER: bool, const RATE: bool>(
    windows: &Windows<'_>,
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    let (timestamps, values) = (windows.timestamps, windows.values);
    let resets = &mut scratch.positions;
    resets.clear();
    if COUNTER {
        list_resets(values, resets);
    }
    let mut resets = resets.as_slice();
    let range_s = seconds_of(windows.range_ms);
    let (mut start_s, mut end_s, mut sampled_s) = (Kept::new(), Kept::new(), Kept::new());
    let mut average_s = Kept { key: (0, 0), quotient: 0.0 };

    let mut cursor = windows.cursor();
    let mut block = Block::new();
    out.reset(windows.steps.count);
    let (slots, presence) = out.parts_mut();
    for (block_index, (slots, word)) in slots.chunks_mut(WORD_STEPS).zip(presence).enumerate() {
        let mut bits = 0;
        for lane in 0..slots.len() {
            let (first, end) = cursor.advance();
            if end < first + 2 {
                continue;
            }
            let last = end - 1;
            let (Some(&first_ms), Some(&last_ms), Some(&first_value), Some(&last_value)) =
                (timestamps.get(first), timestamps.get(last), values.get(first), values.get(last))
            else {
                continue;
            };
            bits |= 1 << lane;
            let mut result = last_value - first_value;
            if COUNTER && !resets.is_empty() {
                // A reset is listed as the sample before it; both its samples must be in the window.
                while let Some((_, rest)) =
                    resets.split_first().filter(|(reset, _)| (**reset as usize) < first)
                {
                    resets = rest;
                }
                for &reset in resets.iter().take_while(|&&reset| (reset as usize) < last) {
                    result += values[reset as usize];
                }
            }
            let end_ms = windows.end_ms(block_index * WORD_STEPS + lane);
            let start_ms = end_ms.saturating_sub(windows.range_ms);
            let sampled_ms = last_ms - first_ms;
            block.first[lane] = first_value;
            block.result[lane] = result;
            block.to_start[lane] = start_s.seconds(first_ms - start_ms);
            block.to_end[lane] = end_s.seconds(end_ms - last_ms);
            block.sampled[lane] = sampled_s.seconds(sampled_ms);
            if average_s.key != (sampled_ms, last - first) {
                average_s.key = (sampled_ms, last - first);
                average_s.quotient = sampled_s.quotient / (last - first) as f64;
            }
            block.average[lane] = average_s.quotient;
        }
        *word = bits;
        if bits != 0 {
            block.extrapolate::<COUNTER, RATE>(range_s, slots);
        }
    }
}

/// Lists each sample that is followed by a smaller one.
fn list_resets(values: &[f64], resets: &mut Vec<u32>) {
    // Counters rarely reset: look at a block at a time, and closer only where there is one.
    for start in (0..values.len().saturating_sub(1)).step_by(WORD_STEPS) {
        let block = &values[start..values.len().min(start + WORD_STEPS + 1)];
        let falls = |pair: &[f64]| pair[1] < pair[0];
        if block.windows(2).fold(false, |any, pair| any | falls(pair)) {
            let pairs = block.windows(2).enumerate().filter(|(_, pair)| falls(pair));
            resets.extend(pairs.map(|(index, _)| (start + index) as u32));
        }
    }
}

/// A duration in seconds the way upstream's clock library computes it: whole seconds plus the rest.
pub(super) fn seconds_of(duration_ms: i64) -> f64 {
    (duration_ms / 1000) as f64 + (duration_ms % 1000 * 1_000_000) as f64 / 1e9
}

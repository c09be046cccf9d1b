//! `rate`, `increase` and `delta`: the difference of last and first sample, extrapolated to the window's edges.

use super::{RangeScratch, Windows};
use crate::batch::Column;

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

fn extrapolated<const COUNTER: bool, const RATE: bool>(
    windows: &Windows<'_>,
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    let (timestamps, values) = (windows.timestamps, windows.values);
    let resets = &mut scratch.positions;
    resets.clear();
    if COUNTER {
        let pairs = values.windows(2).enumerate();
        resets.extend(pairs.filter(|(_, pair)| pair[1] < pair[0]).map(|(index, _)| index as u32));
    }
    let mut next_reset = 0;
    let range_s = windows.range_ms as f64 / 1000.0;
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |step| {
        let (first, end) = cursor.advance();
        if end < first + 2 {
            return None;
        }
        let last = end - 1;
        let mut result = values[last] - values[first];
        if COUNTER {
            // A reset belongs to the window when both its samples do; it is listed under the first of them.
            while next_reset < resets.len() && (resets[next_reset] as usize) < first {
                next_reset += 1;
            }
            for &reset in resets[next_reset..].iter().take_while(|&&reset| (reset as usize) < last) {
                result += values[reset as usize];
            }
        }
        let (first_ms, last_ms) = (timestamps[first], timestamps[last]);
        let mut to_start = (first_ms - windows.start_ms(step)) as f64 / 1000.0;
        let mut to_end = (windows.end_ms(step) - last_ms) as f64 / 1000.0;
        let sampled = (last_ms - first_ms) as f64 / 1000.0;
        let average = sampled / (last - first) as f64;
        let threshold = average * 1.1;
        if to_start >= threshold {
            to_start = average / 2.0;
        }
        if COUNTER && result > 0.0 && values[first] >= 0.0 {
            let to_zero = sampled * (values[first] / result);
            if to_zero < to_start {
                to_start = to_zero;
            }
        }
        if to_end >= threshold {
            to_end = average / 2.0;
        }
        let mut factor = (sampled + to_start + to_end) / sampled;
        if RATE {
            factor /= range_s;
        }
        Some(result * factor)
    });
}

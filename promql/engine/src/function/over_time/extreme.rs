//! `min_over_time`, `max_over_time` and the times of the extremes.
//!
//! A queue holds the samples of the window that could still become the extreme: from front to back each is
//! later and less extreme than the one before, so the front is the answer. A sample enters once and leaves once.
//! NaN never enters; a window with samples and an empty queue holds nothing but NaN.

use super::super::{RangeScratch, Windows};
use crate::batch::Column;

/// `min_over_time(m[range])`.
pub(in super::super) fn min(
    windows: &Windows<'_>,
    _: &[&[f64]],
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    slide(windows, scratch, out, |new, old| new < old, |position, _| value(windows, position));
}

/// `max_over_time(m[range])`.
pub(in super::super) fn max(
    windows: &Windows<'_>,
    _: &[&[f64]],
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    slide(windows, scratch, out, |new, old| new > old, |position, _| value(windows, position));
}

/// `ts_of_min_over_time(m[range])`, in seconds: of the latest among equals.
pub(in super::super) fn ts_of_min(
    windows: &Windows<'_>,
    _: &[&[f64]],
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    slide(windows, scratch, out, |new, old| new <= old, |position, last| time_s(windows, position, last));
}

/// `ts_of_max_over_time(m[range])`, in seconds: of the latest among equals.
pub(in super::super) fn ts_of_max(
    windows: &Windows<'_>,
    _: &[&[f64]],
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    slide(windows, scratch, out, |new, old| new >= old, |position, last| time_s(windows, position, last));
}

/// The extreme; among nothing but NaN it is NaN.
fn value(windows: &Windows<'_>, position: Option<usize>) -> f64 {
    position.map_or(f64::NAN, |position| windows.values[position])
}

/// The time of the extreme; any later NaN displaces a NaN, so among nothing but NaN it is the last.
fn time_s(windows: &Windows<'_>, position: Option<usize>, last: usize) -> f64 {
    windows.timestamps[position.unwrap_or(last)] as f64 / 1000.0
}

/// `displaces(new, old)` tells whether a new sample ends the hopes of an old one; `answer` gets the position of
/// the extreme and that of the window's last sample.
#[inline]
fn slide(
    windows: &Windows<'_>,
    scratch: &mut RangeScratch,
    out: &mut Column,
    displaces: impl Fn(f64, f64) -> bool,
    answer: impl Fn(Option<usize>, usize) -> f64,
) {
    let values = windows.values;
    let queue = &mut scratch.positions;
    queue.clear();
    let mut front = 0;
    let mut entered = 0;
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |_| {
        let (first, end) = cursor.advance();
        // Samples between two windows are never looked at.
        for position in entered.max(first)..end {
            let value = values[position];
            if value.is_nan() {
                continue;
            }
            while queue.len() > front && displaces(value, values[queue[queue.len() - 1] as usize]) {
                queue.pop();
            }
            queue.push(position as u32);
        }
        entered = end.max(entered);
        while front < queue.len() && (queue[front] as usize) < first {
            front += 1;
        }
        if front == queue.len() {
            queue.clear();
            front = 0;
        }
        (first < end).then(|| answer(queue.get(front).map(|&position| position as usize), end - 1))
    });
}

//! `first_over_time`, `last_over_time` and their timestamps: index arithmetic.

use super::super::{RangeScratch, Windows};
use crate::batch::Column;

/// `first_over_time(m[range])`.
pub(in super::super) fn first(windows: &Windows<'_>, _: &[&[f64]], _: &mut RangeScratch, out: &mut Column) {
    pick(windows, out, |first, _| windows.values[first]);
}

/// `last_over_time(m[range])`.
pub(in super::super) fn last(windows: &Windows<'_>, _: &[&[f64]], _: &mut RangeScratch, out: &mut Column) {
    pick(windows, out, |_, last| windows.values[last]);
}

/// `ts_of_first_over_time(m[range])`, in seconds.
pub(in super::super) fn ts_of_first(
    windows: &Windows<'_>,
    _: &[&[f64]],
    _: &mut RangeScratch,
    out: &mut Column,
) {
    pick(windows, out, |first, _| windows.timestamps[first] as f64 / 1000.0);
}

/// `ts_of_last_over_time(m[range])`, in seconds.
pub(in super::super) fn ts_of_last(
    windows: &Windows<'_>,
    _: &[&[f64]],
    _: &mut RangeScratch,
    out: &mut Column,
) {
    pick(windows, out, |_, last| windows.timestamps[last] as f64 / 1000.0);
}

fn pick(windows: &Windows<'_>, out: &mut Column, answer: impl Fn(usize, usize) -> f64) {
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |_| {
        let (first, end) = cursor.advance();
        (first < end).then(|| answer(first, end - 1))
    });
}

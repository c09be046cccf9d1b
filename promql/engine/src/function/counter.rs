//! Functions of neighbouring samples: `irate`, `idelta`, `changes`, `resets`.

use super::{RangeScratch, Windows};
use crate::batch::Column;

/// `irate(m[range])`: the increase between the last two samples, per second. After a reset the newest value is
/// the increase.
pub(super) fn irate(windows: &Windows<'_>, _: &[&[f64]], _: &mut RangeScratch, out: &mut Column) {
    last_two(windows, out, |previous, last, interval_ms| {
        let increase = if last < previous { last } else { last - previous };
        increase / (interval_ms as f64 / 1000.0)
    });
}

/// `idelta(m[range])`: the difference between the last two samples.
pub(super) fn idelta(windows: &Windows<'_>, _: &[&[f64]], _: &mut RangeScratch, out: &mut Column) {
    last_two(windows, out, |previous, last, _| last - previous);
}

fn last_two(windows: &Windows<'_>, out: &mut Column, answer: impl Fn(f64, f64, i64) -> f64) {
    last_two_at(windows, out, |previous, last| {
        let interval_ms = windows.timestamps[last] - windows.timestamps[previous];
        answer(windows.values[previous], windows.values[last], interval_ms)
    });
}

/// The same, given the numbers of the two samples.
#[inline]
pub(super) fn last_two_at(windows: &Windows<'_>, out: &mut Column, answer: impl Fn(usize, usize) -> f64) {
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |_| {
        let (first, end) = cursor.advance();
        (end >= first + 2).then(|| answer(end - 2, end - 1))
    });
}

/// `changes(m[range])`: how often a sample differs from the one before; NaN does not differ from NaN.
pub(super) fn changes(windows: &Windows<'_>, _: &[&[f64]], scratch: &mut RangeScratch, out: &mut Column) {
    count_pairs(windows, scratch, out, |previous, current| {
        (current != previous) & !(current.is_nan() & previous.is_nan())
    });
}

/// `resets(m[range])`: how often a sample is less than the one before.
pub(super) fn resets(windows: &Windows<'_>, _: &[&[f64]], scratch: &mut RangeScratch, out: &mut Column) {
    count_pairs(windows, scratch, out, |previous, current| current < previous);
}

/// Counts the neighbours in each window for which `counts` holds: a running count once, then a difference.
fn count_pairs(
    windows: &Windows<'_>,
    scratch: &mut RangeScratch,
    out: &mut Column,
    counts: impl Fn(f64, f64) -> bool,
) {
    let prefix = &mut scratch.prefix;
    prefix.clear();
    prefix.push(0);
    let mut count = 0;
    prefix.extend(windows.values.windows(2).map(|pair| {
        count += i64::from(counts(pair[0], pair[1]));
        count
    }));
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |_| {
        let (first, end) = cursor.advance();
        (first < end).then(|| (prefix[end - 1] - prefix[first]) as f64)
    });
}

//! The `*_over_time` functions.

use super::{RangeScratch, Windows};
use crate::batch::Column;

/// `sum_over_time(m[range])`.
pub(super) fn sum(windows: &Windows<'_>, _: &[&[f64]], _: &mut RangeScratch, out: &mut Column) {
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |_| {
        let (first, end) = cursor.advance();
        if first == end {
            return None;
        }
        let mut sum = emberdb_histogram::KahanSum::new();
        for &value in &windows.values[first..end] {
            sum.add(value);
        }
        Some(sum.total())
    });
}

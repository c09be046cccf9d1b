//! `quantile_over_time` and `mad_over_time`: the window is kept sorted from step to step.

use super::super::quantile::{quantile_of_sorted, sort_key, sort_key_value};
use super::super::{RangeScratch, Windows};
use crate::batch::Column;

/// `quantile_over_time(φ, m[range])`.
pub(in super::super) fn quantile(
    windows: &Windows<'_>,
    params: &[&[f64]],
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    let &[phi] = params else { return out.reset(windows.steps.count) };
    let mut window = SortedWindow::new(windows.values, &mut scratch.sorted);
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |step| {
        let (first, end) = cursor.advance();
        window.slide_to(first, end);
        (first < end).then(|| quantile_of_sorted(phi[step], window.sorted))
    });
}

/// `mad_over_time(m[range])`: the median of the distances from the median; NaN if a sample is NaN.
pub(in super::super) fn mad(
    windows: &Windows<'_>,
    _: &[&[f64]],
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    let distances = &mut scratch.distances;
    let mut window = SortedWindow::new(windows.values, &mut scratch.sorted);
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |_| {
        let (first, end) = cursor.advance();
        window.slide_to(first, end);
        let &smallest = window.sorted.first()?;
        // NaN is the smallest.
        if sort_key_value(smallest).is_nan() {
            return Some(f64::NAN);
        }
        let median = quantile_of_sorted(0.5, window.sorted);
        distances.clear();
        distances.extend(window.sorted.iter().map(|&key| sort_key((sort_key_value(key) - median).abs())));
        // Distances fall towards the median and rise behind it: two runs, which the sort merges.
        distances.sort();
        Some(quantile_of_sorted(0.5, distances))
    });
}

/// The samples of a window in order.
struct SortedWindow<'a> {
    values: &'a [f64],
    sorted: &'a mut Vec<i64>,
    first: usize,
    end: usize,
}

impl<'a> SortedWindow<'a> {
    fn new(values: &'a [f64], sorted: &'a mut Vec<i64>) -> Self {
        sorted.clear();
        Self { values, sorted, first: 0, end: 0 }
    }

    /// Moves to a window that starts and ends no earlier than this one.
    fn slide_to(&mut self, first: usize, end: usize) {
        let leaving = first.min(self.end) - self.first;
        let entering = end - self.end.max(first);
        // Each move is a search and a copy of half the window on average; sorting anew is dearer by a factor
        // that grows slowly, so it pays once a good part of the window changes.
        if (leaving + entering) * 4 > self.sorted.len() {
            self.sorted.clear();
            self.sorted.extend(self.values[first..end].iter().map(|&value| sort_key(value)));
            self.sorted.sort_unstable();
        } else {
            for position in self.first..self.first + leaving {
                self.remove(sort_key(self.values[position]));
            }
            for position in self.end.max(first)..end {
                self.insert(sort_key(self.values[position]));
            }
        }
        (self.first, self.end) = (first, end);
    }

    fn remove(&mut self, key: i64) {
        let position = self.sorted.partition_point(|&other| other < key);
        self.sorted.remove(position);
    }

    fn insert(&mut self, key: i64) {
        let position = self.sorted.partition_point(|&other| other < key);
        self.sorted.insert(position, key);
    }
}

//! Four windows at a time.
//!
//! A compensated sum waits for each addition before it can start the next. Neighbouring windows share most of
//! their samples, so four of them are folded together, a lane each: every lane sees its own samples in order,
//! and gives the bits it would give alone.
//!
//! ```text
//! lane 0   |pre|-------- common --------|
//! lane 1     |p|-------- common --------|suf|
//! lane 2       |-------- common --------|suffi|
//! ```

use super::super::Windows;
use crate::batch::Column;

/// Windows that are folded together.
pub(super) const LANES: usize = 4;

/// A fold of four windows, a lane each.
pub(super) trait LaneFold {
    /// Four folds of nothing.
    fn new() -> Self;
    /// Adds a value to one lane.
    fn add_one(&mut self, lane: usize, value: f64);
    /// Adds a value to all lanes.
    fn add_all(&mut self, value: f64);
}

/// Folds all windows; `answer` gets the folds, the lane and the window's values, of which there is at least one.
#[inline]
pub(super) fn interleave<F: LaneFold>(
    windows: &Windows<'_>,
    out: &mut Column,
    answer: impl Fn(&F, usize, &[f64]) -> f64,
) {
    let values = windows.values;
    let steps = windows.steps.count;
    out.reset(steps);
    let mut cursor = windows.cursor();
    for start in (0..steps).step_by(LANES) {
        let mut edges = [(0, 0); LANES];
        let lanes = LANES.min(steps - start);
        for edge in &mut edges[..lanes] {
            *edge = cursor.advance();
        }
        let mut fold = F::new();
        let (common_first, common_end) = (edges[LANES - 1].0, edges[0].1);
        if lanes == LANES && common_first < common_end {
            for (lane, &(first, _)) in edges.iter().enumerate() {
                for &value in &values[first..common_first] {
                    fold.add_one(lane, value);
                }
            }
            for &value in &values[common_first..common_end] {
                fold.add_all(value);
            }
            for (lane, &(_, end)) in edges.iter().enumerate() {
                for &value in &values[common_end..end] {
                    fold.add_one(lane, value);
                }
            }
        } else {
            for (lane, &(first, end)) in edges[..lanes].iter().enumerate() {
                for &value in &values[first..end] {
                    fold.add_one(lane, value);
                }
            }
        }
        for (lane, &(first, end)) in edges[..lanes].iter().enumerate() {
            if first < end {
                out.set(start + lane, answer(&fold, lane, &values[first..end]));
            }
        }
    }
}

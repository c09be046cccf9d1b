//! `anchored` and `smoothed`: windows that see samples beyond their edges.
//!
//! ```text
//!  seen from       start                        end       seen to
//!      |  o     o    |     o     o     o     o   |    o      |
//!             first                                 last
//! ```
//!
//! Anchored, the value at the start is that of the last sample at or before it, or else of the first one; the value at
//! the end is that of the last sample, and nothing is seen after the end. Smoothed, both values lie on the lines between
//! the samples around the edges. A change is the right edge less the left one, and for counters what was lost at resets;
//! nothing is extrapolated.

use emberdb_model::{Sample, SampleColumns};
use emberdb_promql_syntax::ExtendedRange;

use super::rate::{list_resets, seconds_of};
use super::window::Edge;
use super::{RangeScratch, RateKind};
use crate::batch::{Column, Steps};

/// How the windows of a selector lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExtendedWindows {
    pub(crate) kind: ExtendedRange,
    /// The times at which they end, one a step.
    pub(crate) ends: Steps,
    /// Their length; 0 where a single time is looked at.
    pub(crate) range_ms: i64,
    /// How far samples are seen before the start, and if smoothed also after the end.
    pub(crate) lookback_ms: i64,
}

impl ExtendedWindows {
    pub(crate) fn is_smoothed(&self) -> bool {
        self.kind == ExtendedRange::Smoothed
    }

    /// How far samples are seen after the end.
    pub(crate) fn ahead_ms(&self) -> i64 {
        if self.is_smoothed() { self.lookback_ms } else { 0 }
    }

    /// A cursor before the first window, over samples at these times.
    pub(crate) fn cursor<'a>(&self, timestamps: &'a [i64]) -> ExtendedCursor<'a> {
        let Steps { start_ms: end_ms, step_ms, .. } = self.ends;
        let start_ms = end_ms.saturating_sub(self.range_ms);
        let limits_ms = [
            start_ms.saturating_sub(self.lookback_ms),
            start_ms,
            end_ms.saturating_sub(1),
            end_ms.saturating_add(self.ahead_ms()),
        ];
        let edges = limits_ms.map(|limit_ms| Edge::seek(timestamps, limit_ms, step_ms));
        ExtendedCursor { timestamps, edges, start_ms, end_ms, step_ms }
    }
}

/// Slides over the windows of a series: four positions, all of which only move forward.
#[derive(Debug, Clone)]
pub(crate) struct ExtendedCursor<'a> {
    timestamps: &'a [i64],
    edges: [Edge; 4],
    start_ms: i64,
    end_ms: i64,
    step_ms: i64,
}

impl ExtendedCursor<'_> {
    /// The next window: the first call answers for step 0, the next for step 1.
    #[inline]
    pub(crate) fn advance(&mut self) -> ExtendedWindow {
        let timestamps = self.timestamps;
        let [seen_first, inner_first, inner_end, seen_end] =
            self.edges.each_mut().map(|edge| edge.advance(timestamps));
        let window = ExtendedWindow {
            start_ms: self.start_ms,
            end_ms: self.end_ms,
            seen_first,
            inner_first,
            inner_end,
            seen_end,
        };
        // Past the last step the time may leave i64; nobody asks for that window.
        self.start_ms = self.start_ms.wrapping_add(self.step_ms);
        self.end_ms = self.end_ms.wrapping_add(self.step_ms);
        window
    }
}

/// Where the samples of a series lie about one window. The positions rise in the order of the fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExtendedWindow {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    /// The first sample that is seen.
    pub(crate) seen_first: usize,
    /// The first one after the start.
    pub(crate) inner_first: usize,
    /// The first one at or after the end.
    pub(crate) inner_end: usize,
    /// One past the last that is seen.
    pub(crate) seen_end: usize,
}

impl ExtendedWindow {
    /// Whether any sample is seen.
    pub(crate) const fn sees_any(&self) -> bool {
        self.seen_first < self.seen_end
    }

    /// The samples that the edges start from: the last one at or before the start, or else the first; and the first one
    /// at or after the end, or else the last. `None` if no sample lies after the start.
    #[inline]
    const fn neighbours(&self) -> Option<(usize, usize)> {
        if self.inner_first >= self.seen_end {
            return None;
        }
        let first = if self.inner_first > self.seen_first { self.inner_first - 1 } else { self.inner_first };
        let last = if self.inner_end < self.seen_end { self.inner_end } else { self.seen_end - 1 };
        Some((first, last))
    }

    /// The same; `None` also if all samples lie after the end. Then the first of the two is not after the end, so that
    /// they differ where the second one is.
    #[inline]
    pub(crate) fn edges(&self, timestamps: &[i64]) -> Option<(usize, usize)> {
        self.neighbours().filter(|&(first, _)| timestamps[first] <= self.end_ms)
    }

    /// The newest sample at or before the start that is seen.
    #[inline]
    pub(crate) fn before_start(&self) -> Option<usize> {
        self.inner_first.checked_sub(1).filter(|&before| before >= self.seen_first)
    }
}

/// The floats of a series.
#[derive(Clone, Copy)]
struct Floats<'a> {
    timestamps: &'a [i64],
    values: &'a [f64],
}

impl Floats<'_> {
    /// The value at `time_ms` on the line from the sample before `after` to that one. A counter that was reset between
    /// them starts from 0.
    #[inline]
    fn between(&self, after: usize, time_ms: i64, is_counter: bool) -> f64 {
        let ([before_ms, after_ms], [before, after]) = (
            [self.timestamps[after - 1], self.timestamps[after]],
            [self.values[after - 1], self.values[after]],
        );
        let from = if is_counter && after < before { 0.0 } else { before };
        from + (after - from) * (time_ms - before_ms) as f64 / (after_ms - before_ms) as f64
    }

    /// The values at the edges of a window that start from these two samples.
    #[inline]
    fn at_edges(
        &self,
        windows: &ExtendedWindows,
        window: &ExtendedWindow,
        (first, last): (usize, usize),
        is_counter: bool,
    ) -> (f64, f64) {
        let (is_smoothed, timestamps) = (windows.is_smoothed(), self.timestamps);
        let left = if is_smoothed && timestamps[first] < window.start_ms {
            self.between(first + 1, window.start_ms, is_counter)
        } else {
            self.values[first]
        };
        let right = if is_smoothed && last > window.seen_first && timestamps[last] > window.end_ms {
            self.between(last, window.end_ms, is_counter)
        } else {
            self.values[last]
        };
        (left, right)
    }
}

/// `rate`, `increase` and `delta`.
pub(crate) fn change(
    windows: &ExtendedWindows,
    samples: &SampleColumns,
    kind: RateKind,
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    let floats = Floats { timestamps: &samples.timestamps, values: &samples.values };
    let is_counter = kind.is_counter;
    let per_seconds = kind.per_second_of_ms.map(seconds_of);
    let resets = &mut scratch.positions;
    resets.clear();
    if is_counter {
        list_resets(floats.values, resets);
    }
    let mut resets = resets.as_slice();
    let mut cursor = windows.cursor(floats.timestamps);
    out.compute(windows.ends.count, |_| {
        let window = cursor.advance();
        let edges = window.edges(floats.timestamps)?;
        let (left, right) = floats.at_edges(windows, &window, edges, is_counter);
        let mut change = right - left;
        if is_counter {
            // A reset is listed as the sample before it; both its samples must lie between the edges.
            while let Some((_, rest)) =
                resets.split_first().filter(|(reset, _)| (**reset as usize) < window.inner_first)
            {
                resets = rest;
            }
            let inner_resets = resets.iter().map(|&reset| reset as usize);
            let inner_resets = inner_resets.take_while(|&reset| reset + 1 < window.inner_end);
            let at_resets = inner_resets.map(|reset| floats.values[reset]);
            change += lost(left, &floats.values[window.inner_first..window.inner_end], right, at_resets);
        }
        Some(per_seconds.map_or(change, |seconds| change / seconds))
    });
}

/// What a counter lost at resets, in order: from the left edge to the samples between the edges, among these, and from
/// there to the right edge.
#[inline]
fn lost(left: f64, inner: &[f64], right: f64, at_inner_resets: impl Iterator<Item = f64>) -> f64 {
    let mut lost = 0.0;
    let (Some(&first), Some(&last)) = (inner.first(), inner.last()) else {
        if right < left {
            lost += left;
        }
        return lost;
    };
    if first < left {
        lost += left;
    }
    at_inner_resets.for_each(|value| lost += value);
    if right < last {
        lost += last;
    }
    lost
}

/// `changes` and `resets` of anchored windows: counts the neighbours, from the anchor on, for which `counts` holds. It
/// is given the position of the first of both.
pub(crate) fn count_neighbours(
    windows: &ExtendedWindows,
    timestamps: &[i64],
    counts: impl Fn(usize) -> bool,
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    let before = &mut scratch.prefix;
    before.clear();
    before.push(0);
    let mut count = 0;
    before.extend((1..timestamps.len()).map(|at| {
        count += i64::from(counts(at - 1));
        count
    }));
    let mut cursor = windows.cursor(timestamps);
    out.compute(windows.ends.count, |_| {
        let (first, last) = cursor.advance().edges(timestamps)?;
        Some((before[last] - before[first]) as f64)
    });
}

/// A smoothed instant selector: the sample of that very time, or the value on the line between its neighbours, or the
/// sample before; nothing if all come later.
pub(crate) fn smoothed(windows: &ExtendedWindows, samples: &SampleColumns, out: &mut Column) {
    let floats = Floats { timestamps: &samples.timestamps, values: &samples.values };
    let mut cursor = windows.cursor(floats.timestamps);
    out.compute(windows.ends.count, |_| {
        let window = cursor.advance();
        let before = window.before_start()?;
        if floats.timestamps[before] == window.end_ms || before + 1 == window.seen_end {
            return Some(floats.values[before]);
        }
        Some(floats.between(before + 1, window.end_ms, false))
    });
}

/// The first window as it shows without a function around it: the values at its edges, and the samples between them.
/// Here samples that all lie after the end show.
pub(crate) fn shown(windows: &ExtendedWindows, samples: &SampleColumns, out: &mut SampleColumns) {
    let floats = Floats { timestamps: &samples.timestamps, values: &samples.values };
    let window = windows.cursor(floats.timestamps).advance();
    let Some(edges) = window.neighbours() else { return };
    let (left, right) = floats.at_edges(windows, &window, edges, false);
    out.push(Sample { timestamp_ms: window.start_ms, value: left });
    let inner = window.inner_first..window.inner_end;
    out.timestamps.extend_from_slice(&floats.timestamps[inner.clone()]);
    out.values.extend_from_slice(&floats.values[inner]);
    out.push(Sample { timestamp_ms: window.end_ms, value: right });
}

//! The windows of a range selector over the samples of one series.

use crate::batch::Steps;

/// The samples of one series and the windows to look at them through: the window of step `i` holds the samples
/// with `t_i - offset - range < timestamp <= t_i - offset`.
///
/// Stale markers have been removed; timestamps ascend and are unique.
#[derive(Debug, Clone, Copy)]
pub struct Windows<'a> {
    /// Times of the samples in milliseconds, ascending.
    pub timestamps: &'a [i64],
    /// Values of the samples, as many as there are timestamps.
    pub values: &'a [f64],
    /// The evaluation times.
    pub steps: Steps,
    /// The length of a window in milliseconds, positive.
    pub range_ms: i64,
    /// How far back the windows are moved, in milliseconds; may be negative.
    pub offset_ms: i64,
}

impl<'a> Windows<'a> {
    /// A cursor before the first window.
    #[inline]
    #[must_use]
    pub fn cursor(&self) -> WindowCursor<'a> {
        debug_assert_eq!(self.timestamps.len(), self.values.len());
        let ends = Steps { start_ms: self.end_ms(0), ..self.steps };
        WindowCursor::new(self.timestamps, ends, self.range_ms)
    }

    /// The end of the window of step `index` (inclusive), in milliseconds.
    #[inline]
    #[must_use]
    pub fn end_ms(&self, index: usize) -> i64 {
        self.steps.time(index).saturating_sub(self.offset_ms)
    }

    /// The start of the window of step `index` (exclusive), in milliseconds.
    #[inline]
    #[must_use]
    pub fn start_ms(&self, index: usize) -> i64 {
        self.end_ms(index).saturating_sub(self.range_ms)
    }
}

/// Slides over the windows of a series: the positions of a window's first sample and one past its last.
///
/// Both only move forward. Samples are mostly as far apart as the samples before them, so an edge is first
/// moved by as many samples as it moved the last time and then corrected.
#[derive(Debug, Clone)]
pub struct WindowCursor<'a> {
    timestamps: &'a [i64],
    first: Edge,
    end: Edge,
}

impl<'a> WindowCursor<'a> {
    /// A cursor before the first of the windows of `range_ms` that end at these times, which may all be the same.
    #[inline]
    pub(crate) fn new(timestamps: &'a [i64], ends: Steps, range_ms: i64) -> Self {
        let Steps { start_ms: end_ms, step_ms, .. } = ends;
        Self {
            first: Edge::seek(timestamps, end_ms.saturating_sub(range_ms), step_ms),
            end: Edge::seek(timestamps, end_ms, step_ms),
            timestamps,
        }
    }

    /// The samples `first..end` of the next window: the first call answers for step 0, the next for step 1.
    #[inline]
    pub fn advance(&mut self) -> (usize, usize) {
        (self.first.advance(self.timestamps), self.end.advance(self.timestamps))
    }
}

/// One edge of a window: how many samples are at or before its time.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    position: usize,
    stride: usize,
    limit_ms: i64,
    step_ms: i64,
}

impl Edge {
    /// The edge whose first [`advance`](Self::advance) answers for `limit_ms`.
    pub(super) fn seek(timestamps: &[i64], limit_ms: i64, step_ms: i64) -> Self {
        Self { position: timestamps.partition_point(|&time| time <= limit_ms), stride: 0, limit_ms, step_ms }
    }

    #[inline]
    pub(super) fn advance(&mut self, timestamps: &[i64]) -> usize {
        let before = self.position;
        let limit_ms = self.limit_ms;
        // Past the last step the time may leave i64; nobody asks for that window.
        self.limit_ms = limit_ms.wrapping_add(self.step_ms);
        let guess = before + self.stride;
        if let Some(&[last, next]) = timestamps.get(guess.wrapping_sub(1)..).and_then(<[i64]>::first_chunk)
            && last <= limit_ms
            && limit_ms < next
        {
            self.position = guess;
            return guess;
        }
        self.walk(timestamps, limit_ms)
    }

    /// The same without a good guess: at the ends of the series, at gaps, and where scrapes wander.
    #[inline(never)]
    fn walk(&mut self, timestamps: &[i64], limit_ms: i64) -> usize {
        let before = self.position;
        let mut position = (before + self.stride).min(timestamps.len());
        while position > before && timestamps[position - 1] > limit_ms {
            position -= 1;
        }
        while position < timestamps.len() && timestamps[position] <= limit_ms {
            position += 1;
        }
        self.position = position;
        self.stride = position - before;
        position
    }
}

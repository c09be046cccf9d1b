//! Start timestamps: since when samples count. `rate`, `increase`, `irate` and `resets` find resets by them that values
//! do not show, and begin at zero there; `start_timestamp` shows them.

use std::collections::BTreeMap;

use emberdb_model::SampleValue;
use emberdb_promql_syntax::{Call, Expr};

use super::error::NaiveError;
use super::evaluator::{Evaluator, unique};
use super::frame::Frame;
use super::selector;
use super::value::{Element, Window};

/// Start timestamps by the time of the sample, in milliseconds, of the samples that have one. It is never 0.
pub(super) type StartTimestamps = BTreeMap<i64, i64>;

/// When a sample was taken, and since when it counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Started {
    pub(super) timestamp_ms: i64,
    pub(super) start_ms: Option<i64>,
}

impl Started {
    /// Whether the counter began anew after `before`. One that begins at that very sample does if it did so before:
    /// then each sample counts what came since the one before it. Else its beginning is not known.
    pub(super) fn is_reset_after(self, before: Self) -> bool {
        // A counter that begins at the sample, or later, tells nothing.
        let Some(start_ms) = self.start_ms.filter(|&start_ms| start_ms < self.timestamp_ms) else {
            return false;
        };
        let is_known = before.start_ms.is_some_and(|start_ms| start_ms < before.timestamp_ms);
        start_ms > before.timestamp_ms || start_ms == before.timestamp_ms && is_known
    }

    /// Whether it counts what `before` has counted, though not since the same time.
    pub(super) fn overlaps(self, before: Self) -> bool {
        self.start_ms.is_some_and(|start_ms| start_ms < before.timestamp_ms)
            && self.start_ms != before.start_ms
    }
}

/// Whether the sample at `after_ms` tells by its start timestamp that the counter began anew after the one at `before_ms`.
pub(super) fn is_reset(window: &Window, before_ms: i64, after_ms: i64) -> bool {
    window.started(after_ms).is_reset_after(window.started(before_ms))
}

/// Whether any sample of a window overlaps with the one before it.
pub(super) fn has_overlap(window: &Window) -> bool {
    let pairs = window.samples.windows(2);
    pairs.map(|two| (two[0].0, two[1].0)).any(|(a, b)| window.started(b).overlaps(window.started(a)))
}

/// Since when the first sample of a window counts, if that lies between the window's open start and the sample.
pub(super) fn beginning_ms(window: &Window) -> Option<i64> {
    let first = window.started(window.samples.first()?.0);
    first.start_ms.filter(|&start_ms| window.start_ms < start_ms && start_ms < first.timestamp_ms)
}

/// `start_timestamp(v)`: of a plain selector since when each sample counts, 0 if that is not known. Of other expressions
/// nothing, and where start timestamps are not used.
pub(super) fn eval(
    ev: &Evaluator<'_>,
    call: &Call,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
    let node = match call.args[0].without_parens() {
        Expr::VectorSelector(node) if ev.options.use_start_timestamps => node,
        other => {
            ev.vector(other, frame, time_ms)?;
            return Ok(Vec::new());
        }
    };
    let mut elements = Vec::new();
    for selected in selector::sample_times(ev, node, frame, time_ms)? {
        let value = SampleValue::Float(selected.start_ms.unwrap_or(0) as f64 / 1000.0);
        let mut element = Element { labels: selected.labels, drop_name: false, value };
        ev.drop_name(&mut element);
        elements.push(element);
    }
    unique(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(timestamp_ms: i64, start_ms: i64) -> Started {
        Started { timestamp_ms, start_ms: Some(start_ms).filter(|&start_ms| start_ms != 0) }
    }

    #[test]
    fn resets_are_told_by_beginnings() {
        let before = started(100, 50);
        for (start_ms, is_reset) in
            [(0, false), (50, false), (99, false), (100, true), (101, true), (199, true)]
        {
            assert_eq!(started(200, start_ms).is_reset_after(before), is_reset, "{start_ms}");
        }
        assert!(!started(200, 200).is_reset_after(before), "begins at the sample");
        assert!(!started(200, 201).is_reset_after(before), "begins after the sample");
        for unknown in [0, 100, 101] {
            assert!(!started(200, 100).is_reset_after(started(100, unknown)), "{unknown}");
            assert!(started(200, 101).is_reset_after(started(100, unknown)), "{unknown}");
        }
    }

    #[test]
    fn beginnings_overlap_unless_they_are_the_same() {
        let before = started(100, 50);
        for (start_ms, overlaps) in
            [(0, false), (49, true), (50, false), (51, true), (99, true), (100, false)]
        {
            assert_eq!(started(200, start_ms).overlaps(before), overlaps, "{start_ms}");
        }
        assert!(started(200, 50).overlaps(started(100, 0)));
    }
}

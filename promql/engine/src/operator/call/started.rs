//! Range functions where samples say since when they count: which body they have then, and what is told of samples that
//! contradict each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use emberdb_model::SampleColumns;
use emberdb_promql_syntax::FunctionId;

use crate::annotation::Origin;
use crate::function::{StartedBody, list_overlaps, started_body};
use crate::operator::{Scratch, Window};

/// A function that goes by start timestamps.
pub(super) struct StartedCall {
    pub(super) body: StartedBody,
    /// For functions that tell of overlaps.
    overlaps: Option<Overlaps>,
}

struct Overlaps {
    origin: Origin,
    /// The metric of each series as remarks name it.
    metrics: Vec<Arc<str>>,
    /// Of each series whether its windows were counted: a column may be computed twice.
    is_counted: Vec<AtomicBool>,
}

impl StartedCall {
    /// `None` for functions that do not go by start timestamps. `metrics` gives the metric of each series.
    pub(super) fn new(
        function: FunctionId,
        origin: Origin,
        metrics: impl FnOnce() -> Vec<Arc<str>>,
    ) -> Option<Self> {
        let body = started_body(function)?;
        let tells = matches!(function, FunctionId::Rate | FunctionId::Increase);
        let overlaps = tells.then(|| {
            let metrics = metrics();
            let is_counted = metrics.iter().map(|_| AtomicBool::new(false)).collect();
            Overlaps { origin, metrics, is_counted }
        });
        Some(Self { body, overlaps })
    }

    /// Whether nothing is told, whatever the samples are.
    pub(super) fn is_quiet(&self) -> bool {
        self.overlaps.is_none()
    }

    /// Counts the windows of a series in which start timestamps overlap; `of_histograms` are those with histograms.
    pub(super) fn count_overlaps(
        &self,
        series: usize,
        window: &Window,
        samples: &SampleColumns,
        of_histograms: usize,
        scratch: &Scratch,
    ) {
        let Some(Overlaps { origin, metrics, is_counted }) = &self.overlaps else { return };
        let windows = of_histograms + of_floats(window, samples);
        if windows > 0 && !is_counted[series].swap(true, Ordering::Relaxed) {
            scratch.context.note_overlaps(&metrics[series], *origin, windows);
        }
    }
}

/// The windows of floats alone in which start timestamps overlap.
fn of_floats(window: &Window, samples: &SampleColumns) -> usize {
    let mut overlaps = Vec::new();
    list_overlaps(&samples.timestamps, &samples.start_timestamps, &mut overlaps);
    if overlaps.is_empty() {
        return 0;
    }
    let until = |times: &[i64], time_ms: i64| times.partition_point(|&t| t <= time_ms);
    let has_overlap = |&time_ms: &i64| {
        let end_ms = window.at_ms.unwrap_or(time_ms).saturating_sub(window.offset_ms);
        let start_ms = end_ms.saturating_sub(window.range_ms);
        let within = |times: &[i64]| until(times, start_ms)..until(times, end_ms);
        let floats = within(&samples.timestamps);
        let next = overlaps.partition_point(|&before| (before as usize) < floats.start);
        // Both samples of the pair must be in the window.
        overlaps.get(next).is_some_and(|&before| (before as usize) + 1 < floats.end)
            && within(&samples.histograms.timestamps).is_empty()
    };
    window.steps.times().filter(has_overlap).count()
}

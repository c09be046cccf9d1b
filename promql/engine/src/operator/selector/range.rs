//! `foo[5m]`: the samples of windows.

use std::sync::Arc;

use emberdb_model::{SampleColumns, TimeRange};

use super::stats_only::{self, Reach};
use super::{Selection, weight_of};
use crate::error::Result;
use crate::operator::{MatrixSource, Scratch, SeriesLabels, Window};

/// A range selector.
pub(crate) struct RangeSelector {
    pub(crate) selection: Selection,
    pub(crate) window: Window,
    pub(crate) is_stats_only: bool,
}

impl RangeSelector {
    /// All samples in the windows.
    pub(crate) fn sight(window: &Window) -> TimeRange {
        let (first_ms, last_ms) = window.ends_ms();
        // Left-open: a sample exactly as old as the range is too old.
        TimeRange::new(first_ms.saturating_sub(window.range_ms).saturating_add(1), last_ms)
    }
}

impl MatrixSource for RangeSelector {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.selection.series
    }

    fn window(&self) -> Window {
        self.window
    }

    fn samples(&self, series: usize, scratch: &mut Scratch, out: &mut SampleColumns) -> Result<()> {
        out.clear();
        self.selection.set.read(series, Self::sight(&self.window), out)?;
        scratch.count_read(weight_of(out))?;
        if self.is_stats_only && !out.histograms.is_empty() {
            let Window { range_ms, steps, .. } = self.window;
            let reach = Reach { first_ms: range_ms, others_ms: range_ms.min(steps.step_ms) };
            stats_only::reduce(out, self.window.ends(), reach);
        }
        out.remove_stale();
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        true
    }

    fn may_have_histograms(&self) -> bool {
        self.selection.set.may_have_histograms()
    }
}

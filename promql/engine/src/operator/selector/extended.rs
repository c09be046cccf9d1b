//! `foo[5m] anchored`, `foo[5m] smoothed`: the samples of windows and of their surroundings.

use std::sync::Arc;

use emberdb_model::{SampleColumns, TimeRange};

use super::stats_only::{self, Reach};
use super::{Selection, weight_of};
use crate::batch::Steps;
use crate::error::{QueryError, Result};
use crate::function::extended::{ExtendedWindows, shown};
use crate::operator::{MatrixSource, Scratch, SeriesLabels, Window};

/// A selector that sees samples beyond its windows.
pub(crate) struct ExtendedSelector {
    pub(crate) selection: Selection,
    pub(crate) windows: ExtendedWindows,
    pub(crate) is_stats_only: bool,
}

impl ExtendedSelector {
    /// All samples that the windows see.
    pub(crate) fn sight(windows: &ExtendedWindows) -> TimeRange {
        let (ends, back_ms) = (windows.ends, windows.range_ms.saturating_add(windows.lookback_ms));
        // Left-open: a sample exactly so far back is too old.
        let first_ms = ends.start_ms.saturating_sub(back_ms).saturating_add(1);
        TimeRange::new(first_ms, ends.last_ms().saturating_add(windows.ahead_ms()))
    }

    /// Replaces `out` by the samples of series number `series`, without staleness markers.
    pub(crate) fn samples(
        &self,
        series: usize,
        scratch: &mut Scratch,
        out: &mut SampleColumns,
    ) -> Result<()> {
        out.clear();
        self.selection.set.read(series, Self::sight(&self.windows), out)?;
        scratch.count_read(weight_of(out))?;
        if self.is_stats_only && !out.histograms.is_empty() {
            self.take_buckets(out);
        }
        out.remove_stale();
        Ok(())
    }

    fn take_buckets(&self, samples: &mut SampleColumns) {
        let ExtendedWindows { ends, range_ms, lookback_ms, .. } = self.windows;
        let ahead_ms = self.windows.ahead_ms();
        let first_ms = range_ms.saturating_add(lookback_ms).saturating_add(ahead_ms);
        // Windows that follow each other share what they see; single times are looked at one by one.
        let others_ms = if range_ms > 0 { first_ms.min(ends.step_ms) } else { first_ms };
        let ends = Steps { start_ms: ends.start_ms.saturating_add(ahead_ms), ..ends };
        stats_only::reduce(samples, ends, Reach { first_ms, others_ms });
    }
}

/// Such a selector without a function around it: the samples of one window, and the values at its edges.
pub(crate) struct ShownWindow {
    pub(crate) input: ExtendedSelector,
    pub(crate) window: Window,
}

impl MatrixSource for ShownWindow {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.input.selection.series
    }

    fn window(&self) -> Window {
        self.window
    }

    fn samples(&self, series: usize, scratch: &mut Scratch, out: &mut SampleColumns) -> Result<()> {
        let mut seen = scratch.take_samples();
        self.input.samples(series, scratch, &mut seen)?;
        let windows = &self.input.windows;
        if !seen.histograms.is_empty() {
            let modifier = windows.kind.as_str();
            return Err(QueryError::Execution(format!(
                "{modifier} modifier is not supported with histograms"
            )));
        }
        out.clear();
        shown(windows, &seen, out);
        scratch.give_samples(seen);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        !self.input.selection.set.may_have_histograms()
    }

    fn may_have_histograms(&self) -> bool {
        false
    }
}

//! `foo[5m] anchored`, `foo[5m] smoothed`: the samples of windows and of their surroundings.

use std::sync::Arc;

use emberdb_model::{SampleColumns, TimeRange};

use super::{Selection, weight_of};
use crate::error::{QueryError, Result};
use crate::function::extended::{ExtendedWindows, shown};
use crate::operator::{MatrixSource, Scratch, SeriesLabels, Window};

/// A selector that sees samples beyond its windows.
pub(crate) struct ExtendedSelector {
    pub(crate) selection: Selection,
    pub(crate) windows: ExtendedWindows,
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
    pub(crate) fn samples(&self, series: usize, scratch: &Scratch, out: &mut SampleColumns) -> Result<()> {
        out.clear();
        self.selection.set.read(series, Self::sight(&self.windows), out)?;
        scratch.context.count_read(weight_of(out))?;
        out.remove_stale();
        Ok(())
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

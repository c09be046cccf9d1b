//! `expr[1h:1m]`: an expression evaluated on its own grid of steps, as a range vector.

use std::sync::Arc;

use emberdb_histogram::CounterResetHint;
use emberdb_model::{Sample, SampleColumns};

use super::{MatrixSource, Scratch, SeriesLabels, Vector, Window};
use crate::batch::Steps;
use crate::error::Result;

/// The points of a vector as the samples of windows.
pub(crate) struct SubqueryMatrix {
    pub(crate) input: Vector,
    pub(crate) window: Window,
}

impl SubqueryMatrix {
    /// The steps that the windows see: multiples of `step_ms` since the epoch, the first one after the start of the
    /// first window, the last one not after `end_ms`. `None` if there is no such time.
    pub(crate) fn grid(window: &Window, end_ms: i64, step_ms: i64) -> Option<Steps> {
        let (first_ms, _) = window.ends_ms();
        let start_ms = first_ms.saturating_sub(window.range_ms);
        let first_step_ms = start_ms.div_euclid(step_ms).checked_add(1)?.checked_mul(step_ms)?;
        let mut steps = Steps::range(first_step_ms, end_ms, step_ms)?;
        steps.step_ms = step_ms;
        Some(steps)
    }
}

impl MatrixSource for SubqueryMatrix {
    fn series(&self) -> &Arc<SeriesLabels> {
        self.input.series()
    }

    fn window(&self) -> Window {
        self.window
    }

    fn samples(&self, series: usize, scratch: &mut Scratch, out: &mut SampleColumns) -> Result<()> {
        let steps = self.input.steps();
        let mut column = scratch.take_column();
        self.input.column(series, scratch, &mut column)?;
        out.clear();
        for (step, value) in column.iter_present() {
            out.push(Sample { timestamp_ms: steps.time(step), value });
        }
        for (step, histogram) in column.iter_histograms() {
            let mut histogram = Arc::clone(histogram);
            // What lay between these two samples was left out, so that nothing is known of resets.
            if matches!(histogram.counter_reset_hint, CounterResetHint::Reset | CounterResetHint::NotReset) {
                Arc::make_mut(&mut histogram).counter_reset_hint = CounterResetHint::Unknown;
            }
            out.histograms.push(steps.time(step), histogram);
        }
        scratch.give_column(column);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.input.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.input.may_have_histograms()
    }
}

/// A range vector without series: what a subquery without steps is.
pub(crate) struct EmptyMatrix {
    pub(crate) series: Arc<SeriesLabels>,
    pub(crate) window: Window,
}

impl MatrixSource for EmptyMatrix {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn window(&self) -> Window {
        self.window
    }

    fn samples(&self, _: usize, _: &mut Scratch, out: &mut SampleColumns) -> Result<()> {
        out.clear();
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        true
    }

    fn may_have_histograms(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_is_aligned_to_the_epoch_and_left_open() {
        let window =
            |at_ms, range_ms| Window { steps: Steps::instant(at_ms), at_ms: None, range_ms, offset_ms: 0 };
        let times = |window, step_ms| {
            SubqueryMatrix::grid(&window, window.ends_ms().1, step_ms)
                .map(|steps| steps.times().collect::<Vec<_>>())
        };
        assert_eq!(times(window(125, 30), 10), Some(vec![100, 110, 120]));
        assert_eq!(times(window(120, 20), 10), Some(vec![110, 120]), "100 is the open end");
        assert_eq!(times(window(-5, 20), 10), Some(vec![-20, -10]));
        assert_eq!(times(window(-20, 10), 10), Some(vec![-20]));
        assert_eq!(times(window(109, 5), 10), None);
    }
}

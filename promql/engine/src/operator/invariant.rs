//! A vector that is the same at every step: evaluated once, spread over the steps.

use std::sync::Arc;

use super::{Scratch, SeriesLabels, Vector, VectorSource};
use crate::batch::{Column, Steps};
use crate::error::Result;

/// Spreads a vector of one step over many.
pub(crate) struct Broadcast {
    /// Has one step.
    input: Vector,
    steps: Steps,
}

impl Broadcast {
    pub(crate) fn new(input: Vector, steps: Steps) -> Self {
        debug_assert_eq!(input.steps().count, 1);
        Self { input, steps }
    }
}

impl VectorSource for Broadcast {
    fn series(&self) -> &Arc<SeriesLabels> {
        self.input.series()
    }

    fn steps(&self) -> Steps {
        self.steps
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        self.input.column(series, scratch, out)?;
        let (value, histogram) = (out.get(0), out.histogram(0).cloned());
        out.reset(self.steps.count);
        if let Some(value) = value {
            out.fill(value);
        }
        if let Some(histogram) = histogram {
            out.fill_histogram(&histogram);
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.input.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.input.may_have_histograms()
    }
}

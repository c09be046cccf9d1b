//! `foo smoothed`: at each step the value on the line between the samples around it.

use std::sync::Arc;

use super::ExtendedSelector;
use crate::batch::{Column, Steps};
use crate::error::Result;
use crate::function::extended::smoothed;
use crate::function::extended_native::smoothed_native;
use crate::operator::call::ExtendedHistograms;
use crate::operator::{Scratch, SeriesLabels, VectorSource};

/// A smoothed vector selector.
pub(crate) struct SmoothedSelector {
    /// Its windows have no length.
    pub(crate) input: ExtendedSelector,
    pub(crate) steps: Steps,
    /// What to say of series that have histograms; absent if none has.
    pub(crate) native: Option<ExtendedHistograms>,
}

impl VectorSource for SmoothedSelector {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.input.selection.series
    }

    fn steps(&self) -> Steps {
        self.steps
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let mut samples = scratch.take_samples();
        self.input.samples(series, scratch, &mut samples)?;
        smoothed(&self.input.windows, &samples, out);
        if let Some(native) = self.native.as_ref().filter(|_| !samples.histograms.is_empty()) {
            native.correct(series, &self.input.windows, &samples, smoothed_native, scratch, out);
        }
        scratch.give_samples(samples);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.native.is_none()
    }

    fn may_have_histograms(&self) -> bool {
        self.native.is_some()
    }
}

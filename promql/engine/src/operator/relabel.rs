//! A vector under other names.

use std::sync::Arc;

use super::{Scratch, SeriesLabels, Vector, VectorSource};
use crate::batch::{Column, Steps};
use crate::error::Result;

/// The columns of a vector, with other labels.
pub(crate) struct Relabeled {
    pub(crate) input: Vector,
    pub(crate) series: Arc<SeriesLabels>,
}

impl VectorSource for Relabeled {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        self.input.column(series, scratch, out)
    }

    fn held(&self, series: usize) -> Option<&Column> {
        self.input.held(series)
    }

    fn is_quiet(&self) -> bool {
        self.input.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.input.may_have_histograms()
    }
}

//! Functions of a value: mathematics, rounding, calendar.

use std::sync::Arc;

use crate::batch::{Column, Steps};
use crate::error::Result;
use crate::function::MapBody;
use crate::operator::{ScalarColumn, Scratch, SeriesLabels, Vector, VectorSource};

/// Most scalar arguments that a function of a value has: `clamp(v, min, max)`.
const PARAMS_MAX: usize = 2;

/// A function applied to every value of a vector.
pub(crate) struct MapCall {
    pub(crate) input: Vector,
    pub(crate) body: MapBody,
    pub(crate) params: Vec<ScalarColumn>,
    pub(crate) series: Arc<SeriesLabels>,
}

impl VectorSource for MapCall {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        self.input.column(series, scratch, out)?;
        // Histograms have no such functions: they are left out without a word.
        out.clear_histograms();
        let mut params: [&[f64]; PARAMS_MAX] = [&[]; PARAMS_MAX];
        for (slot, param) in params.iter_mut().zip(&self.params) {
            *slot = &param.0;
        }
        (self.body)(&params[..self.params.len().min(PARAMS_MAX)], out);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.input.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        false
    }
}

//! Between scalars, vectors and times.

use std::sync::Arc;

use crate::batch::{Column, Steps};
use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::exchange::{all_of, for_each_column};
use crate::operator::{Held, ScalarColumn, Scratch, SeriesLabels, Vector, VectorSource};

/// `vector(scalar)`: one series without labels.
pub(crate) fn vector_of(scalar: &ScalarColumn, steps: Steps, context: &Arc<QueryContext>) -> Result<Held> {
    let mut column = Column::new();
    column.compute(steps.count, |step| Some(scalar.0[step]));
    Ok(Held::new(SeriesLabels::nameless(), vec![column], steps, context.hold(steps.count)?))
}

/// `scalar(vector)`: the value where there is exactly one, else NaN.
pub(crate) fn scalar_of(input: &dyn VectorSource, context: &Arc<QueryContext>) -> Result<ScalarColumn> {
    let mut values = vec![f64::NAN; input.steps().count];
    let mut counts = vec![0_u32; values.len()];
    for_each_column(input, &all_of(input), context, |_, column| {
        for (step, value) in column.iter_present() {
            counts[step] = counts[step].saturating_add(1);
            values[step] = if counts[step] == 1 { value } else { f64::NAN };
        }
        Ok(())
    })?;
    Ok(ScalarColumn(values))
}

/// `timestamp(expr)` where `expr` is no selector: the evaluation time, where there is a value.
pub(crate) struct StepTimes {
    pub(crate) input: Vector,
    pub(crate) series: Arc<SeriesLabels>,
}

impl VectorSource for StepTimes {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        self.input.column(series, scratch, out)?;
        let histogram_steps: Vec<usize> = out.iter_histograms().map(|(step, _)| step).collect();
        for (value, time_ms) in out.values_mut().iter_mut().zip(self.steps().times()) {
            *value = time_ms as f64 / 1000.0;
        }
        for step in histogram_steps {
            out.set(step, out.values()[step]);
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.input.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        false
    }
}

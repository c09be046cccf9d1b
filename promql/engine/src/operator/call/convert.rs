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

/// `min_of` and `max_of`, as Go's `math.Min` and `math.Max`: NaN wins, but not over the infinity that is looked for.
pub(crate) fn extremum_of(left: f64, right: f64, is_max: bool) -> f64 {
    let wanted = if is_max { f64::INFINITY } else { f64::NEG_INFINITY };
    if left == wanted || right == wanted {
        return wanted;
    }
    if left.is_nan() || right.is_nan() {
        return f64::NAN;
    }
    // Of two zeros the sign decides.
    let takes_left = if left == right { left.is_sign_negative() != is_max } else { (left < right) != is_max };
    if takes_left { left } else { right }
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
        for (value, time_ms) in out.values_mut().iter_mut().zip(self.steps().times()) {
            *value = time_ms as f64 / 1000.0;
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.input.is_quiet()
    }
}

#[cfg(test)]
mod tests {
    use super::extremum_of;

    #[test]
    fn extremes_as_go_has_them() {
        assert_eq!(extremum_of(1.0, 2.0, false), 1.0);
        assert_eq!(extremum_of(1.0, 2.0, true), 2.0);
        assert!(extremum_of(1.0, f64::NAN, true).is_nan());
        assert_eq!(extremum_of(f64::NAN, f64::INFINITY, true), f64::INFINITY);
        assert_eq!(extremum_of(0.0, -0.0, false).to_bits(), (-0.0_f64).to_bits());
        assert_eq!(extremum_of(-0.0, 0.0, true).to_bits(), 0);
    }
}

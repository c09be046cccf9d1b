//! A vector and a scalar, and the sign of a vector.

use std::sync::Arc;

use super::Operation;
use crate::batch::{Column, Steps};
use crate::error::Result;
use crate::operator::{ScalarColumn, Scratch, SeriesLabels, Vector, VectorSource};

/// `vector op scalar` or `scalar op vector`.
pub(crate) struct VectorScalar {
    pub(crate) input: Vector,
    pub(crate) scalar: ScalarColumn,
    pub(crate) operation: Operation,
    /// The scalar stands on the left.
    pub(crate) is_swapped: bool,
    pub(crate) series: Arc<SeriesLabels>,
}

impl VectorSource for VectorScalar {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let mut vector = scratch.take_column();
        self.input.column(series, scratch, &mut vector)?;
        out.reset(vector.len());
        out.or_presence(vector.presence());
        let (vector_values, scalar) = (vector.values(), &self.scalar.0[..]);
        let (left, right) = if self.is_swapped { (scalar, vector_values) } else { (vector_values, scalar) };
        self.operation.apply(left, right, vector_values, scratch, out);
        scratch.give_column(vector);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        !self.operation.op.is_trim() && self.input.is_quiet()
    }
}

/// `-vector`.
pub(crate) struct Negated {
    pub(crate) input: Vector,
    pub(crate) series: Arc<SeriesLabels>,
}

impl VectorSource for Negated {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        self.input.column(series, scratch, out)?;
        for value in out.values_mut() {
            *value = -*value;
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.input.is_quiet()
    }
}

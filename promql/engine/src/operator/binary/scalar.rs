//! A vector and a scalar, and the sign of a vector.

use std::sync::Arc;

use emberdb_model::SampleValue;

use super::Operation;
use super::element::{Element, Kept, LastRemarks};
use crate::batch::{Column, Steps};
use crate::context::QueryContext;
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
    remarks: LastRemarks,
}

/// `input op scalar`, or with the scalar on the left.
pub(crate) fn vector_scalar(
    input: Vector,
    scalar: ScalarColumn,
    operation: Operation,
    is_swapped: bool,
    series: Arc<SeriesLabels>,
    context: &Arc<QueryContext>,
) -> VectorScalar {
    VectorScalar { input, scalar, operation, is_swapped, series, remarks: LastRemarks::new(context) }
}

impl VectorScalar {
    /// Computes the steps at which the vector has a histogram, and those of operators that are for histograms only.
    fn elements(&self, series: usize, vector: &Column, out: &mut Column) {
        let operation = &self.operation;
        for step in vector.iter_occupied() {
            let Some(element) = Element::at(vector, step) else { continue };
            if matches!(element, Element::Float(_)) && !operation.op.is_trim() {
                continue;
            }
            let scalar = Element::Float(self.scalar.0[step]);
            let (left, right) = if self.is_swapped { (scalar, element) } else { (element, scalar) };
            let outcome = operation.element(left, right);
            match outcome.result {
                Some(Kept { value, .. }) => put(out, step, value),
                None => {
                    if let Some(remark) = outcome.remark {
                        self.remarks.add(series, step, remark);
                    }
                }
            }
        }
    }
}

/// Gives a step a value.
pub(super) fn put(out: &mut Column, step: usize, value: SampleValue) {
    match value {
        SampleValue::Float(value) => out.set(step, value),
        SampleValue::Histogram(histogram) => out.set_histogram(step, histogram),
    }
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
        self.operation.apply(left, right, vector_values, out);
        if vector.has_histograms() || self.operation.op.is_trim() {
            self.elements(series, &vector, out);
        }
        scratch.give_column(vector);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        !self.operation.op.is_trim() && !self.input.may_have_histograms() && self.input.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.input.may_have_histograms()
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
        let histograms: Vec<_> = out.iter_histograms().map(|(step, h)| (step, Arc::clone(h))).collect();
        for (step, mut histogram) in histograms {
            Arc::make_mut(&mut histogram).negate();
            out.set_histogram(step, histogram);
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

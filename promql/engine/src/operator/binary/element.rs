//! One operator on two elements of which one at least is a histogram, and what is said of it.

use std::sync::Arc;

use emberdb_histogram::{Combined, CounterResetHint, FloatHistogram};
use emberdb_model::SampleValue;
use emberdb_promql_syntax::BinaryOp;
use parking_lot::Mutex;

use super::Operation;
use crate::annotation::{Note, colliding_hints, incompatible_layouts, incompatible_types, mismatched_bounds};
use crate::batch::Column;
use crate::context::QueryContext;

/// A number or a histogram at one step.
#[derive(Clone, Copy)]
pub(super) enum Element<'a> {
    Float(f64),
    Histogram(&'a Arc<FloatHistogram>),
}

impl<'a> Element<'a> {
    /// What a column has at a step.
    pub(super) fn at(column: &'a Column, step: usize) -> Option<Self> {
        let histogram = column.histogram(step).map(Self::Histogram);
        histogram.or_else(|| column.get(step).map(Self::Float))
    }

    const fn type_name(self) -> &'static str {
        match self {
            Self::Float(_) => "float",
            Self::Histogram(_) => "histogram",
        }
    }

    /// The same as a value of its own.
    pub(super) fn value(self) -> SampleValue {
        match self {
            Self::Float(value) => SampleValue::Float(value),
            Self::Histogram(histogram) => SampleValue::Histogram(Arc::clone(histogram)),
        }
    }
}

/// What came of two elements.
pub(super) struct Outcome {
    /// The result; `None` if there is none because the operator is not for such elements.
    pub(super) result: Option<Kept>,
    pub(super) remark: Option<Note>,
}

/// A result.
pub(super) struct Kept {
    pub(super) value: SampleValue,
    /// Whether a comparison holds; true for other operators.
    pub(super) holds: bool,
}

impl Outcome {
    fn of(histogram: FloatHistogram) -> Self {
        Self::value(SampleValue::Histogram(Arc::new(histogram)), true)
    }

    const fn value(value: SampleValue, holds: bool) -> Self {
        Self { result: Some(Kept { value, holds }), remark: None }
    }

    const fn refused(remark: Note) -> Self {
        Self { result: None, remark: Some(remark) }
    }
}

impl Operation {
    /// `left op right`, one of which is a histogram, or any two where `op` trims.
    pub(super) fn element(&self, left: Element<'_>, right: Element<'_>) -> Outcome {
        match (self.op, left, right) {
            (BinaryOp::Mul, Element::Float(factor), Element::Histogram(histogram))
            | (BinaryOp::Mul, Element::Histogram(histogram), Element::Float(factor)) => {
                changed(histogram, |histogram| histogram.scale(factor))
            }
            (BinaryOp::Div, Element::Histogram(histogram), Element::Float(divisor)) => {
                changed(histogram, |histogram| histogram.divide(divisor))
            }
            (BinaryOp::TrimUpper, Element::Histogram(histogram), Element::Float(bound)) => {
                trimmed(histogram, |histogram| histogram.keep_below(bound))
            }
            (BinaryOp::TrimLower, Element::Histogram(histogram), Element::Float(bound)) => {
                trimmed(histogram, |histogram| histogram.keep_above(bound))
            }
            (BinaryOp::Add | BinaryOp::Sub, Element::Histogram(left), Element::Histogram(right)) => {
                self.combined(left, right)
            }
            (BinaryOp::Equal | BinaryOp::NotEqual, Element::Histogram(l), Element::Histogram(r)) => {
                Outcome::value(left.value(), l.has_same_data(r) == (self.op == BinaryOp::Equal))
            }
            (op, left, right) => {
                Outcome::refused(incompatible_types(op, left.type_name(), right.type_name(), self.origin))
            }
        }
    }

    /// Whether there is a result for these elements.
    pub(super) fn takes(&self, left: Element<'_>, right: Element<'_>) -> bool {
        let are_floats = matches!((left, right), (Element::Float(_), Element::Float(_)));
        (are_floats && !self.op.is_trim()) || self.element(left, right).result.is_some()
    }

    fn combined(&self, left: &FloatHistogram, right: &FloatHistogram) -> Outcome {
        let is_sum = self.op == BinaryOp::Add;
        let mut result = left.clone();
        let combined = if is_sum { result.add_assign(right) } else { result.sub_assign(right) };
        let Ok(Combined { hints_collided, bounds_reconciled }) = combined else {
            return Outcome::refused(incompatible_layouts(self.op, self.origin));
        };
        let operation = if is_sum { "addition" } else { "subtraction" };
        if hints_collided {
            return Outcome::refused(colliding_hints(operation, self.origin));
        }
        if !is_sum {
            result.counter_reset_hint = CounterResetHint::Gauge;
        }
        result.compact(0);
        let remark = bounds_reconciled.then(|| mismatched_bounds(operation, self.origin));
        Outcome { remark, ..Outcome::of(result) }
    }
}

fn changed(histogram: &FloatHistogram, change: impl Fn(&mut FloatHistogram)) -> Outcome {
    let mut histogram = histogram.clone();
    change(&mut histogram);
    histogram.compact(0);
    Outcome::of(histogram)
}

fn trimmed(histogram: &FloatHistogram, trim: impl Fn(&mut FloatHistogram)) -> Outcome {
    let mut histogram = histogram.clone();
    trim(&mut histogram);
    Outcome::of(histogram)
}

/// Of the remarks on the elements of a vector at a step the last one counts: whoever is computed first, the element
/// that stands last has the word.
pub(super) struct LastRemarks {
    by_step: Mutex<Vec<Option<(usize, Note)>>>,
    context: Arc<QueryContext>,
}

impl LastRemarks {
    pub(super) fn new(context: &Arc<QueryContext>) -> Self {
        Self { by_step: Mutex::default(), context: Arc::clone(context) }
    }

    /// Notes the remark on the element `number` at `step`.
    pub(super) fn add(&self, number: usize, step: usize, remark: Note) {
        let mut by_step = self.by_step.lock();
        if by_step.len() <= step {
            by_step.resize(step + 1, None);
        }
        let last = &mut by_step[step];
        if last.as_ref().is_none_or(|&(before, _)| before <= number) {
            *last = Some((number, remark));
        }
    }
}

/// The operator is gone, so that nothing more will come.
impl Drop for LastRemarks {
    fn drop(&mut self) {
        for (_, remark) in self.by_step.get_mut().drain(..).flatten() {
            self.context.note(remark);
        }
    }
}

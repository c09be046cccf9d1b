//! What an operator makes of two values.

use emberdb_histogram::FloatHistogram;
use emberdb_model::{SampleValue, math};
use emberdb_promql_syntax::BinaryOp;

use super::histogram_remark::{HistogramRemark, Operation};
use super::value::of_histogram;

/// What comes of it.
pub(super) enum Outcome {
    Value(SampleValue, Option<HistogramRemark>),
    /// Whether the comparison holds.
    Holds(bool),
    /// There is no result, and why.
    Nothing(HistogramRemark),
}

/// The result of any operator but the set operators, to which values do not matter.
pub(super) fn compute(op: BinaryOp, lhs: &SampleValue, rhs: &SampleValue) -> Outcome {
    let none = |left, right| {
        Outcome::Nothing(HistogramRemark::IncompatibleTypes { left, operator: op.as_str(), right })
    };
    match (lhs, rhs) {
        (SampleValue::Float(a), SampleValue::Float(b)) => {
            of_floats(op, *a, *b).unwrap_or_else(|| none("float", "float"))
        }
        (SampleValue::Float(factor), SampleValue::Histogram(histogram)) => match op {
            BinaryOp::Mul => changed(histogram, |h| h.scale(*factor)),
            _ => none("float", "histogram"),
        },
        (SampleValue::Histogram(histogram), SampleValue::Float(number)) => match op {
            BinaryOp::Mul => changed(histogram, |h| h.scale(*number)),
            BinaryOp::Div => changed(histogram, |h| h.divide(*number)),
            BinaryOp::TrimUpper => trimmed(histogram, |h| h.keep_below(*number)),
            BinaryOp::TrimLower => trimmed(histogram, |h| h.keep_above(*number)),
            _ => none("histogram", "float"),
        },
        (SampleValue::Histogram(a), SampleValue::Histogram(b)) => match op {
            BinaryOp::Add => combined(op, a, b, Operation::Addition),
            BinaryOp::Sub => combined(op, a, b, Operation::Subtraction),
            BinaryOp::Equal => Outcome::Holds(a.has_same_data(b)),
            BinaryOp::NotEqual => Outcome::Holds(!a.has_same_data(b)),
            _ => none("histogram", "histogram"),
        },
    }
}

/// `None` if the operator has no meaning for two floats.
fn of_floats(op: BinaryOp, a: f64, b: f64) -> Option<Outcome> {
    let number = |value| Some(Outcome::Value(SampleValue::Float(value), None));
    let holds = |holds| Some(Outcome::Holds(holds));
    match op {
        BinaryOp::Add => number(a + b),
        BinaryOp::Sub => number(a - b),
        BinaryOp::Mul => number(a * b),
        BinaryOp::Div => number(a / b),
        BinaryOp::Mod => number(a % b),
        BinaryOp::Pow => number(math::pow(a, b)),
        BinaryOp::Atan2 => number(math::atan2(a, b)),
        BinaryOp::Equal => holds(a == b),
        BinaryOp::NotEqual => holds(a != b),
        BinaryOp::Less => holds(a < b),
        BinaryOp::LessEqual => holds(a <= b),
        BinaryOp::Greater => holds(a > b),
        BinaryOp::GreaterEqual => holds(a >= b),
        BinaryOp::TrimUpper | BinaryOp::TrimLower | BinaryOp::And | BinaryOp::Or | BinaryOp::Unless => None,
    }
}

fn changed(histogram: &FloatHistogram, change: impl FnOnce(&mut FloatHistogram)) -> Outcome {
    let mut result = histogram.clone();
    change(&mut result);
    result.compact(0);
    Outcome::Value(of_histogram(result), None)
}

/// A histogram that loses nothing is not even compacted.
fn trimmed(histogram: &FloatHistogram, trim: impl FnOnce(&mut FloatHistogram)) -> Outcome {
    let mut result = histogram.clone();
    trim(&mut result);
    Outcome::Value(of_histogram(result), None)
}

/// Sum or difference. Where hints collide there is no result, though the remark on it is a warning only.
fn combined(op: BinaryOp, a: &FloatHistogram, b: &FloatHistogram, operation: Operation) -> Outcome {
    let mut result = a.clone();
    let combined = match operation {
        Operation::Subtraction => result.sub_assign(b),
        Operation::Addition | Operation::Aggregation => result.add_assign(b),
    };
    let Ok(combined) = combined else {
        return Outcome::Nothing(HistogramRemark::IncompatibleLayout { operator: op.as_str() });
    };
    if combined.hints_collided {
        return Outcome::Nothing(HistogramRemark::ResetsCollided(operation));
    }
    if operation == Operation::Subtraction {
        result.counter_reset_hint = emberdb_histogram::CounterResetHint::Gauge;
    }
    result.compact(0);
    let remark = combined.bounds_reconciled.then_some(HistogramRemark::BoundsReconciled(operation));
    Outcome::Value(of_histogram(result), remark)
}

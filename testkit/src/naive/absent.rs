//! `absent`, `absent_over_time`.

use std::collections::HashSet;

use emberdb_model::{Labels, METRIC_NAME, MatchOp};
use emberdb_promql_syntax::{Call, Expr};

use super::call::{extended_range, unlabelled};
use super::error::NaiveError;
use super::evaluator::Evaluator;
use super::extended::check_function;
use super::frame::Frame;
use super::labels::with;
use super::value::{Element, Value};

/// One element of value 1 if the argument has none.
pub(super) fn eval(
    ev: &Evaluator<'_>,
    call: &Call,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
    if let Some(extended) = extended_range(&call.args[0]) {
        check_function(call.function, extended)?;
    }
    let is_there = match ev.eval(&call.args[0], frame, time_ms)? {
        Value::Vector(elements) => !elements.is_empty(),
        Value::Matrix(windows) => windows.iter().any(|w| !w.samples.is_empty()),
        Value::Scalar(_) | Value::String(_) => true,
    };
    if is_there {
        return Ok(Vec::new());
    }
    Ok(vec![Element { labels: labels_of(&call.args[0]), ..unlabelled(1.0) }])
}

/// The labels that the missing series would surely have: those that a plain selector asks for with one `=`.
fn labels_of(expr: &Expr) -> Labels {
    let matchers = match expr.without_parens() {
        Expr::VectorSelector(selector) => &selector.matchers,
        Expr::MatrixSelector(matrix) => &matrix.selector.matchers,
        _ => return Labels::default(),
    };
    // Upstream goes through them in order, and takes away again what is asked for once more.
    let mut labels = Labels::default();
    let mut had_value = HashSet::new();
    for matcher in matchers.iter().filter(|matcher| matcher.name() != METRIC_NAME) {
        let sets = matcher.op() == MatchOp::Equal && had_value.insert(matcher.name());
        labels = with(&labels, matcher.name(), if sets { matcher.value() } else { "" });
    }
    labels
}

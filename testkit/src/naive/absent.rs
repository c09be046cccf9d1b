//! `absent`, `absent_over_time`.

use emberdb_model::{Labels, LabelsBuilder, METRIC_NAME, MatchOp};
use emberdb_promql_syntax::{Call, Expr};

use super::call::unlabelled;
use super::error::NaiveError;
use super::evaluator::Evaluator;
use super::frame::Frame;
use super::value::{Element, Value};

/// One element of value 1 if the argument has none.
pub(super) fn eval(
    ev: &Evaluator<'_>,
    call: &Call,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
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

/// The labels that the missing series would surely have: those that a plain selector asks for with a single `=`.
fn labels_of(expr: &Expr) -> Labels {
    let matchers = match expr.without_parens() {
        Expr::VectorSelector(selector) => &selector.matchers,
        Expr::MatrixSelector(matrix) => &matrix.selector.matchers,
        _ => return Labels::default(),
    };
    let mut labels = LabelsBuilder::new();
    for (i, matcher) in matchers.iter().enumerate() {
        let others = matchers.iter().enumerate().filter(|&(j, m)| j != i && m.name() == matcher.name());
        let is_only_one = others.count() == 0;
        if is_only_one && matcher.op() == MatchOp::Equal && matcher.name() != METRIC_NAME {
            labels.push(matcher.name(), matcher.value());
        }
    }
    labels.build().expect("each name was taken once, and a selector has no empty names")
}

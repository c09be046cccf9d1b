//! Subqueries: an expression over a grid, as a range vector.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use emberdb_histogram::CounterResetHint;
use emberdb_model::{Labels, SampleValue};
use emberdb_promql_syntax::{Expr, Subquery, ValueType, VectorSelector};

use super::error::NaiveError;
use super::evaluator::Evaluator;
use super::frame::Frame;
use super::labels::without_metadata;
use super::selector::{reference_time, select, within};
use super::value::Window;

/// The windows of a subquery at one step: of each series the grid points with `t - range < T ≤ t`.
pub(super) fn windows(
    ev: &Evaluator<'_>,
    node: &Subquery,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Window>, NaiveError> {
    let end_ms = reference_time(ev, node.at, &node.offset, time_ms)?;
    let start_ms = end_ms - ev.length_ms(&node.range)?;
    let mut windows = Vec::new();
    for series in over_all_windows(ev, node, frame)?.iter() {
        let samples = within(&series.samples, (start_ms, end_ms)).to_vec();
        if !samples.is_empty() {
            windows.push(Window { samples, start_ms, end_ms, ..series.clone() });
        }
    }
    Ok(windows)
}

/// Takes back what the hints of native histograms say of resets: a subquery leaves samples out, and repeats others.
pub(super) fn forget_resets(window: &mut Window) {
    for (_, value) in &mut window.samples {
        if let SampleValue::Histogram(histogram) = value
            && histogram.counter_reset_hint != CounterResetHint::Gauge
        {
            Arc::make_mut(histogram).counter_reset_hint = CounterResetHint::Unknown;
        }
    }
}

/// The selector in whose order the series of an expression stand, however they come and go from step to step. Of what upstream puts together
/// a step at a time it keeps no order.
fn ordered_by(expr: &Expr) -> Option<&VectorSelector> {
    match expr {
        Expr::VectorSelector(selector) => Some(selector),
        Expr::MatrixSelector(matrix) => Some(&matrix.selector),
        Expr::Subquery(subquery) => ordered_by(&subquery.expr),
        Expr::Paren(paren) => ordered_by(&paren.expr),
        Expr::Unary(unary) => ordered_by(&unary.expr),
        Expr::Call(call) => {
            ordered_by(call.args.iter().find(|argument| argument.value_type() == ValueType::Matrix)?)
        }
        _ => None,
    }
}

/// The subquery over all that its windows at the steps of `frame` cover, evaluated once.
///
/// The grid is made of the multiples of the step; its first point is the first one after the start of the first window.
fn over_all_windows(
    ev: &Evaluator<'_>,
    node: &Subquery,
    frame: Frame,
) -> Result<Rc<Vec<Window>>, NaiveError> {
    let key = (node.span, frame);
    if let Some(known) = ev.subqueries.borrow().get(&key) {
        return Ok(Rc::clone(known));
    }
    let step_ms = match &node.step {
        Some(step) => ev.length_ms(step)?,
        None => ev.options.subquery_step_ms,
    };
    let open_start_ms =
        reference_time(ev, node.at, &node.offset, frame.start_ms)? - ev.length_ms(&node.range)?;
    let grid = Frame {
        start_ms: (open_start_ms.div_euclid(step_ms) + 1) * step_ms,
        end_ms: reference_time(ev, node.at, &node.offset, frame.last_ms())?,
        step_ms,
    };
    let mut places = HashMap::new();
    let mut found: Vec<Window> = Vec::new();
    for timestamp_ms in grid.steps() {
        for element in ev.vector(&node.expr, grid, timestamp_ms)? {
            let place = *places.entry(element.labels.clone()).or_insert_with(|| {
                let (labels, drop_name) = (element.labels, element.drop_name);
                // Results of expressions count since no time.
                let start_timestamps = Rc::default();
                found.push(Window {
                    labels,
                    drop_name,
                    start_ms: 0,
                    end_ms: 0,
                    samples: Vec::new(),
                    start_timestamps,
                });
                found.len() - 1
            });
            found[place].samples.push((timestamp_ms, element.value));
        }
    }
    if let Some(selector) = ordered_by(&node.expr) {
        let stored = select(ev, &selector.matchers)?;
        let is_of = |labels: &Labels, window: &Window| {
            *labels == window.labels || without_metadata(labels) == window.labels
        };
        found.sort_by_key(|window| stored.iter().position(|series| is_of(&series.labels, window)));
    }
    let found = Rc::new(found);
    ev.subqueries.borrow_mut().insert(key, Rc::clone(&found));
    Ok(found)
}

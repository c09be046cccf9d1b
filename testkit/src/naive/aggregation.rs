//! Aggregations.

use std::rc::Rc;

use emberdb_model::{Labels, SampleValue};
use emberdb_promql_syntax::{Aggregation, AggregationOp, Expr, Grouping};
use xxhash_rust::xxh64::xxh64;

use super::compensated;
use super::error::NaiveError;
use super::evaluator::{Evaluator, unique};
use super::frame::Frame;
use super::go::format_fixed;
use super::group::{Group, add_up, groups};
use super::histogram_sum::Total;
use super::labels::with;
use super::notes::{Notes, Place};
use super::quantile::quantile;
use super::ranking::ranked;
use super::value::Element;

/// The value of an aggregation at one step. Groups stand in the order of their first elements.
pub(super) fn eval(
    ev: &Evaluator<'_>,
    node: &Aggregation,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
    let operand = Place { at: node.expr.without_parens().span(), by: node.span };
    let mut results = Vec::new();
    match (node.op, &node.param) {
        (AggregationOp::CountValues, Some(param)) => {
            let label = ev.string(param, frame, time_ms)?;
            results = count_values(node, &label, ev.vector(&node.expr, frame, time_ms)?)?;
        }
        (op, Some(param)) => {
            let param = checked_param(ev, node, param, frame, time_ms)?;
            for mut group in groups(&node.grouping, ev.vector(&node.expr, frame, time_ms)?) {
                let notes = &mut ev.notes.borrow_mut();
                match op {
                    AggregationOp::Quantile => {
                        let numbers = group.numbers(op, notes, operand);
                        results.extend(numbers.map(|numbers| group.result(quantile(param, &numbers))));
                        continue;
                    }
                    AggregationOp::TopK | AggregationOp::BottomK if param >= 1.0 => {
                        group.drop_histograms(op, notes, Place { at: node.span, by: node.span });
                    }
                    _ => {}
                }
                results.extend(chosen(op, param, group.members));
            }
        }
        (op, None) => {
            for group in groups(&node.grouping, ev.vector(&node.expr, frame, time_ms)?) {
                let value = reduce(op, &group, &mut ev.notes.borrow_mut(), operand);
                results.extend(value.map(|value| group.result_of(value)));
            }
        }
    }
    unique(results)
}

/// One value of a group's values, which are never none; nothing if they cannot be put together.
fn reduce(op: AggregationOp, group: &Group, notes: &mut Notes, place: Place) -> Option<SampleValue> {
    let number = match op {
        AggregationOp::Sum => return add_up(group, compensated::sum, Total::Sum, notes, place),
        AggregationOp::Avg => return add_up(group, compensated::mean, Total::Mean, notes, place),
        AggregationOp::Count => group.members.len() as f64,
        AggregationOp::Min => extreme(group.numbers(op, notes, place)?, |x, best| x < best),
        AggregationOp::Max => extreme(group.numbers(op, notes, place)?, |x, best| x > best),
        AggregationOp::Stddev => variance(&group.numbers(op, notes, place)?).sqrt(),
        AggregationOp::Stdvar => variance(&group.numbers(op, notes, place)?),
        // `group`; the others have parameters and do not come here.
        _ => 1.0,
    };
    Some(SampleValue::Float(number))
}

/// The number that wins over all before it; any number wins over NaN.
fn extreme(numbers: Vec<f64>, wins: fn(f64, f64) -> bool) -> f64 {
    let better = |best: f64, x: f64| if wins(x, best) || best.is_nan() { x } else { best };
    numbers.into_iter().reduce(better).unwrap_or(f64::NAN)
}

/// Welford's variance of the population, not compensated. NaN if it begins with NaN or an infinity.
fn variance(values: &[f64]) -> f64 {
    let mut mean = values.first().copied().unwrap_or(f64::NAN);
    let mut squares = if mean.is_finite() { 0.0 } else { f64::NAN };
    let mut count = 1.0;
    for x in values.iter().skip(1) {
        count += 1.0;
        let delta = x - mean;
        mean += delta / count;
        squares += delta * (x - mean);
    }
    squares / count
}

/// `topk`, `bottomk`, `limitk`, `limit_ratio`: some of a group's elements with all their labels. The first two see only
/// numbers.
fn chosen(op: AggregationOp, param: f64, mut members: Vec<Element>) -> Vec<Element> {
    let k = if param < 1.0 { 0 } else { param as usize };
    match op {
        AggregationOp::TopK | AggregationOp::BottomK => ranked(members, k, op == AggregationOp::TopK),
        AggregationOp::LimitRatio => {
            members.retain(|m| is_sampled(param, &m.labels));
            members
        }
        _ => {
            members.truncate(k);
            members
        }
    }
}

/// Whether a series belongs to a share of all series: the lowest hashes for a positive ratio, the highest for a negative
/// one, so that `r` and `-(1 - r)` share nothing and leave nothing out.
fn is_sampled(ratio: f64, labels: &Labels) -> bool {
    let offset = hash(labels) as f64 / u64::MAX as f64;
    if ratio >= 0.0 { offset < ratio } else { offset >= 1.0 + ratio }
}

/// The hash of labels as upstream keeps them in memory: each string after its length, in one byte or, from 255 on, in 255
/// and three bytes, the lowest first.
fn hash(labels: &Labels) -> u64 {
    let mut bytes = Vec::new();
    for text in labels.iter().flat_map(|(name, value)| [name, value]) {
        let length = text.len() as u32;
        match u8::try_from(length) {
            Ok(short) if short < 255 => bytes.push(short),
            _ => {
                bytes.push(255);
                bytes.extend_from_slice(&length.to_le_bytes()[..3]);
            }
        }
        bytes.extend_from_slice(text.as_bytes());
    }
    xxh64(&bytes, 0)
}

/// The parameter at one step, after a look at those of all steps of the frame: remarks and refusals speak of the worst.
fn checked_param(
    ev: &Evaluator<'_>,
    node: &Aggregation,
    param: &Expr,
    frame: Frame,
    time_ms: i64,
) -> Result<f64, NaiveError> {
    let key = (node.span, frame);
    let known = ev.params.borrow().get(&key).cloned();
    let all = match known {
        Some(all) => all,
        None => {
            let mut all = Vec::new();
            for step_ms in frame.steps() {
                all.push(ev.scalar(param, frame, step_ms)?);
            }
            check_params(ev, node, param, &all)?;
            let all = Rc::new(all);
            ev.params.borrow_mut().insert(key, Rc::clone(&all));
            all
        }
    };
    let step = ((time_ms - frame.start_ms) / frame.step_ms) as usize;
    let value = all[step];
    Ok(if node.op == AggregationOp::LimitRatio { value.clamp(-1.0, 1.0) } else { value })
}

fn check_params(ev: &Evaluator<'_>, node: &Aggregation, param: &Expr, all: &[f64]) -> Result<(), NaiveError> {
    let has_nan = all.iter().any(|x| x.is_nan());
    let min = all.iter().copied().fold(f64::INFINITY, f64::min);
    let max = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let place = Place { at: param.without_parens().span(), by: node.span };
    let mut notes = ev.notes.borrow_mut();
    match node.op {
        AggregationOp::Quantile => {
            if has_nan {
                notes.invalid_quantile(f64::NAN, place);
            }
            if min < 0.0 {
                notes.invalid_quantile(min, place);
            }
            if max > 1.0 {
                notes.invalid_quantile(max, place);
            }
        }
        AggregationOp::LimitRatio => {
            if has_nan {
                return Err(NaiveError::execution("Ratio value is NaN"));
            }
            if max > 1.0 {
                notes.invalid_ratio(max, 1.0, place);
            }
            if min < -1.0 {
                notes.invalid_ratio(min, -1.0, place);
            }
        }
        _ => {
            if has_nan {
                return Err(NaiveError::execution("Parameter value is NaN"));
            }
            if min <= i64::MIN as f64 {
                return Err(NaiveError::execution(format!("Scalar value {min} underflows int64")));
            }
            if max >= i64::MAX as f64 {
                return Err(NaiveError::execution(format!("Scalar value {max} overflows int64")));
            }
        }
    }
    Ok(())
}

/// `count_values`: how many elements of a group have the same value, which becomes a label.
fn count_values(node: &Aggregation, label: &str, elements: Vec<Element>) -> Result<Vec<Element>, NaiveError> {
    if let Some(param @ Expr::StringLiteral(literal)) = node.param.as_ref().map(Expr::without_parens)
        && (label.is_empty() || literal.not_utf8.is_some())
    {
        return Err(NaiveError::execution(format!("invalid label name {param}")));
    }
    let grouping = match &node.grouping {
        Grouping::By(names) => Grouping::By(names.iter().cloned().chain([label.to_owned()]).collect()),
        without => without.clone(),
    };
    let labelled = |mut e: Element| {
        let text = match &e.value {
            SampleValue::Float(value) => format_fixed(*value),
            SampleValue::Histogram(histogram) => histogram.to_string(),
        };
        e.labels = with(&e.labels, label, &text);
        e
    };
    let groups = groups(&grouping, elements.into_iter().map(labelled).collect());
    // Upstream forgets here that a name was to be dropped.
    let counted = |group: &Group| {
        let count = SampleValue::Float(group.members.len() as f64);
        Element { labels: group.labels.clone(), drop_name: false, value: count }
    };
    Ok(groups.iter().map(counted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_and_its_complement_split_the_series() {
        for i in 0..200 {
            let labels = Labels::new([("__name__", "m".to_owned()), ("i", "x".repeat(i * 3))]).unwrap();
            assert_ne!(is_sampled(0.3, &labels), is_sampled(-0.7, &labels));
        }
    }
}

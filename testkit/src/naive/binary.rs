//! Binary operators.

use std::collections::{HashMap, HashSet};

use emberdb_model::{Labels, SampleValue};
use emberdb_promql_syntax::{Binary, BinaryOp, MatchCardinality, VectorMatching};

use super::binary_value::{Outcome, compute};
use super::error::NaiveError;
use super::evaluator::{Evaluator, unique};
use super::frame::Frame;
use super::histogram_remark::HistogramRemark;
use super::matching::{result_labels, signature};
use super::notes::Place;
use super::value::{Element, Value};

/// The value of a binary operation at one step.
pub(super) fn eval(
    ev: &Evaluator<'_>,
    node: &Binary,
    frame: Frame,
    time_ms: i64,
) -> Result<Value, NaiveError> {
    let lhs = ev.eval(&node.lhs, frame, time_ms)?;
    let rhs = ev.eval(&node.rhs, frame, time_ms)?;
    let elements = match (lhs, rhs) {
        (Value::Scalar(lhs), Value::Scalar(rhs)) => {
            return match compute(node.op, &SampleValue::Float(lhs), &SampleValue::Float(rhs)) {
                Outcome::Value(SampleValue::Float(value), _) => Ok(Value::Scalar(value)),
                Outcome::Holds(holds) => Ok(Value::Scalar(f64::from(holds))),
                _ => Err(NaiveError::bad_data("operator needs a native histogram")),
            };
        }
        (Value::Vector(elements), Value::Scalar(scalar)) => {
            let scalar = SampleValue::Float(scalar);
            with_scalar(ev, node, elements, |x| compute(node.op, x, &scalar))
        }
        (Value::Scalar(scalar), Value::Vector(elements)) => {
            let scalar = SampleValue::Float(scalar);
            with_scalar(ev, node, elements, |x| compute(node.op, &scalar, x))
        }
        (Value::Vector(lhs), Value::Vector(rhs)) => {
            let matching = node.matching.clone().unwrap_or_default();
            if node.op.is_set() {
                set(node.op, &matching, lhs, rhs)
            } else {
                return join(ev, node, &matching, lhs, rhs).and_then(unique).map(Value::Vector);
            }
        }
        _ => return Err(NaiveError::bad_data("operands must be scalars or instant vectors")),
    };
    unique(elements).map(Value::Vector)
}

/// Tells the last remark of a step: upstream forgets those before it.
fn tell_last(ev: &Evaluator<'_>, node: &Binary, last: Option<HistogramRemark>) {
    if let Some(remark) = last {
        ev.notes.borrow_mut().on_histograms(&remark, Place { at: node.span, by: node.span });
    }
}

/// Vector and scalar, in either order. A filter keeps the vector's value.
fn with_scalar(
    ev: &Evaluator<'_>,
    node: &Binary,
    elements: Vec<Element>,
    compute: impl Fn(&SampleValue) -> Outcome,
) -> Vec<Element> {
    let mut results = Vec::new();
    let mut last = None;
    for mut element in elements {
        match compute(&element.value) {
            Outcome::Value(value, _) => element.value = value,
            Outcome::Holds(holds) if node.return_bool => {
                element.value = SampleValue::Float(f64::from(holds));
            }
            Outcome::Holds(true) => {}
            Outcome::Holds(false) => continue,
            Outcome::Nothing(remark) => {
                last = Some(remark);
                continue;
            }
        }
        if !(node.op.is_comparison() || node.op.is_trim()) || node.return_bool {
            ev.drop_name(&mut element);
        }
        results.push(element);
    }
    tell_last(ev, node, last);
    results
}

/// `and`, `or`, `unless`: values do not matter.
fn set(op: BinaryOp, matching: &VectorMatching, lhs: Vec<Element>, rhs: Vec<Element>) -> Vec<Element> {
    let signatures = |side: &[Element]| -> HashSet<Labels> {
        side.iter().map(|e| signature(&e.labels, matching)).collect()
    };
    let (left, right) = (signatures(&lhs), signatures(&rhs));
    match op {
        BinaryOp::And => {
            lhs.into_iter().filter(|e| right.contains(&signature(&e.labels, matching))).collect()
        }
        BinaryOp::Unless => {
            lhs.into_iter().filter(|e| !right.contains(&signature(&e.labels, matching))).collect()
        }
        _ => {
            let unseen = rhs.into_iter().filter(|e| !left.contains(&signature(&e.labels, matching)));
            lhs.into_iter().chain(unseen).collect()
        }
    }
}

/// Arithmetic and comparison of two vectors.
///
/// With `group_right` the sides are swapped, so that the "many" side is always walked and the "one" side always looked
/// up; only the operator sees them the right way round.
fn join(
    ev: &Evaluator<'_>,
    node: &Binary,
    matching: &VectorMatching,
    lhs: Vec<Element>,
    rhs: Vec<Element>,
) -> Result<Vec<Element>, NaiveError> {
    let fill = matching.fill;
    let is_swapped = matching.cardinality == MatchCardinality::OneToMany;
    let (many, one) = if is_swapped { (rhs, lhs) } else { (lhs, rhs) };
    // As upstream has it, which does not swap the fill values with the sides.
    let (fill_many, fill_one) = (fill.lhs, fill.rhs);
    let can_fill = fill_many.is_some() || fill_one.is_some();
    if (many.is_empty() && one.is_empty()) || ((many.is_empty() || one.is_empty()) && !can_fill) {
        return Ok(Vec::new());
    }
    let partners = by_signature(&one, matching)?;
    let mut join =
        Join { ev, node, matching, is_swapped, results: Vec::new(), last: None, matched: HashMap::new() };
    for element in &many {
        let group = signature(&element.labels, matching);
        match (partners.get(&group), fill_one) {
            (Some(partner), _) => join.pair(element, partner, &group)?,
            (None, Some(value)) => join.pair(element, &filler(&group, value), &group)?,
            (None, None) => {}
        }
    }
    if let Some(value) = fill_many {
        for element in &one {
            let group = signature(&element.labels, matching);
            // What met a value that it has nothing in common with is not matched.
            if !join.matched.contains_key(&group) {
                join.pair(&filler(&group, value), element, &group)?;
            }
        }
    }
    tell_last(ev, node, join.last);
    Ok(join.results)
}

/// The stand-in for a missing element: it has the labels that the sides were to share.
fn filler(group: &Labels, value: f64) -> Element {
    Element { labels: group.clone(), drop_name: false, value: SampleValue::Float(value) }
}

/// The elements of the "one" side by what they are found by, which must tell them apart.
fn by_signature<'e>(
    one: &'e [Element],
    matching: &VectorMatching,
) -> Result<HashMap<Labels, &'e Element>, NaiveError> {
    let mut found: HashMap<Labels, &Element> = HashMap::new();
    for element in one {
        let group = signature(&element.labels, matching);
        if let Some(other) = found.insert(group.clone(), element) {
            let side = if matching.cardinality == MatchCardinality::OneToMany { "left" } else { "right" };
            let mut pair = [other.labels.braced().to_string(), element.labels.braced().to_string()];
            pair.sort();
            return Err(NaiveError::execution(format!(
                "found duplicate series for the match group {group} on the {side} hand-side of the operation: [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
                pair[0], pair[1]
            )));
        }
    }
    Ok(found)
}

/// A join at work.
struct Join<'j, 'a> {
    ev: &'j Evaluator<'a>,
    node: &'j Binary,
    matching: &'j VectorMatching,
    is_swapped: bool,
    results: Vec<Element>,
    /// The last remark.
    last: Option<HistogramRemark>,
    /// The results' labels by match group.
    matched: HashMap<Labels, HashSet<Labels>>,
}

impl Join<'_, '_> {
    fn pair(&mut self, many: &Element, one: &Element, group: &Labels) -> Result<(), NaiveError> {
        let (lhs, rhs) = if self.is_swapped { (one, many) } else { (many, one) };
        let value = match compute(self.node.op, &lhs.value, &rhs.value) {
            Outcome::Nothing(remark) => {
                self.last = Some(remark);
                return Ok(());
            }
            Outcome::Value(value, remark) => {
                self.last = remark.or(self.last.take());
                Some(value)
            }
            Outcome::Holds(holds) if self.node.return_bool => Some(SampleValue::Float(f64::from(holds))),
            Outcome::Holds(holds) => holds.then(|| lhs.value.clone()),
        };
        let labels = result_labels(&many.labels, &one.labels, self.node.op, self.matching);
        let in_group = self.matched.entry(group.clone()).or_default();
        let is_first = in_group.is_empty();
        let is_new = in_group.insert(labels.clone());
        if self.matching.cardinality == MatchCardinality::OneToOne {
            if !is_first {
                return Err(NaiveError::execution(
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
                ));
            }
        } else if !is_new {
            return Err(NaiveError::execution(
                "multiple matches for labels: grouping labels must ensure unique matches",
            ));
        }
        if let Some(value) = value {
            // What an operand was to lose in the end comes back, as upstream has it.
            let mut element = Element { labels, drop_name: false, value };
            if self.node.return_bool {
                self.ev.drop_name(&mut element);
            }
            self.results.push(element);
        }
        Ok(())
    }
}

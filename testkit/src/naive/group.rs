//! The groups of an aggregation.

use std::collections::HashMap;

use emberdb_model::{Labels, METRIC_NAME, SampleValue};
use emberdb_promql_syntax::{AggregationOp, Grouping};

use super::histogram_remark::HistogramRemark;
use super::histogram_sum::{Adding, Hints, Total};
use super::labels::{filter, metric_name};
use super::notes::{Notes, Place};
use super::value::{Element, of_histogram};

/// Elements that share the grouping labels.
pub(super) struct Group {
    pub(super) labels: Labels,
    pub(super) members: Vec<Element>,
}

impl Group {
    /// The numbers of its members; nothing if there is none. That native histograms are ignored is told.
    pub(super) fn numbers(&self, op: AggregationOp, notes: &mut Notes, place: Place) -> Option<Vec<f64>> {
        if self.members.iter().any(|m| m.histogram().is_some()) {
            notes.on_histograms(&HistogramRemark::IgnoredInAggregation { aggregation: op.as_str() }, place);
        }
        let numbers: Vec<f64> = self.members.iter().filter_map(Element::float).collect();
        (!numbers.is_empty()).then_some(numbers)
    }

    /// Leaves only members that are numbers, and tells that others are ignored.
    pub(super) fn drop_histograms(&mut self, op: AggregationOp, notes: &mut Notes, place: Place) {
        self.numbers(op, notes, place);
        self.members.retain(|m| m.float().is_some());
    }

    pub(super) fn result(&self, value: f64) -> Element {
        self.result_of(SampleValue::Float(value))
    }

    /// The name goes at the end if it would go for any member.
    pub(super) fn result_of(&self, value: SampleValue) -> Element {
        let drop_name = self.members.iter().any(|m| m.drop_name);
        Element { labels: self.labels.clone(), drop_name, value }
    }
}

pub(super) fn groups(grouping: &Grouping, elements: Vec<Element>) -> Vec<Group> {
    let mut places = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for element in elements {
        let labels = group_labels(grouping, &element.labels);
        let place = *places.entry(labels.clone()).or_insert_with(|| {
            groups.push(Group { labels, members: Vec::new() });
            groups.len() - 1
        });
        groups[place].members.push(element);
    }
    groups
}

fn group_labels(grouping: &Grouping, labels: &Labels) -> Labels {
    let is_listed = |name: &str| grouping.labels().iter().any(|l| l == name);
    if grouping.is_without() {
        filter(labels, |name| name != METRIC_NAME && !is_listed(name))
    } else {
        filter(labels, is_listed)
    }
}

/// The sum or mean of floats or of histograms; nothing if there are both, or histograms that do not fit together.
pub(super) fn add_up(
    group: &Group,
    of_floats: fn(Vec<f64>) -> f64,
    of_histograms: Total,
    notes: &mut Notes,
    place: Place,
) -> Option<SampleValue> {
    let mut floats = Vec::new();
    let mut has_histogram = false;
    let mut hints = Hints::default();
    let mut total: Option<Adding> = None;
    for member in &group.members {
        let Some(histogram) = member.histogram() else {
            floats.extend(member.float());
            continue;
        };
        // Histograms after a float come to nothing, and nothing is said of them.
        let is_first = !has_histogram && floats.is_empty();
        has_histogram = true;
        if is_first {
            hints.see(histogram);
            total = Some(Adding::begin(of_histograms, histogram));
        } else if let Some(total) = &mut total {
            hints.see(histogram);
            if total.add(histogram, notes, place).is_err() {
                let metric = metric_name(&member.labels).to_owned();
                notes.on_histograms(&HistogramRemark::MixedSchemas { metric }, place);
                // The members behind are not looked at: floats among them are not told of.
                if floats.is_empty() {
                    return None;
                }
                break;
            }
        }
    }
    if !has_histogram {
        return Some(SampleValue::Float(of_floats(floats)));
    }
    if !floats.is_empty() {
        notes.on_histograms(&HistogramRemark::MixedGroup, place);
        return None;
    }
    hints.tell(notes, place);
    let mut total = total?.finish();
    total.compact(0);
    Some(of_histogram(total))
}

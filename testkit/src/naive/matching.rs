//! How the elements of two vectors find each other.

use emberdb_model::{Labels, METRIC_NAME};
use emberdb_promql_syntax::{BinaryOp, MatchCardinality, MatchLabels, VectorMatching};

use super::labels::{filter, with, without_metadata};

/// The labels that both sides must share.
pub(super) fn signature(labels: &Labels, matching: &VectorMatching) -> Labels {
    match &matching.labels {
        MatchLabels::On(names) => filter(labels, |name| names.iter().any(|n| n == name)),
        MatchLabels::Ignoring(names) => {
            filter(labels, |name| name != METRIC_NAME && !names.iter().any(|n| n == name))
        }
    }
}

/// The labels of a result: those of the many side (or of the left one), less what the operator and the matching
/// take away, and with what `group_left` or `group_right` includes from the one side.
pub(super) fn result_labels(many: &Labels, one: &Labels, op: BinaryOp, matching: &VectorMatching) -> Labels {
    let keeps_name = op.is_comparison() || op.is_trim();
    let mut labels = if keeps_name { many.clone() } else { without_metadata(many) };
    if matching.cardinality == MatchCardinality::OneToOne {
        let names = matching.labels.labels();
        let is_on = matching.labels.is_on();
        labels = filter(&labels, |name| names.iter().any(|n| n == name) == is_on);
    }
    for name in &matching.include {
        labels = with(&labels, name, one.get(name).unwrap_or(""));
    }
    labels
}

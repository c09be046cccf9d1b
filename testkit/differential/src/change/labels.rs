//! Which labels tell the elements of a vector apart.

use std::collections::BTreeSet;

use emberdb_model::{METRIC_NAME, MatchOp};
use emberdb_promql_syntax::{BinaryOp, Expr, FunctionId, Grouping, MatchLabels};

use super::asked::below;
use super::holds::selected;
use crate::data::Family;

/// Whether no two elements have the same labels, the name left out, when only these are looked at.
pub(super) fn are_unique(expr: &Expr, matching: &MatchLabels, families: &[Family]) -> bool {
    let telling = telling(expr, families);
    let are_kept = match matching {
        MatchLabels::On(labels) => telling.iter().all(|label| labels.contains(label)),
        MatchLabels::Ignoring(labels) => !telling.iter().any(|label| labels.contains(label)),
    };
    are_kept && is_of_one_name(expr)
}

/// The labels, without the name, that may tell elements apart; perhaps more of them.
pub(super) fn telling(expr: &Expr, families: &[Family]) -> BTreeSet<String> {
    match expr {
        Expr::Aggregation(aggregation) if aggregation.op.param_type().is_none() => {
            match &aggregation.grouping {
                Grouping::By(labels) => labels.iter().cloned().collect(),
                Grouping::Without(labels) => telling(&aggregation.expr, families)
                    .into_iter()
                    .filter(|label| !labels.contains(label))
                    .collect(),
            }
        }
        _ => below(expr).into_iter().flat_map(|node| own_labels(node, families)).collect(),
    }
}

/// The labels that a node brings in.
fn own_labels(expr: &Expr, families: &[Family]) -> Vec<String> {
    match expr {
        Expr::VectorSelector(selector) => names(selected(selector, families)),
        Expr::MatrixSelector(matrix) => names(selected(&matrix.selector, families)),
        // Some of these are names of labels.
        Expr::StringLiteral(string) => vec![string.value.clone()],
        // An info metric has labels of its own.
        Expr::Call(call) if call.function == FunctionId::Info => names(families.iter()),
        _ => Vec::new(),
    }
}

fn names<'f>(families: impl Iterator<Item = &'f Family>) -> Vec<String> {
    families.flat_map(|family| family.labels.iter().map(|label| label.name.clone())).collect()
}

/// Whether no two elements differ in nothing but the name.
pub(super) fn is_of_one_name(expr: &Expr) -> bool {
    let is_named = |matchers: &[emberdb_model::Matcher]| {
        matchers.iter().any(|matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal)
    };
    match expr {
        Expr::Aggregation(aggregation) if aggregation.op.param_type().is_none() => {
            !aggregation.grouping.labels().iter().any(|label| label == METRIC_NAME)
        }
        _ => below(expr).into_iter().all(|node| match node {
            Expr::VectorSelector(selector) => is_named(&selector.matchers) || selector.allow_empty_matchers,
            Expr::MatrixSelector(matrix) => is_named(&matrix.selector.matchers),
            Expr::Binary(binary) => binary.op != BinaryOp::Or,
            _ => true,
        }),
    }
}

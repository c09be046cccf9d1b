//! How large a query is: a whole number, so that getting smaller has an end.

use emberdb_promql_syntax::{
    Binary, DurationExpr, DurationKind, DurationSpec, Expr, Grouping, MatchCardinality, NumberLiteral,
    VectorMatching, VectorSelector,
};

use crate::question::children::children;

/// What counts is the number of nodes, then what is written around them, then how long ranges and numbers are.
pub(super) fn size(expr: &Expr) -> u64 {
    own_size(expr) + children(expr).into_iter().map(size).sum::<u64>()
}

/// Without what is below.
fn own_size(expr: &Expr) -> u64 {
    match expr {
        Expr::NumberLiteral(number) => 10 + number_size(number),
        Expr::StringLiteral(string) => 10 + string.value.len() as u64,
        Expr::VectorSelector(selector) => selector_size(selector),
        Expr::MatrixSelector(matrix) => selector_size(&matrix.selector) + 40 + duration_size(&matrix.range),
        Expr::Subquery(subquery) => {
            let modifiers = offset_size(&subquery.offset) + if subquery.at.is_some() { 20 } else { 0 };
            60 + duration_size(&subquery.range)
                + subquery.step.as_ref().map_or(0, |step| 20 + duration_size(step))
                + modifiers
        }
        Expr::Call(_) => 50,
        Expr::Aggregation(aggregation) => {
            let labels = aggregation.grouping.labels().len() as u64;
            50 + 10 * labels + if matches!(aggregation.grouping, Grouping::Without(_)) { 5 } else { 0 }
        }
        Expr::Binary(binary) => binary_size(binary),
        Expr::Unary(_) => 30,
        Expr::Paren(_) => 3,
    }
}

fn number_size(number: &NumberLiteral) -> u64 {
    match number.value {
        1.0 if !number.is_duration => 0,
        _ if number.is_duration => 2,
        _ => 1,
    }
}

fn selector_size(selector: &VectorSelector) -> u64 {
    let modifiers = u64::from(selector.at.is_some()) + u64::from(selector.extended_range.is_some());
    20 * modifiers + 10 * selector.matchers.len() as u64 + offset_size(&selector.offset)
}

fn offset_size(offset: &DurationSpec) -> u64 {
    if offset.is_zero() { 0 } else { 20 + duration_size(offset) }
}

/// The logarithm of a length: halving it a few times is enough to see what it does.
fn duration_size(duration: &DurationSpec) -> u64 {
    match duration {
        DurationSpec::Millis(ms) => u64::from(64 - ms.unsigned_abs().leading_zeros()) + u64::from(*ms < 0),
        DurationSpec::Expr(expr) => 60 + 10 * duration_nodes(expr),
    }
}

fn duration_nodes(expr: &DurationExpr) -> u64 {
    match &expr.kind {
        DurationKind::Number(_) | DurationKind::Step | DurationKind::Range => 1,
        DurationKind::Unary { operand, .. } => 1 + duration_nodes(operand),
        DurationKind::Binary { lhs, rhs, .. } => 1 + duration_nodes(lhs) + duration_nodes(rhs),
    }
}

fn binary_size(binary: &Binary) -> u64 {
    50 + if binary.return_bool { 5 } else { 0 } + binary.matching.as_ref().map_or(0, matching_size)
}

fn matching_size(matching: &VectorMatching) -> u64 {
    let fills = u64::from(matching.fill.lhs.is_some()) + u64::from(matching.fill.rhs.is_some());
    let is_grouped =
        matches!(matching.cardinality, MatchCardinality::ManyToOne | MatchCardinality::OneToMany);
    let labels = matching.labels.labels().len() as u64 + matching.include.len() as u64;
    10 * (labels + u64::from(is_grouped) + fills) + u64::from(matching.labels.is_on())
}

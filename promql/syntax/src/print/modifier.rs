//! Matching, brackets, `offset`, `@` and durations as text.

use emberdb_model::number::go_general;

use super::{push_label_names, push_number};
use crate::ast::{
    At, DurationExpr, DurationKind, DurationOp, DurationSpec, MatchCardinality, MatchLabels, Sign, Subquery,
    VectorMatching, VectorSelector,
};
use crate::duration::write_duration;

/// Appends what stands behind an operator and `bool`. Matching on all labels goes without saying, unless there
/// is grouping.
pub(super) fn push_matching(out: &mut String, matching: &VectorMatching) {
    let group = match matching.cardinality {
        MatchCardinality::OneToOne | MatchCardinality::ManyToMany => None,
        MatchCardinality::ManyToOne => Some(" group_left "),
        MatchCardinality::OneToMany => Some(" group_right "),
    };
    match &matching.labels {
        MatchLabels::On(labels) => {
            out.push_str(" on ");
            push_label_names(out, labels);
        }
        MatchLabels::Ignoring(labels) if !labels.is_empty() || group.is_some() => {
            out.push_str(" ignoring ");
            push_label_names(out, labels);
        }
        MatchLabels::Ignoring(_) => {}
    }
    if let Some(group) = group {
        out.push_str(group);
        push_label_names(out, &matching.include);
    }
    // Two NaN are not equal here, as they are not for upstream.
    let fills = match (matching.fill.lhs, matching.fill.rhs) {
        (Some(lhs), Some(rhs)) if lhs == rhs => [Some((" fill (", lhs)), None],
        (lhs, rhs) => [lhs.map(|lhs| (" fill_left (", lhs)), rhs.map(|rhs| (" fill_right (", rhs))],
    };
    for (word, value) in fills.into_iter().flatten() {
        out.push_str(word);
        out.push_str(&go_general(value));
        out.push(')');
    }
}

/// Appends `[range]`.
pub(super) fn push_range(out: &mut String, range: &DurationSpec) {
    out.push('[');
    push_duration(out, range);
    out.push(']');
}

/// Appends `[range:step]` and the modifiers behind it.
pub(crate) fn push_subquery_suffix(out: &mut String, subquery: &Subquery) {
    out.push('[');
    push_duration(out, &subquery.range);
    out.push(':');
    if let Some(step) = &subquery.step {
        push_duration(out, step);
    }
    out.push(']');
    push_at(out, subquery.at);
    push_offset(out, &subquery.offset);
}

pub(super) fn push_extended_range(out: &mut String, selector: &VectorSelector) {
    if let Some(extended_range) = selector.extended_range {
        out.push(' ');
        out.push_str(extended_range.as_str());
    }
}

/// Appends ` @ time`.
pub(super) fn push_at(out: &mut String, at: Option<At>) {
    match at {
        Some(At::Timestamp(ms)) => {
            let sign = if ms < 0 { "-" } else { "" };
            let ms = ms.unsigned_abs();
            out.push_str(&format!(" @ {sign}{}.{:03}", ms / 1000, ms % 1000));
        }
        Some(At::Start) => out.push_str(" @ start()"),
        Some(At::End) => out.push_str(" @ end()"),
        None => {}
    }
}

/// Appends ` offset duration`.
pub(super) fn push_offset(out: &mut String, offset: &DurationSpec) {
    if !offset.is_zero() {
        out.push_str(" offset ");
        match offset {
            DurationSpec::Expr(expr) if !reads_as_offset(expr) => {
                out.push('(');
                push_duration_expr(out, expr);
                out.push(')');
            }
            offset => push_duration(out, offset),
        }
    }
}

/// Whether it reads back as one offset; arithmetic does behind parentheses only, as does a sign before it.
fn reads_as_offset(expr: &DurationExpr) -> bool {
    fn is_arithmetic(expr: &DurationExpr) -> bool {
        match &expr.kind {
            _ if expr.parenthesized => false,
            DurationKind::Binary { op, .. } => !matches!(op, DurationOp::MinOf | DurationOp::MaxOf),
            DurationKind::Unary { operand, .. } => is_arithmetic(operand),
            _ => false,
        }
    }
    match &expr.kind {
        DurationKind::Binary { lhs, .. } if is_arithmetic(expr) => {
            let mut first = lhs;
            while let DurationKind::Binary { lhs, .. } = &first.kind
                && is_arithmetic(first)
            {
                first = lhs;
            }
            first.parenthesized
        }
        _ => !is_arithmetic(expr),
    }
}

fn push_duration(out: &mut String, duration: &DurationSpec) {
    match duration {
        DurationSpec::Millis(ms) => write_duration(out, *ms),
        DurationSpec::Expr(expr) => push_duration_expr(out, expr),
    }
}

pub(super) fn push_duration_expr(out: &mut String, expr: &DurationExpr) {
    if expr.parenthesized {
        out.push('(');
    }
    match &expr.kind {
        DurationKind::Number(number) => push_number(out, number),
        DurationKind::Step => out.push_str("step()"),
        DurationKind::Range => out.push_str("range()"),
        DurationKind::Unary { sign, operand } => {
            // A plus changes nothing.
            if *sign == Sign::Minus {
                out.push('-');
            }
            push_duration_expr(out, operand);
        }
        DurationKind::Binary { op: op @ (DurationOp::MinOf | DurationOp::MaxOf), lhs, rhs } => {
            out.push_str(op.as_str());
            out.push('(');
            push_duration_expr(out, lhs);
            out.push_str(", ");
            push_duration_expr(out, rhs);
            out.push(')');
        }
        DurationKind::Binary { op, lhs, rhs } => {
            push_duration_expr(out, lhs);
            out.push(' ');
            out.push_str(op.as_str());
            out.push(' ');
            push_duration_expr(out, rhs);
        }
    }
    if expr.parenthesized {
        out.push(')');
    }
}

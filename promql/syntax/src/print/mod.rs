//! The tree as text, on one line, as Prometheus prints it. Reading it gives the same tree, positions apart.
//!
//! * here: expressions
//! * [`modifier`]: matching, brackets, `offset`, `@` and durations

mod modifier;

use std::fmt;

use emberdb_model::number::go_fixed;
use emberdb_model::{METRIC_NAME, MatchOp, is_legacy_label_name};

use crate::BinaryOp;
use crate::ast::{
    Aggregation, Binary, Call, DurationExpr, Expr, Grouping, MatrixSelector, NumberLiteral, Subquery,
    VectorMatching, VectorSelector,
};
use crate::duration::{millis_of_seconds, write_duration};
use crate::quote::{push_quoted, push_quoted_bytes};
pub(crate) use modifier::push_subquery_suffix;
use modifier::{push_at, push_duration_expr, push_extended_range, push_matching, push_offset, push_range};

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        push_expr(&mut out, self);
        f.write_str(&out)
    }
}

impl fmt::Display for VectorSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        push_vector_selector(&mut out, self);
        f.write_str(&out)
    }
}

impl fmt::Display for DurationExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        push_duration_expr(&mut out, self);
        f.write_str(&out)
    }
}

/// `by (job)`, `without (instance)`; empty where all is one group.
impl fmt::Display for Grouping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        push_grouping(&mut out, self);
        f.write_str(out.trim_start())
    }
}

/// `on (job) group_left (env)`; empty where elements match one to one on all labels.
impl fmt::Display for VectorMatching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        push_matching(&mut out, self);
        f.write_str(out.trim_start())
    }
}

/// Appends an expression.
pub(crate) fn push_expr(out: &mut String, expr: &Expr) {
    match expr {
        Expr::NumberLiteral(number) => push_number(out, number),
        Expr::StringLiteral(string) => match &string.not_utf8 {
            None => push_quoted(out, &string.value),
            Some(bytes) => push_quoted_bytes(out, bytes),
        },
        Expr::VectorSelector(selector) => push_vector_selector(out, selector),
        Expr::MatrixSelector(matrix) => push_matrix_selector(out, matrix),
        Expr::Subquery(subquery) => push_subquery(out, subquery),
        Expr::Call(call) => push_call(out, call),
        Expr::Aggregation(aggregation) => push_aggregation(out, aggregation),
        Expr::Binary(binary) => {
            match unsigned_base(binary) {
                Some(text) => out.push_str(text),
                None => push_expr(out, &binary.lhs),
            }
            out.push(' ');
            push_operator(out, binary);
            out.push(' ');
            push_expr(out, &binary.rhs);
        }
        Expr::Unary(unary) => {
            out.push_str(unary.sign.as_str());
            push_expr(out, &unary.expr);
        }
        Expr::Paren(paren) => {
            out.push('(');
            push_expr(out, &paren.expr);
            out.push(')');
        }
    }
}

/// The text of a left operand that prints in another way than it does elsewhere: infinity has no sign before `^`,
/// where it would be read as that of the power.
pub(crate) fn unsigned_base(binary: &Binary) -> Option<&'static str> {
    match &binary.lhs {
        Expr::NumberLiteral(number) if binary.op == BinaryOp::Pow && number.value == f64::INFINITY => {
            Some("Inf")
        }
        _ => None,
    }
}

/// Appends an operator with its modifiers.
pub(crate) fn push_operator(out: &mut String, binary: &Binary) {
    out.push_str(binary.op.as_str());
    if binary.return_bool {
        out.push_str(" bool");
    }
    if let Some(matching) = &binary.matching {
        push_matching(out, matching);
    }
}

/// Appends an aggregation up to the opening parenthesis.
pub(crate) fn push_aggregation_head(out: &mut String, aggregation: &Aggregation) {
    out.push_str(aggregation.op.as_str());
    let bare = out.len();
    push_grouping(out, &aggregation.grouping);
    if out.len() > bare {
        out.push(' ');
    }
    out.push('(');
}

/// Appends ` by (job)` or ` without (instance)`, if there is more than one group.
fn push_grouping(out: &mut String, grouping: &Grouping) {
    let (word, labels) = match grouping {
        Grouping::By(labels) if labels.is_empty() => return,
        Grouping::By(labels) => (" by ", labels),
        Grouping::Without(labels) => (" without ", labels),
    };
    out.push_str(word);
    push_label_names(out, labels);
}

/// Appends label names in parentheses, those in quotes that need them.
fn push_label_names(out: &mut String, names: &[String]) {
    out.push('(');
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        if is_legacy_label_name(name) {
            out.push_str(name);
        } else {
            push_quoted(out, name);
        }
    }
    out.push(')');
}

fn push_number(out: &mut String, number: &NumberLiteral) {
    match millis_of_seconds(number.value) {
        Some(ms) if number.is_duration => write_duration(out, ms),
        _ => out.push_str(&go_fixed(number.value)),
    }
}

fn push_vector_selector(out: &mut String, selector: &VectorSelector) {
    push_series(out, selector);
    push_at(out, selector.at);
    push_extended_range(out, selector);
    push_offset(out, &selector.offset);
}

fn push_matrix_selector(out: &mut String, matrix: &MatrixSelector) {
    push_series(out, &matrix.selector);
    push_range(out, &matrix.range);
    push_extended_range(out, &matrix.selector);
    push_at(out, matrix.selector.at);
    push_offset(out, &matrix.selector.offset);
}

fn push_subquery(out: &mut String, subquery: &Subquery) {
    push_expr(out, &subquery.expr);
    push_subquery_suffix(out, subquery);
}

/// Appends the name and the other matchers, these sorted by their text.
fn push_series(out: &mut String, selector: &VectorSelector) {
    let name = selector.name.as_deref().unwrap_or_default();
    out.push_str(name);
    let is_the_name = |matcher: &&emberdb_model::Matcher| {
        !name.is_empty()
            && matcher.op() == MatchOp::Equal
            && matcher.name() == METRIC_NAME
            && matcher.value() == name
    };
    let others = selector.matchers.iter().filter(|matcher| !is_the_name(matcher));
    let mut texts: Vec<String> = others.map(ToString::to_string).collect();
    if texts.is_empty() && !name.is_empty() {
        return;
    }
    texts.sort_unstable();
    out.push('{');
    out.push_str(&texts.join(","));
    out.push('}');
}

fn push_call(out: &mut String, call: &Call) {
    out.push_str(call.function.name());
    out.push('(');
    for (index, arg) in call.args.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        push_expr(out, arg);
    }
    out.push(')');
}

fn push_aggregation(out: &mut String, aggregation: &Aggregation) {
    push_aggregation_head(out, aggregation);
    if let Some(param) = &aggregation.param {
        push_expr(out, param);
        out.push_str(", ");
    }
    push_expr(out, &aggregation.expr);
    out.push(')');
}

#[cfg(test)]
mod tests {
    use crate::ast::Expr;
    use crate::experimental::ParserOptions;
    use crate::parse::parse_with;

    #[test]
    fn a_literal_has_no_exponent_and_a_fill_has_one_from_a_million_on() {
        for (query, printed) in [
            ("1e21 - 25e-8", "1000000000000000000000 - 0.00000025"),
            ("-iNf * nan", "-Inf * NaN"),
            ("Inf ^ +inf", "Inf ^ +Inf"),
            ("a + fill(999999) b", "a + fill (999999) b"),
            ("a + fill_left(1000000) fill_right(1e-5) b", "a + fill_left (1e+06) fill_right (1e-05) b"),
        ] {
            let expr = parse_with(query, &ParserOptions::ALL).expect(query);
            assert_eq!(expr.to_string(), printed);
        }
    }

    #[test]
    fn grouping_and_matching_print_by_themselves() {
        for (query, printed) in [
            ("sum(a)", ""),
            ("sum by () (a)", ""),
            ("sum by (b, \"c.d\") (a)", "by (b, \"c.d\")"),
            ("sum without () (a)", "without ()"),
            ("a + b", ""),
            ("a + on () group_left (x) b", "on () group_left (x)"),
            ("a + ignoring (y) fill(2) b", "ignoring (y) fill (2)"),
        ] {
            let text = match parse_with(query, &ParserOptions::ALL).unwrap() {
                Expr::Aggregation(aggregation) => aggregation.grouping.to_string(),
                Expr::Binary(binary) => binary.matching.unwrap().to_string(),
                other => other.to_string(),
            };
            assert_eq!(text, printed, "{query}");
        }
    }
}

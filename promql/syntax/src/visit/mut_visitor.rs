//! Changing a tree.

use emberdb_model::Matcher;

use crate::ast::{
    Aggregation, Binary, Call, DurationExpr, DurationKind, DurationSpec, Expr, MatrixSelector, NumberLiteral,
    Paren, StringLiteral, Subquery, Unary, VectorSelector,
};

/// As [`Visitor`](crate::Visitor), over a tree that it may change.
///
/// What it makes must keep the types that were checked, and [`VectorSelector::matchers`] in agreement with
/// [`VectorSelector::name`]. Spans stay those of the text that was parsed.
///
/// A label that every selector of a query has to have, whoever wrote the query:
///
/// ```
/// use emberdb_promql_syntax::{Matcher, MutVisitor, VectorSelector, parse};
///
/// struct Enforce(Matcher);
///
/// impl MutVisitor for Enforce {
///     fn visit_vector_selector_mut(&mut self, selector: &mut VectorSelector) {
///         selector.matchers.retain(|matcher| matcher.name() != self.0.name());
///         selector.add_matcher(self.0.clone());
///     }
/// }
///
/// let mut expr = parse(r#"rate(requests_total{code="500"}[5m]) / up{tenant="b"}"#)?;
/// Enforce(Matcher::equal("tenant", "a")).visit_expr_mut(&mut expr);
/// assert_eq!(expr.to_string(), r#"rate(requests_total{code="500",tenant="a"}[5m]) / up{tenant="a"}"#);
/// # Ok::<(), emberdb_promql_syntax::ParseError>(())
/// ```
pub trait MutVisitor {
    /// An expression of any kind; goes on to the method for its kind.
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        walk_expr_mut(self, expr);
    }

    /// A number that is an expression. Those in duration expressions come as [`DurationKind::Number`].
    fn visit_number_literal_mut(&mut self, _number: &mut NumberLiteral) {}

    /// A string that is an expression.
    fn visit_string_literal_mut(&mut self, _string: &mut StringLiteral) {}

    /// A selector: one that is an expression, or the one within a range selector.
    fn visit_vector_selector_mut(&mut self, selector: &mut VectorSelector) {
        walk_vector_selector_mut(self, selector);
    }

    /// A matcher of a selector, also the one that its name stands for.
    fn visit_matcher_mut(&mut self, _matcher: &mut Matcher) {}

    /// A range selector.
    fn visit_matrix_selector_mut(&mut self, matrix: &mut MatrixSelector) {
        walk_matrix_selector_mut(self, matrix);
    }

    /// A subquery.
    fn visit_subquery_mut(&mut self, subquery: &mut Subquery) {
        walk_subquery_mut(self, subquery);
    }

    /// A function call.
    fn visit_call_mut(&mut self, call: &mut Call) {
        walk_call_mut(self, call);
    }

    /// An aggregation.
    fn visit_aggregation_mut(&mut self, aggregation: &mut Aggregation) {
        walk_aggregation_mut(self, aggregation);
    }

    /// A binary operation.
    fn visit_binary_mut(&mut self, binary: &mut Binary) {
        walk_binary_mut(self, binary);
    }

    /// A sign before an expression.
    fn visit_unary_mut(&mut self, unary: &mut Unary) {
        walk_unary_mut(self, unary);
    }

    /// An expression in parentheses.
    fn visit_paren_mut(&mut self, paren: &mut Paren) {
        walk_paren_mut(self, paren);
    }

    /// A range, step or offset that has to be computed, or a part of one. Literals are not visited: they are fields
    /// of the selector or subquery.
    fn visit_duration_expr_mut(&mut self, expr: &mut DurationExpr) {
        walk_duration_expr_mut(self, expr);
    }
}

/// Visits `expr` as the kind of node that it is.
pub fn walk_expr_mut<V: MutVisitor + ?Sized>(visitor: &mut V, expr: &mut Expr) {
    match expr {
        Expr::NumberLiteral(number) => visitor.visit_number_literal_mut(number),
        Expr::StringLiteral(string) => visitor.visit_string_literal_mut(string),
        Expr::VectorSelector(selector) => visitor.visit_vector_selector_mut(selector),
        Expr::MatrixSelector(matrix) => visitor.visit_matrix_selector_mut(matrix),
        Expr::Subquery(subquery) => visitor.visit_subquery_mut(subquery),
        Expr::Call(call) => visitor.visit_call_mut(call),
        Expr::Aggregation(aggregation) => visitor.visit_aggregation_mut(aggregation),
        Expr::Binary(binary) => visitor.visit_binary_mut(binary),
        Expr::Unary(unary) => visitor.visit_unary_mut(unary),
        Expr::Paren(paren) => visitor.visit_paren_mut(paren),
    }
}

/// Visits the matchers and the offset's expression.
pub fn walk_vector_selector_mut<V: MutVisitor + ?Sized>(visitor: &mut V, selector: &mut VectorSelector) {
    for matcher in &mut selector.matchers {
        visitor.visit_matcher_mut(matcher);
    }
    walk_duration_mut(visitor, &mut selector.offset);
}

/// Visits the selector (with its offset, though that stands behind the brackets) and the range's expression.
pub fn walk_matrix_selector_mut<V: MutVisitor + ?Sized>(visitor: &mut V, matrix: &mut MatrixSelector) {
    visitor.visit_vector_selector_mut(&mut matrix.selector);
    walk_duration_mut(visitor, &mut matrix.range);
}

/// Visits what is evaluated, then the expressions of range, step and offset.
pub fn walk_subquery_mut<V: MutVisitor + ?Sized>(visitor: &mut V, subquery: &mut Subquery) {
    visitor.visit_expr_mut(&mut subquery.expr);
    walk_duration_mut(visitor, &mut subquery.range);
    if let Some(step) = &mut subquery.step {
        walk_duration_mut(visitor, step);
    }
    walk_duration_mut(visitor, &mut subquery.offset);
}

/// Visits the arguments.
pub fn walk_call_mut<V: MutVisitor + ?Sized>(visitor: &mut V, call: &mut Call) {
    for arg in &mut call.args {
        visitor.visit_expr_mut(arg);
    }
}

/// Visits the parameter, then what is aggregated.
pub fn walk_aggregation_mut<V: MutVisitor + ?Sized>(visitor: &mut V, aggregation: &mut Aggregation) {
    if let Some(param) = &mut aggregation.param {
        visitor.visit_expr_mut(param);
    }
    visitor.visit_expr_mut(&mut aggregation.expr);
}

/// Visits the left side, then the right one.
pub fn walk_binary_mut<V: MutVisitor + ?Sized>(visitor: &mut V, binary: &mut Binary) {
    visitor.visit_expr_mut(&mut binary.lhs);
    visitor.visit_expr_mut(&mut binary.rhs);
}

/// Visits what follows the sign.
pub fn walk_unary_mut<V: MutVisitor + ?Sized>(visitor: &mut V, unary: &mut Unary) {
    visitor.visit_expr_mut(&mut unary.expr);
}

/// Visits what stands within.
pub fn walk_paren_mut<V: MutVisitor + ?Sized>(visitor: &mut V, paren: &mut Paren) {
    visitor.visit_expr_mut(&mut paren.expr);
}

/// Visits the operands.
pub fn walk_duration_expr_mut<V: MutVisitor + ?Sized>(visitor: &mut V, expr: &mut DurationExpr) {
    match &mut expr.kind {
        DurationKind::Number(_) | DurationKind::Step | DurationKind::Range => {}
        DurationKind::Unary { operand, .. } => visitor.visit_duration_expr_mut(operand),
        DurationKind::Binary { lhs, rhs, .. } => {
            visitor.visit_duration_expr_mut(lhs);
            visitor.visit_duration_expr_mut(rhs);
        }
    }
}

fn walk_duration_mut<V: MutVisitor + ?Sized>(visitor: &mut V, duration: &mut DurationSpec) {
    if let DurationSpec::Expr(expr) = duration {
        visitor.visit_duration_expr_mut(expr);
    }
}

#[cfg(test)]
mod tests {
    use emberdb_model::METRIC_NAME;

    use super::*;
    use crate::experimental::ParserOptions;
    use crate::parse::parse_with;
    use crate::span::Span;

    /// Doubles all numbers, turns texts around, and takes parentheses away.
    struct Change;

    impl MutVisitor for Change {
        fn visit_expr_mut(&mut self, expr: &mut Expr) {
            walk_expr_mut(self, expr);
            if let Expr::Paren(paren) = expr {
                let empty = NumberLiteral { value: 0.0, is_duration: false, span: Span::default() };
                *expr = std::mem::replace(&mut paren.expr, Expr::NumberLiteral(empty));
            }
        }
        fn visit_number_literal_mut(&mut self, number: &mut NumberLiteral) {
            number.value *= 2.0;
        }
        fn visit_string_literal_mut(&mut self, string: &mut StringLiteral) {
            string.value = string.value.chars().rev().collect();
        }
        fn visit_matcher_mut(&mut self, matcher: &mut Matcher) {
            // The one that the selector's name stands for has to stay as it is.
            if matcher.name() != METRIC_NAME {
                *matcher = Matcher::equal(matcher.name(), matcher.value().to_uppercase());
            }
        }
        fn visit_duration_expr_mut(&mut self, expr: &mut DurationExpr) {
            if let DurationKind::Number(number) = &mut expr.kind {
                number.value *= 2.0;
            }
            walk_duration_expr_mut(self, expr);
        }
    }

    #[test]
    fn every_kind_of_node_can_be_changed() {
        for (query, changed) in [
            ("(1) + -(foo)", "2 + -foo"),
            ("count_values('ab', topk(3, ((foo))))", "count_values(\"ba\", topk(6, foo))"),
            ("rate({a='b'}[step() * 2] offset -(1 + 1))", "rate({a=\"B\"}[step() * 4] offset -(2 + 2))"),
            ("(foo)[min_of(1, 2):range() / 3]", "foo[min_of(2, 4):range() / 6]"),
        ] {
            let mut expr = parse_with(query, &ParserOptions::ALL).expect(query);
            Change.visit_expr_mut(&mut expr);
            assert_eq!(expr.to_string(), changed, "{query}");
        }
    }
}

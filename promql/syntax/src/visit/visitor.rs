//! Reading a tree.

use emberdb_model::Matcher;

use crate::ast::{
    Aggregation, Binary, Call, DurationExpr, DurationKind, DurationSpec, Expr, MatrixSelector, NumberLiteral,
    Paren, StringLiteral, Subquery, Unary, VectorSelector,
};

/// Sees every node of a tree, parents before children and these in the order of the text.
///
/// A method that is overridden decides itself whether to go on into the children: by calling the walk function that
/// its default body calls, before or after what it does itself.
///
/// Which metrics a query asks for:
///
/// ```
/// use emberdb_promql_syntax::{VectorSelector, Visitor, parse};
///
/// #[derive(Default)]
/// struct MetricNames(Vec<String>);
///
/// impl Visitor for MetricNames {
///     fn visit_vector_selector(&mut self, selector: &VectorSelector) {
///         self.0.extend(selector.metric_name().map(str::to_owned));
///     }
/// }
///
/// let mut names = MetricNames::default();
/// names.visit_expr(&parse(r#"rate(requests_total[5m]) / on (job) {"pool.size"} > {job="api"}"#)?);
/// assert_eq!(names.0, ["requests_total", "pool.size"]);
/// # Ok::<(), emberdb_promql_syntax::ParseError>(())
/// ```
///
/// Which functions, from the outside in:
///
/// ```
/// use emberdb_promql_syntax::{Call, Visitor, parse, walk_call};
///
/// #[derive(Default)]
/// struct Functions(Vec<&'static str>);
///
/// impl Visitor for Functions {
///     fn visit_call(&mut self, call: &Call) {
///         self.0.push(call.function.name());
///         walk_call(self, call);
///     }
/// }
///
/// let mut functions = Functions::default();
/// functions.visit_expr(&parse("abs(delta(foo[5m])) > ceil(bar)")?);
/// assert_eq!(functions.0, ["abs", "delta", "ceil"]);
/// # Ok::<(), emberdb_promql_syntax::ParseError>(())
/// ```
pub trait Visitor {
    /// An expression of any kind; goes on to the method for its kind.
    fn visit_expr(&mut self, expr: &Expr) {
        walk_expr(self, expr);
    }

    /// A number that is an expression. Those in duration expressions come as [`DurationKind::Number`].
    fn visit_number_literal(&mut self, _number: &NumberLiteral) {}

    /// A string that is an expression.
    fn visit_string_literal(&mut self, _string: &StringLiteral) {}

    /// A selector: one that is an expression, or the one within a range selector.
    fn visit_vector_selector(&mut self, selector: &VectorSelector) {
        walk_vector_selector(self, selector);
    }

    /// A matcher of a selector, also the one that its name stands for.
    fn visit_matcher(&mut self, _matcher: &Matcher) {}

    /// A range selector.
    fn visit_matrix_selector(&mut self, matrix: &MatrixSelector) {
        walk_matrix_selector(self, matrix);
    }

    /// A subquery.
    fn visit_subquery(&mut self, subquery: &Subquery) {
        walk_subquery(self, subquery);
    }

    /// A function call.
    fn visit_call(&mut self, call: &Call) {
        walk_call(self, call);
    }

    /// An aggregation.
    fn visit_aggregation(&mut self, aggregation: &Aggregation) {
        walk_aggregation(self, aggregation);
    }

    /// A binary operation.
    fn visit_binary(&mut self, binary: &Binary) {
        walk_binary(self, binary);
    }

    /// A sign before an expression.
    fn visit_unary(&mut self, unary: &Unary) {
        walk_unary(self, unary);
    }

    /// An expression in parentheses.
    fn visit_paren(&mut self, paren: &Paren) {
        walk_paren(self, paren);
    }

    /// A range, step or offset that has to be computed, or a part of one. Literals are not visited: they are fields
    /// of the selector or subquery.
    fn visit_duration_expr(&mut self, expr: &DurationExpr) {
        walk_duration_expr(self, expr);
    }
}

/// Visits `expr` as the kind of node that it is.
pub fn walk_expr<V: Visitor + ?Sized>(visitor: &mut V, expr: &Expr) {
    match expr {
        Expr::NumberLiteral(number) => visitor.visit_number_literal(number),
        Expr::StringLiteral(string) => visitor.visit_string_literal(string),
        Expr::VectorSelector(selector) => visitor.visit_vector_selector(selector),
        Expr::MatrixSelector(matrix) => visitor.visit_matrix_selector(matrix),
        Expr::Subquery(subquery) => visitor.visit_subquery(subquery),
        Expr::Call(call) => visitor.visit_call(call),
        Expr::Aggregation(aggregation) => visitor.visit_aggregation(aggregation),
        Expr::Binary(binary) => visitor.visit_binary(binary),
        Expr::Unary(unary) => visitor.visit_unary(unary),
        Expr::Paren(paren) => visitor.visit_paren(paren),
    }
}

/// Visits the matchers and the offset's expression.
pub fn walk_vector_selector<V: Visitor + ?Sized>(visitor: &mut V, selector: &VectorSelector) {
    for matcher in &selector.matchers {
        visitor.visit_matcher(matcher);
    }
    walk_duration(visitor, &selector.offset);
}

/// Visits the selector (with its offset, though that stands behind the brackets) and the range's expression.
pub fn walk_matrix_selector<V: Visitor + ?Sized>(visitor: &mut V, matrix: &MatrixSelector) {
    visitor.visit_vector_selector(&matrix.selector);
    walk_duration(visitor, &matrix.range);
}

/// Visits what is evaluated, then the expressions of range, step and offset.
pub fn walk_subquery<V: Visitor + ?Sized>(visitor: &mut V, subquery: &Subquery) {
    visitor.visit_expr(&subquery.expr);
    walk_duration(visitor, &subquery.range);
    if let Some(step) = &subquery.step {
        walk_duration(visitor, step);
    }
    walk_duration(visitor, &subquery.offset);
}

/// Visits the arguments.
pub fn walk_call<V: Visitor + ?Sized>(visitor: &mut V, call: &Call) {
    for arg in &call.args {
        visitor.visit_expr(arg);
    }
}

/// Visits the parameter, then what is aggregated.
pub fn walk_aggregation<V: Visitor + ?Sized>(visitor: &mut V, aggregation: &Aggregation) {
    if let Some(param) = &aggregation.param {
        visitor.visit_expr(param);
    }
    visitor.visit_expr(&aggregation.expr);
}

/// Visits the left side, then the right one.
pub fn walk_binary<V: Visitor + ?Sized>(visitor: &mut V, binary: &Binary) {
    visitor.visit_expr(&binary.lhs);
    visitor.visit_expr(&binary.rhs);
}

/// Visits what follows the sign.
pub fn walk_unary<V: Visitor + ?Sized>(visitor: &mut V, unary: &Unary) {
    visitor.visit_expr(&unary.expr);
}

/// Visits what stands within.
pub fn walk_paren<V: Visitor + ?Sized>(visitor: &mut V, paren: &Paren) {
    visitor.visit_expr(&paren.expr);
}

/// Visits the operands.
pub fn walk_duration_expr<V: Visitor + ?Sized>(visitor: &mut V, expr: &DurationExpr) {
    match &expr.kind {
        DurationKind::Number(_) | DurationKind::Step | DurationKind::Range => {}
        DurationKind::Unary { operand, .. } => visitor.visit_duration_expr(operand),
        DurationKind::Binary { lhs, rhs, .. } => {
            visitor.visit_duration_expr(lhs);
            visitor.visit_duration_expr(rhs);
        }
    }
}

fn walk_duration<V: Visitor + ?Sized>(visitor: &mut V, duration: &DurationSpec) {
    if let DurationSpec::Expr(expr) = duration {
        visitor.visit_duration_expr(expr);
    }
}

#[cfg(test)]
mod tests {
    use emberdb_model::Matcher;

    use super::*;
    use crate::experimental::ParserOptions;
    use crate::parse::parse_with;

    /// The kinds of the nodes in the order of their visits.
    #[derive(Default)]
    struct Kinds(Vec<&'static str>);

    impl Visitor for Kinds {
        fn visit_number_literal(&mut self, _: &NumberLiteral) {
            self.0.push("number");
        }
        fn visit_string_literal(&mut self, _: &StringLiteral) {
            self.0.push("string");
        }
        fn visit_vector_selector(&mut self, selector: &VectorSelector) {
            self.0.push("vector");
            walk_vector_selector(self, selector);
        }
        fn visit_matcher(&mut self, _: &Matcher) {
            self.0.push("matcher");
        }
        fn visit_matrix_selector(&mut self, matrix: &MatrixSelector) {
            self.0.push("matrix");
            walk_matrix_selector(self, matrix);
        }
        fn visit_subquery(&mut self, subquery: &Subquery) {
            self.0.push("subquery");
            walk_subquery(self, subquery);
        }
        fn visit_call(&mut self, call: &Call) {
            self.0.push("call");
            walk_call(self, call);
        }
        fn visit_aggregation(&mut self, aggregation: &Aggregation) {
            self.0.push("aggregation");
            walk_aggregation(self, aggregation);
        }
        fn visit_binary(&mut self, binary: &Binary) {
            self.0.push("binary");
            walk_binary(self, binary);
        }
        fn visit_unary(&mut self, unary: &Unary) {
            self.0.push("unary");
            walk_unary(self, unary);
        }
        fn visit_paren(&mut self, paren: &Paren) {
            self.0.push("paren");
            walk_paren(self, paren);
        }
        fn visit_duration_expr(&mut self, expr: &DurationExpr) {
            self.0.push("duration");
            walk_duration_expr(self, expr);
        }
    }

    fn kinds(query: &str) -> String {
        let mut kinds = Kinds::default();
        kinds.visit_expr(&parse_with(query, &ParserOptions::ALL).expect(query));
        kinds.0.join(" ")
    }

    #[test]
    fn every_kind_of_node_is_visited_before_its_children_and_these_in_order() {
        for (query, visits) in [
            ("-(1)", "unary paren number"),
            ("count_values('v', foo)", "aggregation string vector matcher"),
            ("time() + {a='b',c='d'}", "binary call vector matcher matcher"),
            ("rate(foo[5m] offset 1h)", "call matrix vector matcher"),
            (
                "rate(foo[step() * 2] offset -step())",
                "call matrix vector matcher duration duration duration duration duration",
            ),
            ("foo[1h:]", "subquery vector matcher"),
            (
                "(foo)[range():min_of(1, 2)] offset (1 + 2)",
                "subquery paren vector matcher duration duration duration duration duration duration duration",
            ),
        ] {
            assert_eq!(kinds(query), visits, "{query}");
        }
    }
}

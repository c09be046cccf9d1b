//! Walking over a tree: [`Visitor`] to read it, [`MutVisitor`] to change it.

use crate::ast::{Expr, VectorSelector};

/// Sees every expression of a tree. A method that is overridden decides itself whether to go on into the
/// children, by calling the walk function that its default body calls.
///
/// ```
/// use emberdb_promql_syntax::{Expr, Visitor, parse, walk_expr};
///
/// #[derive(Default)]
/// struct Calls(Vec<String>);
///
/// impl Visitor for Calls {
///     fn visit_expr(&mut self, expr: &Expr) {
///         if let Expr::Call(call) = expr {
///             self.0.push(call.function.to_string());
///         }
///         walk_expr(self, expr);
///     }
/// }
///
/// let mut calls = Calls::default();
/// calls.visit_expr(&parse("abs(delta(foo[5m])) > ceil(bar)")?);
/// assert_eq!(calls.0, ["abs", "delta", "ceil"]);
/// # Ok::<(), emberdb_promql_syntax::ParseError>(())
/// ```
pub trait Visitor {
    /// An expression, before its children.
    fn visit_expr(&mut self, expr: &Expr) {
        walk_expr(self, expr);
    }

    /// A selector: one that is an expression, or the one within a range selector.
    fn visit_vector_selector(&mut self, _selector: &VectorSelector) {}
}

/// Visits the children of `expr` in the order of the text, an aggregation's parameter before its vector.
pub fn walk_expr<V: Visitor + ?Sized>(visitor: &mut V, expr: &Expr) {
    match expr {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => {}
        Expr::VectorSelector(selector) => visitor.visit_vector_selector(selector),
        Expr::MatrixSelector(matrix) => visitor.visit_vector_selector(&matrix.selector),
        Expr::Subquery(subquery) => visitor.visit_expr(&subquery.expr),
        Expr::Call(call) => {
            for arg in &call.args {
                visitor.visit_expr(arg);
            }
        }
        Expr::Aggregation(aggregation) => {
            if let Some(param) = &aggregation.param {
                visitor.visit_expr(param);
            }
            visitor.visit_expr(&aggregation.expr);
        }
        Expr::Binary(binary) => {
            visitor.visit_expr(&binary.lhs);
            visitor.visit_expr(&binary.rhs);
        }
        Expr::Unary(unary) => visitor.visit_expr(&unary.expr),
        Expr::Paren(paren) => visitor.visit_expr(&paren.expr),
    }
}

/// As [`Visitor`], over a tree that it may change. What it makes must keep the types that were checked.
pub trait MutVisitor {
    /// An expression, before its children.
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        walk_expr_mut(self, expr);
    }

    /// A selector: one that is an expression, or the one within a range selector.
    fn visit_vector_selector_mut(&mut self, _selector: &mut VectorSelector) {}
}

/// Visits the children of `expr` in the order of the text, an aggregation's parameter before its vector.
pub fn walk_expr_mut<V: MutVisitor + ?Sized>(visitor: &mut V, expr: &mut Expr) {
    match expr {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => {}
        Expr::VectorSelector(selector) => visitor.visit_vector_selector_mut(selector),
        Expr::MatrixSelector(matrix) => visitor.visit_vector_selector_mut(&mut matrix.selector),
        Expr::Subquery(subquery) => visitor.visit_expr_mut(&mut subquery.expr),
        Expr::Call(call) => {
            for arg in &mut call.args {
                visitor.visit_expr_mut(arg);
            }
        }
        Expr::Aggregation(aggregation) => {
            if let Some(param) = &mut aggregation.param {
                visitor.visit_expr_mut(param);
            }
            visitor.visit_expr_mut(&mut aggregation.expr);
        }
        Expr::Binary(binary) => {
            visitor.visit_expr_mut(&mut binary.lhs);
            visitor.visit_expr_mut(&mut binary.rhs);
        }
        Expr::Unary(unary) => visitor.visit_expr_mut(&mut unary.expr),
        Expr::Paren(paren) => visitor.visit_expr_mut(&mut paren.expr),
    }
}

//! A question, with what can be known of it without an answer.

use emberdb_promql_syntax::{Call, DurationExpr, DurationKind, DurationSpec, Expr, FunctionId, Sign};

use super::holds::{Holds, holds};
use crate::data::Family;
use crate::question::When;
use crate::question::children::children;

/// A question to recognise changes in.
pub(super) struct Asked<'a> {
    pub(super) families: &'a [Family],
    /// All nodes, parents before children.
    nodes: Vec<Node<'a>>,
    step_ms: i64,
    range_ms: i64,
}

/// A node of the query.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) expr: &'a Expr,
    /// It is evaluated at several steps: those of the query, or those of a subquery around it.
    pub(super) has_steps: bool,
    /// It is in a subquery.
    pub(super) is_in_subquery: bool,
}

impl<'a> Asked<'a> {
    pub(super) fn new(expr: &'a Expr, when: &When, families: &'a [Family]) -> Self {
        let (has_steps, step_ms, range_ms) = match *when {
            When::Instant { .. } => (false, 0, 0),
            When::Range { start_ms, end_ms, step_ms } => (start_ms < end_ms, step_ms, end_ms - start_ms),
        };
        let mut nodes = Vec::new();
        collect(Node { expr, has_steps, is_in_subquery: false }, &mut nodes);
        Self { families, nodes, step_ms, range_ms }
    }

    /// Whether the query's last step is before its end.
    pub(super) fn ends_between_steps(&self) -> bool {
        self.step_ms > 0 && self.range_ms % self.step_ms != 0
    }

    /// Whether some node is one of those.
    pub(super) fn any(&self, is_one: impl Fn(Node<'a>) -> bool) -> bool {
        self.nodes.iter().any(|&node| is_one(node))
    }

    /// Whether some call is one of those.
    pub(super) fn any_call(&self, is_one: impl Fn(&'a Call) -> bool) -> bool {
        self.any(|node| matches!(node.expr, Expr::Call(call) if is_one(call)))
    }

    pub(super) fn calls(&self, functions: &[FunctionId]) -> bool {
        self.any_call(|call| functions.contains(&call.function))
    }

    /// What the samples of an expression may be.
    pub(super) fn holds(&self, expr: &Expr) -> Holds {
        holds(expr, self.families)
    }

    /// Whether some range, step or offset is one of those.
    pub(super) fn any_duration(&self, is_one: impl Fn(&DurationSpec) -> bool) -> bool {
        self.any(|node| durations(node.expr).into_iter().any(&is_one))
    }

    /// Whether a part of some range, step or offset is one of those.
    pub(super) fn any_duration_part(&self, is_one: impl Fn(&DurationExpr) -> bool) -> bool {
        self.any_duration(|duration| match duration {
            DurationSpec::Millis(_) => false,
            DurationSpec::Expr(expr) => any_part(expr, &is_one),
        })
    }

    /// A duration in this query, or why it has none.
    pub(super) fn resolve(
        &self,
        duration: &DurationSpec,
    ) -> Result<i64, emberdb_promql_syntax::DurationError> {
        duration.resolve(self.step_ms, self.range_ms)
    }
}

fn collect<'a>(node: Node<'a>, nodes: &mut Vec<Node<'a>>) {
    nodes.push(node);
    let is_in_subquery = node.is_in_subquery || matches!(node.expr, Expr::Subquery(_));
    let has_steps = node.has_steps || is_in_subquery;
    for expr in children(node.expr) {
        collect(Node { expr, has_steps, is_in_subquery }, nodes);
    }
}

/// An expression and all below it.
pub(super) fn below(expr: &Expr) -> Vec<&Expr> {
    let mut nodes = Vec::new();
    collect(Node { expr, has_steps: false, is_in_subquery: false }, &mut nodes);
    nodes.into_iter().map(|node| node.expr).collect()
}

fn durations(expr: &Expr) -> Vec<&DurationSpec> {
    match expr {
        Expr::VectorSelector(selector) => vec![&selector.offset],
        Expr::MatrixSelector(matrix) => vec![&matrix.range, &matrix.selector.offset],
        Expr::Subquery(subquery) => subquery.step.iter().chain([&subquery.range, &subquery.offset]).collect(),
        _ => Vec::new(),
    }
}

fn any_part(expr: &DurationExpr, is_one: &impl Fn(&DurationExpr) -> bool) -> bool {
    is_one(expr)
        || match &expr.kind {
            DurationKind::Number(_) | DurationKind::Step | DurationKind::Range => false,
            DurationKind::Unary { operand, .. } => any_part(operand, is_one),
            DurationKind::Binary { lhs, rhs, .. } => any_part(lhs, is_one) || any_part(rhs, is_one),
        }
}

/// The value of a scalar, where it is the same for all data and times.
pub(super) fn constant(expr: &Expr) -> Option<f64> {
    match expr.without_parens() {
        Expr::NumberLiteral(number) => Some(number.value),
        Expr::Unary(unary) => {
            let value = constant(&unary.expr)?;
            Some(if unary.sign == Sign::Minus { -value } else { value })
        }
        Expr::Call(call) => match (call.function, call.args.as_slice()) {
            (FunctionId::Scalar | FunctionId::Vector, [arg]) => constant(arg),
            _ => None,
        },
        _ => None,
    }
}

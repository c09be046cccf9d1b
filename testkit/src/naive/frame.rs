//! The steps over which a tree is evaluated.

use emberdb_promql_syntax::Expr;

/// `start, start + step, … ≤ end`: the steps of a query, or the grid of a subquery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Frame {
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    /// Greater than 0; meaningless in an instant query.
    pub(super) step_ms: i64,
}

impl Frame {
    /// The only step of an instant query.
    pub(super) fn instant(time_ms: i64) -> Self {
        Self { start_ms: time_ms, end_ms: time_ms, step_ms: 1 }
    }

    /// All steps.
    pub(super) fn steps(self) -> impl Iterator<Item = i64> {
        let count =
            if self.end_ms < self.start_ms { 0 } else { (self.end_ms - self.start_ms) / self.step_ms + 1 };
        (0..count).map(move |i| self.start_ms + i * self.step_ms)
    }

    /// The last step.
    pub(super) fn last_ms(self) -> i64 {
        self.steps().last().unwrap_or(self.start_ms)
    }

    /// Whether there is but one step, so that the order of results means something.
    pub(super) fn is_instant(self) -> bool {
        self.start_ms == self.end_ms
    }
}

/// Whether an expression has the same value at every step: all that looks at data is pinned by `@`, and no function
/// asks for the time.
pub(super) fn is_step_invariant(expr: &Expr) -> bool {
    match expr {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => true,
        Expr::VectorSelector(selector) => selector.at.is_some(),
        Expr::MatrixSelector(matrix) => matrix.selector.at.is_some(),
        Expr::Subquery(subquery) => subquery.at.is_some(),
        Expr::Call(call) => {
            !call.function.signature().is_at_modifier_unsafe && call.args.iter().all(is_step_invariant)
        }
        Expr::Aggregation(aggregation) => {
            is_step_invariant(&aggregation.expr) && aggregation.param.as_ref().is_none_or(is_step_invariant)
        }
        Expr::Binary(binary) => is_step_invariant(&binary.lhs) && is_step_invariant(&binary.rhs),
        Expr::Unary(unary) => is_step_invariant(&unary.expr),
        Expr::Paren(paren) => is_step_invariant(&paren.expr),
    }
}

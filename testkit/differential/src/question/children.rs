//! The nodes right below a node, in the order of the text.

use emberdb_promql_syntax::Expr;

pub(crate) fn children(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_) => Vec::new(),
        Expr::Subquery(subquery) => vec![&subquery.expr],
        Expr::Call(call) => call.args.iter().collect(),
        Expr::Aggregation(aggregation) => aggregation.param.iter().chain([&aggregation.expr]).collect(),
        Expr::Binary(binary) => vec![&binary.lhs, &binary.rhs],
        Expr::Unary(unary) => vec![&unary.expr],
        Expr::Paren(paren) => vec![&paren.expr],
    }
}

/// The child of that number in [`children`].
pub(crate) fn child_mut(expr: &mut Expr, index: usize) -> Option<&mut Expr> {
    match expr {
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_) => None,
        Expr::Subquery(subquery) => Some(&mut subquery.expr),
        Expr::Call(call) => call.args.get_mut(index),
        Expr::Aggregation(aggregation) => {
            aggregation.param.iter_mut().chain([&mut aggregation.expr]).nth(index)
        }
        Expr::Binary(binary) => [&mut binary.lhs, &mut binary.rhs].into_iter().nth(index),
        Expr::Unary(unary) => Some(&mut unary.expr),
        Expr::Paren(paren) => Some(&mut paren.expr),
    }
}

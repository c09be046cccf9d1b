//! What can be done to one node to make it smaller.

use emberdb_promql_syntax::{
    Aggregation, Call, Expr, Grouping, MatrixSelector, NumberLiteral, Paren, Span, StringLiteral, Subquery,
    ValueType,
};

use super::modifier::{binaries, matchings, ranges, selectors};
use crate::question::children::children;

/// The node, made smaller in each of the ways there are; always of the same type.
pub(super) fn edits(expr: &Expr) -> Vec<Expr> {
    let wanted = expr.value_type();
    let is_wanted = |child: &&&Expr| child.value_type() == wanted;
    let mut all: Vec<Expr> = children(expr).iter().filter(is_wanted).map(|child| as_operand(child)).collect();
    match expr {
        Expr::NumberLiteral(_) => all.push(number(1.0)),
        Expr::StringLiteral(_) => all.push(empty_string()),
        Expr::VectorSelector(selector) => {
            all.extend(
                selectors(selector).into_iter().map(|smaller| Expr::VectorSelector(Box::new(smaller))),
            );
        }
        Expr::MatrixSelector(matrix) => all.extend(matrices(matrix)),
        Expr::Subquery(subquery) => all.extend(subqueries(subquery)),
        Expr::Call(call) => all.extend(calls(call)),
        Expr::Aggregation(aggregation) => all.extend(aggregations(aggregation)),
        Expr::Binary(binary) => {
            all.extend(binaries(binary));
            all.extend(matchings(binary));
        }
        Expr::Unary(_) | Expr::Paren(_) => {}
    }
    if wanted == ValueType::Scalar && !matches!(expr, Expr::NumberLiteral(_)) {
        all.push(number(1.0));
    }
    all
}

/// In parentheses where it may need them.
fn as_operand(expr: &Expr) -> Expr {
    match expr {
        Expr::Binary(_) | Expr::Unary(_) => {
            Expr::Paren(Box::new(Paren { expr: expr.clone(), span: Span::default() }))
        }
        _ => expr.clone(),
    }
}

fn number(value: f64) -> Expr {
    Expr::NumberLiteral(NumberLiteral { value, is_duration: false, span: Span::default() })
}

fn empty_string() -> Expr {
    Expr::StringLiteral(Box::new(StringLiteral {
        value: String::new(),
        not_utf8: None,
        span: Span::default(),
    }))
}

fn matrices(matrix: &MatrixSelector) -> Vec<Expr> {
    let inner =
        selectors(&matrix.selector).into_iter().map(|selector| MatrixSelector { selector, ..matrix.clone() });
    let shorter = ranges(&matrix.range).into_iter().map(|range| MatrixSelector { range, ..matrix.clone() });
    inner.chain(shorter).map(|matrix| Expr::MatrixSelector(Box::new(matrix))).collect()
}

fn subqueries(subquery: &Subquery) -> Vec<Expr> {
    let mut all = Vec::new();
    if let Expr::VectorSelector(selector) = subquery.expr.without_parens() {
        let mut selector = (**selector).clone();
        (selector.offset, selector.at) = (subquery.offset.clone(), subquery.at);
        selector.extended_range = None;
        let matrix = MatrixSelector { selector, range: subquery.range.clone(), span: Span::default() };
        all.push(Expr::MatrixSelector(Box::new(matrix)));
    }
    let mut push = |edit: &dyn Fn(&mut Subquery)| {
        let mut copy = subquery.clone();
        edit(&mut copy);
        all.push(Expr::Subquery(Box::new(copy)));
    };
    push(&|copy| copy.step = None);
    push(&|copy| copy.offset = emberdb_promql_syntax::DurationSpec::ZERO);
    push(&|copy| copy.at = None);
    for range in ranges(&subquery.range) {
        push(&|copy| copy.range = range.clone());
    }
    for step in subquery.step.iter().flat_map(ranges) {
        push(&|copy| copy.step = Some(step.clone()));
    }
    all
}

/// Without the last argument, where it may be missing; and what a range vector as an argument is made of.
fn calls(call: &Call) -> Vec<Expr> {
    let signature = call.function.signature();
    let mut all = Vec::new();
    if call.args.len() > signature.args_min() {
        let mut copy = call.clone();
        copy.args.pop();
        all.push(Expr::Call(Box::new(copy)));
    }
    if signature.return_type == ValueType::Vector {
        for arg in &call.args {
            match arg.without_parens() {
                Expr::MatrixSelector(matrix) => {
                    let mut selector = matrix.selector.clone();
                    selector.extended_range = None;
                    all.push(Expr::VectorSelector(Box::new(selector)));
                }
                Expr::Subquery(subquery) => all.push(as_operand(&subquery.expr)),
                _ => {}
            }
        }
    }
    all
}

fn aggregations(aggregation: &Aggregation) -> Vec<Expr> {
    let labels = aggregation.grouping.labels();
    let fewer = (0..labels.len()).map(|index| {
        let mut labels = labels.to_vec();
        labels.remove(index);
        match aggregation.grouping {
            Grouping::By(_) => Grouping::By(labels),
            Grouping::Without(_) => Grouping::Without(labels),
        }
    });
    let groupings = fewer.chain([Grouping::By(Vec::new())]);
    let with = |grouping| Expr::Aggregation(Box::new(Aggregation { grouping, ..aggregation.clone() }));
    groupings.map(with).collect()
}

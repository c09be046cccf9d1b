//! Aggregations.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};
use nom::sequence::preceded;

use super::call::arguments;
use super::labels::label_names;
use super::tokens::{Parsed, Tall, Tokens, keyword, refuse, within};
use crate::ast::{Aggregation, Expr, Grouping};
use crate::lexical::Keyword;
use crate::signature::AggregationOp;
use crate::span::Span;

/// `sum by (job) (foo)` or `sum(foo) by (job)`. The next token is the operator.
pub(super) fn aggregation(tokens: Tokens<'_>, op: AggregationOp) -> Parsed<'_, Tall<Expr>> {
    let start = tokens.peek().span.start;
    let (rest, before) = opt(grouping).parse(tokens.advance())?;
    let (rest, (args, height)) = within("aggregation", arguments(rest))?;
    let (rest, grouping) = match before {
        Some(before) => (rest, Some(before)),
        None => opt(grouping).parse(rest)?,
    };
    let span = Span::new(start, rest.previous_end());
    if op.is_experimental() && !tokens.options().experimental_functions {
        let message = format!(
            "{op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions"
        );
        return Err(refuse(span, message));
    }
    let (param, expr) = split_param(op, args, span)?;
    let grouping = grouping.unwrap_or_else(|| Grouping::By(Vec::new()));
    let node = Expr::Aggregation(Box::new(Aggregation { op, expr, param, grouping, span }));
    Ok((rest, tokens.grow(node, height, span)?))
}

/// `by (labels)` or `without (labels)`.
fn grouping(tokens: Tokens<'_>) -> Parsed<'_, Grouping> {
    alt((
        map(preceded(keyword(Keyword::By), label_names), Grouping::By),
        map(preceded(keyword(Keyword::Without), label_names), Grouping::Without),
    ))
    .parse(tokens)
}

/// The parameter, where the operator takes one, and the vector.
fn split_param(
    op: AggregationOp,
    args: Vec<Expr>,
    span: Span,
) -> Result<(Option<Expr>, Expr), nom::Err<super::tokens::Refusal>> {
    let wanted = if op.param_type().is_some() { 2 } else { 1 };
    let given = args.len();
    let mut args = args.into_iter();
    match (args.next(), args.next()) {
        (None, _) => Err(refuse(span, "no arguments for aggregate expression provided")),
        (Some(expr), None) if wanted == 1 => Ok((None, expr)),
        (Some(param), Some(expr)) if wanted == 2 && given == 2 => Ok((Some(param), expr)),
        _ => Err(refuse(
            span,
            format!(
                "wrong number of arguments for aggregate expression provided, expected {wanted}, got {given}"
            ),
        )),
    }
}

//! What stands between a binary operator and its right side.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, value};
use nom::sequence::preceded;

use super::labels::label_names;
use super::operand::number;
use super::tokens::{Parsed, Tokens, expect, keyword};
use crate::ast::{Fill, MatchCardinality, MatchLabels, VectorMatching};
use crate::lexical::{Keyword, TokenKind};
use crate::signature::BinaryOp;

/// `bool`, and how the sides find each other.
pub(super) struct BinaryModifiers {
    pub(super) return_bool: bool,
    pub(super) matching: VectorMatching,
}

impl BinaryModifiers {
    pub(super) fn has_fill(&self) -> bool {
        self.matching.fill != Fill::default()
    }
}

/// `bool`, then `on` or `ignoring`, then `group_*`, then `fill*`; each can be missing, but grouping needs labels
/// to match on.
pub(super) fn binary_modifiers(tokens: Tokens<'_>) -> Parsed<'_, BinaryModifiers> {
    let mut modifiers = BinaryModifiers { return_bool: false, matching: VectorMatching::default() };
    // Most operators have no modifier: one look instead of five attempts.
    if !matches!(tokens.peek().kind, TokenKind::Keyword(_)) {
        return Ok((tokens, modifiers));
    }
    let matching = &mut modifiers.matching;
    let (rest, has_bool) = opt(keyword(Keyword::Bool)).parse(tokens)?;
    modifiers.return_bool = has_bool.is_some();
    let (mut rest, labels) = opt(match_labels).parse(rest)?;
    if let Some(labels) = labels {
        matching.labels = labels;
        let (after, group) = opt(group).parse(rest)?;
        rest = after;
        if let Some((cardinality, include)) = group {
            matching.cardinality = cardinality;
            matching.include = include.unwrap_or_default();
        }
    }
    let (rest, fill) = fill(rest)?;
    matching.fill = fill;
    Ok((rest, modifiers))
}

fn match_labels(tokens: Tokens<'_>) -> Parsed<'_, MatchLabels> {
    alt((
        map(preceded(keyword(Keyword::On), label_names), MatchLabels::On),
        map(preceded(keyword(Keyword::Ignoring), label_names), MatchLabels::Ignoring),
    ))
    .parse(tokens)
}

/// `group_left`, with labels to take over or without.
fn group(tokens: Tokens<'_>) -> Parsed<'_, (MatchCardinality, Option<Vec<String>>)> {
    let (rest, cardinality) = alt((
        value(MatchCardinality::ManyToOne, keyword(Keyword::GroupLeft)),
        value(MatchCardinality::OneToMany, keyword(Keyword::GroupRight)),
    ))
    .parse(tokens)?;
    if rest.peek().kind != TokenKind::LeftParen {
        return Ok((rest, (cardinality, None)));
    }
    map(label_names, |labels| (cardinality, Some(labels))).parse(rest)
}

/// `fill(x)`, or `fill_left(x)` and `fill_right(y)` in any order.
fn fill(tokens: Tokens<'_>) -> Parsed<'_, Fill> {
    let left = |tokens| preceded(keyword(Keyword::FillLeft), fill_value).parse(tokens);
    let right = |tokens| preceded(keyword(Keyword::FillRight), fill_value).parse(tokens);
    alt((
        map(preceded(keyword(Keyword::Fill), fill_value), |x| Fill { lhs: Some(x), rhs: Some(x) }),
        map((left, opt(right)), |(lhs, rhs)| Fill { lhs: Some(lhs), rhs }),
        map((right, opt(left)), |(rhs, lhs)| Fill { lhs, rhs: Some(rhs) }),
        map(nom::combinator::success(()), |()| Fill::default()),
    ))
    .parse(tokens)
}

/// `(x)`: a number with an optional sign.
fn fill_value(tokens: Tokens<'_>) -> Parsed<'_, f64> {
    let (rest, _) = expect(TokenKind::LeftParen, "", "")(tokens)?;
    let (rest, sign) = match rest.peek().kind {
        TokenKind::Operator(BinaryOp::Sub) => (rest.advance(), -1.0),
        TokenKind::Operator(BinaryOp::Add) => (rest.advance(), 1.0),
        _ => (rest, 1.0),
    };
    if !matches!(rest.peek().kind, TokenKind::Number | TokenKind::Duration) {
        return Err(rest.unexpected("", ""));
    }
    let (rest, number) = number(rest)?;
    let (rest, _) = expect(TokenKind::RightParen, "", "")(rest)?;
    Ok((rest, sign * number.value))
}

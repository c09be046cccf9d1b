//! What stands in brackets and after `offset`.

use nom::Err;

use super::operand::number;
use super::tokens::{Parsed, Refusal, Tall, Tokens, expect, nested, refuse};
use crate::ast::{DurationExpr, DurationKind, DurationOp, DurationSpec, NumberLiteral, Sign};
use crate::duration::millis_of_seconds;
use crate::lexical::{Keyword, TokenKind};
use crate::signature::BinaryOp;
use crate::span::Span;

/// Where a duration stands: what messages say of it.
#[derive(Clone, Copy)]
pub(super) struct DurationPlace {
    context: &'static str,
    expected: &'static str,
}

impl DurationPlace {
    /// Behind a bracket.
    pub(super) const RANGE: Self =
        Self { context: "subquery or range selector", expected: "number, duration, step(), or range()" };
    /// Behind the colon in brackets.
    pub(super) const STEP: Self =
        Self { context: "subquery selector", expected: "number, duration, step(), range(), or \"]\"" };
    /// Behind `offset`.
    const OFFSET: Self = Self { context: "offset", expected: "number, duration, step(), or range()" };
}

/// A range or step: any duration expression, greater than 0 as far as that shows already.
pub(super) fn positive_duration(tokens: Tokens<'_>, place: DurationPlace) -> Parsed<'_, DurationSpec> {
    let (rest, duration) = duration_expr(tokens, place, 0)?;
    let span = duration.node.span;
    let settled = settle(rest, duration.node)?;
    if matches!(settled, DurationSpec::Millis(ms) if ms <= 0) {
        return Err(refuse(span, "duration must be greater than 0"));
    }
    Ok((rest, settled))
}

/// An offset: one operand with an optional sign. Arithmetic needs parentheses: `foo offset 5m + 5m` adds 300 to
/// `foo offset 5m`, and `foo offset -2 ^ 2` squares `foo offset -2`.
///
/// What begins with parentheses, or with two signs, goes on behind an operator: `foo offset (5m) + 5m` is
/// `foo offset 10m`. With one sign before the parentheses it does not.
pub(super) fn offset_duration(tokens: Tokens<'_>) -> Parsed<'_, DurationSpec> {
    let place = DurationPlace::OFFSET;
    let token = tokens.peek();
    let sign = sign_of(token.kind);
    let unsigned = if sign.is_some() { tokens.advance() } else { tokens };
    let next = unsigned.peek().kind;
    let is_paren = next == TokenKind::LeftParen;
    let goes_on = if sign.is_some() { sign_of(next).is_some() } else { is_paren };
    if goes_on {
        let (rest, duration) = duration_expr(tokens, place, 0)?;
        return Ok((rest, settle(rest, duration.node)?));
    }
    let (rest, operand) = operand(unsigned, place)?;
    let node = match sign {
        None => operand.node,
        Some(sign) => signed(sign, Span::new(token.span.start, rest.previous_end()), operand.node, !is_paren),
    };
    Ok((rest, settle(rest, node)?))
}

fn sign_of(token: TokenKind) -> Option<Sign> {
    match token {
        TokenKind::Operator(BinaryOp::Add) => Some(Sign::Plus),
        TokenKind::Operator(BinaryOp::Sub) => Some(Sign::Minus),
        _ => None,
    }
}

/// Operands joined by operators that bind at least as tightly as `precedence_min`.
fn duration_expr(
    tokens: Tokens<'_>,
    place: DurationPlace,
    precedence_min: u8,
) -> Parsed<'_, Tall<DurationExpr>> {
    nested(tokens, |tokens| {
        let start = tokens.peek().span.start;
        let (mut rest, mut lhs) = signed_operand(tokens, place)?;
        while let TokenKind::Operator(binary) = rest.peek().kind
            && let Some(op) = duration_op(binary)
            && binary.precedence() >= precedence_min
        {
            let rhs_min = binary.precedence() + u8::from(!binary.is_right_associative());
            let (after, rhs) = duration_expr(rest.advance(), place, rhs_min)?;
            if literal(&rhs.node).is_some_and(|number| number.value == 0.0) {
                let operator = rest.peek().span;
                match op {
                    DurationOp::Div => return Err(refuse(operator, "division by zero")),
                    DurationOp::Mod => return Err(refuse(operator, "modulo by zero")),
                    _ => {}
                }
            }
            // Not from node to node: their spans leave out the parentheses around them.
            let span = Span::new(start, after.previous_end());
            lhs = binary_node(tokens, op, lhs, rhs, span)?;
            rest = after;
        }
        Ok((rest, lhs))
    })
}

/// An operand, or a sign and what it binds.
fn signed_operand(tokens: Tokens<'_>, place: DurationPlace) -> Parsed<'_, Tall<DurationExpr>> {
    let token = tokens.peek();
    let Some(sign) = sign_of(token.kind) else { return operand(tokens, place) };
    let (rest, inner) = duration_expr(tokens.advance(), place, BinaryOp::Pow.precedence())?;
    let height = inner.height;
    let span = Span::new(token.span.start, rest.previous_end());
    let node = signed(sign, span, inner.node, false);
    Ok((rest, tokens.grow(node, height, span)?))
}

/// A literal, `step()`, `range()`, `min_of(a, b)`, `max_of(a, b)`, or an expression in parentheses.
fn operand(tokens: Tokens<'_>, place: DurationPlace) -> Parsed<'_, Tall<DurationExpr>> {
    let token = tokens.peek();
    let rest = tokens.advance();
    let of = |kind, span| DurationExpr { kind, parenthesized: false, span };
    let expect = |kind, tokens| expect(kind, place.context, place.expected)(tokens);
    match token.kind {
        TokenKind::Number | TokenKind::Duration => {
            let (rest, number) = number(tokens)?;
            if millis_of_seconds(number.value).is_none() {
                return Err(refuse(number.span, "duration out of range"));
            }
            Ok((rest, Tall { node: of(DurationKind::Number(number), number.span), height: 1 }))
        }
        TokenKind::Keyword(keyword @ (Keyword::Step | Keyword::Range)) => {
            let (rest, _) = expect(TokenKind::LeftParen, rest)?;
            let (rest, close) = expect(TokenKind::RightParen, rest)?;
            let kind = if keyword == Keyword::Step { DurationKind::Step } else { DurationKind::Range };
            Ok((rest, Tall { node: of(kind, token.span.to(close.span)), height: 1 }))
        }
        TokenKind::Keyword(keyword @ (Keyword::MinOf | Keyword::MaxOf)) => {
            let (rest, _) = expect(TokenKind::LeftParen, rest)?;
            let (rest, lhs) = duration_expr(rest, place, 0)?;
            let (rest, _) = expect(TokenKind::Comma, rest)?;
            let (rest, rhs) = duration_expr(rest, place, 0)?;
            let (rest, close) = expect(TokenKind::RightParen, rest)?;
            let op = if keyword == Keyword::MinOf { DurationOp::MinOf } else { DurationOp::MaxOf };
            Ok((rest, binary_node(tokens, op, lhs, rhs, token.span.to(close.span))?))
        }
        TokenKind::LeftParen => {
            let (rest, mut inner) = duration_expr(rest, place, 0)?;
            let (rest, _) = expect(TokenKind::RightParen, rest)?;
            inner.node.parenthesized = true;
            Ok((rest, inner))
        }
        _ => Err(tokens.unexpected(place.context, place.expected)),
    }
}

fn binary_node(
    tokens: Tokens<'_>,
    op: DurationOp,
    lhs: Tall<DurationExpr>,
    rhs: Tall<DurationExpr>,
    span: Span,
) -> Result<Tall<DurationExpr>, Err<Refusal>> {
    let height = lhs.height.max(rhs.height);
    let kind = DurationKind::Binary { op, lhs: Box::new(lhs.node), rhs: Box::new(rhs.node) };
    tokens.grow(DurationExpr { kind, parenthesized: false, span }, height, span)
}

/// A sign before an expression: folded into a bare number; a plus is kept only where `keeps_plus`.
fn signed(sign: Sign, span: Span, operand: DurationExpr, keeps_plus: bool) -> DurationExpr {
    if let Some(mut number) = literal(&operand) {
        if sign == Sign::Minus {
            number.value = -number.value;
        }
        number.span = span;
        return DurationExpr { kind: DurationKind::Number(number), parenthesized: false, span };
    }
    if sign == Sign::Plus && !keeps_plus {
        return operand;
    }
    let kind = DurationKind::Unary { sign, operand: Box::new(operand) };
    DurationExpr { kind, parenthesized: false, span }
}

/// The number, if the expression is nothing else.
fn literal(expr: &DurationExpr) -> Option<NumberLiteral> {
    match expr.kind {
        DurationKind::Number(number) if !expr.parenthesized => Some(number),
        _ => None,
    }
}

/// A literal as milliseconds, anything else as the expression it is, if expressions are allowed.
fn settle(tokens: Tokens<'_>, expr: DurationExpr) -> Result<DurationSpec, Err<Refusal>> {
    if let Some(number) = literal(&expr) {
        let ms = millis_of_seconds(number.value);
        return ms.map(DurationSpec::Millis).ok_or_else(|| refuse(number.span, "duration out of range"));
    }
    if !tokens.options().duration_expr {
        return Err(refuse(expr.span, "experimental duration expression is not enabled"));
    }
    Ok(DurationSpec::Expr(Box::new(expr)))
}

fn duration_op(op: BinaryOp) -> Option<DurationOp> {
    Some(match op {
        BinaryOp::Add => DurationOp::Add,
        BinaryOp::Sub => DurationOp::Sub,
        BinaryOp::Mul => DurationOp::Mul,
        BinaryOp::Div => DurationOp::Div,
        BinaryOp::Mod => DurationOp::Mod,
        BinaryOp::Pow => DurationOp::Pow,
        _ => return None,
    })
}

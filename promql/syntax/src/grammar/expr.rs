//! Operators and signs. The only place that knows precedence climbing.

use super::matching::binary_modifiers;
use super::modifier::modifiers;
use super::operand::operand;
use super::tokens::{Parsed, Tall, Tokens, nested, refuse};
use crate::ast::{Binary, Expr, Sign, Unary};
use crate::lexical::TokenKind;
use crate::signature::BinaryOp;

/// An expression.
pub(super) fn expr(tokens: Tokens<'_>) -> Parsed<'_, Tall<Expr>> {
    nested(tokens, |tokens| binary(tokens, 0))
}

/// Operands joined by operators that bind at least as tightly as `precedence_min`.
fn binary(tokens: Tokens<'_>, precedence_min: u8) -> Parsed<'_, Tall<Expr>> {
    let (mut rest, mut lhs) = signed(tokens)?;
    while let TokenKind::Operator(op) = rest.peek().kind
        && op.precedence() >= precedence_min
    {
        let (after, modifiers) = binary_modifiers(rest.advance())?;
        // What binds equally tightly goes to the right side only where the operator associates that way.
        let rhs_min = op.precedence() + u8::from(!op.is_right_associative());
        let (after, rhs) = nested(after, |tokens| binary(tokens, rhs_min))?;
        let span = lhs.node.span().to(rhs.node.span());
        if modifiers.has_fill() && !tokens.options().binop_fill_modifiers {
            return Err(refuse(span, "binop fill modifiers are experimental and not enabled"));
        }
        let height = lhs.height.max(rhs.height);
        let node = Expr::Binary(Box::new(Binary {
            op,
            lhs: lhs.node,
            rhs: rhs.node,
            return_bool: modifiers.return_bool,
            matching: Some(modifiers.matching),
            span,
        }));
        lhs = tokens.grow(node, height, span)?;
        rest = after;
    }
    Ok((rest, lhs))
}

/// An operand with its modifiers, or a sign and what it binds: `-2 ^ 2` is `-(2 ^ 2)`, `-2 * 2` is `(-2) * 2`.
fn signed(tokens: Tokens<'_>) -> Parsed<'_, Tall<Expr>> {
    let token = tokens.peek();
    let sign = match token.kind {
        TokenKind::Operator(BinaryOp::Add) => Sign::Plus,
        TokenKind::Operator(BinaryOp::Sub) => Sign::Minus,
        _ => {
            let (rest, operand) = operand(tokens)?;
            return modifiers(rest, operand);
        }
    };
    let tighter = BinaryOp::Pow.precedence();
    let (rest, operand) = nested(tokens.advance(), |tokens| binary(tokens, tighter))?;
    let span = token.span.to(operand.node.span());
    if let Expr::NumberLiteral(mut number) = operand.node {
        if sign == Sign::Minus {
            number.value = -number.value;
        }
        number.span = span;
        return Ok((rest, Tall { node: Expr::NumberLiteral(number), height: operand.height }));
    }
    let node = Expr::Unary(Box::new(Unary { sign, expr: operand.node, span }));
    Ok((rest, tokens.grow(node, operand.height, span)?))
}

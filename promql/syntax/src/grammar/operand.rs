//! What operators and modifiers apply to.

use super::aggregation::aggregation;
use super::call::call;
use super::expr::expr;
use super::selector::vector_selector;
use super::tokens::{Parsed, Tall, Tokens, expect, refuse};
use crate::ast::{Expr, NumberLiteral, Paren, StringLiteral};
use crate::duration::parse_duration;
use crate::lexical::{Keyword, TokenKind, parse_number, unquote_bytes};

/// A literal, a selector, a call, an aggregation or an expression in parentheses. What it is shows in the first
/// two tokens.
pub(super) fn operand(tokens: Tokens<'_>) -> Parsed<'_, Tall<Expr>> {
    let token = tokens.peek();
    match token.kind {
        TokenKind::Number | TokenKind::Duration => {
            let (rest, number) = number(tokens)?;
            Ok((rest, Tall { node: Expr::NumberLiteral(number), height: 1 }))
        }
        TokenKind::String => {
            let bytes = unquote_bytes(tokens.text(token)).map_err(|message| refuse(token.span, message))?;
            let node = Expr::StringLiteral(Box::new(StringLiteral::new(bytes, token.span)));
            Ok((tokens.advance(), Tall { node, height: 1 }))
        }
        TokenKind::LeftParen => paren(tokens),
        TokenKind::Aggregator(op) if is_aggregation(tokens) => aggregation(tokens, op),
        TokenKind::Identifier if tokens.peek_second() == TokenKind::LeftParen => call(tokens),
        TokenKind::Keyword(keyword)
            if keyword.is_function() && tokens.peek_second() == TokenKind::LeftParen =>
        {
            call(tokens)
        }
        _ => {
            let (rest, selector) = vector_selector(tokens)?;
            Ok((rest, Tall { node: Expr::VectorSelector(Box::new(selector)), height: 1 }))
        }
    }
}

/// Whether a token can begin an expression.
pub(super) fn begins_expr(kind: TokenKind) -> bool {
    use crate::signature::BinaryOp;
    kind.is_metric_name()
        || matches!(
            kind,
            TokenKind::Number
                | TokenKind::Duration
                | TokenKind::String
                | TokenKind::LeftParen
                | TokenKind::LeftBrace
                | TokenKind::Operator(BinaryOp::Add | BinaryOp::Sub)
        )
}

/// A number, or a duration as its seconds.
pub(super) fn number(tokens: Tokens<'_>) -> Parsed<'_, NumberLiteral> {
    let token = tokens.peek();
    let text = tokens.text(token);
    let (value, is_duration) = if token.kind == TokenKind::Duration {
        let ms = parse_duration(text).map_err(|error| refuse(token.span, error.to_string()))?;
        // Added in this order as Go does it, where the last bit can differ from a division by 1000.
        ((ms / 1000) as f64 + (ms % 1000) as f64 / 1000.0, true)
    } else {
        let value = parse_number(text);
        (value.map_err(|error| refuse(token.span, format!("error parsing number: {error}")))?, false)
    };
    Ok((tokens.advance(), NumberLiteral { value, is_duration, span: token.span }))
}

fn paren(tokens: Tokens<'_>) -> Parsed<'_, Tall<Expr>> {
    let open = tokens.peek();
    let (rest, inner) = expr(tokens.advance())?;
    let (rest, close) = expect(TokenKind::RightParen, "", "")(rest)?;
    let span = open.span.to(close.span);
    let node = Expr::Paren(Box::new(Paren { expr: inner.node, span }));
    Ok((rest, tokens.grow(node, inner.height, span)?))
}

/// Whether the name of an aggregation means one here, and is not just a metric's name.
fn is_aggregation(tokens: Tokens<'_>) -> bool {
    matches!(tokens.peek_second(), TokenKind::LeftParen | TokenKind::Keyword(Keyword::By | Keyword::Without))
}

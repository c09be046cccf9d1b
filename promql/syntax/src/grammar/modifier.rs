//! What can follow an operand: brackets, `offset`, `@`, `anchored`, `smoothed`.

use nom::Err;

use super::duration::{DurationPlace, offset_duration, positive_duration};
use super::operand::number;
use super::tokens::{Parsed, Refusal, Tall, Tokens, expect, refuse};
use crate::ast::{At, DurationSpec, Expr, ExtendedRange, MatrixSelector, Subquery};
use crate::lexical::{Keyword, TokenKind};
use crate::signature::BinaryOp;
use crate::span::Span;

/// Applies all modifiers that follow.
pub(super) fn modifiers<'a>(tokens: Tokens<'a>, operand: Tall<Expr>) -> Parsed<'a, Tall<Expr>> {
    let (mut rest, mut operand) = (tokens, operand);
    loop {
        match rest.peek().kind {
            TokenKind::LeftBracket => (rest, operand) = brackets(rest, operand)?,
            TokenKind::Keyword(Keyword::Offset) => rest = offset(rest, &mut operand.node)?,
            TokenKind::At => rest = at(rest, &mut operand.node)?,
            TokenKind::Keyword(Keyword::Anchored) => {
                rest = extended_range(rest, &mut operand.node, ExtendedRange::Anchored)?;
            }
            TokenKind::Keyword(Keyword::Smoothed) => {
                rest = extended_range(rest, &mut operand.node, ExtendedRange::Smoothed)?;
            }
            _ => return Ok((rest, operand)),
        }
    }
}

/// `[5m]` or `[1h:1m]`.
fn brackets<'a>(tokens: Tokens<'a>, operand: Tall<Expr>) -> Parsed<'a, Tall<Expr>> {
    let open = tokens.peek();
    let (rest, range) = positive_duration(tokens.advance(), DurationPlace::RANGE)?;
    match rest.peek().kind {
        TokenKind::RightBracket => {
            let brackets = open.span.to(rest.peek().span);
            Ok((rest.advance(), matrix(operand, range, brackets)?))
        }
        TokenKind::Colon => {
            let (rest, step) = step(rest.advance())?;
            let span = Span::new(operand.node.span().start, rest.previous_end());
            let node = Expr::Subquery(Box::new(Subquery {
                expr: operand.node,
                range,
                step,
                offset: DurationSpec::ZERO,
                at: None,
                span,
            }));
            Ok((rest, tokens.grow(node, operand.height, span)?))
        }
        _ => Err(rest.unexpected("subquery or range", "\":\" or \"]\"")),
    }
}

/// The range selector that `[range]` makes of a vector selector.
fn matrix(operand: Tall<Expr>, range: DurationSpec, brackets: Span) -> Result<Tall<Expr>, Err<Refusal>> {
    let Expr::VectorSelector(selector) = operand.node else {
        return Err(refuse(brackets, "ranges only allowed for vector selectors"));
    };
    if !selector.offset.is_zero() {
        return Err(refuse(brackets, "no offset modifiers allowed before range"));
    }
    if selector.at.is_some() {
        return Err(refuse(brackets, "no @ modifiers allowed before range"));
    }
    let span = Span::new(selector.span.start, brackets.end);
    let matrix = MatrixSelector { selector: *selector, range, span };
    Ok(Tall { node: Expr::MatrixSelector(Box::new(matrix)), height: operand.height })
}

/// What stands between the colon and the bracket, and the bracket.
fn step(tokens: Tokens<'_>) -> Parsed<'_, Option<DurationSpec>> {
    if tokens.peek().kind == TokenKind::RightBracket {
        return Ok((tokens.advance(), None));
    }
    let (rest, step) = positive_duration(tokens, DurationPlace::STEP)?;
    let (rest, _) = expect(TokenKind::RightBracket, "subquery selector", "\"]\"")(rest)?;
    Ok((rest, Some(step)))
}

fn offset<'a>(tokens: Tokens<'a>, operand: &mut Expr) -> Result<Tokens<'a>, Err<Refusal>> {
    let (rest, given) = offset_duration(tokens.advance())?;
    let before = operand.span();
    let (offset, span) = match operand {
        Expr::VectorSelector(selector) => (&mut selector.offset, &mut selector.span),
        Expr::MatrixSelector(matrix) => (&mut matrix.selector.offset, &mut matrix.span),
        Expr::Subquery(subquery) => (&mut subquery.offset, &mut subquery.span),
        _ => return Err(refuse(before, misplaced("offset"))),
    };
    if !offset.is_zero() {
        return Err(refuse(before, "offset may not be set multiple times"));
    }
    *offset = given;
    span.end = rest.previous_end();
    Ok(rest)
}

fn at<'a>(tokens: Tokens<'a>, operand: &mut Expr) -> Result<Tokens<'a>, Err<Refusal>> {
    let before = operand.span();
    let (rest, given) = at_time(tokens.advance(), before)?;
    let (at, span) = match operand {
        Expr::VectorSelector(selector) => (&mut selector.at, &mut selector.span),
        Expr::MatrixSelector(matrix) => (&mut matrix.selector.at, &mut matrix.span),
        Expr::Subquery(subquery) => (&mut subquery.at, &mut subquery.span),
        _ => return Err(refuse(before, misplaced("@"))),
    };
    if at.is_some() {
        return Err(refuse(before, "@ <timestamp> may not be set multiple times"));
    }
    *at = Some(given);
    span.end = rest.previous_end();
    Ok(rest)
}

/// A time in seconds, `start()` or `end()`.
fn at_time<'a>(tokens: Tokens<'a>, operand: Span) -> Parsed<'a, At> {
    const CONTEXT: (&str, &str) = ("@", "timestamp");
    let named = match tokens.peek().kind {
        TokenKind::Keyword(Keyword::Start) => Some(At::Start),
        TokenKind::Keyword(Keyword::End) => Some(At::End),
        _ => None,
    };
    if let Some(named) = named {
        let (rest, _) = expect(TokenKind::LeftParen, CONTEXT.0, CONTEXT.1)(tokens.advance())?;
        let (rest, _) = expect(TokenKind::RightParen, CONTEXT.0, CONTEXT.1)(rest)?;
        return Ok((rest, named));
    }
    let (rest, is_negative) = match tokens.peek().kind {
        TokenKind::Operator(BinaryOp::Sub) => (tokens.advance(), true),
        TokenKind::Operator(BinaryOp::Add) => (tokens.advance(), false),
        _ => (tokens, false),
    };
    if !matches!(rest.peek().kind, TokenKind::Number | TokenKind::Duration) {
        return Err(rest.unexpected(CONTEXT.0, CONTEXT.1));
    }
    let (rest, number) = number(rest)?;
    let seconds = if is_negative { -number.value } else { number.value };
    // Written so that NaN is refused too.
    if seconds.abs() < i64::MAX as f64 {
        return Ok((rest, At::Timestamp((seconds * 1000.0).round() as i64)));
    }
    let shown = match seconds {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        seconds => format!("{seconds:.6}"),
    };
    Err(refuse(operand, format!("timestamp out of bounds for @ modifier: {shown}")))
}

fn extended_range<'a>(
    tokens: Tokens<'a>,
    operand: &mut Expr,
    given: ExtendedRange,
) -> Result<Tokens<'a>, Err<Refusal>> {
    let before = operand.span();
    let word = given.as_str();
    let rest = tokens.advance();
    if !tokens.options().extended_range_selectors {
        return Err(refuse(before, format!("{word} modifier is experimental and not enabled")));
    }
    let (extended, span) = match operand {
        Expr::VectorSelector(selector) => (&mut selector.extended_range, &mut selector.span),
        Expr::MatrixSelector(matrix) => (&mut matrix.selector.extended_range, &mut matrix.span),
        Expr::Subquery(_) => {
            return Err(refuse(before, format!("{word} modifier is not supported for subqueries")));
        }
        _ => return Err(refuse(before, format!("{word} modifier not implemented"))),
    };
    if extended.is_some_and(|other| other != given) {
        return Err(refuse(before, "anchored and smoothed modifiers cannot be used together"));
    }
    *extended = Some(given);
    span.end = rest.previous_end();
    Ok(rest)
}

fn misplaced(modifier: &str) -> String {
    format!(
        "{modifier} modifier must be preceded by an instant vector selector or range vector selector or a subquery"
    )
}

//! Vector selectors.

use emberdb_model::{METRIC_NAME, MatchOp, Matcher};
use nom::Parser;
use nom::combinator::opt;

use super::tokens::{Parsed, Tokens, expect, refuse, token};
use crate::ast::{DurationSpec, VectorSelector};
use crate::lexical::{Token, TokenKind, unquote};
use crate::signature::BinaryOp;
use crate::span::Span;

const CONTEXT: &str = "label matching";

/// A name, matchers in braces, or both.
pub(super) fn vector_selector(tokens: Tokens<'_>) -> Parsed<'_, VectorSelector> {
    let first = tokens.peek();
    let (rest, name) = if first.kind.is_metric_name() {
        (tokens.advance(), Some(tokens.text(first).to_owned()))
    } else {
        (tokens, None)
    };
    let (rest, matchers) = opt(matchers).parse(rest)?;
    if name.is_none() && matchers.is_none() {
        return Err(tokens.unexpected("", ""));
    }
    let mut matchers = matchers.unwrap_or_default();
    if let Some(name) = &name {
        matchers.push(Matcher::equal(METRIC_NAME, name.as_str()));
    }
    let selector = VectorSelector {
        name,
        matchers,
        offset: DurationSpec::ZERO,
        at: None,
        extended_range: None,
        allow_empty_matchers: false,
        span: Span::new(first.span.start, rest.previous_end()),
    };
    Ok((rest, selector))
}

/// `{job="api", "metric.name"}`; a comma may trail.
fn matchers(tokens: Tokens<'_>) -> Parsed<'_, Vec<Matcher>> {
    let (mut rest, _) = token(TokenKind::LeftBrace)(tokens)?;
    // Room for the name that often follows from outside the braces.
    let mut matchers = Vec::with_capacity(4);
    if rest.peek().kind == TokenKind::RightBrace {
        return Ok((rest.advance(), matchers));
    }
    loop {
        let (after, matcher) = matcher(rest)?;
        matchers.push(matcher);
        rest = after.advance();
        match after.peek().kind {
            TokenKind::RightBrace => return Ok((rest, matchers)),
            TokenKind::Comma if rest.peek().kind == TokenKind::RightBrace => {
                return Ok((rest.advance(), matchers));
            }
            TokenKind::Comma => {}
            _ => return Err(after.unexpected(CONTEXT, "\",\" or \"}\"")),
        }
    }
}

/// `job="api"`, or a metric name in quotes.
fn matcher(tokens: Tokens<'_>) -> Parsed<'_, Matcher> {
    let label = tokens.peek();
    let rest = tokens.advance();
    let op = match rest.peek().kind {
        TokenKind::Assign => Some(MatchOp::Equal),
        TokenKind::Operator(BinaryOp::NotEqual) => Some(MatchOp::NotEqual),
        TokenKind::RegexMatch => Some(MatchOp::Regex),
        TokenKind::RegexNoMatch => Some(MatchOp::NotRegex),
        _ => None,
    };
    match (label.kind, op) {
        (TokenKind::Identifier | TokenKind::String, Some(op)) => {
            let (rest, value) = expect(TokenKind::String, CONTEXT, "string")(rest.advance())?;
            let name = text(tokens, label)?;
            let span = label.span.to(value.span);
            let matcher = Matcher::new(op, name, text(tokens, value)?);
            let matcher =
                matcher.map_err(|error| refuse(span, format!("error parsing regexp: {}", error.reason())))?;
            Ok((rest, matcher))
        }
        (TokenKind::Identifier, None) => Err(rest.unexpected(CONTEXT, "label matching operator")),
        (TokenKind::String, None) => Ok((rest, Matcher::equal(METRIC_NAME, text(tokens, label)?))),
        _ => Err(tokens.unexpected(CONTEXT, "identifier or \"}\"")),
    }
}

/// The text of a name or a string.
fn text(tokens: Tokens<'_>, token: Token) -> Result<String, nom::Err<super::tokens::Refusal>> {
    match token.kind {
        TokenKind::String => unquote(tokens.text(token)).map_err(|message| refuse(token.span, message)),
        _ => Ok(tokens.text(token).to_owned()),
    }
}

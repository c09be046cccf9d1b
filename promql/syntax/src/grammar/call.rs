//! Function calls.

use super::expr::expr;
use super::operand::begins_expr;
use super::tokens::{Parsed, Tall, Tokens, expect, refuse};
use crate::ast::{Call, Expr};
use crate::lexical::{Token, TokenKind};
use crate::quote::quoted;
use crate::signature::FunctionId;

/// `rate(foo[5m])`. The next token is the name, the one after the parenthesis.
pub(super) fn call(tokens: Tokens<'_>) -> Parsed<'_, Tall<Expr>> {
    let name = tokens.peek();
    let (rest, (args, height)) = arguments(tokens.advance())?;
    let function = function(tokens, name)?;
    let span = crate::span::Span::new(name.span.start, rest.previous_end());
    let node = Expr::Call(Box::new(Call { function, args, span }));
    Ok((rest, tokens.grow(node, height, span)?))
}

/// `(a, b)`: the expressions and the height of the highest.
pub(super) fn arguments(tokens: Tokens<'_>) -> Parsed<'_, (Vec<Expr>, usize)> {
    let (mut rest, _) = expect(TokenKind::LeftParen, "", "")(tokens)?;
    let (mut args, mut height) = (Vec::new(), 0);
    if rest.peek().kind == TokenKind::RightParen {
        return Ok((rest.advance(), (args, height)));
    }
    loop {
        let (after, arg) = expr(rest)?;
        height = height.max(arg.height);
        args.push(arg.node);
        let separator = after.peek();
        rest = after.advance();
        match separator.kind {
            TokenKind::RightParen => return Ok((rest, (args, height))),
            TokenKind::Comma if begins_expr(rest.peek().kind) => {}
            TokenKind::Comma if rest.peek().kind == TokenKind::Fault => return Err(rest.unexpected("", "")),
            TokenKind::Comma => {
                return Err(refuse(separator.span, "trailing commas not allowed in function call args"));
            }
            _ => return Err(after.unexpected("", "")),
        }
    }
}

fn function(tokens: Tokens<'_>, name: Token) -> Result<FunctionId, nom::Err<super::tokens::Refusal>> {
    let text = tokens.text(name);
    let found = match name.kind {
        // A keyword is one in any case of letters.
        TokenKind::Keyword(_) => FunctionId::by_name(&text.to_ascii_lowercase()),
        _ => FunctionId::by_name(text),
    };
    let Some(function) = found else {
        return Err(refuse(name.span, format!("unknown function with name {}", quoted(text))));
    };
    if function.signature().is_experimental && !tokens.options().experimental_functions {
        return Err(refuse(name.span, format!("function {} is not enabled", quoted(text))));
    }
    Ok(function)
}

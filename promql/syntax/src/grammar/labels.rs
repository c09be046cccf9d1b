//! Label names in parentheses: after `by`, `without`, `on`, `ignoring` and `group_*`.

use super::tokens::{Parsed, Tokens, expect, refuse};
use crate::lexical::{TokenKind, unquote};
use crate::quote::quoted;

const CONTEXT: &str = "grouping opts";

/// `(job, "label.name")`; a comma may trail.
pub(super) fn label_names(tokens: Tokens<'_>) -> Parsed<'_, Vec<String>> {
    let (mut rest, _) = expect(TokenKind::LeftParen, CONTEXT, "\"(\"")(tokens)?;
    let mut names = Vec::new();
    if rest.peek().kind == TokenKind::RightParen {
        return Ok((rest.advance(), names));
    }
    loop {
        let (after, name) = label_name(rest)?;
        names.push(name);
        rest = after.advance();
        match after.peek().kind {
            TokenKind::RightParen => return Ok((rest, names)),
            TokenKind::Comma if rest.peek().kind == TokenKind::RightParen => {
                return Ok((rest.advance(), names));
            }
            TokenKind::Comma => {}
            _ => return Err(after.unexpected(CONTEXT, "\",\" or \")\"")),
        }
    }
}

/// A name: any word, or any text in quotes.
fn label_name(tokens: Tokens<'_>) -> Parsed<'_, String> {
    let token = tokens.peek();
    let text = tokens.text(token);
    if token.kind.is_label_name() {
        return Ok((tokens.advance(), text.to_owned()));
    }
    if token.kind != TokenKind::String {
        return Err(tokens.unexpected(CONTEXT, "label"));
    }
    let name = unquote(text).map_err(|message| refuse(token.span, message))?;
    if name.is_empty() {
        return Err(refuse(token.span, format!("invalid label name {}", quoted(&name))));
    }
    Ok((tokens.advance(), name))
}

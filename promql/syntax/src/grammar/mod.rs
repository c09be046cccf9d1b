//! Tokens to tree: nom parsers over a token slice, one construct a file.
//!
//! * [`tokens`]: the input, how it refuses, and the depth limit
//! * [`expr`]: operators by precedence climbing, signs, what follows an operand
//! * [`operand`]: literals, parentheses, and which of the rest it is
//! * [`selector`]: names and matchers
//! * [`modifier`]: brackets, `offset`, `@`, `anchored`, `smoothed`
//! * [`duration`]: what stands in brackets and after `offset`
//! * [`call`], [`aggregation`]: what takes arguments
//! * [`matching`]: what stands between an operator and its right side
//! * [`labels`]: label names in parentheses
//!
//! Each token is looked at once or twice: what comes next decides, and nothing is parsed twice.

mod aggregation;
mod call;
mod duration;
mod expr;
mod labels;
mod matching;
mod modifier;
mod operand;
mod selector;
mod tokens;

#[cfg(test)]
mod tests;

use emberdb_model::Matcher;

use crate::ast::Expr;
use crate::error::Fault;
use crate::experimental::ParserOptions;
use crate::lexical::{TokenKind, Tokenized};
use crate::span::Span;
use tokens::{Refusal, Source, Tokens};

/// The expression that the tokens make, its types not yet checked.
pub(crate) fn parse_expr(tokenized: &Tokenized<'_>, options: ParserOptions) -> Result<Expr, Box<Fault>> {
    let source = Source { tokenized, options };
    let tokens = Tokens::new(&source);
    if tokens.peek().kind == TokenKind::End {
        return Err(Box::new(Fault::new(Span::default(), "no expression found in input")));
    }
    let (rest, parsed) = expr::expr(tokens).map_err(|error| explain(tokens, error))?;
    at_end(rest)?;
    Ok(parsed.node)
}

/// The matchers of the vector selector that the tokens make.
pub(crate) fn parse_selector(
    tokenized: &Tokenized<'_>,
    options: ParserOptions,
) -> Result<Vec<Matcher>, Box<Fault>> {
    let source = Source { tokenized, options };
    let tokens = Tokens::new(&source);
    let (rest, selector) = selector::vector_selector(tokens).map_err(|error| explain(tokens, error))?;
    at_end(rest)?;
    Ok(selector.matchers)
}

fn at_end(rest: Tokens<'_>) -> Result<(), Box<Fault>> {
    if rest.peek().kind == TokenKind::End {
        return Ok(());
    }
    Err(rest.unexpected_fault("", ""))
}

fn explain(tokens: Tokens<'_>, error: nom::Err<Refusal>) -> Box<Fault> {
    match error {
        nom::Err::Failure(Refusal::Fault(fault)) | nom::Err::Error(Refusal::Fault(fault)) => fault,
        nom::Err::Failure(Refusal::Mismatch)
        | nom::Err::Error(Refusal::Mismatch)
        | nom::Err::Incomplete(_) => tokens.unexpected_fault("", ""),
    }
}

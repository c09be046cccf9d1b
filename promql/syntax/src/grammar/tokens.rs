//! The input of the grammar's parsers.

use nom::error::{ErrorKind, ParseError};
use nom::{Err, IResult};

use crate::error::Fault;
use crate::experimental::ParserOptions;
use crate::lexical::{Keyword, Token, TokenKind, Tokenized};
use crate::limit::DEPTH_MAX;
use crate::span::Span;

/// What a parser of the grammar returns.
///
/// `Err::Error` with [`Refusal::Mismatch`] means: not here, try something else. `Err::Failure` is final.
pub(super) type Parsed<'a, T> = IResult<Tokens<'a>, T, Refusal>;

/// What all parsers of one query share.
pub(super) struct Source<'a> {
    pub(super) tokenized: &'a Tokenized<'a>,
    pub(super) options: ParserOptions,
}

/// The tokens from some place on, and how deep that place is nested.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'a> {
    source: &'a Source<'a>,
    at: usize,
    depth: usize,
}

/// Why a parser does not give a result. Small, and free of allocation where another parser gets its turn.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Something else stands here.
    Mismatch,
    /// The query is wrong.
    Fault(Box<Fault>),
}

impl<'a> ParseError<Tokens<'a>> for Refusal {
    fn from_error_kind(_: Tokens<'a>, _: ErrorKind) -> Self {
        Self::Mismatch
    }

    fn append(_: Tokens<'a>, _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// A node and the height of the tree under it.
pub(super) struct Tall<T> {
    pub(super) node: T,
    pub(super) height: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(source: &'a Source<'a>) -> Self {
        Self { source, at: 0, depth: 0 }
    }

    /// The next token; at the end always the last one.
    pub(super) fn peek(self) -> Token {
        self.nth(0)
    }

    /// The kind of the token after the next.
    pub(super) fn peek_second(self) -> TokenKind {
        self.nth(1).kind
    }

    fn nth(self, ahead: usize) -> Token {
        let end = Token { kind: TokenKind::End, span: Span::default() };
        let tokens = &self.source.tokenized.tokens;
        tokens.get(self.at + ahead).or(tokens.last()).copied().unwrap_or(end)
    }

    /// The tokens after the next.
    pub(super) fn advance(self) -> Self {
        Self { at: self.at + 1, ..self }
    }

    pub(super) fn query(self) -> &'a str {
        self.source.tokenized.query
    }

    pub(super) fn options(self) -> ParserOptions {
        self.source.options
    }

    pub(super) fn text(self, token: Token) -> &'a str {
        token.span.text(self.query())
    }

    /// The end of the token before: where the construct that was just parsed ends.
    pub(super) fn previous_end(self) -> u32 {
        let previous = self.at.checked_sub(1).and_then(|at| self.source.tokenized.tokens.get(at));
        previous.map_or(0, |token| token.span.end)
    }

    /// Refuses the query because of the next token. `context` says within what, `expected` what could stand here;
    /// both can be empty.
    pub(super) fn unexpected(self, context: &str, expected: &str) -> Err<Refusal> {
        Err::Failure(Refusal::Fault(self.unexpected_fault(context, expected)))
    }

    pub(super) fn unexpected_fault(self, context: &str, expected: &str) -> Box<Fault> {
        let token = self.peek();
        if token.kind == TokenKind::Fault
            && let Some(fault) = &self.source.tokenized.fault
        {
            return Box::new(fault.clone());
        }
        let mut message = format!("unexpected {}", token.describe(self.query()));
        for (word, text) in [(" in ", context), (", expected ", expected)] {
            if !text.is_empty() {
                message.push_str(word);
                message.push_str(text);
            }
        }
        let is_unexplained = context.is_empty();
        Box::new(Fault { is_unexplained, ..Fault::new(token.span, message) })
    }

    /// The node with its height, one more than that of its highest child, unless that is too much.
    pub(super) fn grow<T>(self, node: T, child_height: usize, span: Span) -> Result<Tall<T>, Err<Refusal>> {
        let height = child_height + 1;
        if height > DEPTH_MAX { Err(too_deep(span)) } else { Ok(Tall { node, height }) }
    }
}

/// Refuses the query for a reason of its own.
pub(super) fn refuse(span: Span, message: impl Into<String>) -> Err<Refusal> {
    Err::Failure(Refusal::Fault(Box::new(Fault::new(span, message))))
}

/// Runs `parser` one level deeper, unless that is too deep: the stack is finite.
pub(super) fn nested<'a, T>(
    tokens: Tokens<'a>,
    parser: impl FnOnce(Tokens<'a>) -> Parsed<'a, T>,
) -> Parsed<'a, T> {
    let depth = tokens.depth + 1;
    if depth > DEPTH_MAX {
        return Err(too_deep(tokens.peek().span));
    }
    let (rest, output) = parser(Tokens { depth, ..tokens })?;
    Ok((Tokens { depth: tokens.depth, ..rest }, output))
}

fn too_deep(span: Span) -> Err<Refusal> {
    refuse(span, format!("expression is nested deeper than {DEPTH_MAX} levels"))
}

/// The next token, if it is of this kind.
pub(super) fn token<'a>(kind: TokenKind) -> impl Fn(Tokens<'a>) -> Parsed<'a, Token> {
    move |tokens| {
        let token = tokens.peek();
        if token.kind == kind { Ok((tokens.advance(), token)) } else { Err(Err::Error(Refusal::Mismatch)) }
    }
}

/// The next token, if it is this keyword.
pub(super) fn keyword<'a>(keyword: Keyword) -> impl Fn(Tokens<'a>) -> Parsed<'a, Token> {
    token(TokenKind::Keyword(keyword))
}

/// The next token, which has to be of this kind.
pub(super) fn expect<'a>(
    kind: TokenKind,
    context: &'static str,
    expected: &'static str,
) -> impl Fn(Tokens<'a>) -> Parsed<'a, Token> {
    move |tokens| token(kind)(tokens).map_err(|_| tokens.unexpected(context, expected))
}

/// Names the construct in which a syntax error happened, where nothing within has.
pub(super) fn within<'a, T>(construct: &str, parsed: Parsed<'a, T>) -> Parsed<'a, T> {
    parsed.map_err(|error| {
        error.map(|refusal| match refusal {
            Refusal::Fault(fault) => Refusal::Fault(Box::new(fault.within(construct))),
            Refusal::Mismatch => Refusal::Mismatch,
        })
    })
}

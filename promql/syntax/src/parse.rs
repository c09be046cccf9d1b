//! The ways in: text to tokens, to tree, to checked tree.

use emberdb_model::Matcher;

use crate::ast::Expr;
use crate::check::check;
use crate::error::{Fault, ParseError};
use crate::experimental::ParserOptions;
use crate::grammar::{parse_expr, parse_selector};
use crate::lexical::{Token, Tokenized, tokenize};
use crate::limit::QUERY_BYTES_MAX;
use crate::span::Span;

/// Reads a query with the syntax that a Prometheus server understands without feature flags.
///
/// ```
/// use emberdb_promql_syntax::{ValueType, parse};
///
/// let expr = parse("rate(http_requests_total[5m]) > 10")?;
/// assert_eq!(expr.value_type(), ValueType::Vector);
///
/// let error = parse("rate(http_requests_total)").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"
/// );
/// # Ok::<(), emberdb_promql_syntax::ParseError>(())
/// ```
///
/// # Errors
/// [`ParseError`] for text that is no query, wrong types or arguments, and what exceeds [`QUERY_BYTES_MAX`] or
/// [`DEPTH_MAX`](crate::DEPTH_MAX).
pub fn parse(query: &str) -> Result<Expr, ParseError> {
    parse_with(query, &ParserOptions::default())
}

/// As [`parse`], with a choice of experimental syntax.
///
/// ```
/// use emberdb_promql_syntax::{ParserOptions, parse, parse_with};
///
/// let query = "rate(foo[5m] smoothed)";
/// assert!(parse(query).is_err());
/// assert_eq!(parse_with(query, &ParserOptions::ALL)?.to_string(), query);
/// # Ok::<(), emberdb_promql_syntax::ParseError>(())
/// ```
///
/// # Errors
/// As [`parse`].
pub fn parse_with(query: &str, options: &ParserOptions) -> Result<Expr, ParseError> {
    read(query, || {
        let mut expr = parse_expr(&tokenize(query), *options)?;
        check(&mut expr, query)?;
        Ok(expr)
    })
}

/// Reads a series selector without modifiers, as in `match[]` parameters, and gives its matchers; one for the
/// metric name before the braces comes last.
///
/// Whether a matcher has to match something is left to the caller.
///
/// ```
/// use emberdb_promql_syntax::parse_metric_selector;
///
/// let matchers = parse_metric_selector("up{job!='api'}")?;
/// let texts: Vec<String> = matchers.iter().map(ToString::to_string).collect();
/// assert_eq!(texts, [r#"job!="api""#, r#"__name__="up""#]);
/// # Ok::<(), emberdb_promql_syntax::ParseError>(())
/// ```
///
/// # Errors
/// As [`parse`].
pub fn parse_metric_selector(selector: &str) -> Result<Vec<Matcher>, ParseError> {
    read(selector, || parse_selector(&tokenize(selector), ParserOptions::default()))
}

/// The tokens of a query, whether or not they make sense together: without white space and comments.
///
/// ```
/// use emberdb_promql_syntax::{TokenKind, tokens};
///
/// let query = "sum(foo) # all of it";
/// let found = tokens(query)?;
/// assert_eq!(found[2].kind, TokenKind::Identifier);
/// assert_eq!(found.iter().map(|token| token.span.text(query)).collect::<Vec<_>>(), ["sum", "(", "foo", ")"]);
/// # Ok::<(), emberdb_promql_syntax::ParseError>(())
/// ```
///
/// # Errors
/// [`ParseError`] at the first text that is no token, or if brackets stay open.
pub fn tokens(query: &str) -> Result<Vec<Token>, ParseError> {
    read(query, || {
        let Tokenized { mut tokens, fault, .. } = tokenize(query);
        if let Some(fault) = fault {
            return Err(Box::new(fault));
        }
        // The end.
        tokens.pop();
        Ok(tokens)
    })
}

fn read<T>(query: &str, parser: impl FnOnce() -> Result<T, Box<Fault>>) -> Result<T, ParseError> {
    if query.len() > QUERY_BYTES_MAX {
        let message = format!("query is longer than {QUERY_BYTES_MAX} bytes");
        return Err(ParseError::new(Fault::new(Span::default(), message), query));
    }
    parser().map_err(|fault| ParseError::new(*fault, query))
}

//! PromQL: text to checked syntax tree, and back. Usable without any storage or engine.
//!
//! - [`parse`] reads a query, [`parse_with`] one with experimental syntax, [`parse_metric_selector`] only a series
//!   selector. A [`ParseError`] has Prometheus' words, line and column, and can show the place with a caret.
//! - [`Expr`] is the tree. Its nodes know their [`Span`] in the text; [`Visitor`] and [`MutVisitor`] walk over it.
//! - [`FunctionId`] with its [`Signature`] is the one table of functions; [`AggregationOp`] and [`BinaryOp`] name
//!   the operators.
//! - `to_string` prints a tree on one line, [`Expr::pretty`] on several. What is printed reads back as the same
//!   tree.
//! - [`parse_duration`] and [`format_duration`] are for durations on their own, [`tokens`] for those who colour queries.
//!
//! ```
//! use emberdb_promql_syntax::{AggregationOp, Expr, parse};
//!
//! let expr = parse("sum by (job) (rate(http_requests_total{code=~'5..'}[5m]))")?;
//! assert!(matches!(&expr, Expr::Aggregation(a) if a.op == AggregationOp::Sum && a.grouping.labels() == ["job"]));
//! assert_eq!(expr.to_string(), r#"sum by (job) (rate(http_requests_total{code=~"5.."}[5m]))"#);
//! # Ok::<(), emberdb_promql_syntax::ParseError>(())
//! ```
#![forbid(unsafe_code)]

mod ast;
mod check;
mod duration;
mod error;
mod experimental;
mod grammar;
mod lexical;
mod limit;
mod parse;
mod pretty;
mod print;
mod quote;
mod signature;
mod span;
mod visit;

/// What a selector's conditions are.
#[doc(no_inline)]
pub use emberdb_model::{MatchOp, Matcher};

pub use ast::{
    Aggregation, At, Binary, Call, DurationError, DurationExpr, DurationKind, DurationOp, DurationSpec, Expr,
    ExtendedRange, Fill, Grouping, MatchCardinality, MatchLabels, MatrixSelector, NumberLiteral, Paren, Sign,
    StringLiteral, Subquery, Unary, VectorMatching, VectorSelector,
};
pub use duration::{DurationTextError, format_duration, parse_duration, parse_signed_duration};
pub use error::ParseError;
pub use experimental::ParserOptions;
pub use lexical::{Keyword, Token, TokenKind};
pub use limit::{DEPTH_MAX, QUERY_BYTES_MAX};
pub use parse::{parse, parse_metric_selector, parse_with, tokens};
pub use pretty::PRETTY_WIDTH;
pub use signature::{AggregationOp, Arity, BinaryOp, FunctionId, Signature, ValueType};
pub use span::Span;
pub use visit::{
    MutVisitor, Visitor, walk_aggregation, walk_aggregation_mut, walk_binary, walk_binary_mut, walk_call,
    walk_call_mut, walk_duration_expr, walk_duration_expr_mut, walk_expr, walk_expr_mut,
    walk_matrix_selector, walk_matrix_selector_mut, walk_paren, walk_paren_mut, walk_subquery,
    walk_subquery_mut, walk_unary, walk_unary_mut, walk_vector_selector, walk_vector_selector_mut,
};

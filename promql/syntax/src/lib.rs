//! PromQL text to checked syntax tree and back.
#![forbid(unsafe_code)]

mod ast;
mod experimental;
mod limit;
mod signature;
mod span;
mod visit;

pub use ast::{
    Aggregation, At, Binary, Call, DurationError, DurationExpr, DurationKind, DurationOp, DurationSpec, Expr,
    ExtendedRange, Fill, Grouping, MatchCardinality, MatchLabels, MatrixSelector, NumberLiteral, Paren, Sign,
    StringLiteral, Subquery, Unary, VectorMatching, VectorSelector,
};
pub use experimental::ParserOptions;
pub use limit::{DEPTH_MAX, QUERY_BYTES_MAX};
pub use signature::{AggregationOp, Arity, BinaryOp, FunctionId, Signature, ValueType};
pub use span::Span;
pub use visit::{MutVisitor, Visitor, walk_expr, walk_expr_mut};

//! The syntax tree: one node a file.
//!
//! * [`literal`]: numbers and strings
//! * [`selector`]: `foo{bar="x"}`, `foo[5m]` and what can follow them
//! * [`subquery`]: such as `expr[1h:1m]`
//! * [`duration`]: what stands in brackets and after `offset`
//! * [`call`], [`aggregation`], [`binary`], [`unary`]: what computes

mod aggregation;
mod binary;
mod call;
mod duration;
mod literal;
mod selector;
mod subquery;
mod unary;

pub use aggregation::{Aggregation, Grouping};
pub use binary::{Binary, Fill, MatchCardinality, MatchLabels, VectorMatching};
pub use call::Call;
pub use duration::{DurationError, DurationExpr, DurationKind, DurationOp, DurationSpec};
pub use literal::{NumberLiteral, StringLiteral};
pub use selector::{At, ExtendedRange, MatrixSelector, VectorSelector};
pub use subquery::Subquery;
pub use unary::{Paren, Sign, Unary};

use crate::signature::ValueType;
use crate::span::Span;

/// A PromQL expression.
///
/// What [`parse`](crate::parse) returns is checked: arguments and operands have the types that the function
/// or operator wants, so a later stage need not look again. The height of a parsed tree is at most
/// [`DEPTH_MAX`](crate::DEPTH_MAX): recursion over it, dropping it included, fits on the stack.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// `1`, `0x1f`, `5m`, `Inf`.
    NumberLiteral(NumberLiteral),
    /// `"text"`.
    StringLiteral(Box<StringLiteral>),
    /// `foo{bar="x"} offset 5m @ end()`.
    VectorSelector(Box<VectorSelector>),
    /// `foo{bar="x"}[5m]`.
    MatrixSelector(Box<MatrixSelector>),
    /// `expr[1h:1m]`.
    Subquery(Box<Subquery>),
    /// `rate(foo[5m])`.
    Call(Box<Call>),
    /// `sum by (job) (foo)`.
    Aggregation(Box<Aggregation>),
    /// `foo / on (job) bar`.
    Binary(Box<Binary>),
    /// `-foo`.
    Unary(Box<Unary>),
    /// `(foo)`.
    Paren(Box<Paren>),
}

impl Expr {
    /// The type of the value that the expression evaluates to.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::NumberLiteral(_) => ValueType::Scalar,
            Self::StringLiteral(_) => ValueType::String,
            Self::VectorSelector(_) | Self::Aggregation(_) => ValueType::Vector,
            Self::MatrixSelector(_) | Self::Subquery(_) => ValueType::Matrix,
            Self::Call(call) => call.function.signature().return_type,
            Self::Binary(binary) => binary.value_type(),
            Self::Unary(unary) => unary.expr.value_type(),
            Self::Paren(paren) => paren.expr.value_type(),
        }
    }

    /// Where the expression stands in the query text, modifiers included.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::NumberLiteral(node) => node.span,
            Self::StringLiteral(node) => node.span,
            Self::VectorSelector(node) => node.span,
            Self::MatrixSelector(node) => node.span,
            Self::Subquery(node) => node.span,
            Self::Call(node) => node.span,
            Self::Aggregation(node) => node.span,
            Self::Binary(node) => node.span,
            Self::Unary(node) => node.span,
            Self::Paren(node) => node.span,
        }
    }

    /// The expression without the parentheses around it, however many.
    #[must_use]
    pub fn without_parens(&self) -> &Self {
        let mut expr = self;
        while let Self::Paren(paren) = expr {
            expr = &paren.expr;
        }
        expr
    }
}

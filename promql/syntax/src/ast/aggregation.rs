//! Aggregations.

use super::Expr;
use crate::signature::AggregationOp;
use crate::span::Span;

/// `topk by (job) (3, foo)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregation {
    /// Which aggregation.
    pub op: AggregationOp,
    /// What is aggregated; an instant vector.
    pub expr: Expr,
    /// The parameter, exactly where [`AggregationOp::param_type`] names a type.
    pub param: Option<Expr>,
    /// Which labels tell the groups apart.
    pub grouping: Grouping,
    /// From the operator to the closing parenthesis or the end of the grouping.
    pub span: Span,
}

/// Which labels tell the groups of an aggregation apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grouping {
    /// These. With no grouping written it is `by ()`: one group of all.
    By(Vec<String>),
    /// All but these and the metric name.
    Without(Vec<String>),
}

impl Grouping {
    /// The label names in the order written.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        match self {
            Self::By(labels) | Self::Without(labels) => labels,
        }
    }

    /// Whether the labels are those to leave out.
    #[must_use]
    pub const fn is_without(&self) -> bool {
        matches!(self, Self::Without(_))
    }
}

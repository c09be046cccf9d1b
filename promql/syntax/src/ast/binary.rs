//! Binary operations and how the elements of two vectors find each other.

use super::Expr;
use crate::signature::{BinaryOp, ValueType};
use crate::span::Span;

/// `foo == bool on (job) group_left (env) bar`.
#[derive(Debug, Clone, PartialEq)]
pub struct Binary {
    /// Which operator.
    pub op: BinaryOp,
    /// The left side.
    pub lhs: Expr,
    /// The right side.
    pub rhs: Expr,
    /// `bool`: a comparison gives 0 or 1 instead of filtering.
    pub return_bool: bool,
    /// How elements are paired; present exactly when both sides are instant vectors.
    pub matching: Option<VectorMatching>,
    /// From the left side's start to the right side's end.
    pub span: Span,
}

impl Binary {
    /// A scalar when both sides are scalars, else an instant vector.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        // `matching` first: it settles long chains of vector operators without walking down the tree.
        let is_scalar = self.matching.is_none()
            && self.rhs.value_type() == ValueType::Scalar
            && self.lhs.value_type() == ValueType::Scalar;
        if is_scalar { ValueType::Scalar } else { ValueType::Vector }
    }
}

/// How the elements of two vectors find each other.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorMatching {
    /// How many elements of a side may share a match group.
    pub cardinality: MatchCardinality,
    /// Which labels make the match group.
    pub labels: MatchLabels,
    /// Labels that the "many" side takes over from the "one" side: `group_left (these)`.
    pub include: Vec<String>,
    /// What stands in for a missing element.
    pub fill: Fill,
}

impl Default for VectorMatching {
    /// One to one, on all labels: what `foo + bar` means.
    fn default() -> Self {
        Self {
            cardinality: MatchCardinality::OneToOne,
            labels: MatchLabels::Ignoring(Vec::new()),
            include: Vec::new(),
            fill: Fill::default(),
        }
    }
}

/// How many elements of a side may share a match group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchCardinality {
    /// At most one on each side.
    OneToOne,
    /// `group_left`: many on the left.
    ManyToOne,
    /// `group_right`: many on the right.
    OneToMany,
    /// The set operators: any number on both sides.
    ManyToMany,
}

impl MatchCardinality {
    /// The name in explanations and tests: `many-to-one`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneToOne => "one-to-one",
            Self::ManyToOne => "many-to-one",
            Self::OneToMany => "one-to-many",
            Self::ManyToMany => "many-to-many",
        }
    }
}

/// Which labels make the match group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatchLabels {
    /// These only.
    On(Vec<String>),
    /// All but these and the metric name; with none written it is `ignoring ()`.
    Ignoring(Vec<String>),
}

impl MatchLabels {
    /// The label names in the order written.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        match self {
            Self::On(labels) | Self::Ignoring(labels) => labels,
        }
    }

    /// Whether the match group is made of exactly the labels named.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        matches!(self, Self::On(_))
    }
}

/// What stands in for an element that finds no partner: `fill(x)`, `fill_left(x)`, `fill_right(x)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fill {
    /// The value for a missing element of the left side.
    pub lhs: Option<f64>,
    /// The value for a missing element of the right side.
    pub rhs: Option<f64>,
}

/// Equal as text is: every NaN is the same value, and 0 is not -0.
impl PartialEq for Fill {
    fn eq(&self, other: &Self) -> bool {
        let key =
            |fill: Option<f64>| fill.map(|value| if value.is_nan() { f64::NAN } else { value }.to_bits());
        key(self.lhs) == key(other.lhs) && key(self.rhs) == key(other.rhs)
    }
}

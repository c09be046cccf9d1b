//! Subqueries.

use super::{At, DurationSpec, Expr};
use crate::span::Span;

/// `expr[1h:1m] offset 5m @ end()`: the expression evaluated over a grid of steps, as a range vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Subquery {
    /// What is evaluated at each step; an instant vector.
    pub expr: Expr,
    /// The length of the window.
    pub range: DurationSpec,
    /// The distance of the steps; the engine's default when not given.
    pub step: Option<DurationSpec>,
    /// How far back to look; zero when not given, negative looks ahead.
    pub offset: DurationSpec,
    /// The time to evaluate at, instead of the query's own.
    pub at: Option<At>,
    /// From the expression's start to the bracket, or to the last modifier behind it.
    pub span: Span,
}

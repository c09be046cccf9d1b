//! The query as operators understand it: no parentheses, no unresolved durations, times in milliseconds.

use std::sync::Arc;

use emberdb_model::Matcher;
use emberdb_promql_syntax::{
    AggregationOp, BinaryOp, ExtendedRange, FunctionId, Grouping, Span, StringLiteral, ValueType,
    VectorMatching,
};

/// An expression.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) value_type: ValueType,
    /// Where it stands in the query, for annotations.
    pub(crate) span: Span,
    /// Its place in a walk over the plan, once [`number_all`](Self::number_all) was asked for; 0 until then.
    pub(crate) number: u32,
}

/// What an expression computes.
#[derive(Debug)]
pub(crate) enum NodeKind {
    Number(f64),
    Text(Box<StringLiteral>),
    Selector(Selector),
    /// The samples of the window of this many milliseconds.
    Range(Selector, i64),
    Subquery(Box<Subquery>),
    Call(Box<Call>),
    Aggregate(Box<Aggregate>),
    Binary(Box<Binary>),
    /// `+a`: the same, but no selector any more where functions ask for one.
    Plus(Box<Node>),
    Negate(Box<Node>),
    /// The same at every step.
    Invariant(Box<Node>),
}

/// Which series, and when.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    pub(crate) matchers: Arc<[Matcher]>,
    /// The time to look at instead of the step's.
    pub(crate) at_ms: Option<i64>,
    /// How far before that; negative looks ahead.
    pub(crate) offset_ms: i64,
    pub(crate) extended_range: Option<ExtendedRange>,
    /// Of histograms, only count and sum are wanted.
    pub(crate) is_stats_only: bool,
}

impl Selector {
    /// A selector without what is experimental or found out by a rewrite.
    pub(crate) fn plain(matchers: Arc<[Matcher]>, at_ms: Option<i64>, offset_ms: i64) -> Self {
        Self { matchers, at_ms, offset_ms, extended_range: None, is_stats_only: false }
    }
}

#[derive(Debug)]
pub(crate) struct Subquery {
    pub(crate) input: Node,
    pub(crate) range_ms: i64,
    pub(crate) step_ms: i64,
    pub(crate) at_ms: Option<i64>,
    pub(crate) offset_ms: i64,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) function: FunctionId,
    pub(crate) args: Vec<Node>,
}

#[derive(Debug)]
pub(crate) struct Aggregate {
    pub(crate) op: AggregationOp,
    pub(crate) input: Node,
    pub(crate) param: Option<Node>,
    pub(crate) grouping: Grouping,
}

#[derive(Debug)]
pub(crate) struct Binary {
    pub(crate) op: BinaryOp,
    pub(crate) lhs: Node,
    pub(crate) rhs: Node,
    pub(crate) return_bool: bool,
    /// There exactly when both sides are vectors.
    pub(crate) matching: Option<VectorMatching>,
}

impl Node {
    /// Gives each node of the plan a number, parents before children; returns how many there are.
    pub(crate) fn number_all(&mut self) -> u32 {
        let mut next = 0;
        self.number_from(&mut next);
        next
    }

    fn number_from(&mut self, next: &mut u32) {
        self.number = *next;
        *next += 1;
        match &mut self.kind {
            NodeKind::Number(_) | NodeKind::Text(_) | NodeKind::Selector(_) | NodeKind::Range(..) => {}
            NodeKind::Subquery(subquery) => subquery.input.number_from(next),
            NodeKind::Call(call) => call.args.iter_mut().for_each(|arg| arg.number_from(next)),
            NodeKind::Aggregate(aggregate) => {
                aggregate.param.iter_mut().for_each(|param| param.number_from(next));
                aggregate.input.number_from(next);
            }
            NodeKind::Binary(binary) => {
                binary.lhs.number_from(next);
                binary.rhs.number_from(next);
            }
            NodeKind::Plus(inner) | NodeKind::Negate(inner) | NodeKind::Invariant(inner) => {
                inner.number_from(next);
            }
        }
    }

    /// The node itself, or the one that is marked as the same at every step.
    pub(crate) fn without_invariant(&self) -> &Self {
        match &self.kind {
            NodeKind::Invariant(inner) => inner,
            _ => self,
        }
    }
}

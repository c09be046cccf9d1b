//! The operators of a query, as a tree.

use emberdb_promql_syntax::{AggregationOp, BinaryOp, FunctionId, Span};

use super::Figures;

/// What an operator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanOperator {
    /// A number.
    Number,
    /// A string that is the whole query.
    String,
    /// `foo`: the newest sample at each step.
    InstantSelector,
    /// `timestamp(foo)`: the time of that sample. No values are kept, so there is no selector below it.
    SampleTimes,
    /// `foo[5m]`: the samples of windows.
    RangeSelector,
    /// `expr[1h:1m]`: an expression on a grid of its own.
    Subquery,
    /// A function.
    Call(FunctionId),
    /// An aggregation.
    Aggregation(AggregationOp),
    /// An operation on two operands.
    Binary(BinaryOp),
    /// `-expr`.
    Negation,
}

impl PlanOperator {
    /// What kind it is: `call`, `range selector`.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::String => "string",
            Self::InstantSelector => "instant selector",
            Self::SampleTimes => "sample times",
            Self::RangeSelector => "range selector",
            Self::Subquery => "subquery",
            Self::Call(_) => "call",
            Self::Aggregation(_) => "aggregation",
            Self::Binary(_) => "binary",
            Self::Negation => "negation",
        }
    }
}

/// An operator of a plan, with those whose results it takes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlanNode {
    /// What it is.
    pub operator: PlanOperator,
    /// What it does, in PromQL, its operands left out and all durations resolved: `foo{job="api"}[5m] offset 1h`,
    /// `sum by (job)`, `* on (job) group_left (env)`, `label_replace("to", "$1", "from", "(.*)")`. A function that reads a selector
    /// by itself has it here: `rate(foo[5m] anchored)`, `info({version=~".+"})`.
    pub detail: String,
    /// Where it stands in the query.
    pub span: Span,
    /// At how many steps it is evaluated: those of the query; of the grid, within a subquery; 1 within what is the same at every step.
    /// 0 in a subquery whose windows no step falls into.
    pub steps: usize,
    /// Whether this, and all below it, is the same at every step: it is evaluated once.
    pub is_step_invariant: bool,
    /// How many series can have a value, at most; of selectors, how many are selected. `None` if that shows only when the
    /// query runs.
    pub series_max: Option<u64>,
    /// What it did, if the query was analysed.
    pub figures: Option<Figures>,
    /// Those whose results it takes, in the order in which they are written.
    pub children: Vec<Self>,
}

impl PlanNode {
    /// This node and all below it, parents before children, each with its depth; this node has depth 0.
    #[must_use]
    pub fn iter(&self) -> PlanNodes<'_> {
        PlanNodes { pending: vec![(0, self)] }
    }
}

impl<'a> IntoIterator for &'a PlanNode {
    type Item = (usize, &'a PlanNode);
    type IntoIter = PlanNodes<'a>;

    fn into_iter(self) -> PlanNodes<'a> {
        self.iter()
    }
}

/// The nodes of a plan and their depths: see [`PlanNode::iter`].
#[derive(Clone, Debug)]
pub struct PlanNodes<'a> {
    /// The next one last.
    pending: Vec<(usize, &'a PlanNode)>,
}

impl<'a> Iterator for PlanNodes<'a> {
    type Item = (usize, &'a PlanNode);

    fn next(&mut self) -> Option<Self::Item> {
        let (depth, node) = self.pending.pop()?;
        self.pending.extend(node.children.iter().rev().map(|child| (depth + 1, child)));
        Some((depth, node))
    }
}

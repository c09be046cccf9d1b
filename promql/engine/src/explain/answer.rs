//! The plan of a query, alone or with its answer.

use std::time::Duration;

use super::{PlanNode, PlanNodes, json};
use crate::QueryResult;

/// How a query is evaluated.
///
/// Its `Display` is a table: the tree of operators, and what is known of each.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Explain {
    /// The query, to which the spans of the plan refer.
    pub query: String,
    /// The operator that gives the answer, and below it all others.
    pub plan: PlanNode,
    /// How long the evaluation took, reading and planning the query left out; there if the query was analysed.
    pub elapsed: Option<Duration>,
}

impl Explain {
    /// All operators, parents before children, each with its depth in the tree.
    #[must_use]
    pub fn iter(&self) -> PlanNodes<'_> {
        self.plan.iter()
    }

    /// The plan as JSON. A node has `operator`, `detail`, `span` (offsets of bytes), `steps`, `stepInvariant`, `seriesMax`
    /// (or null), `children`, and in an analysed query `figures`: `ownSeconds`, `totalSeconds`, `series`, `samples`, `bytes`,
    /// `samplesRead` and `bytesRead`.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::of(self)
    }
}

impl<'a> IntoIterator for &'a Explain {
    type Item = (usize, &'a PlanNode);
    type IntoIter = PlanNodes<'a>;

    fn into_iter(self) -> PlanNodes<'a> {
        self.iter()
    }
}

/// The answer to a query, with what each operator did for it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Analysis {
    /// The answer: the same as without analysis.
    pub result: QueryResult,
    /// The plan, with [`Figures`](crate::Figures).
    pub explain: Explain,
}

//! Marks selectors of which `histogram_count`, `histogram_sum` or `histogram_avg` make something and nothing in
//! between looks at buckets.

use emberdb_promql_syntax::FunctionId;

use crate::plan::logical::{Node, NodeKind};

/// Marks the selectors in `root`.
pub(super) fn apply(root: &mut Node) {
    mark(root, Need::Nothing);
}

/// What the expressions around a node need of its histograms. Buckets, once needed, stay needed.
#[derive(Clone, Copy, PartialEq)]
enum Need {
    Nothing,
    CountAndSum,
    Buckets,
}

impl Need {
    /// What is needed of the operands of a node of which this is needed.
    fn within(self, kind: &NodeKind) -> Self {
        match kind {
            _ if self == Self::Buckets => Self::Buckets,
            // Of a subquery upstream keeps all.
            NodeKind::Subquery(_) => Self::Buckets,
            NodeKind::Binary(binary) if binary.op.is_trim() => Self::Buckets,
            NodeKind::Call(call) => match call.function {
                FunctionId::HistogramCount | FunctionId::HistogramSum | FunctionId::HistogramAvg => {
                    Self::CountAndSum
                }
                FunctionId::HistogramQuantile
                | FunctionId::HistogramQuantiles
                | FunctionId::HistogramFraction => Self::Buckets,
                _ => self,
            },
            _ => self,
        }
    }
}

fn mark(node: &mut Node, needed: Need) {
    let needed = needed.within(&node.kind);
    match &mut node.kind {
        NodeKind::Number(_) | NodeKind::Text(_) => {}
        NodeKind::Selector(selector) | NodeKind::Range(selector, _) => {
            selector.is_stats_only = needed == Need::CountAndSum;
        }
        NodeKind::Subquery(subquery) => mark(&mut subquery.input, needed),
        NodeKind::Call(call) => call.args.iter_mut().for_each(|arg| mark(arg, needed)),
        NodeKind::Aggregate(aggregate) => {
            mark(&mut aggregate.input, needed);
            if let Some(param) = &mut aggregate.param {
                mark(param, needed);
            }
        }
        NodeKind::Binary(binary) => {
            mark(&mut binary.lhs, needed);
            mark(&mut binary.rhs, needed);
        }
        NodeKind::Plus(input) | NodeKind::Negate(input) | NodeKind::Invariant(input) => mark(input, needed),
    }
}

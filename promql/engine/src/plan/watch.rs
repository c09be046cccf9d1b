//! The seam between operators and their meters: a query that is not analysed passes it by.

use super::logical::{Node, NodeKind};
use super::physical::Builder;
use crate::error::Result;
use crate::operator::meter::Metered;

impl Builder<'_> {
    /// What `build` builds for a node; in a query that is analysed, the time it takes is the node's, and what it hands on
    /// is counted.
    pub(super) fn watched<T: Metered>(
        &mut self,
        node: &Node,
        build: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        // What is the same at every step is watched where it is evaluated, within.
        let is_here = !matches!(node.kind, NodeKind::Invariant(_));
        let Some(meters) = self.context.meters.clone().filter(|_| is_here) else { return build(self) };
        let meter = meters.of_node(node.number);
        meters.begin(meter);
        let built = build(self);
        meters.end();
        Ok(built?.metered(meter))
    }
}

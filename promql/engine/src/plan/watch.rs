//! The seam between operators and what is told of them: a query that is not analysed has no meters.

use super::enter::Entered;
use super::logical::{Node, NodeKind};
use super::physical::Builder;
use crate::error::Result;
use crate::operator::meter::Metered;

impl Builder<'_> {
    /// What `build` builds for a node; in a query that is analysed, the time it takes is the node's, and what it hands on
    /// is counted. The ledger has it, if there is one.
    pub(super) fn watched<T: Metered + Entered>(
        &mut self,
        node: &Node,
        build: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.entered(node, |builder| builder.metered(node, build))
    }

    fn metered<T: Metered>(&mut self, node: &Node, build: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
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

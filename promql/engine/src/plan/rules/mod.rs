//! Rewrites of the logical plan.
//!
//! * [`step_invariant`]: what is the same at every step is evaluated once

mod step_invariant;

use super::logical::Node;

/// Applies all rules.
pub(crate) fn rewrite(node: &mut Node) {
    step_invariant::apply(node);
}

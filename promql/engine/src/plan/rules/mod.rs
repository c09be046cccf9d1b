//! Rewrites of the logical plan.
//!
//! * [`stats_only`]: no buckets are read where nobody asks for them
//! * [`step_invariant`]: what is the same at every step is evaluated once

mod stats_only;
mod step_invariant;

use super::logical::Node;

/// Applies all rules.
pub(crate) fn rewrite(node: &mut Node) {
    stats_only::apply(node);
    step_invariant::apply(node);
}

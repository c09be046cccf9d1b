//! Walking over a tree: one method a kind of node, each of which goes on into the children unless it is overridden.
//!
//! * [`visitor`]: to read a tree
//! * [`mut_visitor`]: to change one
//!
//! The walks recurse. Trees that were parsed are at most [`DEPTH_MAX`](crate::DEPTH_MAX) high, so they fit on the stack;
//! who builds higher ones has to see to it.

mod mut_visitor;
mod visitor;

pub use mut_visitor::{
    MutVisitor, walk_aggregation_mut, walk_binary_mut, walk_call_mut, walk_duration_expr_mut, walk_expr_mut,
    walk_matrix_selector_mut, walk_paren_mut, walk_subquery_mut, walk_unary_mut, walk_vector_selector_mut,
};
pub use visitor::{
    Visitor, walk_aggregation, walk_binary, walk_call, walk_duration_expr, walk_expr, walk_matrix_selector,
    walk_paren, walk_subquery, walk_unary, walk_vector_selector,
};

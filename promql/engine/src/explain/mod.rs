//! How a query is evaluated, and at what cost.
//!
//! * [`answer`]: the plan of a query, alone or with its answer
//! * [`node`]: the tree; [`figures`]: what an operator did
//! * [`ask`]: how to get them from an engine
//! * [`tree`]: as people read it; [`json`]: as programs do

mod answer;
mod ask;
mod figures;
mod json;
mod node;
mod tree;

pub use answer::{Analysis, Explain};
pub use figures::Figures;
pub use node::{PlanNode, PlanNodes, PlanOperator};

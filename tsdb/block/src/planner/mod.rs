//! Which blocks are compacted next, and what is known of the block that comes out: pure functions over metas.
//!
//! - [`plan`]: upstream's levels of ranges, overlapping blocks first.
//! - [`compacted`]: the meta of the new block.

mod compacted;
mod plan;

pub use compacted::compacted_meta;
pub use plan::{block_ranges, plan_compaction};

//! Which samples of a block are deleted.
//!
//! - [`intervals`]: ranges of time in which samples are deleted.
//! - [`set`]: those of each series.
//! - [`file`]: the file `tombstones` of a block.

mod file;
mod intervals;
mod set;

pub(crate) use file::{TOMBSTONES_FILE, read_tombstones, write_tombstones};
pub use intervals::Intervals;
pub use set::TombstoneSet;

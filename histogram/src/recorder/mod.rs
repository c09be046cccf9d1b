//! Recording observations in a program.
//!
//! | file | what |
//! |---|---|
//! | `exponential` | exponential buckets, whose resolution falls when there are too many |
//! | `custom` | buckets with given bounds |
//! | `sharded` | state that threads seldom have to wait for each other for |
//! | `table` | counts by index, for indices that may be anywhere |

mod custom;
mod exponential;
mod sharded;
mod table;

pub use custom::CustomRecorder;
pub use exponential::{ExponentialOptions, ExponentialRecorder, RecorderError};

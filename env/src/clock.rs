//! What time it is, and how much of it has passed.

use std::fmt;
use std::time::Duration;

/// A clock.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Wall time in milliseconds since the Unix epoch: the unit of all timestamps. May jump when the system's clock is
    /// set.
    fn now_ms(&self) -> i64;

    /// Time since some fixed moment in the life of this clock; never goes backwards. For deadlines and durations.
    fn monotonic(&self) -> Duration;

    /// Blocks the calling thread for at least `duration`.
    fn sleep(&self, duration: Duration);
}

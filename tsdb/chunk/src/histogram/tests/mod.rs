//! The codec against its definition and against itself.

mod cases;
mod check;
mod laws;
mod series;

/// The sum of a histogram that says that its series is stale.
const STALE: f64 = f64::from_bits(super::STALE_NAN_BITS);

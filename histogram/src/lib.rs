//! Classic and native histogram mathematics, without I/O and without labels.
//!
//! [`KahanSum`] and [`KahanMean`] are the compensated arithmetic that all sums over samples use.
#![forbid(unsafe_code)]

mod kahan;

pub use kahan::{KahanMean, KahanSum, kahan_add};

//! Classic and native histogram mathematics, without I/O and without labels.
//!
//! - [`KahanSum`], [`KahanLanes`] and [`KahanMean`]: the compensated arithmetic that all sums over samples use.
//! - [`ClassicLayout`]: quantiles and fractions of classic histograms, whose buckets are series of their own.
#![forbid(unsafe_code)]

mod classic;
mod kahan;

pub use classic::{
    ClassicBucket, ClassicLayout, ClassicQuantile, ForcedMonotonicity, classic_fraction, classic_quantile,
};
pub use kahan::{KahanLanes, KahanMean, KahanSum, kahan_add};

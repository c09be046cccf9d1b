//! Classic histograms: cumulative counts of observations up to each of a few bounds.
//!
//! | file | what |
//! |---|---|
//! | `layout` | the bounds of a histogram, sorted and merged once for many steps |
//! | `monotonic` | what to do with counts that fall from one bound to the next |
//! | `interpolate` | quantile and fraction of counts that are in order |
//! | `bucket` | the same for one step whose buckets come in any order |
//! | `conversion` | a native histogram with the same bounds |

mod bucket;
mod conversion;
mod interpolate;
mod layout;
mod monotonic;

#[cfg(test)]
mod tests;

pub use bucket::{ClassicBucket, classic_fraction, classic_quantile};
pub use conversion::{ClassicConversion, ClassicConversionError, ConvertedHistogram};
pub use interpolate::ClassicQuantile;
pub use layout::ClassicLayout;
pub use monotonic::ForcedMonotonicity;

//! Classic and native histogram mathematics, without I/O and without labels.
//!
//! - [`Histogram`] and [`FloatHistogram`]: a native histogram, one sample with all its buckets, in whole numbers as it
//!   is recorded, stored and sent, and in floats as queries calculate.
//! - [`HistogramSum`] and [`HistogramMean`]: sums and averages of many.
//! - [`ClassicLayout`]: quantiles and fractions of classic histograms, whose buckets are series of their own;
//!   [`ClassicConversion`] makes native ones of them.
//! - [`ExponentialRecorder`] and [`CustomRecorder`]: counting observations in a program.
//! - [`HistogramNotation`]: histograms in test scripts.
//! - [`KahanSum`], [`KahanLanes`] and [`KahanMean`]: the compensated arithmetic that all sums over samples use.
//!
//! ```
//! use emberdb_histogram::FloatHistogram;
//!
//! let [earlier, later]: [FloatHistogram; 2] = [
//!     "{{count:10 sum:30 z_bucket:1 z_bucket_w:0.001 offset:1 buckets:[4 5]}}".parse()?,
//!     "{{count:16 sum:70 z_bucket:1 z_bucket_w:0.001 offset:1 buckets:[6 7 2]}}".parse()?,
//! ];
//! assert!(!later.is_reset_after(&earlier));
//! let mut increase = later.clone();
//! let combined = increase.sub_assign(&earlier)?;
//! assert!(!combined.hints_collided);
//! increase.compact(0);
//! assert_eq!(increase.to_string(), "{count:6, sum:40, (1,2]:2, (2,4]:2, (4,8]:2}");
//! assert_eq!(increase.quantile(0.5).value, 2.82842712474619);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod arithmetic;
mod bucket;
mod buckets;
mod classic;
mod compact;
mod convert;
mod decimal;
mod equality;
mod error;
mod exponent;
mod fraction;
mod hint;
mod kahan;
mod merge;
mod native;
mod notation;
mod number;
mod print;
mod quantile;
mod reconcile;
mod recorder;
mod reset;
mod resolution;
mod schema;
mod span;
mod sum;
mod summary;
mod trim;
mod validate;

pub use arithmetic::Combined;
pub use bucket::{Bucket, BucketLayout, PrintCount, Spread};
pub use classic::{
    ClassicBucket, ClassicConversion, ClassicConversionError, ClassicLayout, ClassicQuantile,
    ConvertedHistogram, ForcedMonotonicity, classic_fraction, classic_quantile,
};
pub use error::{HistogramError, HistogramErrorKind, HistogramPart};
pub use fraction::NativeFraction;
pub use hint::CounterResetHint;
pub use kahan::{KahanLanes, KahanMean, KahanSum, kahan_add};
pub use native::{FloatHistogram, Histogram, NativeHistogram};
pub use notation::{HistogramNotation, NotationError, parse_sequence};
pub use number::BucketNumber;
pub use quantile::{NanObservations, NativeQuantile};
pub use recorder::{CustomRecorder, ExponentialOptions, ExponentialRecorder, RecorderError};
pub use schema::Schema;
pub use span::{Run, Runs, Side, Span};
pub use sum::{Compensation, HistogramMean, HistogramSum};

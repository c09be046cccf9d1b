//! Functions.
//!
//! * [`range`]: over the windows of range vectors
//! * [`extended`]: over windows that see samples beyond their edges; [`extended_native`]: where these have native
//!   histograms
//! * [`convert`]: between scalars, vectors and times
//! * [`absent`]: 1 where there is nothing
//! * [`map`]: of a value
//! * [`histogram`]: of classic histograms
//! * [`native`]: of native histograms
//! * [`native_range`]: over windows that have native histograms
//! * [`started`]: over windows whose samples say since when they count
//! * [`info`]: labels of info series
//! * [`label`]: `label_replace`, `label_join`
//! * [`sort`]: the order of elements

mod absent;
mod convert;
mod extended;
mod extended_native;
mod histogram;
mod info;
mod label;
mod map;
mod native;
mod native_range;
mod range;
mod sort;
mod started;

pub(crate) use absent::{absent, absent_labels};
pub(crate) use convert::{StepTimes, scalar_of, vector_of};
pub(crate) use extended::{ExtendedCall, ExtendedFunction};
pub(crate) use extended_native::ExtendedHistograms;
pub(crate) use histogram::{BucketNames, ClassicHistograms, Quantile, Question, distinct_quantiles};
pub(crate) use info::{InfoRequest, info};
pub(crate) use label::{label_join, label_replace};
pub(crate) use map::MapCall;
pub(crate) use native::{NativeHistograms, NativeMap, native_body};
use native_range::{NativeRange, native_note};
use range::Suspects;
pub(crate) use range::{MetricNames, RangeCall, dropped_names, keeps_name};
pub(crate) use sort::{sort_by_label, sort_by_value};
use started::StartedCall;

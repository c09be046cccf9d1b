//! Functions.
//!
//! * [`range`]: over the windows of range vectors
//! * [`convert`]: between scalars, vectors and times
//! * [`absent`]: 1 where there is nothing
//! * [`label`]: `label_replace`, `label_join`
//! * [`sort`]: order

mod absent;
mod convert;
mod label;
mod range;
mod sort;

pub(crate) use absent::{absent, absent_labels};
pub(crate) use convert::{StepTimes, extremum_of, scalar_of, vector_of};
pub(crate) use label::{label_join, label_replace};
pub(crate) use range::{MetricNames, RangeCall, dropped_names, keeps_name};
pub(crate) use sort::{sort_by_label, sort_by_value};

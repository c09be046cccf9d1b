//! Columns over the steps of a query.
//!
//! * [`Column`]: one value per step, or none
//! * [`Steps`]: the grid of evaluation times

mod column;
mod histograms;
mod steps;

pub use column::{Column, WORD_STEPS, histogram_weight};
pub use steps::Steps;

//! Series of the storage as vectors.
//!
//! * [`instant`]: the newest sample within the lookback, step by step
//! * [`range`]: the samples of windows
//! * [`extended`]: those of windows that see beyond their edges; [`smoothed`]: the values between samples
//! * [`stats_only`]: histograms of which only count and sum are read

mod extended;
mod instant;
mod range;
mod smoothed;
mod stats_only;

use std::sync::Arc;

use emberdb_model::SampleColumns;
use emberdb_model::storage::SeriesSet;

pub(crate) use extended::{ExtendedSelector, ShownWindow};
pub(crate) use instant::{InstantSelector, Reading};
pub(crate) use range::RangeSelector;
pub(crate) use smoothed::SmoothedSelector;

use super::SeriesLabels;
use crate::batch::histogram_weight;

/// Series that were selected once, for all selectors that ask for the same.
#[derive(Clone)]
pub(crate) struct Selection {
    pub(crate) set: Arc<dyn SeriesSet>,
    pub(crate) series: Arc<SeriesLabels>,
}

impl Selection {
    pub(crate) fn new(set: Box<dyn SeriesSet>) -> Self {
        let mut series = SeriesLabels::with_capacity(set.len());
        for number in 0..set.len() {
            series.push(set.labels(number).iter().copied(), false);
        }
        Self { set: set.into(), series: Arc::new(series) }
    }
}

/// How many samples these count as for limits.
pub(crate) fn weight_of(samples: &SampleColumns) -> usize {
    samples.len()
        + samples.histograms.values.iter().map(|histogram| histogram_weight(histogram)).sum::<usize>()
}

//! One vector after another.

use std::sync::Arc;

use super::{Scratch, SeriesLabels, Vector, VectorSource};
use crate::batch::{Column, Steps};
use crate::error::Result;

/// The series of two vectors over the same steps.
pub(crate) struct Concat {
    first: Vector,
    second: Vector,
    series: Arc<SeriesLabels>,
}

impl Concat {
    pub(crate) fn new(first: Vector, second: Vector) -> Self {
        let mut series = SeriesLabels::with_capacity(first.len() + second.len());
        for side in [first.series(), second.series()] {
            for number in 0..side.len() {
                series.push(side.get(number).iter().copied(), side.drops_name(number));
            }
        }
        Self { first, second, series: Arc::new(series) }
    }
}

impl VectorSource for Concat {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.first.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        match series.checked_sub(self.first.len()) {
            None => self.first.column(series, scratch, out),
            Some(series) => self.second.column(series, scratch, out),
        }
    }

    fn is_quiet(&self) -> bool {
        self.first.is_quiet() && self.second.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.first.may_have_histograms() || self.second.may_have_histograms()
    }
}

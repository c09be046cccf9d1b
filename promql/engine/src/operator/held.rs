//! A vector whose columns are in memory: what aggregations and the hashed side of a join leave behind.

use std::sync::Arc;

use super::{Scratch, SeriesLabels, VectorSource};
use crate::batch::{Column, Steps};
use crate::context::Reservation;
use crate::error::Result;

/// Columns in memory.
pub(crate) struct Held {
    series: Arc<SeriesLabels>,
    columns: Vec<Column>,
    steps: Steps,
    _reservation: Reservation,
}

impl Held {
    pub(crate) fn new(
        series: SeriesLabels,
        columns: Vec<Column>,
        steps: Steps,
        reservation: Reservation,
    ) -> Self {
        debug_assert_eq!(series.len(), columns.len());
        Self { series: Arc::new(series), columns, steps, _reservation: reservation }
    }

    pub(crate) fn into_columns(self) -> (Arc<SeriesLabels>, Vec<Column>) {
        (self.series, self.columns)
    }
}

impl VectorSource for Held {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.steps
    }

    fn column(&self, series: usize, _: &mut Scratch, out: &mut Column) -> Result<()> {
        out.copy_from(&self.columns[series]);
        Ok(())
    }

    fn held(&self, series: usize) -> Option<&Column> {
        Some(&self.columns[series])
    }

    fn is_quiet(&self) -> bool {
        true
    }

    fn may_have_histograms(&self) -> bool {
        self.columns.iter().any(Column::has_histograms)
    }
}

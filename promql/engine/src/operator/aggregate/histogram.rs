//! `sum` and `avg` of native histograms, beside those of floats: a step of a group has one or the other, or is left out
//! with a warning.

use std::sync::Arc;

use emberdb_histogram::{
    Combined, CounterResetHint, FloatHistogram, HistogramError, HistogramMean, HistogramSum,
};

use crate::annotation::{Note, Origin, colliding_hints, mixed_types_aggregated};
use crate::batch::Column;

/// The histograms of all groups; costs nothing until the first one comes.
pub(super) struct HistogramFold {
    is_average: bool,
    groups: Vec<GroupFold>,
    steps: usize,
}

#[derive(Default)]
struct GroupFold {
    /// At which steps a float came.
    floats: Vec<u64>,
    /// By step; empty until the first histogram comes.
    cells: Vec<Option<Cell>>,
}

/// One step of a group that has seen a histogram.
struct Cell {
    total: Total,
    has_float: bool,
    saw_reset: bool,
    saw_no_reset: bool,
}

enum Total {
    Sum(Box<HistogramSum>),
    Mean(Box<HistogramMean>),
    /// A float came first, so that nothing will come of it.
    AfterFloat,
    /// Histograms that cannot be added.
    Incompatible,
}

impl Total {
    fn add(&mut self, histogram: &FloatHistogram) -> Result<Combined, HistogramError> {
        match self {
            Self::Sum(sum) => sum.add(histogram),
            Self::Mean(mean) => mean.add(histogram),
            Self::AfterFloat | Self::Incompatible => Ok(Combined::default()),
        }
    }

    fn finish(self) -> Option<FloatHistogram> {
        match self {
            Self::Sum(sum) => Some(sum.into_total()),
            Self::Mean(mean) => Some(mean.into_mean()),
            Self::AfterFloat | Self::Incompatible => None,
        }
    }
}

impl HistogramFold {
    pub(super) fn new(is_average: bool, groups: usize, steps: usize) -> Self {
        let groups = std::iter::repeat_with(GroupFold::default).take(groups).collect();
        Self { is_average, groups, steps }
    }

    /// Adds the column of a series to its group; `remark` is told what came of each histogram that was added.
    pub(super) fn fold(&mut self, group: usize, column: &Column, remark: impl Fn(Result<Combined, ()>)) {
        let is_average = self.is_average;
        let GroupFold { floats, cells } = &mut self.groups[group];
        if !cells.is_empty() {
            // A float that comes to histograms that cannot be added is not looked at.
            for (step, _) in column.iter_present() {
                if let Some(cell) = cells[step].as_mut().filter(|c| !matches!(c.total, Total::Incompatible)) {
                    cell.has_float = true;
                }
            }
        }
        if column.has_histograms() {
            cells.resize_with(self.steps, || None);
            for (step, histogram) in column.iter_histograms() {
                let Some(cell) = &mut cells[step] else {
                    let is_after_float =
                        floats.get(step / 64).is_some_and(|word| word >> (step % 64) & 1 == 1);
                    cells[step] = Some(Cell::new(histogram, is_average, is_after_float));
                    continue;
                };
                if matches!(cell.total, Total::Incompatible | Total::AfterFloat) {
                    continue;
                }
                cell.see_hint(histogram);
                let added = cell.total.add(histogram).map_err(drop);
                if added.is_err() {
                    cell.total = Total::Incompatible;
                }
                remark(added);
            }
        }
        floats.resize(column.presence().len(), 0);
        floats.iter_mut().zip(column.presence()).for_each(|(word, present)| *word |= present);
    }

    /// Puts the results among those of the floats. `remark` is told what is to be said of the whole expression.
    pub(super) fn finish(self, columns: &mut [Column], remark: impl Fn(fn(Origin) -> Note)) {
        for (GroupFold { cells, .. }, column) in self.groups.into_iter().zip(columns) {
            if cells.is_empty() {
                continue;
            }
            if column.is_empty() {
                column.reset(self.steps);
            }
            for (step, cell) in cells.into_iter().enumerate() {
                let Some(cell) = cell else { continue };
                column.clear(step);
                if cell.has_float {
                    remark(mixed_types_aggregated);
                    continue;
                }
                let is_collision = cell.saw_reset && cell.saw_no_reset;
                if let Some(mut histogram) = cell.total.finish() {
                    histogram.compact(0);
                    column.set_histogram(step, Arc::new(histogram));
                    if is_collision {
                        remark(|origin| colliding_hints("aggregation", origin));
                    }
                }
            }
        }
    }
}

impl Cell {
    fn new(first: &FloatHistogram, is_average: bool, is_after_float: bool) -> Self {
        let total = match is_average {
            _ if is_after_float => Total::AfterFloat,
            true => Total::Mean(Box::new(HistogramMean::new(first.clone()))),
            false => Total::Sum(Box::new(HistogramSum::new(first.clone()))),
        };
        let mut cell = Self { total, has_float: is_after_float, saw_reset: false, saw_no_reset: false };
        cell.see_hint(first);
        cell
    }

    fn see_hint(&mut self, histogram: &FloatHistogram) {
        match histogram.counter_reset_hint {
            CounterResetHint::Reset => self.saw_reset = true,
            CounterResetHint::NotReset => self.saw_no_reset = true,
            CounterResetHint::Unknown | CounterResetHint::Gauge => {}
        }
    }
}

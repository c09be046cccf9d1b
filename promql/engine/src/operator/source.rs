//! What operators are to each other: sources of columns.

use std::sync::Arc;

use emberdb_model::SampleColumns;

use super::{Scratch, SeriesLabels};
use crate::batch::{Column, Steps};
use crate::error::Result;

/// An instant vector over all steps: a column a series, in any order, from many threads.
pub(crate) trait VectorSource: Send + Sync {
    /// The labels of all series; known before any sample is read.
    fn series(&self) -> &Arc<SeriesLabels>;

    /// The steps of the columns.
    fn steps(&self) -> Steps;

    /// Computes the column of series number `series` into `out`.
    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()>;

    /// The column of a series that is in memory already.
    fn held(&self, _series: usize) -> Option<&Column> {
        None
    }

    /// Whether a column that nobody asks for is not missed: computing one adds no annotation and cannot fail by what
    /// the samples are.
    fn is_quiet(&self) -> bool;

    /// Whether a column may have histograms; false is certain.
    fn may_have_histograms(&self) -> bool;

    /// Number of series.
    fn len(&self) -> usize {
        self.series().len()
    }
}

/// A boxed [`VectorSource`].
pub(crate) type Vector = Box<dyn VectorSource>;

/// A range vector: the samples of each series, over all windows of the query at once.
pub(crate) trait MatrixSource: Send + Sync {
    /// The labels of all series.
    fn series(&self) -> &Arc<SeriesLabels>;

    /// How the windows lie.
    fn window(&self) -> Window;

    /// Replaces `out` by the samples of series number `series` in all windows, without staleness markers.
    fn samples(&self, series: usize, scratch: &mut Scratch, out: &mut SampleColumns) -> Result<()>;

    /// As [`VectorSource::is_quiet`].
    fn is_quiet(&self) -> bool;

    /// As [`VectorSource::may_have_histograms`].
    fn may_have_histograms(&self) -> bool;

    /// Number of series.
    fn len(&self) -> usize {
        self.series().len()
    }
}

/// A boxed [`MatrixSource`].
pub(crate) type Matrix = Box<dyn MatrixSource>;

/// The window of an evaluation time `t`: `(at - offset - range, at - offset]`, where `at` is `t` unless it is pinned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// The evaluation times.
    pub(crate) steps: Steps,
    /// The time given by `@`.
    pub(crate) at_ms: Option<i64>,
    pub(crate) range_ms: i64,
    pub(crate) offset_ms: i64,
}

impl Window {
    /// The times at which windows end: one if it is pinned.
    pub(crate) fn ends(&self) -> Steps {
        match self.at_ms {
            Some(at_ms) => Steps::instant(at_ms.saturating_sub(self.offset_ms)),
            None => Steps { start_ms: self.steps.start_ms.saturating_sub(self.offset_ms), ..self.steps },
        }
    }

    /// First and last time at which a window ends.
    pub(crate) fn ends_ms(&self) -> (i64, i64) {
        let (first, last) = match self.at_ms {
            Some(at_ms) => (at_ms, at_ms),
            None => (self.steps.start_ms, self.steps.last_ms()),
        };
        (first.saturating_sub(self.offset_ms), last.saturating_sub(self.offset_ms))
    }
}

/// A scalar: one number a step.
#[derive(Clone, Debug)]
pub(crate) struct ScalarColumn(pub(crate) Vec<f64>);

impl ScalarColumn {
    pub(crate) fn constant(value: f64, steps: Steps) -> Self {
        Self(vec![value; steps.count])
    }
}

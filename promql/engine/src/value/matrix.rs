//! Many values a series: numbers, native histograms, or some of both.

use std::fmt;
use std::sync::Arc;

use emberdb_histogram::FloatHistogram;
use emberdb_model::{LabelsRef, SampleColumns, SymbolTable};

use crate::batch::{Column, Steps};
use crate::operator::SeriesLabels;

/// Many values a series: on the steps of a range query, or with times of their own where a range vector was asked for.
pub struct Matrix {
    symbols: Arc<SymbolTable>,
    series: SeriesLabels,
    points: PointColumns,
    /// The histograms of each series that has any.
    histograms: Vec<Vec<(i64, Arc<FloatHistogram>)>>,
}

/// The values of all series.
pub(crate) enum PointColumns {
    Stepped { steps: Steps, columns: Vec<Column> },
    Sampled(Vec<SampleColumns>),
}

/// A series of a [`Matrix`].
#[derive(Clone, Copy, Debug)]
pub struct MatrixSeries<'a> {
    /// What it is called.
    pub labels: LabelsRef<'a>,
    /// Its numbers.
    pub points: Points<'a>,
    /// Its native histograms, with their times in milliseconds.
    pub histograms: &'a [(i64, Arc<FloatHistogram>)],
}

/// The values of a series, in time order.
#[derive(Clone, Copy)]
pub struct Points<'a> {
    kind: PointsKind<'a>,
}

#[derive(Clone, Copy)]
enum PointsKind<'a> {
    Stepped(Steps, &'a Column),
    Sampled(&'a SampleColumns),
}

impl Matrix {
    pub(crate) fn new(symbols: Arc<SymbolTable>, series: SeriesLabels, points: PointColumns) -> Self {
        let histograms = points.histograms();
        Self { symbols, series, points, histograms }
    }

    /// Number of series.
    #[must_use]
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Whether there is no series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps the first `series` series.
    pub fn truncate(&mut self, series: usize) {
        self.series.truncate(series);
        match &mut self.points {
            PointColumns::Stepped { columns, .. } => columns.truncate(series),
            PointColumns::Sampled(samples) => samples.truncate(series),
        }
        self.histograms.truncate(series);
    }

    /// The series, sorted by labels.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = MatrixSeries<'_>> {
        (0..self.len()).map(|series| MatrixSeries {
            labels: LabelsRef::new(&self.symbols, self.series.get(series)),
            points: Points {
                kind: match &self.points {
                    PointColumns::Stepped { steps, columns } => PointsKind::Stepped(*steps, &columns[series]),
                    PointColumns::Sampled(samples) => PointsKind::Sampled(&samples[series]),
                },
            },
            histograms: self.histograms.get(series).map_or(&[], Vec::as_slice),
        })
    }
}

impl PointColumns {
    /// The histograms of each series; empty if no series has one.
    fn histograms(&self) -> Vec<Vec<(i64, Arc<FloatHistogram>)>> {
        let lists: Vec<Vec<_>> = match self {
            Self::Stepped { steps, columns } => {
                let of_column = |column: &Column| {
                    column.iter_histograms().map(|(step, h)| (steps.time(step), Arc::clone(h))).collect()
                };
                columns.iter().map(of_column).collect()
            }
            Self::Sampled(samples) => {
                let of_series = |samples: &SampleColumns| {
                    samples.histograms.iter().map(|(time_ms, h)| (time_ms, Arc::clone(h))).collect()
                };
                samples.iter().map(of_series).collect()
            }
        };
        if lists.iter().all(Vec::is_empty) { Vec::new() } else { lists }
    }
}

impl<'a> Points<'a> {
    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.kind {
            PointsKind::Stepped(_, column) => column.count_present(),
            PointsKind::Sampled(samples) => samples.len(),
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `visit` with each timestamp (milliseconds) and value.
    pub fn for_each(&self, mut visit: impl FnMut(i64, f64)) {
        match self.kind {
            PointsKind::Stepped(steps, column) => {
                column.iter_present().for_each(|(step, value)| visit(steps.time(step), value));
            }
            PointsKind::Sampled(samples) => {
                samples.iter().for_each(|sample| visit(sample.timestamp_ms, sample.value));
            }
        }
    }

    /// Timestamps in milliseconds and values.
    pub fn iter(self) -> impl Iterator<Item = (i64, f64)> + use<'a> {
        let (stepped, sampled) = match self.kind {
            PointsKind::Stepped(steps, column) => (Some((steps, column)), None),
            PointsKind::Sampled(samples) => (None, Some(samples)),
        };
        let stepped = stepped.into_iter().flat_map(|(steps, column)| {
            column.iter_present().map(move |(step, value)| (steps.time(step), value))
        });
        let sampled =
            sampled.into_iter().flat_map(|samples| samples.iter().map(|s| (s.timestamp_ms, s.value)));
        stepped.chain(sampled)
    }
}

impl fmt::Debug for Points<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|s| (s.labels, s.points, s.histograms))).finish()
    }
}

//! One value a series, at one time.

use std::fmt;
use std::sync::Arc;

use emberdb_model::{LabelsRef, SampleValue, SymbolTable};

use crate::operator::SeriesLabels;

/// One value a series, all of the same time.
pub struct InstantVector {
    timestamp_ms: i64,
    symbols: Arc<SymbolTable>,
    series: SeriesLabels,
    values: Vec<SampleValue>,
}

/// An element of an [`InstantVector`].
#[derive(Clone, Debug)]
pub struct VectorSample<'a> {
    /// What it is called.
    pub labels: LabelsRef<'a>,
    /// The evaluation time in milliseconds, also if the sample was older.
    pub timestamp_ms: i64,
    /// Its value: a number or a native histogram.
    pub value: SampleValue,
}

impl InstantVector {
    pub(crate) fn new(
        timestamp_ms: i64,
        symbols: Arc<SymbolTable>,
        series: SeriesLabels,
        values: Vec<SampleValue>,
    ) -> Self {
        debug_assert_eq!(series.len(), values.len());
        Self { timestamp_ms, symbols, series, values }
    }

    /// Number of series.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Keeps the first `series` series.
    pub fn truncate(&mut self, series: usize) {
        self.series.truncate(series);
        self.values.truncate(series);
    }

    /// The evaluation time in milliseconds.
    #[must_use]
    pub fn timestamp_ms(&self) -> i64 {
        self.timestamp_ms
    }

    /// The elements, in the order that the query gives them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = VectorSample<'_>> {
        self.values.iter().enumerate().map(|(series, value)| VectorSample {
            labels: LabelsRef::new(&self.symbols, self.series.get(series)),
            timestamp_ms: self.timestamp_ms,
            value: value.clone(),
        })
    }
}

impl fmt::Debug for InstantVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|s| (s.labels, s.timestamp_ms, s.value))).finish()
    }
}

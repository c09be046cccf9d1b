//! How much there is at each step of a result.

use crate::batch::{Column, histogram_weight};

/// What a result holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    /// Elements at each step.
    pub(crate) elements: Vec<u64>,
    /// Samples at each step: an element is one, or as many as fit into the bytes of its histogram.
    pub(crate) samples: Vec<u64>,
    /// Samples of each series.
    pub(crate) of_series: Vec<u64>,
}

impl Content {
    /// Of a number at each of so many steps.
    pub(crate) fn of_scalar(steps: usize) -> Self {
        Self { elements: vec![1; steps], samples: vec![1; steps], of_series: vec![steps as u64] }
    }

    /// All samples.
    pub(crate) fn total(&self) -> u64 {
        self.of_series.iter().sum()
    }
}

/// What columns hold, which all have so many steps.
pub(crate) fn content_of<'c>(columns: impl Iterator<Item = &'c Column>, steps: usize) -> Content {
    let mut content = Content { elements: vec![0; steps], samples: vec![0; steps], of_series: Vec::new() };
    for column in columns {
        for step in column.iter_occupied() {
            content.elements[step] += 1;
            content.samples[step] +=
                column.histogram(step).map_or(1, |histogram| histogram_weight(histogram) as u64);
        }
        content.of_series.push(column.weight() as u64);
    }
    content
}

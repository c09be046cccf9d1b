//! `sum` and `avg`: compensated sums in Neumaier's way.
//!
//! Adding a value that is not there as 0 would not change a sum, but values of absent steps are arbitrary, so only runs
//! of present ones are added. Within a run each step is a lane of its own: steps do not mix, and each step sees the
//! series in their order.

use emberdb_histogram::{KahanMean, kahan_add};

use super::fold::Accumulator;
use super::runs::runs;
use crate::batch::Column;

/// `sum`.
pub(super) struct Sum {
    sums: Vec<Column>,
    compensations: Vec<Vec<f64>>,
    steps: usize,
}

impl Sum {
    pub(super) fn new(groups: usize, steps: usize) -> Self {
        Self { sums: vec![Column::new(); groups], compensations: vec![Vec::new(); groups], steps }
    }
}

impl Accumulator for Sum {
    fn fold(&mut self, group: usize, column: &Column) {
        let (sums, compensations) = (&mut self.sums[group], &mut self.compensations[group]);
        if sums.is_empty() {
            sums.reset(self.steps);
            sums.values_mut().fill(0.0);
            compensations.resize(self.steps, 0.0);
        }
        sums.or_presence(column.presence());
        for run in runs(column) {
            let sums = &mut sums.values_mut()[run.clone()];
            let compensations = &mut compensations[run.clone()];
            for ((sum, compensation), &value) in sums.iter_mut().zip(compensations).zip(&column.values()[run])
            {
                (*sum, *compensation) = kahan_add(value, *sum, *compensation);
            }
        }
    }

    fn finish(mut self: Box<Self>) -> Vec<Column> {
        for (sums, compensations) in self.sums.iter_mut().zip(&self.compensations) {
            for (sum, compensation) in sums.values_mut().iter_mut().zip(compensations) {
                *sum += compensation;
            }
        }
        self.sums
    }
}

/// `avg`: sum by count, until the sum would be infinite; from there on, for that step, the mean is moved by each value.
pub(super) struct Average {
    groups: Vec<AverageGroup>,
    steps: usize,
}

#[derive(Clone, Default)]
struct AverageGroup {
    /// At which steps there is a mean; values come at the end.
    column: Column,
    means: Vec<KahanMean>,
}

impl Average {
    pub(super) fn new(groups: usize, steps: usize) -> Self {
        Self { groups: vec![AverageGroup::default(); groups], steps }
    }
}

impl Accumulator for Average {
    fn fold(&mut self, group: usize, column: &Column) {
        let AverageGroup { column: means_present, means } = &mut self.groups[group];
        if means.is_empty() {
            means_present.reset(self.steps);
            means.resize(self.steps, KahanMean::new());
        }
        for (step, value) in column.iter_present() {
            if means_present.is_present(step) {
                means[step].add(value);
            } else {
                // Not added to 0, which would take the sign of a negative zero.
                means[step] = KahanMean::from_sum(value, 0.0, 1.0);
                means_present.set(step, value);
            }
        }
    }

    fn finish(self: Box<Self>) -> Vec<Column> {
        let finished = self.groups.into_iter().map(|AverageGroup { mut column, means }| {
            column.values_mut().iter_mut().zip(means).for_each(|(value, mean)| *value = mean.mean());
            column
        });
        finished.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rounding_loses_comes_back() {
        let mut sum = Box::new(Sum::new(1, 2));
        for values in [[1.0, f64::MAX], [1e100, f64::MAX], [1.0, 1.0], [-1e100, f64::NEG_INFINITY]] {
            sum.fold(0, &values.into_iter().map(Some).collect());
        }
        let result = sum.finish();
        assert_eq!(result[0].get(0), Some(2.0));
        assert!(result[0].get(1).unwrap().is_nan(), "inf - inf");
    }

    #[test]
    fn an_average_does_not_overflow() {
        let mut average = Box::new(Average::new(1, 1));
        for value in [f64::MAX, f64::MAX, f64::MAX] {
            average.fold(0, &[Some(value)].into_iter().collect());
        }
        let mean = average.finish()[0].get(0).unwrap();
        assert!(mean / f64::MAX > 1.0 - 2.0 * f64::EPSILON, "the largest number, but for rounding: {mean}");
    }
}

//! `sum` and `avg`: compensated sums in Neumaier's way.
//!
//! Adding a value that is not there as 0 would not change a sum, but values of absent steps are arbitrary, so only runs
//! of present ones are added. Within a run each step is a lane of its own: steps do not mix, and each step sees the
//! series in their order.

use emberdb_histogram::kahan_add;

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
    /// The sum, or (where `is_mean`) the mean.
    values: Column,
    compensations: Vec<f64>,
    counts: Vec<f64>,
    is_mean: Vec<bool>,
}

impl Average {
    pub(super) fn new(groups: usize, steps: usize) -> Self {
        Self { groups: vec![AverageGroup::default(); groups], steps }
    }
}

impl AverageGroup {
    fn add(&mut self, step: usize, value: f64) {
        self.counts[step] += 1.0;
        let count = self.counts[step];
        let sum = self.values.values()[step];
        let compensation = self.compensations[step];
        if count == 1.0 {
            self.values.values_mut()[step] = value;
            return;
        }
        let (mut mean, mut of_mean) = (sum, compensation);
        if !self.is_mean[step] {
            let (sum, lost) = kahan_add(value, sum, compensation);
            if !sum.is_infinite() {
                self.values.values_mut()[step] = sum;
                self.compensations[step] = lost;
                return;
            }
            self.is_mean[step] = true;
            mean /= count - 1.0;
            of_mean /= count - 1.0;
        }
        let share = (count - 1.0) / count;
        let (mean, of_mean) = kahan_add(value / count, share * mean, share * of_mean);
        self.values.values_mut()[step] = mean;
        self.compensations[step] = of_mean;
    }

    fn finish(mut self) -> Column {
        for (step, value) in self.values.values_mut().iter_mut().enumerate() {
            let (count, compensation) = (self.counts[step], self.compensations[step]);
            *value = if self.is_mean[step] {
                *value + compensation
            } else {
                *value / count + compensation / count
            };
        }
        self.values
    }
}

impl Accumulator for Average {
    fn fold(&mut self, group: usize, column: &Column) {
        let group = &mut self.groups[group];
        if group.values.is_empty() {
            group.values.reset(self.steps);
            group.compensations.resize(self.steps, 0.0);
            group.counts.resize(self.steps, 0.0);
            group.is_mean.resize(self.steps, false);
        }
        group.values.or_presence(column.presence());
        for (step, value) in column.iter_present() {
            group.add(step, value);
        }
    }

    fn finish(self: Box<Self>) -> Vec<Column> {
        self.groups.into_iter().map(AverageGroup::finish).collect()
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

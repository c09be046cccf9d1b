//! `min`, `max`, `count`, `group`.

use super::fold::Accumulator;
use super::runs::runs;
use crate::batch::Column;

/// `min` and `max`: a NaN counts only where there is nothing else.
pub(super) struct Extremum {
    columns: Vec<Column>,
    steps: usize,
    is_max: bool,
}

impl Extremum {
    pub(super) fn new(groups: usize, steps: usize, is_max: bool) -> Self {
        Self { columns: vec![Column::new(); groups], steps, is_max }
    }
}

#[inline]
fn replace_where(held: &mut [f64], values: &[f64], wins: impl Fn(f64, f64) -> bool) {
    for (held, &value) in held.iter_mut().zip(values) {
        if wins(value, *held) || held.is_nan() {
            *held = value;
        }
    }
}

impl Accumulator for Extremum {
    fn fold(&mut self, group: usize, column: &Column) {
        let held = &mut self.columns[group];
        if held.is_empty() {
            held.reset(self.steps);
            // Any first value replaces it.
            held.values_mut().fill(f64::NAN);
        }
        held.or_presence(column.presence());
        for run in runs(column) {
            let (held, values) = (&mut held.values_mut()[run.clone()], &column.values()[run]);
            if self.is_max {
                replace_where(held, values, |value, held| held < value);
            } else {
                replace_where(held, values, |value, held| held > value);
            }
        }
    }

    fn finish(self: Box<Self>) -> Vec<Column> {
        self.columns
    }
}

/// `count`.
pub(super) struct Count {
    columns: Vec<Column>,
    steps: usize,
}

impl Count {
    pub(super) fn new(groups: usize, steps: usize) -> Self {
        Self { columns: vec![Column::new(); groups], steps }
    }
}

impl Accumulator for Count {
    fn fold(&mut self, group: usize, column: &Column) {
        let held = &mut self.columns[group];
        if held.is_empty() {
            held.reset(self.steps);
            held.values_mut().fill(0.0);
        }
        held.or_presence(column.presence());
        for run in runs(column) {
            for count in &mut held.values_mut()[run] {
                *count += 1.0;
            }
        }
        for (step, _) in column.iter_histograms() {
            held.set(step, held.values()[step] + 1.0);
        }
    }

    fn finish(self: Box<Self>) -> Vec<Column> {
        self.columns
    }
}

/// `group`: 1 where there is anything.
pub(super) struct Group {
    columns: Vec<Column>,
    steps: usize,
}

impl Group {
    pub(super) fn new(groups: usize, steps: usize) -> Self {
        Self { columns: vec![Column::new(); groups], steps }
    }
}

impl Accumulator for Group {
    fn fold(&mut self, group: usize, column: &Column) {
        let held = &mut self.columns[group];
        if held.is_empty() {
            held.reset(self.steps);
            held.values_mut().fill(1.0);
        }
        held.or_presence(column.presence());
        column.iter_histograms().for_each(|(step, _)| held.set(step, 1.0));
    }

    fn finish(self: Box<Self>) -> Vec<Column> {
        self.columns
    }
}

//! `stddev` and `stdvar`: the population's, in Welford's way.

use super::fold::Accumulator;
use super::runs::runs;
use crate::batch::Column;

/// `stddev` and `stdvar`.
pub(super) struct Spread {
    groups: Vec<SpreadGroup>,
    steps: usize,
    takes_root: bool,
}

#[derive(Clone, Default)]
struct SpreadGroup {
    /// Sum of squared distances from the mean.
    squares: Column,
    means: Vec<f64>,
    counts: Vec<f64>,
}

impl Spread {
    pub(super) fn new(groups: usize, steps: usize, takes_root: bool) -> Self {
        Self { groups: vec![SpreadGroup::default(); groups], steps, takes_root }
    }
}

impl Accumulator for Spread {
    fn fold(&mut self, group: usize, column: &Column) {
        let SpreadGroup { squares, means, counts } = &mut self.groups[group];
        if squares.is_empty() {
            squares.reset(self.steps);
            squares.values_mut().fill(0.0);
            means.resize(self.steps, 0.0);
            counts.resize(self.steps, 0.0);
        }
        squares.or_presence(column.presence());
        for run in runs(column) {
            let held = squares.values_mut()[run.clone()].iter_mut();
            let held = held.zip(&mut means[run.clone()]).zip(&mut counts[run.clone()]);
            for (((square, mean), count), &value) in held.zip(&column.values()[run]) {
                *count += 1.0;
                let delta = value - *mean;
                *mean += delta / *count;
                // The first value: 0, or NaN if it is not finite, as upstream has it.
                *square += delta * (value - *mean);
            }
        }
    }

    fn finish(self: Box<Self>) -> Vec<Column> {
        let takes_root = self.takes_root;
        let finish = |mut group: SpreadGroup| {
            for (square, count) in group.squares.values_mut().iter_mut().zip(&group.counts) {
                let variance = *square / count;
                *square = if takes_root { variance.sqrt() } else { variance };
            }
            group.squares
        };
        self.groups.into_iter().map(finish).collect()
    }
}

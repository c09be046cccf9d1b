//! Series that have the same labels become one, as long as only one of them has a value at a time.

use std::sync::Arc;

use super::{LabelSetIndex, Members, Scratch, SeriesLabels, Vector, VectorSource};
use crate::batch::{Column, Steps};
use crate::error::{QueryError, Result};

/// Merges series with equal labels; two values at one step are an error.
pub(crate) struct Merge {
    input: Vector,
    members: Members,
    series: Arc<SeriesLabels>,
    /// Two series with equal labels and a value at any step are an error, also where they do not overlap.
    is_strict: bool,
}

impl Merge {
    /// `input`, wrapped if two of its series have equal labels.
    pub(crate) fn wrap(input: Vector, is_strict: bool) -> Vector {
        let labels = input.series();
        let mut index = LabelSetIndex::default();
        let numbers: Vec<usize> = labels.iter().map(|labels| index.intern(labels)).collect();
        if index.len() == numbers.len() {
            return input;
        }
        let members = Members::new(&numbers, index.len());
        let first = (0..members.groups()).map(|group| members.of(group)[0] as usize);
        let series = Arc::new(labels.select(first));
        Box::new(Self { members, series, input, is_strict })
    }
}

impl VectorSource for Merge {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let members = self.members.of(series);
        self.input.column(members[0] as usize, scratch, out)?;
        for &member in &members[1..] {
            let mut other = scratch.take_column();
            self.input.column(member as usize, scratch, &mut other)?;
            let overlap = overlap(out, &other);
            let both = self.is_strict && !out.is_vacant() && !other.is_vacant();
            if overlap || both {
                return Err(QueryError::same_labelset());
            }
            for (step, value) in other.iter_present() {
                out.set(step, value);
            }
            for (step, histogram) in other.iter_histograms() {
                out.set_histogram(step, Arc::clone(histogram));
            }
            scratch.give_column(other);
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        false
    }

    fn may_have_histograms(&self) -> bool {
        self.input.may_have_histograms()
    }
}

/// Whether both columns have something at the same step.
fn overlap(left: &Column, right: &Column) -> bool {
    left.presence().iter().zip(right.presence()).any(|(a, b)| a & b != 0)
        || left.iter_histograms().any(|(step, _)| right.is_occupied(step))
        || right.iter_histograms().any(|(step, _)| left.is_occupied(step))
}

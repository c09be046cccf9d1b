//! Series that have the same labels become one, as long as only one of them has a value at a time.

use std::sync::Arc;

use super::exchange::hold;
use super::{LabelSetIndex, Members, Scratch, SeriesLabels, Vector, VectorSource};
use crate::batch::{Column, Steps};
use crate::context::QueryContext;
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
        match members_with_equal_labels(input.series()) {
            None => input,
            Some(members) => Self::boxed(input, members, is_strict),
        }
    }

    /// [`Merge::wrap`], where series with equal labels may differ in whether their names are to be dropped: then what the first sample
    /// says holds for all, as upstream has it. That is known when the columns are, so these are computed.
    pub(crate) fn wrap_mixed(input: Vector, context: &Arc<QueryContext>) -> Result<Vector> {
        let Some(members) = members_with_equal_labels(input.series()) else { return Ok(input) };
        if !(0..members.groups()).any(|group| is_mixed(input.series(), members.of(group))) {
            return Ok(Self::boxed(input, members, false));
        }
        let held = hold(&*input, context)?;
        let Some(members) = members_with_equal_labels(held.series()) else { return Ok(Box::new(held)) };
        let mut series = SeriesLabels::with_capacity(members.groups());
        for group in 0..members.groups() {
            let first_step = |member: &&u32| held.held(**member as usize).and_then(Column::first_occupied);
            let first = members.of(group).iter().min_by_key(first_step).map_or(0, |&member| member as usize);
            series.push(held.series().get(first).iter().copied(), held.series().drops_name(first));
        }
        Ok(Box::new(Self { input: Box::new(held), members, series: Arc::new(series), is_strict: false }))
    }

    fn boxed(input: Vector, members: Members, is_strict: bool) -> Vector {
        let first = (0..members.groups()).map(|group| members.of(group)[0] as usize);
        let series = Arc::new(input.series().select(first));
        Box::new(Self { input, members, series, is_strict })
    }
}

/// Which series have the same labels, if any have.
fn members_with_equal_labels(series: &SeriesLabels) -> Option<Members> {
    let mut index = LabelSetIndex::default();
    let numbers: Vec<usize> = series.iter().map(|labels| index.intern(labels)).collect();
    (index.len() < numbers.len()).then(|| Members::new(&numbers, index.len()))
}

/// Whether names of some of these are to be dropped, and of others not.
fn is_mixed(series: &SeriesLabels, members: &[u32]) -> bool {
    let mut drops = members.iter().map(|&member| series.drops_name(member as usize));
    let first = drops.next();
    drops.any(|other| Some(other) != first)
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

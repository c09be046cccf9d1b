//! Checks that the elements of two vectors are pairs, step by step, where they might not be.
//!
//! A match group with one series on a side cannot be ambiguous on that side, whatever the samples are; so only groups
//! with more are looked at.

use std::sync::Arc;

use emberdb_model::{LabelsRef, SymbolTable};
use emberdb_promql_syntax::MatchCardinality;

use super::meeting::{Meeting, Pair};
use super::presence::{GroupPresence, SeriesPresence, first_step};
use super::signature::MatchGroups;
use crate::context::QueryContext;
use crate::error::{QueryError, Result};
use crate::operator::Members;
use crate::operator::exchange::all_of;

/// The two sides of a match and the pairs between them; "one" is the side whose match groups must have one element each.
pub(super) struct Sides<'a> {
    pub(super) meeting: Meeting<'a>,
    pub(super) pairs: &'a [Pair],
    /// With `many` as its left side.
    pub(super) groups: &'a MatchGroups,
    pub(super) cardinality: MatchCardinality,
    /// An element without partner gets one, on some side.
    pub(super) fills: bool,
    /// An element of the "many" side without partner gets one.
    pub(super) fills_one: bool,
}

/// What a series of the "many" side is called after the operation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ManyResult {
    pub(super) group: usize,
    /// A number that stands for the labels.
    pub(super) labels: usize,
    pub(super) series: u32,
}

/// A mistake and the step at which it shows; the first one counts.
type Mistake = (usize, String);

impl Sides<'_> {
    /// Looks for match groups with more elements than allowed. `results` are needed where the "many" side may have
    /// many.
    pub(super) fn check(
        &self,
        results: Vec<ManyResult>,
        symbols: &SymbolTable,
        context: &Arc<QueryContext>,
    ) -> Result<()> {
        let first = [self.one_side_mistake(symbols, context)?, self.many_side_mistake(results, context)?];
        match first.into_iter().flatten().min_by_key(|&(step, _)| step) {
            Some((_, message)) => Err(QueryError::Execution(message)),
            None => Ok(()),
        }
    }

    /// Two elements of the "one" side in a match group.
    fn one_side_mistake(
        &self,
        symbols: &SymbolTable,
        context: &Arc<QueryContext>,
    ) -> Result<Option<Mistake>> {
        let suspects = in_larger_groups(&self.groups.rhs_members, |_| true);
        if suspects.is_empty() {
            return Ok(None);
        }
        let presence = SeriesPresence::new(self.meeting.one, suspects, context)?;
        let mut wrong = presence.overlaps(&self.groups.rhs, self.groups.len());
        if !self.fills && first_step(&wrong).is_some() {
            // Against an empty vector nothing is matched, so nothing is wrong.
            let others = SeriesPresence::new(self.meeting.many, all_of(self.meeting.many), context)?;
            wrong.iter_mut().zip(others.any()).for_each(|(word, any)| *word &= any);
        }
        let Some(step) = first_step(&wrong) else { return Ok(None) };
        let mut seen: Vec<Option<u32>> = vec![None; self.groups.len()];
        for series in presence.at(step) {
            let group = self.groups.rhs[series as usize];
            if let Some(other) = seen[group].replace(series) {
                return Ok(Some((step, self.duplicate(group, [other, series], symbols))));
            }
        }
        Ok(None)
    }

    fn duplicate(&self, group: usize, pair: [u32; 2], symbols: &SymbolTable) -> String {
        let side = if self.cardinality == MatchCardinality::OneToMany { "left" } else { "right" };
        let text = |labels| LabelsRef::new(symbols, labels).braced().to_string();
        let mut pair = pair.map(|series| text(self.meeting.one.series().get(series as usize)));
        pair.sort();
        format!(
            "found duplicate series for the match group {} on the {side} hand-side of the operation: [{}, \
             {}];many-to-many matching not allowed: matching labels must be unique on one side",
            text(self.groups.labels.get(group)),
            pair[0],
            pair[1],
        )
    }

    /// Two elements of the "many" side where one is allowed, or that would have the same labels.
    fn many_side_mistake(
        &self,
        results: Vec<ManyResult>,
        context: &Arc<QueryContext>,
    ) -> Result<Option<Mistake>> {
        let (numbers, suspects, message) = if self.cardinality == MatchCardinality::OneToOne {
            let has_partner = |group: usize| self.fills_one || !self.groups.rhs_members.of(group).is_empty();
            (
                self.groups.lhs.clone(),
                in_larger_groups(&self.groups.lhs_members, has_partner),
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
            )
        } else {
            let (numbers, suspects) = equal_results(results, self.meeting.many.len());
            (numbers, suspects, "multiple matches for labels: grouping labels must ensure unique matches")
        };
        if suspects.is_empty() {
            return Ok(None);
        }
        let presence = self.matched(suspects, context)?;
        let count = numbers.iter().max().map_or(0, |max| max + 1);
        let wrong = presence.overlaps(&numbers, count);
        Ok(first_step(&wrong).map(|step| (step, message.to_owned())))
    }

    /// The steps at which some series of the "many" side, sorted, have an element that is matched.
    fn matched(&self, series: Vec<u32>, context: &Arc<QueryContext>) -> Result<SeriesPresence> {
        if self.meeting.may_refuse() {
            let is_asked = |many| series.binary_search(&many).is_ok();
            let taken = self.meeting.taken(self.pairs, is_asked, context)?;
            return Ok(SeriesPresence::of_masks(series, &taken, self.meeting.many.steps()));
        }
        let mut is_asked = vec![false; self.groups.len()];
        series.iter().for_each(|&series| is_asked[self.groups.lhs[series as usize]] = true);
        let mut presence = SeriesPresence::new(self.meeting.many, series, context)?;
        if !self.fills_one {
            let (groups, count) = (&self.groups.rhs, self.groups.len());
            let partners =
                GroupPresence::new(self.meeting.one, groups, count, |group| is_asked[group], context)?;
            presence.keep_matched(&self.groups.lhs, &partners);
        }
        Ok(presence)
    }
}

/// Series of the "many" side in one match group whose results have the same labels: a number for each such labels, and
/// the series. `many` is how many series that side has.
fn equal_results(mut results: Vec<ManyResult>, many: usize) -> (Vec<usize>, Vec<u32>) {
    let mut numbers = vec![0; many];
    let mut suspects = Vec::new();
    // A series that has several partners, at different steps, is one all the same.
    results.sort_unstable();
    results.dedup();
    let equals = results.chunk_by(|a, b| (a.group, a.labels) == (b.group, b.labels));
    for (number, same) in equals.enumerate().filter(|(_, same)| same.len() > 1) {
        for result in same {
            numbers[result.series as usize] = number;
            suspects.push(result.series);
        }
    }
    suspects.sort_unstable();
    suspects.dedup();
    (numbers, suspects)
}

/// The series of groups that have more than one.
fn in_larger_groups(members: &Members, counts: impl Fn(usize) -> bool) -> Vec<u32> {
    let groups = (0..members.groups()).filter(|&group| members.of(group).len() > 1 && counts(group));
    let mut series: Vec<u32> = groups.flat_map(|group| members.of(group).iter().copied()).collect();
    series.sort_unstable();
    series
}

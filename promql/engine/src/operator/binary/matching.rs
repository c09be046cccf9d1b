//! Checks that the elements of two vectors are pairs, step by step, where they might not be.
//!
//! A match group with one series on a side cannot be ambiguous on that side, whatever the samples are; so only groups
//! with more are looked at.

use std::sync::Arc;

use emberdb_model::{LabelsRef, SymbolTable};
use emberdb_promql_syntax::MatchCardinality;

use super::signature::MatchGroups;
use crate::context::QueryContext;
use crate::error::{QueryError, Result};
use crate::operator::exchange::{all_of, for_each_column};
use crate::operator::{Members, SeriesLabels, VectorSource};

/// The two sides of a match; "one" is the side whose match groups must have one element each.
pub(super) struct Sides<'a> {
    pub(super) many: &'a dyn VectorSource,
    pub(super) one: &'a dyn VectorSource,
    /// With `many` as its left side.
    pub(super) groups: &'a MatchGroups,
    pub(super) cardinality: MatchCardinality,
    /// An element without partner gets one, on some side.
    pub(super) fills: bool,
    /// An element of the "many" side without partner gets one.
    pub(super) fills_one: bool,
}

/// A mistake and the step at which it shows; the first one counts.
type Mistake = (usize, String);

impl Sides<'_> {
    /// Looks for match groups with more elements than allowed. `results` are the labels that the elements of the
    /// "many" side get, each with its group.
    pub(super) fn check(
        &self,
        results: &[(usize, u32, usize)],
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
        let presence = Presence::of(self.one, &suspects, context)?;
        let mut wrong = presence.overlaps(&self.groups.rhs, self.groups.len());
        if !self.fills && wrong.iter().any(|&word| word != 0) {
            // Against an empty vector nothing is matched, so nothing is wrong.
            let others = Presence::of(self.many, &all_of(self.many), context)?;
            for (word, any) in wrong.iter_mut().zip(others.any()) {
                *word &= any;
            }
        }
        let Some(step) = first_bit(&wrong) else { return Ok(None) };
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
        let text = |labels| LabelsRef::new(symbols, labels).to_string();
        let mut pair = pair.map(|series| text(self.one.series().get(series as usize)));
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
        results: &[(usize, u32, usize)],
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
            let (numbers, suspects) = self.equal_results(results);
            (numbers, suspects, "multiple matches for labels: grouping labels must ensure unique matches")
        };
        if suspects.is_empty() {
            return Ok(None);
        }
        let mut presence = Presence::of(self.many, &suspects, context)?;
        if !self.fills_one {
            let partners: Vec<u32> = all_of(self.one)
                .into_iter()
                .filter(|&s| {
                    suspects.iter().any(|&m| self.groups.lhs[m as usize] == self.groups.rhs[s as usize])
                })
                .collect();
            let partners = Presence::of(self.one, &partners, context)?;
            presence.keep_matched(&self.groups.lhs, &partners, &self.groups.rhs);
        }
        let count = numbers.iter().max().map_or(0, |max| max + 1);
        let wrong = presence.overlaps(&numbers, count);
        Ok(first_bit(&wrong).map(|step| (step, message.to_owned())))
    }

    /// Series of the "many" side in one match group whose results have the same labels, numbered by these.
    fn equal_results(&self, results: &[(usize, u32, usize)]) -> (Vec<usize>, Vec<u32>) {
        let mut numbers = vec![0; self.many.len()];
        let mut suspects = Vec::new();
        let mut sorted = results.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let of_set = |&(group, _, labels): &(usize, u32, usize)| (group, labels);
        sorted.sort_by_key(of_set);
        for (number, same) in sorted.chunk_by(|a, b| of_set(a) == of_set(b)).enumerate() {
            if same.len() > 1 {
                for &(_, series, _) in same {
                    numbers[series as usize] = number;
                    suspects.push(series);
                }
            }
        }
        suspects.sort_unstable();
        suspects.dedup();
        (numbers, suspects)
    }
}

/// The series of groups that have more than one.
fn in_larger_groups(members: &Members, counts: impl Fn(usize) -> bool) -> Vec<u32> {
    let groups = (0..members.groups()).filter(|&group| members.of(group).len() > 1 && counts(group));
    let mut series: Vec<u32> = groups.flat_map(|group| members.of(group).iter().copied()).collect();
    series.sort_unstable();
    series
}

/// At which steps some series have a value.
struct Presence {
    series: Vec<u32>,
    words: Vec<Box<[u64]>>,
    width: usize,
}

impl Presence {
    fn of(source: &dyn VectorSource, series: &[u32], context: &Arc<QueryContext>) -> Result<Self> {
        let mut words = Vec::with_capacity(series.len());
        for_each_column(source, series, context, |_, column| {
            words.push(column.presence().into());
            Ok(())
        })?;
        let width = source.steps().count.div_ceil(u64::BITS as usize);
        Ok(Self { series: series.to_vec(), words, width })
    }

    /// The steps at which two series with the same number have a value.
    fn overlaps(&self, numbers: &[usize], count: usize) -> Box<[u64]> {
        let mut seen: Vec<Option<Box<[u64]>>> = vec![None; count];
        let mut twice: Box<[u64]> = vec![0; self.width].into();
        for (&series, words) in self.series.iter().zip(&self.words) {
            match &mut seen[numbers[series as usize]] {
                empty @ None => *empty = Some(words.clone()),
                Some(seen) => {
                    for ((twice, seen), &now) in twice.iter_mut().zip(seen.iter_mut()).zip(&**words) {
                        *twice |= *seen & now;
                        *seen |= now;
                    }
                }
            }
        }
        twice
    }

    /// The steps at which any series has a value.
    fn any(&self) -> Box<[u64]> {
        let mut any: Box<[u64]> = vec![0; self.width].into();
        for words in &self.words {
            for (any, &word) in any.iter_mut().zip(&**words) {
                *any |= word;
            }
        }
        any
    }

    /// The series that have a value at a step, in order.
    fn at(&self, step: usize) -> impl Iterator<Item = u32> {
        let (word, bit) = (step / u64::BITS as usize, step % u64::BITS as usize);
        let is_there = move |(_, words): &(&u32, &Box<[u64]>)| words[word] >> bit & 1 == 1;
        self.series.iter().zip(&self.words).filter(is_there).map(|(&series, _)| series)
    }

    /// Forgets the steps at which no series of the same group has a value in `partners`.
    fn keep_matched(&mut self, groups: &[usize], partners: &Self, partner_groups: &[usize]) {
        for (&series, words) in self.series.iter().zip(&mut self.words) {
            let mut matched = vec![0_u64; self.width];
            let same_group = |&&partner: &&u32| partner_groups[partner as usize] == groups[series as usize];
            for (partner, present) in partners.series.iter().zip(&partners.words) {
                if same_group(&partner) {
                    matched.iter_mut().zip(&**present).for_each(|(word, &present)| *word |= present);
                }
            }
            words.iter_mut().zip(matched).for_each(|(word, matched)| *word &= matched);
        }
    }
}

fn first_bit(words: &[u64]) -> Option<usize> {
    let (index, word) = words.iter().enumerate().find(|&(_, &word)| word != 0)?;
    Some(index * u64::BITS as usize + word.trailing_zeros() as usize)
}

/// The labels that results have, numbered; see [`Sides::check`].
pub(super) fn number_results(series: &SeriesLabels) -> Vec<usize> {
    let mut index = crate::operator::LabelSetIndex::default();
    series.iter().map(|labels| index.intern(labels)).collect()
}

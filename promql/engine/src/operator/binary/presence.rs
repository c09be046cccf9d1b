//! At which steps something is there.

use std::sync::Arc;

use crate::batch::{Column, Steps, WORD_STEPS};
use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::VectorSource;
use crate::operator::exchange::{all_of, for_each_column};

/// A bit a step, laid out as a column's presence.
pub(super) type Mask = Box<[u64]>;

/// Words in a mask of these steps.
fn width(steps: Steps) -> usize {
    steps.count.div_ceil(WORD_STEPS)
}

/// A mask of no step.
pub(super) fn no_step(steps: Steps) -> Mask {
    vec![0; width(steps)].into()
}

/// The steps at which a column has something.
pub(super) fn occupied(column: &Column) -> Mask {
    let mut mask: Mask = column.presence().into();
    if column.has_histograms() {
        column.add_occupied_to(&mut mask);
    }
    mask
}

/// Adds the bits of `present` to a mask that may not be there yet.
fn unite(mask: &mut Option<Mask>, present: &[u64]) {
    match mask {
        None => *mask = Some(present.into()),
        Some(mask) => mask.iter_mut().zip(present).for_each(|(word, present)| *word |= present),
    }
}

/// The steps at which any series of a match group has a value.
pub(super) struct GroupPresence {
    masks: Vec<Option<Mask>>,
}

impl GroupPresence {
    /// Of the series of `source`, whose groups are `groups` (there are `count`); only groups with `is_asked` count.
    pub(super) fn new(
        source: &dyn VectorSource,
        groups: &[usize],
        count: usize,
        is_asked: impl Fn(usize) -> bool,
        context: &Arc<QueryContext>,
    ) -> Result<Self> {
        let mut asked = all_of(source);
        asked.retain(|&series| is_asked(groups[series as usize]));
        let mut masks = vec![None; count];
        for_each_column(source, &asked, context, |series, column| {
            unite(&mut masks[groups[series]], &occupied(column));
            Ok(())
        })?;
        Ok(Self { masks })
    }

    /// Of series whose steps are known: series `i` has `masks[i]` and belongs to `groups[i]`, of which there are `count`.
    pub(super) fn of_masks(masks: &[Mask], groups: &[usize], count: usize) -> Self {
        let mut united = vec![None; count];
        masks.iter().zip(groups).for_each(|(mask, &group)| unite(&mut united[group], mask));
        Self { masks: united }
    }

    /// The steps of a group; `None` if none of its series was looked at.
    pub(super) fn of(&self, group: usize) -> Option<&Mask> {
        self.masks[group].as_ref()
    }
}

/// The steps at which each of some series has a value.
pub(super) struct SeriesPresence {
    series: Vec<u32>,
    masks: Vec<Mask>,
    width: usize,
}

impl SeriesPresence {
    pub(super) fn new(
        source: &dyn VectorSource,
        series: Vec<u32>,
        context: &Arc<QueryContext>,
    ) -> Result<Self> {
        let mut masks = Vec::with_capacity(series.len());
        for_each_column(source, &series, context, |_, column| {
            masks.push(occupied(column));
            Ok(())
        })?;
        Ok(Self { series, masks, width: width(source.steps()) })
    }

    /// Of series whose steps are known: series `i` of the vector has `masks[i]`.
    pub(super) fn of_masks(series: Vec<u32>, masks: &[Mask], steps: Steps) -> Self {
        let masks = series.iter().map(|&series| masks[series as usize].clone()).collect();
        Self { series, masks, width: width(steps) }
    }

    /// The steps at which two series with the same number have a value. `numbers` are below `count`.
    pub(super) fn overlaps(&self, numbers: &[usize], count: usize) -> Mask {
        let mut seen: Vec<Option<Mask>> = vec![None; count];
        let mut twice: Mask = vec![0; self.width].into();
        for (&series, mask) in self.series.iter().zip(&self.masks) {
            let seen = &mut seen[numbers[series as usize]];
            if let Some(seen) = seen {
                let words = twice.iter_mut().zip(&**seen).zip(&**mask);
                words.for_each(|((twice, seen), now)| *twice |= seen & now);
            }
            unite(seen, mask);
        }
        twice
    }

    /// The steps at which any series has a value.
    pub(super) fn any(&self) -> Mask {
        let mut any: Option<Mask> = Some(vec![0; self.width].into());
        self.masks.iter().for_each(|mask| unite(&mut any, mask));
        any.unwrap_or_default()
    }

    /// The series that have a value at a step, in order.
    pub(super) fn at(&self, step: usize) -> impl Iterator<Item = u32> {
        let (word, bit) = (step / WORD_STEPS, step % WORD_STEPS);
        let is_there = move |(_, mask): &(&u32, &Mask)| mask[word] >> bit & 1 == 1;
        self.series.iter().zip(&self.masks).filter(is_there).map(|(&series, _)| series)
    }

    /// Forgets the steps at which the group of a series has no value in `partners`.
    pub(super) fn keep_matched(&mut self, groups: &[usize], partners: &GroupPresence) {
        for (&series, mask) in self.series.iter().zip(&mut self.masks) {
            match partners.of(groups[series as usize]) {
                None => mask.fill(0),
                Some(matched) => mask.iter_mut().zip(&**matched).for_each(|(word, matched)| *word &= matched),
            }
        }
    }
}

/// The first step of a mask.
pub(super) fn first_step(mask: &[u64]) -> Option<usize> {
    let (index, word) = mask.iter().enumerate().find(|&(_, &word)| word != 0)?;
    Some(index * WORD_STEPS + word.trailing_zeros() as usize)
}

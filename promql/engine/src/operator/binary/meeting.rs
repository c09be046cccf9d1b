//! Two series that meet: their columns, and the steps at which the operator takes what stands there.

use std::sync::Arc;

use super::Operation;
use super::element::Element;
use super::presence::{Mask, no_step};
use crate::batch::{Column, WORD_STEPS};
use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::{Scratch, VectorSource};

/// One side of a pair.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Series(u32),
    /// A value that stands in where the steps of a mask are not set, for the match group of the other side.
    Fill {
        value: f64,
        mask: Option<u32>,
    },
}

/// A series of the "many" side, and one of the "one" side.
pub(super) type Pair = (Side, Side);

/// Two vectors, between whose series an operator stands.
pub(super) struct Meeting<'a> {
    pub(super) many: &'a dyn VectorSource,
    pub(super) one: &'a dyn VectorSource,
    /// Of the sides that stand in.
    pub(super) masks: &'a [Mask],
    pub(super) operation: &'a Operation,
    /// The "many" side stands on the right.
    pub(super) is_swapped: bool,
}

impl Meeting<'_> {
    /// The columns of a pair, the left one first.
    pub(super) fn columns<'c>(
        &self,
        (many, one): Pair,
        scratch: &mut Scratch,
        room: &'c mut [Column; 2],
    ) -> Result<(&'c Column, &'c Column)> {
        let [many_column, one_column] = room;
        self.side(self.many, many, scratch, many_column)?;
        self.side(self.one, one, scratch, one_column)?;
        Ok(if self.is_swapped { (one_column, many_column) } else { (many_column, one_column) })
    }

    fn side(
        &self,
        source: &dyn VectorSource,
        side: Side,
        scratch: &mut Scratch,
        out: &mut Column,
    ) -> Result<()> {
        match side {
            Side::Series(series) => source.column(series as usize, scratch, out),
            Side::Fill { value, mask } => {
                out.reset(self.many.steps().count);
                out.fill(value);
                if let Some(mask) = mask {
                    out.and_not_presence(&self.masks[mask as usize]);
                }
                Ok(())
            }
        }
    }

    /// Whether there may be elements that the operator does not take: it is never so with numbers, unless it trims.
    pub(super) fn may_refuse(&self) -> bool {
        self.operation.op.is_trim() || self.many.may_have_histograms() || self.one.may_have_histograms()
    }

    /// For each series of the "many" side that `is_asked` the steps at which the operator takes its element and its
    /// partner's. What it does not take counts as not matched.
    pub(super) fn taken(
        &self,
        pairs: &[Pair],
        is_asked: impl Fn(u32) -> bool,
        context: &Arc<QueryContext>,
    ) -> Result<Vec<Mask>> {
        let mut taken = vec![no_step(self.many.steps()); self.many.len()];
        let mut scratch = Scratch::new(context);
        let mut room = [scratch.take_column(), scratch.take_column()];
        for &pair in pairs {
            let Side::Series(many) = pair.0 else { continue };
            if !is_asked(many) {
                continue;
            }
            context.check()?;
            let (left, right) = self.columns(pair, &mut scratch, &mut room)?;
            for step in left.iter_occupied() {
                let (Some(l), Some(r)) = (Element::at(left, step), Element::at(right, step)) else {
                    continue;
                };
                if self.operation.takes(l, r) {
                    taken[many as usize][step / WORD_STEPS] |= 1 << (step % WORD_STEPS);
                }
            }
        }
        room.into_iter().for_each(|column| scratch.give_column(column));
        Ok(taken)
    }
}

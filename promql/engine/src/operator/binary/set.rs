//! `and`, `or`, `unless`: which values are there depends on which values are there on the other side.

use std::sync::Arc;

use emberdb_model::SymbolTable;
use emberdb_promql_syntax::{BinaryOp, MatchLabels};

use super::presence::GroupPresence;
use super::signature::{MatchGroups, Signature};
use crate::batch::{Column, Steps};
use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::exchange::{all_of, drain, hold_vector};
use crate::operator::{KnownNames, Merge, Scratch, SeriesLabels, Vector, VectorSource};

/// What is asked for besides the two vectors.
pub(crate) struct SetOperation<'a> {
    pub(crate) op: BinaryOp,
    pub(crate) labels: &'a MatchLabels,
    /// Whether series with equal labels become one.
    pub(crate) merges: bool,
    pub(crate) known: KnownNames,
}

/// `lhs op rhs`.
pub(crate) fn set_operation(
    asked: &SetOperation<'_>,
    lhs: Vector,
    rhs: Vector,
    symbols: &mut SymbolTable,
    context: &Arc<QueryContext>,
) -> Result<Vector> {
    let signature = Signature::new(asked.labels, symbols, asked.known);
    if asked.op == BinaryOp::Or {
        let either: Vector = Box::new(either(lhs, rhs, &signature, context)?);
        return if asked.merges { Merge::wrap_mixed(either, context) } else { Ok(either) };
    }
    Ok(Box::new(Masked::new(asked.op, lhs, &*rhs, &signature, context)?))
}

/// `and`, `unless`: the left side where the right side is there, or where it is not.
struct Masked {
    lhs: Vector,
    groups: Vec<usize>,
    rhs: GroupPresence,
    is_unless: bool,
}

impl Masked {
    fn new(
        op: BinaryOp,
        lhs: Vector,
        rhs: &dyn VectorSource,
        signature: &Signature,
        context: &Arc<QueryContext>,
    ) -> Result<Self> {
        let groups = MatchGroups::new(signature, lhs.series(), rhs.series());
        let is_asked = |group| !groups.lhs_members.of(group).is_empty();
        let presence = GroupPresence::new(rhs, &groups.rhs, groups.len(), is_asked, context)?;
        let mut others = all_of(rhs);
        others.retain(|&series| !is_asked(groups.rhs[series as usize]));
        drain(rhs, &others, context)?;
        Ok(Self { lhs, groups: groups.lhs, rhs: presence, is_unless: op == BinaryOp::Unless })
    }
}

impl VectorSource for Masked {
    fn series(&self) -> &Arc<SeriesLabels> {
        self.lhs.series()
    }

    fn steps(&self) -> Steps {
        self.lhs.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let mask = self.rhs.of(self.groups[series]);
        if mask.is_none() && !self.is_unless && self.lhs.is_quiet() {
            out.reset(self.steps().count);
            return Ok(());
        }
        self.lhs.column(series, scratch, out)?;
        match (mask, self.is_unless) {
            (Some(mask), true) => out.and_not_presence(mask),
            (Some(mask), false) => out.and_presence(mask),
            (None, true) => {}
            (None, false) => out.reset(self.steps().count),
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.lhs.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.lhs.may_have_histograms()
    }
}

/// `or`: the left side, and the right side where its match group has no value on the left.
struct Either {
    lhs: Vector,
    rhs: Vector,
    rhs_groups: Vec<usize>,
    presence: GroupPresence,
    series: Arc<SeriesLabels>,
}

fn either(
    mut lhs: Vector,
    rhs: Vector,
    signature: &Signature,
    context: &Arc<QueryContext>,
) -> Result<Either> {
    let mut groups = MatchGroups::new(signature, lhs.series(), rhs.series());
    let is_shared = |groups: &MatchGroups, group| {
        !groups.rhs_members.of(group).is_empty() && !groups.lhs_members.of(group).is_empty()
    };
    if (0..groups.len()).any(|group| is_shared(&groups, group)) {
        // The left side is needed twice: for itself, and to hide the right side.
        lhs = hold_vector(&*lhs, context)?;
        groups = MatchGroups::new(signature, lhs.series(), rhs.series());
    }
    let is_asked = |group| is_shared(&groups, group);
    let presence = GroupPresence::new(&*lhs, &groups.lhs, groups.len(), is_asked, context)?;
    let mut series = SeriesLabels::with_capacity(lhs.len() + rhs.len());
    for side in [lhs.series(), rhs.series()] {
        for number in 0..side.len() {
            series.push(side.get(number).iter().copied(), side.drops_name(number));
        }
    }
    Ok(Either { lhs, rhs, rhs_groups: groups.rhs, presence, series: Arc::new(series) })
}

impl VectorSource for Either {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.lhs.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let Some(right) = series.checked_sub(self.lhs.len()) else {
            return self.lhs.column(series, scratch, out);
        };
        self.rhs.column(right, scratch, out)?;
        if let Some(mask) = self.presence.of(self.rhs_groups[right]) {
            out.and_not_presence(mask);
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.lhs.is_quiet() && self.rhs.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.lhs.may_have_histograms() || self.rhs.may_have_histograms()
    }
}

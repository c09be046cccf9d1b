//! Vector with vector: pairs of series with equal signatures, one operation on two columns a pair.

use std::collections::HashMap;
use std::sync::Arc;

use emberdb_model::{Label, Symbol, SymbolTable};
use emberdb_promql_syntax::{MatchCardinality, VectorMatching};

use super::Operation;
use super::element::{Element, Kept, LastRemarks, Outcome};
use super::matching::{ManyResult, Sides};
use super::meeting::{Meeting, Pair, Side};
use super::presence::{GroupPresence, Mask};
use super::scalar::put;
use super::signature::{MatchGroups, Signature};
use crate::batch::{Column, Steps};
use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::exchange::{all_of, drain, hold_vector};
use crate::operator::series::{set_label, value_of};
use crate::operator::{KnownNames, LabelSetIndex, Merge, Scratch, SeriesLabels, Vector, VectorSource};

/// What is asked for besides the two vectors.
pub(crate) struct VectorOperation<'a> {
    pub(crate) operation: Operation,
    pub(crate) matching: &'a VectorMatching,
    pub(crate) is_delayed: bool,
    /// Whether series with equal labels become one.
    pub(crate) merges: bool,
    pub(crate) known: KnownNames,
}

/// `lhs op rhs`.
pub(crate) fn vector_operation(
    asked: &VectorOperation<'_>,
    lhs: Vector,
    rhs: Vector,
    symbols: &mut SymbolTable,
    context: &Arc<QueryContext>,
) -> Result<Vector> {
    let matching = asked.matching;
    let signature = Signature::new(&matching.labels, symbols, asked.known);
    let is_swapped = matching.cardinality == MatchCardinality::OneToMany;
    let (many, mut one) = if is_swapped { (rhs, lhs) } else { (lhs, rhs) };
    if matching.cardinality != MatchCardinality::OneToOne {
        // A series of this side is paired with many: compute it once.
        one = hold_vector(&*one, context)?;
    }
    // As upstream has it, which does not exchange the fill values with the sides.
    let (fill_one, fill_many) = (matching.fill.rhs, matching.fill.lhs);
    let groups = MatchGroups::new(&signature, many.series(), one.series());
    let mut pairs = Pairs { list: Vec::new(), masks: Vec::new() };
    pairs.of_series(&groups, many.len());
    if let Some(value) = fill_one {
        let presence = GroupPresence::new(&*one, &groups.rhs, groups.len(), |_| true, context)?;
        pairs.of_lonely(value, &presence, &groups.lhs, |series, fill| (Side::Series(series), fill));
        pairs.in_order_of_many();
    }
    let operation = asked.operation;
    if let Some(value) = fill_many {
        let meeting =
            Meeting { many: &*many, one: &*one, masks: &pairs.masks, operation: &operation, is_swapped };
        let presence = if meeting.may_refuse() {
            let taken = meeting.taken(&pairs.list, |_| true, context)?;
            GroupPresence::of_masks(&taken, &groups.lhs, groups.len())
        } else {
            GroupPresence::new(&*many, &groups.lhs, groups.len(), |_| true, context)?
        };
        pairs.of_lonely(value, &presence, &groups.rhs, |series, fill| (fill, Side::Series(series)));
    }
    let names = ResultNames { asked, signature: &signature, include: include_names(matching, symbols) };
    let series = names.of_pairs(&pairs.list, &groups, many.series(), one.series(), symbols);

    let sides = Sides {
        meeting: Meeting { many: &*many, one: &*one, masks: &pairs.masks, operation: &operation, is_swapped },
        pairs: &pairs.list,
        groups: &groups,
        cardinality: matching.cardinality,
        fills: fill_one.is_some() || fill_many.is_some(),
        fills_one: fill_one.is_some(),
    };
    let results = match matching.cardinality {
        MatchCardinality::OneToOne => Vec::new(),
        _ => pairs.results(&groups, &series),
    };
    sides.check(results, symbols, context)?;
    pairs.drain_others(&*many, &*one, context)?;
    let joined: Vector = Box::new(Joined {
        many,
        one,
        pairs: pairs.list,
        masks: pairs.masks,
        operation,
        is_swapped,
        series: Arc::new(series),
        remarks: LastRemarks::new(context),
    });
    Ok(if asked.merges { Merge::wrap(joined, false) } else { joined })
}

fn include_names(matching: &VectorMatching, symbols: &mut SymbolTable) -> Vec<Symbol> {
    matching.include.iter().map(|name| symbols.intern(name)).collect()
}

/// Pairs of the "many" and the "one" side.
struct Pairs {
    list: Vec<Pair>,
    masks: Vec<Mask>,
}

impl Pairs {
    /// Each series of the "many" side with each of its group on the "one" side: mostly that is one.
    fn of_series(&mut self, groups: &MatchGroups, many: usize) {
        for series in 0..many {
            for &partner in groups.rhs_members.of(groups.lhs[series]) {
                self.list.push((Side::Series(series as u32), Side::Series(partner)));
            }
        }
    }

    /// Each series of one side with a value, for the steps at which its group has none on the other side.
    fn of_lonely(
        &mut self,
        value: f64,
        presence: &GroupPresence,
        groups: &[usize],
        pair: impl Fn(u32, Side) -> Pair,
    ) {
        let mut numbers: HashMap<usize, Option<u32>> = HashMap::new();
        for (series, &group) in groups.iter().enumerate() {
            let mask = *numbers.entry(group).or_insert_with(|| {
                self.masks.push(presence.of(group)?.clone());
                Some(self.masks.len() as u32 - 1)
            });
            self.list.push(pair(series as u32, Side::Fill { value, mask }));
        }
    }

    /// Puts the filled pairs of a series beside its others, where upstream has them.
    fn in_order_of_many(&mut self) {
        self.list.sort_by_key(|pair| match pair.0 {
            Side::Series(series) => series,
            Side::Fill { .. } => u32::MAX,
        });
    }

    /// What the series of the "many" side are called after the operation.
    fn results(&self, groups: &MatchGroups, labels: &SeriesLabels) -> Vec<ManyResult> {
        let mut index = LabelSetIndex::default();
        let pairs = self.list.iter().zip(labels.iter());
        let results = pairs.filter_map(|(pair, labels)| match pair.0 {
            Side::Series(series) => {
                let group = groups.lhs[series as usize];
                Some(ManyResult { group, labels: index.intern(labels), series })
            }
            Side::Fill { .. } => None,
        });
        results.collect()
    }

    /// Computes the series that are in no pair, if their annotations would be missed.
    fn drain_others(
        &self,
        many: &dyn VectorSource,
        one: &dyn VectorSource,
        context: &Arc<QueryContext>,
    ) -> Result<()> {
        let used = |side: fn(&Pair) -> Side, len: usize| {
            let mut used = vec![false; len];
            for pair in &self.list {
                if let Side::Series(series) = side(pair) {
                    used[series as usize] = true;
                }
            }
            used
        };
        let sides = [(many, used(|pair| pair.0, many.len())), (one, used(|pair| pair.1, one.len()))];
        for (source, used) in sides {
            let mut others = all_of(source);
            others.retain(|&series| !used[series as usize]);
            drain(source, &others, context)?;
        }
        Ok(())
    }
}

/// How results are called.
struct ResultNames<'a> {
    asked: &'a VectorOperation<'a>,
    signature: &'a Signature,
    include: Vec<Symbol>,
}

impl ResultNames<'_> {
    fn of_pairs(
        &self,
        pairs: &[Pair],
        groups: &MatchGroups,
        many: &SeriesLabels,
        one: &SeriesLabels,
        symbols: &SymbolTable,
    ) -> SeriesLabels {
        let mut series = SeriesLabels::with_capacity(pairs.len());
        let mut room = Vec::new();
        for pair in pairs {
            // What stands in for an element is called as its match group.
            let (of_many, of_one) = match *pair {
                (Side::Series(m), Side::Series(o)) => (many.get(m as usize), one.get(o as usize)),
                (Side::Series(m), Side::Fill { .. }) => {
                    (many.get(m as usize), groups.labels.get(groups.lhs[m as usize]))
                }
                (Side::Fill { .. }, Side::Series(o)) => {
                    (groups.labels.get(groups.rhs[o as usize]), one.get(o as usize))
                }
                (Side::Fill { .. }, Side::Fill { .. }) => continue,
            };
            self.write(of_many, of_one, symbols, &mut room);
            // A name that an operand was to lose in the end comes back, as upstream has it.
            series.push(room.iter().copied(), self.asked.is_delayed && self.asked.operation.return_bool);
        }
        series
    }

    fn write(&self, many: &[Label], one: &[Label], symbols: &SymbolTable, out: &mut Vec<Label>) {
        let VectorOperation { operation, matching, is_delayed, known, .. } = self.asked;
        let drops_name = operation.changes_meaning() || (operation.return_bool && !is_delayed);
        let is_one_to_one = matching.cardinality == MatchCardinality::OneToOne;
        out.clear();
        out.extend(many.iter().copied().filter(|label| {
            if drops_name && known.is_metadata(label.name) {
                return false;
            }
            !is_one_to_one || self.signature.names(label.name) == self.signature.is_on()
        }));
        for &name in &self.include {
            set_label(out, name, value_of(one, name), symbols);
        }
        if operation.return_bool && !is_delayed {
            out.retain(|label| !known.is_metadata(label.name));
        }
    }
}

/// Pairs of columns.
struct Joined {
    many: Vector,
    one: Vector,
    pairs: Vec<Pair>,
    masks: Vec<Mask>,
    operation: Operation,
    /// The "many" side stands on the right.
    is_swapped: bool,
    series: Arc<SeriesLabels>,
    remarks: LastRemarks,
}

impl Joined {
    /// Computes the steps at which a side has a histogram, and those of operators that are for histograms only.
    fn elements(&self, pair: usize, left: &Column, right: &Column, out: &mut Column) {
        for step in left.iter_occupied() {
            let (Some(l), Some(r)) = (Element::at(left, step), Element::at(right, step)) else { continue };
            let are_floats = matches!((l, r), (Element::Float(_), Element::Float(_)));
            if are_floats && !self.operation.op.is_trim() {
                continue;
            }
            let Outcome { result, remark } = self.operation.element(l, r);
            if let Some(remark) = remark {
                self.remarks.add(pair, step, remark);
            }
            match result {
                Some(Kept { holds, .. }) if self.operation.return_bool => {
                    out.set(step, f64::from(u8::from(holds)));
                }
                Some(Kept { value, holds: true }) => put(out, step, value),
                Some(_) | None => {}
            }
        }
    }

    fn meeting(&self) -> Meeting<'_> {
        let Self { operation, is_swapped, .. } = self;
        Meeting { many: &*self.many, one: &*self.one, masks: &self.masks, operation, is_swapped: *is_swapped }
    }
}

impl VectorSource for Joined {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.many.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let mut room = [scratch.take_column(), scratch.take_column()];
        let (left, right) = self.meeting().columns(self.pairs[series], scratch, &mut room)?;
        out.reset(left.len());
        out.or_presence(left.presence());
        out.and_presence(right.presence());
        self.operation.apply(left.values(), right.values(), left.values(), out);
        if left.has_histograms() || right.has_histograms() || self.operation.op.is_trim() {
            self.elements(series, left, right, out);
        }
        room.into_iter().for_each(|column| scratch.give_column(column));
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        !self.meeting().may_refuse() && self.many.is_quiet() && self.one.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.many.may_have_histograms() || self.one.may_have_histograms()
    }
}

//! Folding columns into groups: each column is added to its group's accumulator and forgotten.
//!
//! Columns are folded in the order of the series, whoever computed them, so each step's numbers are added up in
//! upstream's order.

use std::cmp::Ordering;

use emberdb_promql_syntax::AggregationOp;

use super::extremum::{Count, Extremum, Group};
use super::histogram::HistogramFold;
use super::spread::Spread;
use super::sum::{Average, Sum};
use super::{Aggregated, Groups};
use crate::annotation::ignored_histogram;
use crate::batch::Column;
use crate::error::Result;
use crate::operator::exchange::{all_of, for_each_column};
use crate::operator::{Held, SeriesLabels, VectorSource};

/// What is known of all groups so far: a column of intermediate results each.
pub(super) trait Accumulator: Send {
    /// Adds the column of a series to its group.
    fn fold(&mut self, group: usize, column: &Column);

    /// The results of all groups.
    fn finish(self: Box<Self>) -> Vec<Column>;
}

/// `op by (...) (input)` for the aggregations that can be folded; `None` for the others.
pub(crate) fn fold(op: AggregationOp, asked: &Aggregated<'_>) -> Option<Result<Held>> {
    let (count, steps) = (asked.groups.len(), asked.input.steps().count);
    let accumulator: Box<dyn Accumulator> = match op {
        AggregationOp::Sum => Box::new(Sum::new(count, steps)),
        AggregationOp::Avg => Box::new(Average::new(count, steps)),
        AggregationOp::Count => Box::new(Count::new(count, steps)),
        AggregationOp::Group => Box::new(Group::new(count, steps)),
        AggregationOp::Min => Box::new(Extremum::new(count, steps, false)),
        AggregationOp::Max => Box::new(Extremum::new(count, steps, true)),
        AggregationOp::Stddev => Box::new(Spread::new(count, steps, true)),
        AggregationOp::Stdvar => Box::new(Spread::new(count, steps, false)),
        AggregationOp::TopK
        | AggregationOp::BottomK
        | AggregationOp::CountValues
        | AggregationOp::Quantile
        | AggregationOp::LimitK
        | AggregationOp::LimitRatio => return None,
    };
    let histograms = match op {
        AggregationOp::Sum | AggregationOp::Avg => {
            Histograms::Folded(HistogramFold::new(op == AggregationOp::Avg, count, steps))
        }
        AggregationOp::Count | AggregationOp::Group => Histograms::Counted,
        _ => Histograms::Ignored(op),
    };
    Some(fold_with(accumulator, histograms, asked))
}

/// What an aggregation does with histograms.
enum Histograms {
    /// Adds them up beside the floats.
    Folded(HistogramFold),
    /// Counts them like floats.
    Counted,
    /// Leaves them out and says so.
    Ignored(AggregationOp),
}

fn fold_with(
    mut accumulator: Box<dyn Accumulator>,
    mut histograms: Histograms,
    asked: &Aggregated<'_>,
) -> Result<Held> {
    let Aggregated { input, groups, origin, context, .. } = *asked;
    let mut reservation = context.hold(0)?;
    let mut order = Order::new(groups.len(), input.series());
    for_each_column(input, &all_of(input), context, |series, column| {
        if column.is_vacant() {
            return Ok(());
        }
        let group = groups.of_series[series];
        order.place(group);
        if let Histograms::Ignored(op) = &histograms {
            if column.has_histograms() {
                context.note(ignored_histogram(&op.to_string(), origin));
            }
            if column.none_present() {
                return Ok(());
            }
        }
        if order.saw(group) {
            reservation.set(order.values * column.len())?;
        }
        order.note_name(group, input.series(), series, column);
        if let Histograms::Folded(fold) = &mut histograms {
            fold.fold(group, column, |error| asked.note_incompatible(series, error));
        }
        accumulator.fold(group, column);
        Ok(())
    })?;
    let mut columns = accumulator.finish();
    if let Histograms::Folded(fold) = histograms {
        fold.finish(&mut columns, |note| context.note(note(origin)));
    }
    Ok(order.into_held(columns, groups, input, reservation))
}

/// Groups in the order of their first series: those that never had a value are left out.
pub(super) struct Order {
    is_placed: Vec<bool>,
    has_value: Vec<bool>,
    places: Vec<usize>,
    /// How many groups have a value.
    values: usize,
    /// Of each group; empty where no name is to be dropped.
    names: Vec<LastName>,
}

/// Whether a result is to lose its name: where its steps disagree, upstream keeps what the last one says, and there what any sample
/// says.
#[derive(Clone, Copy, Default)]
struct LastName {
    step: usize,
    drops: bool,
}

impl Order {
    pub(super) fn new(groups: usize, inputs: &SeriesLabels) -> Self {
        let names = if inputs.any_drops_name() { vec![LastName::default(); groups] } else { Vec::new() };
        let none = vec![false; groups];
        Self { is_placed: none.clone(), has_value: none, places: Vec::new(), values: 0, names }
    }

    /// Notes whether a series of a group is to lose its name.
    pub(super) fn note_name(&mut self, group: usize, inputs: &SeriesLabels, series: usize, column: &Column) {
        let Some(name) = self.names.get_mut(group) else { return };
        let step = column.last_occupied().unwrap_or(0);
        let drops = inputs.drops_name(series);
        match step.cmp(&name.step) {
            Ordering::Less => {}
            Ordering::Equal => name.drops |= drops,
            Ordering::Greater => *name = LastName { step, drops },
        }
    }

    /// Notes that a group has a series, perhaps of nothing but histograms that are ignored: the first one gives it its place.
    pub(super) fn place(&mut self, group: usize) {
        if !std::mem::replace(&mut self.is_placed[group], true) {
            self.places.push(group);
        }
    }

    /// Notes that a group has a value; whether that is news.
    pub(super) fn saw(&mut self, group: usize) -> bool {
        let is_news = !std::mem::replace(&mut self.has_value[group], true);
        self.values += usize::from(is_news);
        is_news
    }

    /// The results of the groups that have a value.
    pub(super) fn into_held(
        self,
        mut columns: Vec<Column>,
        groups: &Groups,
        input: &dyn VectorSource,
        reservation: crate::context::Reservation,
    ) -> Held {
        let seen: Vec<usize> = self.places.iter().copied().filter(|&group| self.has_value[group]).collect();
        let mut labels = groups.labels.select(seen.iter().copied());
        let mut results = Vec::with_capacity(seen.len());
        for (number, &group) in seen.iter().enumerate() {
            if self.names.get(group).is_some_and(|name| name.drops) {
                labels.set_drops_name(number);
            }
            results.push(std::mem::take(&mut columns[group]));
        }
        Held::new(labels, results, input.steps(), reservation)
    }
}

//! `limitk` and `limit_ratio`: some series of a group, unchanged.

use std::sync::Arc;

use emberdb_model::{Label, SymbolTable};
use xxhash_rust::xxh64::xxh64;

use super::heap::Heap;
use super::{Groups, Rank};
use crate::batch::{Column, Steps};
use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::exchange::{all_of, for_each_column};
use crate::operator::{Held, ScalarColumn, Scratch, SeriesLabels, Vector, VectorSource};

/// `limitk by (...) (k, input)`: the first k values of each group at each step. `k` has one number a step. With a single step the result
/// is in upstream's order.
pub(crate) fn limitk(
    input: &dyn VectorSource,
    k: &[usize],
    groups: &Groups,
    context: &Arc<QueryContext>,
) -> Result<Held> {
    let steps = input.steps().count;
    let mut taken: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
    let mut labels = SeriesLabels::default();
    let mut columns = Vec::new();
    let mut order = (steps == 1).then(|| InstantOrder::new(groups.len()));
    let mut reservation = context.hold(0)?;
    let mut held = 0;
    for_each_column(input, &all_of(input), context, |series, column| {
        let group = groups.of_series[series];
        let taken = &mut taken[group];
        taken.resize(steps, 0);
        let mut kept = Column::absent(steps);
        let mut takes = |step: usize| {
            let has_room = taken[step] < k[step];
            taken[step] += usize::from(has_room);
            has_room
        };
        for (step, value) in column.iter_present() {
            if takes(step) {
                kept.set(step, value);
            }
        }
        for (step, histogram) in column.iter_histograms() {
            if takes(step) {
                kept.set_histogram(step, Arc::clone(histogram));
            }
        }
        if !kept.is_vacant() {
            held += kept.weight();
            reservation.set(held)?;
            if let Some(order) = &mut order {
                order.see(group);
                order.push(group, &kept, columns.len());
            }
            labels.push(input.series().get(series).iter().copied(), input.series().drops_name(series));
            columns.push(kept);
        }
        Ok(())
    })?;
    if let Some(order) = order {
        (labels, columns) = order.apply(&labels, columns);
    }
    Ok(Held::new(labels, columns, input.steps(), reservation))
}

/// `limit_ratio by (...) (r, input)` at a single step, in upstream's order.
pub(crate) fn limit_ratio_once(
    limit: &LimitRatio,
    groups: &Groups,
    context: &Arc<QueryContext>,
) -> Result<Held> {
    let input = &*limit.input;
    let mut labels = SeriesLabels::default();
    let mut columns: Vec<Column> = Vec::new();
    let mut order = InstantOrder::new(groups.len());
    let mut reservation = context.hold(0)?;
    let mut held = 0;
    for_each_column(input, &all_of(input), context, |series, column| {
        if column.is_vacant() {
            return Ok(());
        }
        let group = groups.of_series[series];
        order.see(group);
        if limit.takes(series, 0) {
            held += column.weight();
            reservation.set(held)?;
            order.push(group, column, columns.len());
            labels.push(input.series().get(series).iter().copied(), input.series().drops_name(series));
            columns.push(column.clone());
        }
        Ok(())
    })?;
    (labels, columns) = order.apply(&labels, columns);
    Ok(Held::new(labels, columns, limit.steps(), reservation))
}

/// The order of what passes at a single step: upstream gathers it in a heap for each group, by value, and takes it from there as it lies.
struct InstantOrder {
    /// In the order of their first series.
    groups: Vec<usize>,
    /// Of each group, once it was seen.
    heaps: Vec<Option<Heap>>,
}

impl InstantOrder {
    fn new(groups: usize) -> Self {
        Self { groups: Vec::new(), heaps: (0..groups).map(|_| None).collect() }
    }

    /// There is a series of this group, whether it passes or not.
    fn see(&mut self, group: usize) {
        if self.heaps[group].is_none() {
            self.groups.push(group);
            self.heaps[group] = Some(Heap::new(Rank::Top));
        }
    }

    /// Adds the column at `index`, of a group that was seen. Histograms have no value, which is 0.
    fn push(&mut self, group: usize, column: &Column, index: usize) {
        if let Some(heap) = &mut self.heaps[group] {
            heap.push(column.get(0).unwrap_or(0.0), index);
        }
    }

    fn apply(self, labels: &SeriesLabels, mut columns: Vec<Column>) -> (SeriesLabels, Vec<Column>) {
        let Self { groups, mut heaps } = self;
        let heaps = groups.iter().filter_map(|&group| heaps[group].take());
        let order: Vec<usize> = heaps.flat_map(|heap| heap.elements).map(|(_, index)| index).collect();
        let columns = order.iter().map(|&index| std::mem::take(&mut columns[index])).collect();
        (labels.select(order.iter().copied()), columns)
    }
}

/// `limit_ratio(r, input)`: the series whose hash falls into that share; a negative ratio takes the others.
pub(crate) struct LimitRatio {
    input: Vector,
    ratio: ScalarColumn,
    /// Where each series' hash stands between 0 and 1.
    offsets: Vec<f64>,
}

impl LimitRatio {
    pub(crate) fn new(input: Vector, ratio: ScalarColumn, symbols: &SymbolTable) -> Self {
        let mut bytes = Vec::new();
        let offsets = input.series().iter().map(|labels| {
            write_label_bytes(labels, symbols, &mut bytes);
            xxh64(&bytes, 0) as f64 / u64::MAX as f64
        });
        let offsets = offsets.collect();
        Self { input, ratio, offsets }
    }

    /// Whether a series passes at a step.
    fn takes(&self, series: usize, step: usize) -> bool {
        let ratio = self.ratio.0[step];
        ratio != 0.0 && is_sampled(ratio.clamp(-1.0, 1.0), self.offsets[series])
    }
}

fn is_sampled(ratio: f64, offset: f64) -> bool {
    if ratio >= 0.0 { offset < ratio } else { offset >= 1.0 + ratio }
}

impl VectorSource for LimitRatio {
    fn series(&self) -> &Arc<SeriesLabels> {
        self.input.series()
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        self.input.column(series, scratch, out)?;
        for step in 0..self.ratio.0.len() {
            if !self.takes(series, step) {
                out.clear(step);
            }
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.input.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.input.may_have_histograms()
    }
}

/// The bytes that upstream hashes: of each label name and value, each after its length, which is one byte, or 255 and
/// three more, least significant first.
fn write_label_bytes(labels: &[Label], symbols: &SymbolTable, out: &mut Vec<u8>) {
    out.clear();
    for text in labels.iter().flat_map(|l| [symbols.resolve(l.name), symbols.resolve(l.value)]) {
        match u8::try_from(text.len()) {
            Ok(len) if len < 255 => out.push(len),
            _ => {
                out.push(255);
                out.extend_from_slice(&(text.len() as u64).to_le_bytes()[..3]);
            }
        }
        out.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_one_byte_or_four() {
        let mut symbols = SymbolTable::new();
        let long = "x".repeat(300);
        let labels = [Label { name: symbols.intern("a"), value: symbols.intern(&long) }];
        let mut bytes = Vec::new();
        write_label_bytes(&labels, &symbols, &mut bytes);
        assert_eq!(bytes[..6], [1, b'a', 255, 44, 1, 0]);
        assert_eq!(bytes.len(), 6 + 300);
    }

    #[test]
    fn a_ratio_and_its_negative_rest_share_the_series() {
        for offset in [0.0, 0.3, 0.5, 0.999] {
            assert_ne!(is_sampled(0.25, offset), is_sampled(-0.75, offset));
        }
    }
}

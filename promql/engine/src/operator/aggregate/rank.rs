//! `topk` and `bottomk`: at each step the k largest or smallest values of a group, with all their labels.

use super::Aggregated;
use super::heap::Heap;
use crate::annotation::ignored_histogram;
use crate::batch::Column;
use crate::error::Result;
use crate::operator::exchange::for_each_column;
use crate::operator::pattern_sort::pattern_sort;
use crate::operator::{Held, SeriesLabels};

/// Which end is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rank {
    Top,
    Bottom,
}

/// `topk by (...) (k, input)`, one group after the other: the largest one must fit into memory. `k` has one number a
/// step. With a single step the result is in order of rank, group by group; else in order of the input.
pub(crate) fn rank(rank: Rank, k: &[usize], asked: &Aggregated<'_>) -> Result<Held> {
    let Aggregated { input, groups, origin, context, .. } = *asked;
    let members = groups.members();
    let is_instant = input.steps().count == 1;
    let mut reservation = context.hold(0)?;
    let mut held = 0;
    let mut chosen: Vec<(u32, Column)> = Vec::new();
    // With one step, groups come in the order of the first series that is there at all.
    let mut group_starts: Vec<(usize, usize)> = Vec::new();
    for group in 0..groups.len() {
        let mut columns: Vec<(u32, Column)> = Vec::new();
        let mut gathered = context.hold(0)?;
        let mut count = 0;
        let mut first = None;
        for_each_column(input, members.of(group), context, |series, column| {
            if column.has_histograms() {
                context.note(ignored_histogram(rank.operator(), origin));
            }
            if !column.is_vacant() {
                first.get_or_insert(series);
            }
            if !column.none_present() {
                count += column.count_present();
                gathered.set(count)?;
                let mut floats = column.clone();
                floats.clear_histograms();
                columns.push((series as u32, floats));
            }
            Ok(())
        })?;
        let Some(first) = first.filter(|_| !columns.is_empty()) else { continue };
        group_starts.push((first, chosen.len()));
        choose(rank, &columns, k, is_instant, &mut chosen);
        held = chosen.iter().map(|(_, column)| column.count_present()).sum::<usize>().max(held);
        reservation.set(held)?;
    }
    if is_instant {
        chosen = in_group_order(chosen, &group_starts);
    } else {
        chosen.sort_by_key(|&(series, _)| series);
    }
    let mut labels = SeriesLabels::with_capacity(chosen.len());
    let mut results = Vec::with_capacity(chosen.len());
    for (series, column) in chosen {
        let series = series as usize;
        labels.push(input.series().get(series).iter().copied(), input.series().drops_name(series));
        results.push(column);
    }
    Ok(Held::new(labels, results, input.steps(), reservation))
}

fn in_group_order(chosen: Vec<(u32, Column)>, starts: &[(usize, usize)]) -> Vec<(u32, Column)> {
    let mut order: Vec<(usize, usize, usize)> = starts
        .iter()
        .enumerate()
        .map(|(n, &(first, start))| (first, start, starts.get(n + 1).map_or(chosen.len(), |&(_, next)| next)))
        .collect();
    order.sort_unstable();
    let mut chosen: Vec<Option<(u32, Column)>> = chosen.into_iter().map(Some).collect();
    order.iter().flat_map(|&(_, start, end)| start..end).filter_map(|at| chosen[at].take()).collect()
}

/// Appends to `chosen` the series of one group that are among the first at some step, with those steps only.
fn choose(
    rank: Rank,
    columns: &[(u32, Column)],
    k: &[usize],
    is_instant: bool,
    chosen: &mut Vec<(u32, Column)>,
) {
    let mut kept: Vec<Column> = columns.iter().map(|(_, column)| Column::absent(column.len())).collect();
    let mut heap = Heap::new(rank);
    let mut in_order = Vec::new();
    for (step, &k) in k.iter().enumerate() {
        heap.elements.clear();
        if k > 0 {
            for (index, (_, column)) in columns.iter().enumerate() {
                if let Some(value) = column.get(step) {
                    heap.offer(k, value, index);
                }
            }
        }
        for &(value, index) in &heap.elements {
            kept[index].set(step, value);
        }
        if is_instant {
            pattern_sort(&mut heap.elements, |a, b| rank.is_above(b.0, a.0));
            in_order.extend(heap.elements.iter().map(|&(_, index)| index));
        }
    }
    if is_instant {
        chosen.extend(in_order.into_iter().map(|index| (columns[index].0, std::mem::take(&mut kept[index]))));
    } else {
        let results = columns.iter().zip(kept).filter(|(_, kept)| !kept.none_present());
        chosen.extend(results.map(|(&(series, _), kept)| (series, kept)));
    }
}

impl Rank {
    fn operator(self) -> &'static str {
        match self {
            Self::Top => "topk",
            Self::Bottom => "bottomk",
        }
    }

    /// Whether a value belongs above another one in the heap, which has the least wanted on top. A NaN does, also above another NaN.
    pub(super) fn is_above(self, value: f64, other: f64) -> bool {
        match self {
            _ if value.is_nan() => true,
            Self::Top => value < other,
            Self::Bottom => value > other,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_heap_keeps_the_best(values in prop::collection::vec(
            prop_oneof![4 => -5..5i32, 1 => Just(i32::MIN)], 1..30), k in 1usize..8,
        ) {
            let values: Vec<f64> =
                values.into_iter().map(|v| if v == i32::MIN { f64::NAN } else { f64::from(v) }).collect();
            for rank in [Rank::Top, Rank::Bottom] {
                let mut heap = Heap::new(rank);
                for (index, &value) in values.iter().enumerate() {
                    heap.offer(k, value, index);
                }
                let mut kept: Vec<f64> = heap.elements.iter().map(|e| e.0).collect();
                let mut expected = values.clone();
                for list in [&mut kept, &mut expected] {
                    list.sort_by(f64::total_cmp);
                    if rank == Rank::Top {
                        // The NaN is the greatest, and is wanted least.
                        let numbers = list.partition_point(|value| !value.is_nan());
                        list[..numbers].reverse();
                    }
                }
                expected.truncate(k);
                let bits = |list: &[f64]| list.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                prop_assert_eq!(bits(&kept), bits(&expected));
            }
        }
    }
}

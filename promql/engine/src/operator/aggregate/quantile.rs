//! `quantile`: the values of a group at a step, and the one at a rank among them.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Groups;
use super::fold::Order;
use crate::batch::Column;
use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::exchange::for_each_column;
use crate::operator::{Held, ScalarColumn, VectorSource};

/// `quantile by (...) (param, input)`, one group after the other: the largest one must fit into memory.
pub(crate) fn quantile(
    input: &dyn VectorSource,
    param: &ScalarColumn,
    groups: &Groups,
    context: &Arc<QueryContext>,
) -> Result<Held> {
    let members = groups.members();
    let steps = input.steps().count;
    let mut order = Order::new(groups.len());
    let mut results = vec![Column::new(); groups.len()];
    let mut reservation = context.hold(0)?;
    let mut first_seen = vec![usize::MAX; groups.len()];
    for group in 0..groups.len() {
        let mut at_step: Vec<Vec<f64>> = vec![Vec::new(); steps];
        let mut gathered = context.hold(0)?;
        let mut count = 0;
        for_each_column(input, members.of(group), context, |series, column| {
            if column.none_present() {
                return Ok(());
            }
            first_seen[group] = first_seen[group].min(series);
            order.drops_name[group] |= input.series().drops_name(series);
            count += column.count_present();
            gathered.set(count)?;
            for (step, value) in column.iter_present() {
                at_step[step].push(value);
            }
            Ok(())
        })?;
        let result = &mut results[group];
        result.compute(steps, |step| {
            let values = &mut at_step[step];
            (!values.is_empty()).then(|| quantile_of(param.0[step], values))
        });
    }
    let mut seen: Vec<usize> = (0..groups.len()).filter(|&group| first_seen[group] != usize::MAX).collect();
    seen.sort_by_key(|&group| first_seen[group]);
    reservation.set(seen.len() * steps)?;
    for group in seen {
        order.saw(group);
    }
    Ok(order.into_held(results, groups, input, reservation))
}

/// The value at rank `quantile * (n - 1)`, between two values by their distance; NaN is the smallest value.
fn quantile_of(quantile: f64, values: &mut [f64]) -> f64 {
    if quantile.is_nan() {
        return f64::NAN;
    }
    if quantile < 0.0 {
        return f64::NEG_INFINITY;
    }
    if quantile > 1.0 {
        return f64::INFINITY;
    }
    let rank = quantile * (values.len() as f64 - 1.0);
    let lower = rank.floor().max(0.0) as usize;
    let weight = rank - rank.floor();
    let (_, &mut low, above) = values.select_nth_unstable_by(lower, nan_first);
    let high = above.iter().copied().min_by(nan_first).unwrap_or(low);
    low * (1.0 - weight) + high * weight
}

fn nan_first(left: &f64, right: &f64) -> Ordering {
    left.partial_cmp(right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_between_values_and_nan_first() {
        assert_eq!(quantile_of(0.5, &mut [3.0, 1.0]), 2.0);
        assert_eq!(quantile_of(1.0, &mut [3.0, 1.0, 2.0]), 3.0);
        assert_eq!(quantile_of(0.75, &mut [4.0, f64::NAN, 2.0]), 3.0);
        assert!(quantile_of(0.0, &mut [4.0, f64::NAN]).is_nan());
        assert_eq!(quantile_of(-1.0, &mut [4.0]), f64::NEG_INFINITY);
        assert_eq!(quantile_of(1.5, &mut [4.0]), f64::INFINITY);
    }
}

//! `quantile`: the values of a group at a step, and the one at a rank among them.

use super::Aggregated;
use super::fold::Order;
use crate::annotation::ignored_histogram;
use crate::batch::Column;
use crate::error::Result;
use crate::function::quantile as value_at_quantile;
use crate::operator::exchange::for_each_column;
use crate::operator::{Held, ScalarColumn};

/// `quantile by (...) (param, input)`, one group after the other: the largest one must fit into memory.
pub(crate) fn quantile(param: &ScalarColumn, asked: &Aggregated<'_>) -> Result<Held> {
    let Aggregated { input, groups, origin, context, .. } = *asked;
    let members = groups.members();
    let steps = input.steps().count;
    let mut order = Order::new(groups.len(), input.series());
    let mut results = vec![Column::new(); groups.len()];
    let mut reservation = context.hold(0)?;
    let mut first_seen = vec![usize::MAX; groups.len()];
    for group in 0..groups.len() {
        let mut at_step: Vec<Vec<f64>> = vec![Vec::new(); steps];
        let mut gathered = context.hold(0)?;
        let mut count = 0;
        for_each_column(input, members.of(group), context, |series, column| {
            if column.has_histograms() {
                context.note(ignored_histogram("quantile", origin));
            }
            if !column.is_vacant() {
                first_seen[group] = first_seen[group].min(series);
            }
            if column.none_present() {
                return Ok(());
            }
            order.saw(group);
            order.note_name(group, input.series(), series, column);
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
            (!values.is_empty()).then(|| value_at_quantile(param.0[step], values))
        });
    }
    let mut seen: Vec<usize> = (0..groups.len()).filter(|&group| first_seen[group] != usize::MAX).collect();
    seen.sort_by_key(|&group| first_seen[group]);
    reservation.set(seen.len() * steps)?;
    for group in seen {
        order.place(group);
    }
    Ok(order.into_held(results, groups, input, reservation))
}

//! `sort`, `sort_by_label` and their reverses: the order of an instant vector.

use std::cmp::Ordering;
use std::sync::Arc;

use emberdb_model::{LabelsRef, SymbolTable};

use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::exchange::hold;
use crate::operator::{Held, SeriesLabels, VectorSource};

/// `sort`, or `sort_desc`: NaN comes last in both. Histograms have no order and are left out.
pub(crate) fn sort_by_value(
    input: &dyn VectorSource,
    is_descending: bool,
    context: &Arc<QueryContext>,
) -> Result<Held> {
    let held = hold(input, context)?;
    let value = |series: usize| held.held(series).and_then(|column| column.get(0)).unwrap_or(f64::NAN);
    let is_float = |&series: &usize| held.held(series).is_some_and(|column| column.is_present(0));
    let mut order: Vec<usize> = (0..held.len()).filter(is_float).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = if is_descending { (value(b), value(a)) } else { (value(a), value(b)) };
        let nan_last =
            || if is_descending { b.is_nan().cmp(&a.is_nan()) } else { a.is_nan().cmp(&b.is_nan()) };
        a.partial_cmp(&b).unwrap_or_else(nan_last)
    });
    in_order(held, &order, context)
}

/// `sort_by_label`, or `sort_by_label_desc`: by the natural order of each label, then by all labels.
pub(crate) fn sort_by_label(
    input: &dyn VectorSource,
    labels: &[&str],
    is_descending: bool,
    symbols: &SymbolTable,
    context: &Arc<QueryContext>,
) -> Result<Held> {
    let held = hold(input, context)?;
    let series = Arc::clone(held.series());
    let view = |number: usize| LabelsRef::new(symbols, series.get(number));
    let mut order: Vec<usize> = (0..held.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (view(a), view(b));
        let by_label = |label: &&str| {
            let (a, b) = (a.get(label).unwrap_or(""), b.get(label).unwrap_or(""));
            if a == b { Ordering::Equal } else { natural(a, b) }
        };
        let ordering = labels.iter().map(by_label).find(|o| o.is_ne()).unwrap_or_else(|| a.cmp(&b));
        if is_descending { ordering.reverse() } else { ordering }
    });
    in_order(held, &order, context)
}

fn in_order(held: Held, order: &[usize], context: &Arc<QueryContext>) -> Result<Held> {
    let steps = held.steps();
    let reservation = context.hold(held.len() * steps.count)?;
    let (series, mut columns) = held.into_columns();
    let sorted: SeriesLabels = series.select(order.iter().copied());
    let columns = order.iter().map(|&at| std::mem::take(&mut columns[at])).collect();
    Ok(Held::new(sorted, columns, steps, reservation))
}

/// Numbers within the texts are compared as numbers, what is between them as text.
///
/// Numbers may have any length: upstream takes those beyond 64 bits for texts, and then one of three is before the second, that
/// before the third, and the third before the first. No sort may be given such an order.
fn natural(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left, right);
    loop {
        let (a, rest_of_left) = chunk(left);
        let (b, rest_of_right) = chunk(right);
        if a.is_empty() || b.is_empty() {
            return a.len().cmp(&b.len());
        }
        let ordering = match (whole_number(a), whole_number(b)) {
            (Some(a), Some(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            _ => a.cmp(b),
        };
        if ordering.is_ne() {
            return ordering;
        }
        (left, right) = (rest_of_left, rest_of_right);
    }
}

/// The digits of a chunk that is a number, without zeros before them.
fn whole_number(chunk: &str) -> Option<&str> {
    chunk.starts_with(|c: char| c.is_ascii_digit()).then(|| chunk.trim_start_matches('0'))
}

/// The digits, or the other characters, that `text` begins with, and the rest.
fn chunk(text: &str) -> (&str, &str) {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_within_texts_are_numbers() {
        let mut names = ["cpu10", "cpu9", "cpu", "10", "9", "cpu9a", "cpu09b"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["9", "10", "cpu", "cpu9", "cpu9a", "cpu09b", "cpu10"]);
    }

    #[test]
    fn numbers_of_any_length_have_one_order() {
        let digits = ["0", "3", "10", "9223372036854775807", "9223372036854775808", "20000000000000000000"];
        for (place, a) in digits.iter().enumerate() {
            for (other, b) in digits.iter().enumerate() {
                assert_eq!(natural(a, b), place.cmp(&other), "{a} {b}");
            }
        }
        // More than a sort looks at one by one.
        let mut many: Vec<&str> = digits.iter().copied().cycle().take(300).collect();
        many.sort_by(|a, b| natural(a, b));
        assert!(many.is_sorted_by(|a, b| natural(a, b).is_le()));
    }
}

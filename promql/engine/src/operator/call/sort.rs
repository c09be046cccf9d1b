//! `sort`, `sort_by_label` and their reverses: the order of an instant vector.

use std::sync::Arc;

use emberdb_model::{LabelsRef, SymbolTable};

use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::exchange::hold;
use crate::operator::pattern_sort::pattern_sort;
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
    pattern_sort(&mut order, |&a, &b| {
        let (a, b) = (value(a), value(b));
        b.is_nan() || if is_descending { b < a } else { b > a }
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
    pattern_sort(&mut order, |&a, &b| {
        let (a, b) = (view(a), view(b));
        let by_label = |label: &&str| {
            let (a, b) = (a.get(label).unwrap_or(""), b.get(label).unwrap_or(""));
            (a != b).then(|| is_naturally_before(a, b))
        };
        let is_before = labels.iter().find_map(by_label);
        match is_descending {
            false => is_before.unwrap_or_else(|| a < b),
            true => !is_before.unwrap_or_else(|| a <= b),
        }
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

/// Whether one text is before another one: numbers within them are compared as numbers, what is between them as text.
///
/// It is no order, and upstream's to the letter: nothing is before the empty text, nor is that before anything; of `1` and `01` each is before the
/// other; and numbers beyond 64 bits are compared as texts.
fn is_naturally_before(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left, right);
    while !left.is_empty() && !right.is_empty() {
        let ((a, rest_of_left), (b, rest_of_right)) = (chunk(left), chunk(right));
        match (a.parse::<i64>(), b.parse::<i64>()) {
            (Ok(a), Ok(b)) if a != b => return a < b,
            (Ok(_), Ok(_)) => {}
            _ if a != b => return a < b,
            _ => {}
        }
        if rest_of_left.is_empty() {
            return true;
        }
        (left, right) = (rest_of_left, rest_of_right);
    }
    false
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
        pattern_sort(&mut names, |a, b| is_naturally_before(a, b));
        assert_eq!(names, ["9", "10", "cpu", "cpu9", "cpu9a", "cpu09b", "cpu10"]);
    }

    #[test]
    fn where_the_order_contradicts_itself_it_is_upstreams() {
        for (a, b) in [("1", "01"), ("a1", "a001")] {
            assert!(is_naturally_before(a, b) && is_naturally_before(b, a), "{a} {b}");
        }
        for text in ["", "a", "1"] {
            assert!(!is_naturally_before(text, "") && !is_naturally_before("", text), "{text:?}");
        }
        // In a circle: two are numbers, and the third is too large for one.
        for (a, b) in [("3", "20"), ("20", "20000000000000000000"), ("20000000000000000000", "3")] {
            assert!(is_naturally_before(a, b) && !is_naturally_before(b, a), "{a} {b}");
        }
    }
}

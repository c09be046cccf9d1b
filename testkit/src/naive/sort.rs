//! `sort`, `sort_desc`, `sort_by_label`, `sort_by_label_desc`.

use std::cmp::Ordering;

use emberdb_promql_syntax::{Call, FunctionId};

use super::error::NaiveError;
use super::evaluator::Evaluator;
use super::frame::Frame;
use super::notes::Place;
use super::value::Element;

/// The sorted vector; in a range query a warning says that it is of no use.
pub(super) fn eval(
    ev: &Evaluator<'_>,
    call: &Call,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
    let mut elements = ev.vector(&call.args[0], frame, time_ms)?;
    if !frame.is_instant() {
        ev.notes.borrow_mut().sort_in_range_query(Place { at: call.span, by: call.span });
    }
    let mut names = Vec::new();
    for arg in &call.args[1..] {
        names.push(ev.string(arg, frame, time_ms)?);
    }
    if matches!(call.function, FunctionId::Sort | FunctionId::SortDesc) {
        // A native histogram is neither larger nor smaller than a number.
        elements.retain(|e| e.float().is_some());
    }
    let number = |e: &Element| e.float().unwrap_or(f64::NAN);
    match call.function {
        FunctionId::SortDesc => elements.sort_by(|a, b| descending(number(a), number(b))),
        FunctionId::SortByLabel => elements.sort_by(|a, b| by_labels(a, b, &names)),
        FunctionId::SortByLabelDesc => elements.sort_by(|a, b| by_labels(b, a, &names)),
        _ => elements.sort_by(|a, b| ascending(number(a), number(b))),
    }
    Ok(elements)
}

fn ascending(a: f64, b: f64) -> Ordering {
    nan_last(a, b).then(a.partial_cmp(&b).unwrap_or(Ordering::Equal))
}

fn descending(a: f64, b: f64) -> Ordering {
    nan_last(a, b).then(b.partial_cmp(&a).unwrap_or(Ordering::Equal))
}

/// Both orders have NaN at the end.
fn nan_last(a: f64, b: f64) -> Ordering {
    a.is_nan().cmp(&b.is_nan())
}

fn by_labels(a: &Element, b: &Element, names: &[String]) -> Ordering {
    for name in names {
        let (x, y) = (a.labels.get(name).unwrap_or(""), b.labels.get(name).unwrap_or(""));
        if x != y {
            return natural(x, y);
        }
    }
    a.labels.cmp(&b.labels)
}

/// Digits compare as numbers, all else as text.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b) = (pieces(a), pieces(b));
    for (x, y) in a.iter().zip(&b) {
        let is_number = |piece: &str| piece.starts_with(|c: char| c.is_ascii_digit());
        let order = if is_number(x) && is_number(y) {
            let (x, y) = (x.trim_start_matches('0'), y.trim_start_matches('0'));
            (x.len(), x).cmp(&(y.len(), y))
        } else {
            x.cmp(y)
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// Runs of digits and runs of others, in turn.
fn pieces(mut text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    while let Some(first) = text.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = text.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(text.len());
        pieces.push(&text[..end]);
        text = &text[end..];
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_sort_by_size() {
        assert_eq!(natural("cpu2", "cpu10"), Ordering::Less);
        assert_eq!(natural("cpu10", "cpu10a"), Ordering::Less);
        assert_eq!(natural("a10", "b2"), Ordering::Less);
    }

    #[test]
    fn nan_is_last_in_both_orders() {
        let mut up = [f64::NAN, 2.0, 1.0];
        up.sort_by(|a, b| ascending(*a, *b));
        assert_eq!(up[..2], [1.0, 2.0]);
        let mut down = [f64::NAN, 1.0, 2.0];
        down.sort_by(|a, b| descending(*a, *b));
        assert_eq!(down[..2], [2.0, 1.0]);
    }
}

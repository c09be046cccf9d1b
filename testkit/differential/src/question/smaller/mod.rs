//! Smaller queries than a given one, to try while a difference is narrowed down.
//!
//! * [`size`]: the measure
//! * [`edit`]: what can be done to one node, and [`modifier`] to what is written around it

mod edit;
mod modifier;
mod size;

use std::collections::BTreeSet;

use emberdb_promql_syntax::{Expr, ParserOptions, ValueType, parse_with};

use super::children::{child_mut, children};
use edit::edits;
use size::size;

/// Queries that are smaller than `query` by a piece: without a modifier, a matcher or an operand, with a simpler number
/// or a shorter range. The smallest come first; each can be read, and is smaller by a measure that has an end, so that
/// who goes on from one of them comes to an end, too. Empty for what cannot be read.
///
/// ```
/// use emberdb_differential::question::smaller;
///
/// let candidates = smaller("sum by (job) (rate(errors_total[5m])) > 3");
/// assert!(candidates.contains(&"sum by (job) (rate(errors_total[5m]))".to_owned()));
/// assert!(candidates.contains(&"sum(rate(errors_total[5m])) > 3".to_owned()));
/// assert!(candidates.contains(&"sum by (job) (errors_total) > 3".to_owned()));
/// ```
#[must_use]
pub fn smaller(query: &str) -> Vec<String> {
    let Ok(expr) = parse_with(query, &ParserOptions::ALL) else {
        return Vec::new();
    };
    let mut changed = changes(&expr);
    // A whole query may have another type than the one it comes from.
    let is_answer = |child: &&&Expr| matches!(child.value_type(), ValueType::Scalar | ValueType::Vector);
    changed.extend(children(&expr).iter().filter(is_answer).map(|&child| child.clone()));
    let whole = size(&expr);
    let candidates: BTreeSet<(u64, String)> =
        changed.iter().filter_map(|expr| readable(expr, whole)).collect();
    candidates.into_iter().map(|(_, text)| text).collect()
}

/// Size and text of a tree that can be read and is smaller than `whole`.
fn readable(expr: &Expr, whole: u64) -> Option<(u64, String)> {
    let text = expr.to_string();
    let size = size(&parse_with(&text, &ParserOptions::ALL).ok()?);
    (size < whole).then_some((size, text))
}

/// The tree with one edit somewhere.
fn changes(expr: &Expr) -> Vec<Expr> {
    let mut all = edits(expr);
    for (index, child) in children(expr).into_iter().enumerate() {
        for changed in changes(child) {
            let mut copy = expr.clone();
            if let Some(child) = child_mut(&mut copy, index) {
                *child = changed;
                all.push(copy);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{ParserOptions, parse_with, size, smaller};
    use crate::data::{Family, FamilyKind, LabelValues};
    use crate::question::{Generator, Origin, Span, dashboards};

    fn size_of(query: &str) -> u64 {
        size(&parse_with(query, &ParserOptions::ALL).unwrap_or_else(|error| panic!("{query}: {error}")))
    }

    #[test]
    fn each_kind_of_piece_can_go() {
        for (query, candidate) in [
            ("-foo", "foo"),
            ("(foo)", "foo"),
            ("foo + bar", "foo"),
            ("foo + bar", "bar"),
            ("scalar(foo)", "foo"),
            ("abs(foo + bar) * 2", "(foo + bar) * 2"),
            ("foo == bool 2", "foo == 2"),
            ("foo / on (a, b) group_left (c) bar", "foo / on (b) group_left (c) bar"),
            ("foo / on (a) group_left (c) bar", "foo / on (a) group_left () bar"),
            ("foo / on (a) group_left () bar", "foo / on (a) bar"),
            ("foo / on () bar", "foo / bar"),
            ("foo + fill (0) bar", "foo + bar"),
            ("sum without (a, b) (foo)", "sum without (b) (foo)"),
            ("topk(3, foo)", "foo"),
            ("topk(3, foo)", "topk(1, foo)"),
            ("rate(foo[5m] offset 1h)", "rate(foo[5m])"),
            ("rate(foo[5m] @ 5 smoothed)", "rate(foo[5m] smoothed)"),
            ("rate(foo[5m] smoothed)", "rate(foo[5m])"),
            ("rate(foo[1h])", "rate(foo[5m])"),
            ("rate(foo[1h])", "foo"),
            ("rate(foo[step() * 2])", "rate(foo[5m])"),
            ("rate(abs(foo)[1h:5m])", "rate(abs(foo)[1h:])"),
            ("rate(foo[1h:5m])", "rate(foo[1h])"),
            ("rate(abs(foo)[1h:])", "rate(foo[1h:])"),
            ("foo{a=\"b\",c!=\"d\"} offset 5m", "foo{c!=\"d\"} offset 5m"),
            ("foo offset -(5m + 3)", "foo offset 5m"),
            ("round(foo, 7)", "round(foo)"),
            ("label_join(foo, \"a\", \"-\", \"b\")", "label_join(foo, \"a\", \"\", \"b\")"),
        ] {
            let candidates = smaller(query);
            assert!(
                candidates.iter().any(|found| found == candidate),
                "{query} → {candidate}: {candidates:?}"
            );
        }
    }

    #[test]
    fn candidates_can_be_read_and_are_smaller() {
        let label =
            |name: &str| LabelValues { name: name.to_owned(), values: vec!["a".to_owned(), "b".to_owned()] };
        let family = |name: &str, kind| Family {
            name: name.to_owned(),
            kind,
            labels: vec![label("job"), label("größe")],
            has_late_gaps: false,
        };
        let families = [family("foo_total", FamilyKind::Counter), family("h", FamilyKind::NativeHistogram)];
        let span = Span { start_ms: 0, end_ms: 7_200_000 };
        let generated =
            Generator::new(4, &families, span).filter(|question| question.origin == Origin::Generated);
        let queries = dashboards().into_iter().map(str::to_owned);
        for query in queries.chain(generated.map(|question| question.query).take(1000)) {
            let whole = size_of(&query);
            for candidate in smaller(&query) {
                assert!(size_of(&candidate) < whole, "{query} → {candidate}");
            }
        }
    }

    #[test]
    fn always_taking_the_largest_ends_with_next_to_nothing() {
        for query in dashboards() {
            let mut query = query.to_owned();
            while let Some(next) = smaller(&query).pop() {
                query = next;
            }
            // A selector, or a call without arguments.
            assert!(size_of(&query) <= 50, "{query}");
        }
    }

    #[test]
    fn what_cannot_be_read_has_no_smaller_ones() {
        assert_eq!(smaller("sum(("), [""; 0]);
    }
}

//! What comes of a question.

use emberdb_differential::answer::{Answer, Closeness, Comparison, Order, compare};
use emberdb_differential::question::When;
use emberdb_promql_syntax::{Expr, ParserOptions, parse_with};

use super::subject::Subject;

/// How often the reference is asked again before its answer counts.
const ASKED_AGAIN: usize = 4;

/// Both answers and what they are to each other.
pub(super) struct Verdict {
    pub(super) reference: Answer,
    pub(super) other: Answer,
    pub(super) outcome: Judgement,
}

/// What two answers are to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// The same.
    Equal(Closeness),
    /// The reference disagrees with itself.
    SetAside,
    /// Not the same: the first difference.
    Different(String),
}

/// Asks both, and the reference again if they differ.
pub(super) fn judge([reference, other]: [&dyn Subject; 2], query: &str, when: When) -> Verdict {
    let order = order(query);
    let (wanted, got) = (reference.ask(query, when), other.ask(query, when));
    let outcome = match compare(&wanted, &got, order) {
        Comparison::Equal(closeness) => Judgement::Equal(closeness),
        Comparison::Different(difference) => {
            let disagrees = |_| {
                let again = reference.ask(query, when);
                compare(&wanted, &again, order) != Comparison::Equal(Closeness::Bits)
            };
            if (0..ASKED_AGAIN).any(disagrees) { Judgement::SetAside } else { Judgement::Different(difference) }
        }
    };
    Verdict { reference: wanted, other: got, outcome }
}

/// Whether a query sorts what it answers.
pub(super) fn order(query: &str) -> Order {
    let Ok(expr) = parse_with(query, &ParserOptions::ALL) else { return Order::Any };
    let mut expr = &expr;
    while let Expr::Paren(paren) = expr {
        expr = &paren.expr;
    }
    match expr {
        Expr::Call(call) if call.function.name().starts_with("sort") => Order::Given,
        _ => Order::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_functions_sort() {
        assert_eq!(order("(sort_desc(up))"), Order::Given);
        assert_eq!(order("sort_by_label(up, \"job\")"), Order::Given);
        for query in ["sum(sort(up))", "up", "topk(3, up)", "sort("] {
            assert_eq!(order(query), Order::Any, "{query}");
        }
    }
}

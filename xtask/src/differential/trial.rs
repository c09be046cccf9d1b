//! What comes of a question.

use emberdb_differential::answer::{Answer, Closeness, Comparison, Order, Outcome, compare};
use emberdb_differential::change::{Change, common_text, touched};
use emberdb_differential::data::Family;
use emberdb_differential::question::When;
use emberdb_promql_syntax::{Expr, ParserOptions, parse_with};

use super::subject::Subject;
use super::twin::Twin;

/// How often the reference is asked again before its answer counts.
const ASKED_AGAIN: usize = 4;

/// The same where there is no difference but in an order: of two series that chance puts in order, each comes first every second time.
const ASKED_FOR_ORDER: usize = 24;

/// A version of Prometheus.
pub(super) type Version = (u32, u32, u32);

/// The two that are compared.
pub(super) struct Trial<'a> {
    pub(super) reference: &'a dyn Subject,
    pub(super) other: &'a dyn Subject,
    /// The reference on a copy of its data.
    pub(super) twin: Option<&'a Twin<'a>>,
    /// The version of the reference.
    pub(super) version: Version,
    /// What they have been fed.
    pub(super) families: &'a [Family],
    /// Whether the order of series counts also where no query asks for it: as a rule it is an engine's own affair.
    pub(super) every_order_counts: bool,
}

/// Both answers and what they are to each other.
pub(super) struct Verdict {
    pub(super) reference: Answer,
    pub(super) other: Answer,
    pub(super) judgement: Judgement,
}

/// What two answers are to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// The same.
    Equal(Closeness),
    /// The reference disagrees with itself, or broke down.
    SetAside,
    /// Not the same: the first difference.
    Different(String),
}

impl Trial<'_> {
    /// What upstream has changed since the reference's version and the answer may depend on.
    pub(super) fn touched(&self, query: &str, when: When) -> Vec<&'static Change> {
        touched(query, &when, self.families, self.version)
    }

    /// Asks both, and the reference again if they differ. Where it disagrees with itself about nothing but an order that the query does not
    /// ask for, that order does not count.
    pub(super) fn judge(&self, query: &str, when: When) -> Verdict {
        let own = order(query);
        if self.every_order_counts && own != Order::Given {
            let verdict = self.judge_in_order(query, when, Order::Given, ASKED_FOR_ORDER);
            if verdict.judgement != Judgement::SetAside {
                return verdict;
            }
        }
        self.judge_in_order(query, when, own, ASKED_AGAIN)
    }

    /// The reference is asked again up to so many times.
    fn judge_in_order(&self, query: &str, when: When, order: Order, again: usize) -> Verdict {
        let ask = |subject: &dyn Subject| self.in_common_words(subject.ask(query, when), query);
        let (reference, other) = (ask(self.reference), ask(self.other));
        let judgement = match compare(&reference, &other, order) {
            Comparison::Equal(closeness) => Judgement::Equal(closeness),
            Comparison::Different(difference) => {
                let disagrees =
                    |again: Answer| compare(&reference, &again, order) != Comparison::Equal(Closeness::Bits);
                let is_unsure = broke_down(&reference)
                    || (0..again).any(|_| disagrees(ask(self.reference)))
                    || self.ask_twin(query, when).is_some_and(disagrees);
                if is_unsure { Judgement::SetAside } else { Judgement::Different(difference) }
            }
        };
        Verdict { reference, other, judgement }
    }

    fn ask_twin(&self, query: &str, when: When) -> Option<Answer> {
        self.twin?.ask(query, when).map(|answer| self.in_common_words(answer, query))
    }

    fn in_common_words(&self, mut answer: Answer, query: &str) -> Answer {
        for texts in [&mut answer.warnings, &mut answer.infos] {
            *texts = texts.iter().map(|text| common_text(text, query, self.version)).collect();
        }
        answer
    }
}

/// Whether a defect of the reference's is all that it answers: it catches them, and says where its program stood.
fn broke_down(answer: &Answer) -> bool {
    matches!(&answer.outcome, Outcome::Error { message, .. } if message.starts_with("unexpected error: runtime error"))
}

/// Whether a query sorts what it answers.
fn order(query: &str) -> Order {
    let Ok(expr) = parse_with(query, &ParserOptions::ALL) else { return Order::Any };
    let mut expr = &expr;
    while let Expr::Paren(paren) = expr {
        expr = &paren.expr;
    }
    match expr {
        Expr::Call(call) => match call.function.name() {
            "sort" | "sort_desc" => Order::ByValue,
            "sort_by_label" | "sort_by_label_desc" => Order::Given,
            _ => Order::Any,
        },
        _ => Order::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_functions_sort() {
        assert_eq!(order("(sort_desc(up))"), Order::ByValue);
        assert_eq!(order("sort_by_label(up, \"job\")"), Order::Given);
        for query in ["sum(sort(up))", "up", "topk(3, up)", "sort("] {
            assert_eq!(order(query), Order::Any, "{query}");
        }
    }
}

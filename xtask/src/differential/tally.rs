//! Counts.

use std::collections::BTreeMap;

use emberdb_differential::answer::{Answer, Closeness};
use emberdb_promql_syntax::{
    Aggregation, Binary, Call, ParserOptions, Subquery, Visitor, parse_with, walk_aggregation, walk_binary,
    walk_call, walk_subquery,
};

use super::trial::{Judgement, Verdict};

/// How many questions came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) asked: u64,
    pub(super) equal: u64,
    /// Equal to the last bit.
    pub(super) to_the_bit: u64,
    /// Where the reference answers with series or a value.
    pub(super) non_empty: u64,
    /// Where there are native histograms in the reference's answer.
    pub(super) histograms: u64,
    /// Where the reference answers with an error.
    pub(super) errors: u64,
    pub(super) set_aside: u64,
    pub(super) different: u64,
}

/// All counts.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) all: Counts,
    /// By what the queries are made of: functions, aggregations, operators. A query counts for each of them, once.
    pub(super) parts: BTreeMap<String, Counts>,
    /// By where the question comes from.
    pub(super) origins: BTreeMap<String, Counts>,
    /// Questions that were not asked.
    pub(super) not_asked: u64,
    /// The same, by the changes of upstream's that they touch.
    pub(super) changes: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Counts a question.
    pub(super) fn count(&mut self, query: &str, origin: &str, verdict: &Verdict) {
        self.all.count(verdict);
        self.origins.entry(origin.to_owned()).or_default().count(verdict);
        for part in parts(query) {
            self.parts.entry(part).or_default().count(verdict);
        }
    }
}

impl Tally {
    /// Counts a question that is not asked, because it touches these changes.
    pub(super) fn not_asked(&mut self, changes: impl Iterator<Item = &'static str>) {
        self.not_asked += 1;
        for change in changes {
            *self.changes.entry(change).or_default() += 1;
        }
    }
}

impl Counts {
    fn count(&mut self, verdict: &Verdict) {
        self.asked += 1;
        let has_value = |answer: &Answer| !answer.is_error() && !answer.is_empty();
        self.non_empty += u64::from(has_value(&verdict.reference));
        self.histograms += u64::from(verdict.reference.has_histograms());
        self.errors += u64::from(verdict.reference.is_error());
        match verdict.judgement {
            Judgement::Equal(closeness) => {
                self.equal += 1;
                self.to_the_bit += u64::from(closeness == Closeness::Bits);
            }
            Judgement::SetAside => self.set_aside += 1,
            Judgement::Different(_) => self.different += 1,
        }
    }
}

/// The functions, aggregations and operators of a query, each once.
fn parts(query: &str) -> Vec<String> {
    #[derive(Default)]
    struct Parts(Vec<String>);
    impl Visitor for Parts {
        fn visit_call(&mut self, call: &Call) {
            self.0.push(call.function.name().to_owned());
            walk_call(self, call);
        }

        fn visit_aggregation(&mut self, aggregation: &Aggregation) {
            self.0.push(aggregation.op.as_str().to_owned());
            walk_aggregation(self, aggregation);
        }

        fn visit_binary(&mut self, binary: &Binary) {
            self.0.push(binary.op.as_str().to_owned());
            walk_binary(self, binary);
        }

        fn visit_subquery(&mut self, subquery: &Subquery) {
            self.0.push("subquery".to_owned());
            walk_subquery(self, subquery);
        }
    }
    let mut parts = Parts::default();
    match parse_with(query, &ParserOptions::ALL) {
        Ok(expr) => parts.visit_expr(&expr),
        Err(_) => parts.0.push("(refused)".to_owned()),
    }
    if parts.0.is_empty() {
        parts.0.push("(neither function nor operator)".to_owned());
    }
    parts.0.sort_unstable();
    parts.0.dedup();
    parts.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_its_parts_once() {
        assert_eq!(parts("sum(rate(a[1m])) + sum(rate(b[1m:])) / 2"), ["+", "/", "rate", "subquery", "sum"]);
        assert_eq!(parts("up"), ["(neither function nor operator)"]);
        assert_eq!(parts("up["), ["(refused)"]);
    }
}

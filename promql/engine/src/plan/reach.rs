//! The time that a query looks at.

use emberdb_model::TimeRange;
use emberdb_promql_syntax::ExtendedRange;

use super::logical::{Node, NodeKind, Selector, Subquery};
use super::lower::QueryTimes;

/// From the earliest to the latest sample that any selector may read; the epoch, as upstream, where there is none.
pub(crate) fn reach(node: &Node, times: &QueryTimes, lookback_ms: i64) -> TimeRange {
    let mut reach = Reach { lookback_ms, all: None };
    reach.visit(node, TimeRange::new(times.start_ms, times.end_ms));
    reach.all.unwrap_or(TimeRange::new(0, 0))
}

struct Reach {
    lookback_ms: i64,
    all: Option<TimeRange>,
}

impl Reach {
    /// Takes in what an expression reads that is evaluated from the first to the last of `times`.
    fn visit(&mut self, node: &Node, times: TimeRange) {
        match &node.kind {
            NodeKind::Number(_) | NodeKind::Text(_) => {}
            NodeKind::Selector(selector) => self.select(selector, None, times),
            NodeKind::Range(selector, range_ms) => self.select(selector, Some(*range_ms), times),
            NodeKind::Subquery(subquery) => {
                let times = times_of(subquery, times);
                self.visit(&subquery.input, times);
            }
            NodeKind::Call(call) => call.args.iter().for_each(|arg| self.visit(arg, times)),
            NodeKind::Aggregate(aggregate) => {
                aggregate.param.iter().for_each(|param| self.visit(param, times));
                self.visit(&aggregate.input, times);
            }
            NodeKind::Binary(binary) => {
                self.visit(&binary.lhs, times);
                self.visit(&binary.rhs, times);
            }
            NodeKind::Plus(inner) | NodeKind::Negate(inner) | NodeKind::Invariant(inner) => {
                self.visit(inner, times);
            }
        }
    }

    /// Windows are open on their left.
    fn select(&mut self, selector: &Selector, range_ms: Option<i64>, times: TimeRange) {
        let times = selector.at_ms.map_or(times, |at_ms| TimeRange::new(at_ms, at_ms));
        let before_ms = match (range_ms, selector.extended_range) {
            (None, _) => self.lookback_ms,
            (Some(range_ms), None) => range_ms,
            (Some(range_ms), Some(_)) => range_ms.saturating_add(self.lookback_ms),
        };
        let is_smoothed = matches!(selector.extended_range, Some(ExtendedRange::Smoothed));
        let behind_ms = if is_smoothed { self.lookback_ms } else { 0 };
        let first_ms = times.min_ms.saturating_sub(before_ms.saturating_sub(1));
        let last_ms = times.max_ms.saturating_add(behind_ms);
        let offset_ms = selector.offset_ms;
        let read = TimeRange::new(first_ms.saturating_sub(offset_ms), last_ms.saturating_sub(offset_ms));
        self.all = Some(self.all.map_or(read, |all| all.union(&read)));
    }
}

/// From when to when the expression in a subquery is evaluated.
fn times_of(subquery: &Subquery, times: TimeRange) -> TimeRange {
    let times = subquery.at_ms.map_or(times, |at_ms| TimeRange::new(at_ms, at_ms));
    let before_ms = subquery.offset_ms.saturating_add(subquery.range_ms);
    TimeRange::new(times.min_ms.saturating_sub(before_ms), times.max_ms.saturating_sub(subquery.offset_ms))
}

#[cfg(test)]
mod tests {
    use emberdb_promql_syntax::{ParserOptions, parse_with};

    use super::super::lower;
    use super::*;

    /// What a query reads that is asked from 1000 s to 2000 s with a lookback of 300 s, in seconds; its beginning without the one
    /// millisecond by which it is open.
    fn reached(query: &str) -> (i64, i64) {
        let times =
            QueryTimes { start_ms: 1_000_000, end_ms: 2_000_000, step_ms: 1000, subquery_step_ms: 1000 };
        let node = lower(&parse_with(query, &ParserOptions::ALL).unwrap(), &times).unwrap();
        let reached = reach(&node, &times, 300_000);
        assert_eq!(reached.max_ms % 1000, 0);
        ((reached.min_ms - 1) / 1000, reached.max_ms / 1000)
    }

    #[test]
    fn each_selector_adds_what_it_reads() {
        assert_eq!(reached("up"), (700, 2000));
        assert_eq!(reached("up offset 1m"), (640, 1940));
        assert_eq!(reached("rate(up[10m])"), (400, 2000));
        assert_eq!(reached("up @ 50 + rate(up[1m] offset -1m)"), (-250, 2060));
        assert_eq!(reached("sum(up) / topk(scalar(up offset 20m), up)"), (-500, 2000));
        assert_eq!(reached("increase(up[1m] anchored)"), (640, 2000));
        assert_eq!(reached("increase(up[1m] smoothed)"), (640, 2300));
    }

    #[test]
    fn subqueries_are_evaluated_earlier() {
        assert_eq!(reached("max_over_time(up[1m:10s])"), (640, 2000));
        assert_eq!(reached("max_over_time(rate(up[2m])[1m:10s] offset 1m)"), (760, 1940));
        assert_eq!(reached("max_over_time(up[1m:10s] @ 3000 offset 1m)"), (2580, 2940));
        assert_eq!(reached("max_over_time((up @ 3000)[1m:10s])"), (2700, 3000));
    }

    #[test]
    fn what_selects_nothing_reads_at_the_epoch() {
        let times = QueryTimes { start_ms: 9, end_ms: 9, step_ms: 0, subquery_step_ms: 1 };
        let node = lower(&parse_with("time() + 1", &ParserOptions::ALL).unwrap(), &times).unwrap();
        assert_eq!(reach(&node, &times, 5), TimeRange::new(0, 0));
    }
}

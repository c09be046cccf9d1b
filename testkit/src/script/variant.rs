//! The same question asked in other words: with its selectors pinned by `@`, at other times.

use emberdb_promql_syntax::{
    At, Expr, FunctionId, MutVisitor, ParserOptions, VectorSelector, Visitor, parse_with, walk_expr,
    walk_expr_mut,
};

/// The query with every selector pinned to `time_ms`, and the times at which it must have the same answer. Nothing if
/// the answer depends on the time of evaluation by itself.
pub(super) fn pinned(query: &str, time_ms: i64) -> Option<(String, Vec<i64>)> {
    let mut expr = parse_with(query, &ParserOptions::ALL).ok()?;
    let mut asks = AsksForTime(false);
    asks.visit_expr(&expr);
    if asks.0 {
        return None;
    }
    Pin(At::Timestamp(time_ms)).visit_expr_mut(&mut expr);
    let times = if time_ms == 0 {
        vec![-1000, 0, 1000]
    } else {
        vec![-10 * time_ms, 0, time_ms / 5, time_ms, 10 * time_ms]
    };
    Some((expr.to_string(), times))
}

/// Whether the text asks for what differs between instant and range queries.
pub(super) fn depends_on_range(query: &str) -> bool {
    ["start()", "end()", "range()", "step()"].iter().any(|call| query.contains(call))
}

struct AsksForTime(bool);

impl Visitor for AsksForTime {
    fn visit_expr(&mut self, expr: &Expr) {
        use FunctionId as F;
        if let Expr::Call(call) = expr {
            self.0 |= matches!(
                call.function,
                F::DaysInMonth
                    | F::DayOfMonth
                    | F::DayOfWeek
                    | F::DayOfYear
                    | F::End
                    | F::Hour
                    | F::Minute
                    | F::Month
                    | F::Year
                    | F::PredictLinear
                    | F::Range
                    | F::Start
                    | F::Step
                    | F::Time
                    | F::Timestamp
            );
        }
        walk_expr(self, expr);
    }
}

struct Pin(At);

impl Pin {
    fn pin(&self, at: &mut Option<At>) {
        if !matches!(at, Some(At::Timestamp(_))) {
            *at = Some(self.0);
        }
    }
}

impl MutVisitor for Pin {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        // What stands within a pinned subquery is pinned with it.
        if let Expr::Subquery(subquery) = expr {
            self.pin(&mut subquery.at);
        } else {
            walk_expr_mut(self, expr);
        }
    }

    fn visit_vector_selector_mut(&mut self, selector: &mut VectorSelector) {
        self.pin(&mut selector.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_and_subqueries_are_pinned_from_the_outside_in() {
        let (query, times) =
            pinned("sum(rate(m[5m])) + n @ end() + max_over_time(o[1h:1m])", 10_000).unwrap();
        assert_eq!(query, "sum(rate(m[5m] @ 10.000)) + n @ 10.000 + max_over_time(o[1h:1m] @ 10.000)");
        assert_eq!(times, [-100_000, 0, 2_000, 10_000, 100_000]);
        assert_eq!(pinned("timestamp(m)", 0), None);
    }
}

//! Changes of which native histograms are gauges. An answer does not show it: a warning does, where a rate of them is taken.

use emberdb_promql_syntax::{BinaryOp, Expr, Sign};

use super::Change;
use super::asked::{Asked, below, constant};
use super::histogram::{RATES, is_addition, is_sum, takes_histograms};
use super::holds::Holds;

pub(super) fn changes() -> Vec<Change> {
    vec![
        Change {
            name: "differences-are-gauges",
            version: (3, 7, 0),
            what: "a native histogram is a gauge after a subtraction and after a negative factor",
            touches: "`rate`, `delta` and their like over a subquery with one of these",
            recognise: Some(|asked| any_rate_of(asked, |expr| is_difference(expr, asked))),
            examples: &[
                "rate((native - native offset 5m)[5m:])",
                "delta((native * -1)[5m:])",
                "increase((-native)[5m:])",
            ],
            counterexamples: &["rate(native[5m:])", "native - native", "rate((gauge - gauge)[5m:])"],
        },
        Change {
            name: "sums-of-gauges",
            version: (3, 8, 0),
            what: "a sum or average of native histograms is a gauge if one of them is",
            touches: "`rate`, `delta` and their like over a subquery with a sum or average of native histograms",
            recognise: Some(|asked| {
                any_rate_of(
                    asked,
                    |expr| matches!(expr, Expr::Aggregation(aggregation) if is_sum(aggregation, asked, Holds::histograms)),
                )
            }),
            examples: &["rate(sum(native)[5m:])", "delta(avg by (job) (gauge_native)[5m:])"],
            counterexamples: &["rate(sum(gauge)[5m:])", "sum(rate(native[5m]))"],
        },
        Change {
            name: "rates-are-gauges",
            version: (3, 9, 0),
            what: "`rate`, `increase` and `delta` of native histograms give gauges",
            touches: "`rate`, `delta` and their like over a subquery with one of these",
            recognise: Some(|asked| {
                any_rate_of(
                    asked,
                    |expr| matches!(expr, Expr::Call(call) if RATES.contains(&call.function) && takes_histograms(call, asked)),
                )
            }),
            examples: &["delta(rate(native[5m])[5m:])"],
            counterexamples: &[
                "rate(native[5m])",
                "delta(rate(counter_total[5m])[5m:])",
                "sum_over_time(rate(native[5m])[5m:])",
            ],
        },
    ]
}

/// Whether one of [`RATES`] is called over a subquery with an expression like that in it.
fn any_rate_of(asked: &Asked<'_>, is_one: impl Fn(&Expr) -> bool) -> bool {
    asked.any_call(|call| {
        let subquery = call.args.first().map(Expr::without_parens);
        match subquery {
            Some(Expr::Subquery(subquery)) if RATES.contains(&call.function) => {
                asked.holds(&subquery.expr).histograms() && below(&subquery.expr).into_iter().any(&is_one)
            }
            _ => false,
        }
    })
}

/// Whether a node makes a gauge of a histogram, since 3.7.
pub(super) fn is_difference(expr: &Expr, asked: &Asked<'_>) -> bool {
    match expr {
        Expr::Binary(binary) => match binary.op {
            BinaryOp::Sub => is_addition(binary, asked, Holds::histograms),
            BinaryOp::Mul | BinaryOp::Div => {
                let may_be_negative = |side: &Expr| constant(side).is_none_or(|value| value < 0.0);
                asked.holds(expr).histograms()
                    && [&binary.lhs, &binary.rhs]
                        .into_iter()
                        .any(|side| !asked.holds(side).histograms() && may_be_negative(side))
            }
            _ => false,
        },
        Expr::Unary(unary) => unary.sign == Sign::Minus && asked.holds(&unary.expr).histograms(),
        _ => false,
    }
}

//! Changes of what is computed from histograms, classic and native ones; [`super::gauge`] has those of what is a gauge.

use emberdb_promql_syntax::{Aggregation, AggregationOp, Binary, BinaryOp, Call, Expr, FunctionId};

use super::Change;
use super::asked::{Asked, below, constant};
use super::gauge::is_difference;
use super::holds::{Holds, selected};
use crate::data::FamilyKind;

/// Functions that read of native histograms nothing but count and sum.
const STATS: [FunctionId; 3] =
    [FunctionId::HistogramCount, FunctionId::HistogramSum, FunctionId::HistogramAvg];

/// Functions that warn of histograms that are counters or are none.
pub(super) const RATES: [FunctionId; 5] =
    [FunctionId::Rate, FunctionId::Increase, FunctionId::Irate, FunctionId::Delta, FunctionId::Idelta];

pub(super) fn changes() -> Vec<Change> {
    vec![
        Change {
            name: "histograms-from-zero",
            version: (3, 6, 0),
            what: "`rate` and `increase` extrapolate a native histogram back to where its count would be 0, and not beyond",
            touches: "calls of them over native histograms",
            recognise: Some(|asked| {
                asked.any_call(|call| {
                    matches!(call.function, FunctionId::Rate | FunctionId::Increase)
                        && takes_histograms(call, asked)
                })
            }),
            examples: &["rate(native[5m])", "sum(increase({job=\"a\"}[5m]))"],
            counterexamples: &["rate(counter_total[5m])", "irate(native[5m])", "sum_over_time(native[5m])"],
        },
        Change {
            name: "resets-behind-empty-buckets",
            version: (3, 15, 0),
            what: "a counter reset of a native histogram is found also where empty buckets of the earlier one stand before those that are gone",
            touches: "`rate`, `increase`, `irate` and `resets` over native histograms",
            recognise: Some(|asked| {
                asked.any_call(|call| {
                    use FunctionId::{Increase, Irate, Rate, Resets};
                    matches!(call.function, Rate | Increase | Irate | Resets) && takes_histograms(call, asked)
                })
            }),
            examples: &["irate(native[5m])", "resets(custom[1h])"],
            counterexamples: &["irate(counter_total[5m])", "delta(native[5m])", "idelta(native[5m])"],
        },
        Change {
            name: "empty-buckets-with-gaps",
            version: (3, 6, 0),
            what: "a native histogram that lacks several empty buckets of its chunk, with gaps between them, goes on in that chunk; it began \
                   one as after a reset",
            touches: "native histograms with gaps between their buckets of which some came late",
            recognise: Some(has_late_gaps),
            examples: &["late_native", "count(rate(late_native[5m]))"],
            counterexamples: &["native", "rate(native[5m])"],
        },
        Change {
            name: "histograms-in-subqueries",
            version: (3, 6, 0),
            what: "native histograms of a subquery are copies, and tell nothing of counter resets between them",
            touches: "functions over subqueries of native histograms",
            recognise: Some(|asked| {
                asked.any(|node| matches!(node.expr, Expr::Subquery(subquery) if asked.holds(&subquery.expr).histograms()))
            }),
            examples: &["rate(native[5m:30s])", "count_over_time(sum(custom)[5m:])"],
            counterexamples: &[
                "rate(native[5m])",
                "rate(gauge[5m:])",
                "max_over_time(histogram_count(native)[5m:])",
            ],
        },
        Change {
            name: "histograms-without-buckets",
            version: (3, 7, 0),
            what: "`histogram_count`, `histogram_sum` and `histogram_avg` read no buckets: when they do so and how they find resets \
                   then was mended",
            touches: "calls of them over native histograms that were combined or compared before",
            recognise: Some(|asked| {
                any_stats(asked, |expr| {
                    combines(expr, asked, Holds::histograms) || is_rate(expr) || compares(expr, asked)
                })
            }),
            examples: &[
                "histogram_count(native == last_over_time(native[5m]))",
                "histogram_count(rate(native[5m]))",
                "histogram_sum(sum(native))",
                "histogram_avg(native - native offset 5m)",
            ],
            counterexamples: &[
                "histogram_count(native)",
                "histogram_sum(native * 2)",
                "histogram_sum(native and native)",
                "histogram_stddev(sum(native))",
                "sum(gauge)",
            ],
        },
        Change {
            name: "reset-collisions",
            version: (3, 7, 0),
            what: "a warning where a histogram after a reset and one without meet; in `+` and `-` they have no result",
            touches: "calls of `histogram_count`, `histogram_sum` and `histogram_avg` over native histograms that were combined",
            recognise: Some(|asked| any_stats(asked, |expr| combines(expr, asked, Holds::histograms))),
            examples: &["histogram_sum(sum(native))", "histogram_count(sum_over_time(native[5m]))"],
            counterexamples: &["histogram_count(native)", "sum(native)"],
        },
        Change {
            name: "custom-bounds-reconciled",
            version: (3, 8, 0),
            what: "native histograms with different custom bounds are combined, by the bounds that both have",
            touches: "expressions that combine native histograms with custom bounds, or look for resets between them",
            recognise: Some(|asked| {
                asked.any(|node| {
                    combines(node.expr, asked, |holds| holds.custom) || compares_custom(node.expr, asked)
                })
            }),
            examples: &[
                "sum(custom)",
                "custom + custom",
                "rate(custom[5m])",
                "avg_over_time(custom[5m])",
                "resets(custom[5m])",
            ],
            counterexamples: &[
                "sum(native)",
                "native + native",
                "custom",
                "histogram_quantile(0.5, custom)",
                "max(custom)",
                "custom * 2",
            ],
        },
        Change {
            name: "fraction-in-first-bucket",
            version: (3, 8, 0),
            what: "`histogram_fraction` from within the first bucket of a classic histogram or one with custom bounds",
            touches: "calls whose lower end may lie in that bucket",
            recognise: Some(|asked| asked.any_call(|call| begins_in_first_bucket(call, asked))),
            examples: &[
                "histogram_fraction(0, 1, sum by (le) (buckets_bucket))",
                "histogram_fraction(5, 10, custom)",
                "histogram_fraction(scalar(gauge), 1, buckets_bucket)",
            ],
            counterexamples: &[
                "histogram_fraction(0, 1, native)",
                "histogram_fraction(0.2, 1, buckets_bucket)",
                "histogram_quantile(0.5, buckets_bucket)",
            ],
        },
        Change {
            name: "averages-of-histograms",
            version: (3, 10, 0),
            what: "averages of native histograms are a compensated sum, divided: other last digits, and infinite sums stay infinite",
            touches: "`avg` and `avg_over_time` of native histograms",
            recognise: Some(|asked| asked.any(|node| averages(node.expr, asked))),
            examples: &["avg(native)", "avg_over_time(native[5m])"],
            counterexamples: &[
                "sum(native)",
                "avg(gauge)",
                "histogram_avg(native)",
                "avg(histogram_count(native))",
            ],
        },
        Change {
            name: "sums-of-differences",
            version: (3, 10, 0),
            what: "sums of native histograms are compensated: where they cancel out, other digits are left",
            touches: "`sum` and `sum_over_time` of native histograms that may be negative",
            recognise: Some(|asked| asked.any(|node| sums_differences(node.expr, asked))),
            examples: &[
                "sum(delta(gauge_native[5m]))",
                "sum_over_time((native - native offset 5m)[5m:])",
                "sum(native * -1)",
            ],
            counterexamples: &[
                "sum(native)",
                "sum(native * 2)",
                "sum(delta(gauge[5m]))",
                "delta(gauge_native[5m])",
            ],
        },
        Change {
            name: "mixed-schemas-without-buckets",
            version: (3, 12, 0),
            what: "a warning where `histogram_count`, `histogram_sum` or `histogram_avg` look at exponential and custom buckets mixed",
            touches: "calls of them over a mix of both",
            recognise: Some(|asked| {
                asked.any_call(|call| {
                    let holds = || call.args.first().map(|arg| asked.holds(arg)).unwrap_or_default();
                    STATS.contains(&call.function) && holds().exponential && holds().custom
                })
            }),
            examples: &["histogram_count(sum({job=\"a\"}))"],
            counterexamples: &["histogram_count(sum(native))", "sum({job=\"a\"})"],
        },
    ]
}

pub(super) fn takes_histograms(call: &Call, asked: &Asked<'_>) -> bool {
    call.args.first().is_some_and(|arg| asked.holds(arg).histograms())
}

/// Whether one of [`STATS`] is called over an expression like that.
fn any_stats(asked: &Asked<'_>, is_one: impl Fn(&Expr) -> bool) -> bool {
    asked.any_call(|call| {
        STATS.contains(&call.function)
            && takes_histograms(call, asked)
            && call.args.iter().flat_map(below).any(&is_one)
    })
}

fn has_late_gaps(asked: &Asked<'_>) -> bool {
    asked.any(|node| {
        let selector = match node.expr {
            Expr::VectorSelector(selector) => selector,
            Expr::MatrixSelector(matrix) => &matrix.selector,
            _ => return false,
        };
        selected(selector, asked.families).any(|family| family.has_late_gaps)
    })
}

fn compares(expr: &Expr, asked: &Asked<'_>) -> bool {
    let is_between_histograms =
        |binary: &Binary| asked.holds(&binary.lhs).histograms() && asked.holds(&binary.rhs).histograms();
    matches!(
        expr,
        Expr::Binary(binary) if matches!(binary.op, BinaryOp::Equal | BinaryOp::NotEqual) && is_between_histograms(binary)
    )
}

const fn is_rate(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Call(call) if matches!(call.function, FunctionId::Rate | FunctionId::Increase | FunctionId::Irate)
    )
}

pub(super) fn is_sum(aggregation: &Aggregation, asked: &Asked<'_>, is_kind: impl Fn(Holds) -> bool) -> bool {
    matches!(aggregation.op, AggregationOp::Sum | AggregationOp::Avg)
        && is_kind(asked.holds(&aggregation.expr))
}

/// Whether a node makes one histogram of several of a kind.
fn combines(expr: &Expr, asked: &Asked<'_>, is_kind: impl Fn(Holds) -> bool) -> bool {
    match expr {
        Expr::Aggregation(aggregation) => is_sum(aggregation, asked, is_kind),
        Expr::Binary(binary) => is_addition(binary, asked, is_kind),
        Expr::Call(call) => {
            let combines_windows = RATES.contains(&call.function)
                || matches!(call.function, FunctionId::SumOverTime | FunctionId::AvgOverTime);
            combines_windows && call.args.first().is_some_and(|arg| is_kind(asked.holds(arg)))
        }
        _ => false,
    }
}

pub(super) fn is_addition(binary: &Binary, asked: &Asked<'_>, is_kind: impl Fn(Holds) -> bool) -> bool {
    matches!(binary.op, BinaryOp::Add | BinaryOp::Sub)
        && is_kind(asked.holds(&binary.lhs))
        && is_kind(asked.holds(&binary.rhs))
}

fn compares_custom(expr: &Expr, asked: &Asked<'_>) -> bool {
    matches!(
        expr,
        Expr::Call(call) if call.function == FunctionId::Resets
            && call.args.first().is_some_and(|arg| asked.holds(arg).custom)
    )
}

fn averages(expr: &Expr, asked: &Asked<'_>) -> bool {
    match expr {
        Expr::Aggregation(aggregation) => {
            aggregation.op == AggregationOp::Avg && asked.holds(&aggregation.expr).histograms()
        }
        Expr::Call(call) => call.function == FunctionId::AvgOverTime && takes_histograms(call, asked),
        _ => false,
    }
}

fn sums_differences(expr: &Expr, asked: &Asked<'_>) -> bool {
    let summed = match expr {
        Expr::Aggregation(aggregation) if aggregation.op == AggregationOp::Sum => &aggregation.expr,
        Expr::Call(call) if call.function == FunctionId::SumOverTime => match call.args.as_slice() {
            [arg] => arg,
            _ => return false,
        },
        _ => return false,
    };
    let is_delta = |node: &Expr| matches!(node, Expr::Call(call) if matches!(call.function, FunctionId::Delta | FunctionId::Idelta));
    asked.holds(summed).histograms()
        && below(summed).into_iter().any(|node| is_delta(node) || is_difference(node, asked))
}

/// Whether `histogram_fraction` may begin in a bucket that has no bucket before it.
fn begins_in_first_bucket(call: &Call, asked: &Asked<'_>) -> bool {
    let (FunctionId::HistogramFraction, [lower, _, vector]) = (call.function, call.args.as_slice()) else {
        return false;
    };
    if asked.holds(vector).custom {
        return true;
    }
    let bounds = below(vector).into_iter().flat_map(|node| first_bounds(node, asked));
    bounds.into_iter().any(|first| match (constant(lower), first) {
        (Some(lower), Some(first)) => lower <= first || lower.is_nan(),
        _ => true,
    })
}

/// The upper bounds of the first buckets of the classic histograms that a node selects; `None` where that is not known,
/// as the selector is for some buckets only.
fn first_bounds(expr: &Expr, asked: &Asked<'_>) -> Vec<Option<f64>> {
    let selector = match expr {
        Expr::VectorSelector(selector) => selector,
        Expr::MatrixSelector(matrix) => &matrix.selector,
        _ => return Vec::new(),
    };
    let is_partial = selector.matchers.iter().any(|matcher| matcher.name() == "le");
    let classic =
        selected(selector, asked.families).filter(|family| family.kind == FamilyKind::ClassicBuckets);
    let bounds = classic.map(|family| {
        let values = family.labels.iter().filter(|label| label.name == "le").flat_map(|label| &label.values);
        values.filter_map(|value| value.parse::<f64>().ok()).reduce(f64::min).filter(|_| !is_partial)
    });
    bounds.collect()
}

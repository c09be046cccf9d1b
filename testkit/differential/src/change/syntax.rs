//! What older versions cannot read: functions, operators, modifiers and durations that came later.

use emberdb_promql_syntax::{
    Binary, DurationError, DurationKind, DurationOp, DurationSpec, Expr, Fill, FunctionId, MatchCardinality,
    VectorSelector,
};

use super::Change;
use super::asked::Asked;

pub(super) fn changes() -> Vec<Change> {
    vec![
        Change {
            name: "step-in-durations",
            version: (3, 6, 0),
            what: "`step()` in a range, step or offset",
            touches: "durations with `step()`",
            recognise: Some(|asked| asked.any_duration_part(|part| matches!(part.kind, DurationKind::Step))),
            examples: &["rate(counter_total[step() + 4m])", "gauge offset -step()"],
            counterexamples: &["rate(counter_total[1m + 4m])", "gauge + 1"],
        },
        Change {
            name: "extended-ranges",
            version: (3, 7, 0),
            what: "the modifiers `anchored` and `smoothed`",
            touches: "selectors with one of them",
            recognise: Some(|asked| any_selector(asked, |selector| selector.extended_range.is_some())),
            examples: &["rate(counter_total[5m] anchored)", "gauge smoothed"],
            counterexamples: &["rate(counter_total[5m])", "anchored"],
        },
        Change {
            name: "first-over-time",
            version: (3, 7, 0),
            what: "the functions `first_over_time` and `ts_of_first_over_time`",
            touches: "calls of them",
            recognise: Some(|asked| asked.calls(&[FunctionId::FirstOverTime, FunctionId::TsOfFirstOverTime])),
            examples: &["first_over_time(gauge[5m])", "abs(ts_of_first_over_time(gauge[5m]))"],
            counterexamples: &["last_over_time(gauge[5m])", "ts_of_last_over_time(gauge[5m])"],
        },
        Change {
            name: "fill-modifiers",
            version: (3, 10, 0),
            what: "the modifiers `fill`, `fill_left` and `fill_right`",
            touches: "operations with one of them",
            recognise: Some(|asked| any_binary(asked, has_fill)),
            examples: &["counter_total + fill(0) gauge", "sum(gauge / on (job) fill_right(1) gauge)"],
            counterexamples: &["counter_total + on (job) gauge"],
        },
        Change {
            name: "range-in-durations",
            version: (3, 10, 0),
            what: "`range()` in a range, step or offset",
            touches: "durations with `range()`",
            recognise: Some(|asked| asked.any_duration_part(|part| matches!(part.kind, DurationKind::Range))),
            examples: &["rate(counter_total[range()])", "abs(gauge)[1h:1m + range()]"],
            counterexamples: &["rate(counter_total[5m * 2])"],
        },
        Change {
            name: "histogram-quantiles",
            version: (3, 11, 0),
            what: "the function `histogram_quantiles`",
            touches: "calls of it",
            recognise: Some(|asked| asked.calls(&[FunctionId::HistogramQuantiles])),
            examples: &["histogram_quantiles(native, \"rank\", 0.5)"],
            counterexamples: &["histogram_quantile(0.5, native)"],
        },
        Change {
            name: "trim-operators",
            version: (3, 11, 0),
            what: "the operators `</` and `>/`",
            touches: "operations with one of them",
            recognise: Some(|asked| any_binary(asked, |binary| binary.op.is_trim())),
            examples: &["native </ 1", "rate(native[5m]) >/ 0.5"],
            counterexamples: &["gauge < 1", "gauge / 1"],
        },
        Change {
            name: "durations-in-bounds",
            version: (3, 12, 0),
            what: "a duration that comes out as NaN, infinite or too large is an error",
            touches: "durations whose value in this query is one of those",
            recognise: Some(|asked| {
                asked.any_duration(|duration| {
                    let resolved = asked.resolve(duration);
                    matches!(
                        resolved,
                        Err(DurationError::NotFinite { .. } | DurationError::OutOfRange { .. })
                    )
                })
            }),
            examples: &["gauge[1m * 10 ^ 30]", "gauge offset (10 ^ 300 * 10 ^ 300)"],
            counterexamples: &["gauge[1m * 10 ^ 3]", "gauge[1m / 0]"],
        },
        Change {
            name: "functions-of-the-query",
            version: (3, 12, 0),
            what: "the functions `start`, `end`, `range` and `step`",
            touches: "calls of them",
            recognise: Some(|asked| {
                asked.calls(&[FunctionId::Start, FunctionId::End, FunctionId::Range, FunctionId::Step])
            }),
            examples: &["vector(end() - start())", "gauge * step()", "range()"],
            counterexamples: &["gauge @ end()", "time() - timestamp(gauge)"],
        },
        Change {
            name: "extended-ranges-mended",
            version: (3, 13, 0),
            what: "`anchored` and `smoothed` (from 3.9 on): resets at the edges, no sample in the range, `@`, native histograms",
            touches: "selectors with one of them",
            recognise: Some(|asked| any_selector(asked, |selector| selector.extended_range.is_some())),
            examples: &["increase(native[5m] anchored)", "gauge smoothed @ 0"],
            counterexamples: &["increase(native[5m])"],
        },
        Change {
            name: "fill-in-groups",
            version: (3, 13, 0),
            what: "`fill_left` and `fill_right` beside `group_left` or `group_right` fill at every step",
            touches: "operations with a fill and a group modifier",
            recognise: Some(|asked| {
                any_binary(asked, |binary| {
                    has_fill(binary)
                        && binary.matching.as_ref().is_some_and(|matching| {
                            matches!(
                                matching.cardinality,
                                MatchCardinality::ManyToOne | MatchCardinality::OneToMany
                            )
                        })
                })
            }),
            examples: &["counter_total * on (job) group_left () fill_left(2) sum by (job) (gauge)"],
            counterexamples: &["counter_total * fill_left(2) gauge"],
        },
        Change {
            name: "min-of-max-of",
            version: (3, 13, 0),
            what: "`min_of` and `max_of`, as functions and in durations, where they were `min` and `max`",
            touches: "calls of them, and durations with them",
            recognise: Some(|asked| {
                let is_either = |kind: &DurationKind| {
                    matches!(kind, DurationKind::Binary { op: DurationOp::MinOf | DurationOp::MaxOf, .. })
                };
                asked.calls(&[FunctionId::MinOf, FunctionId::MaxOf])
                    || asked.any_duration_part(|part| is_either(&part.kind))
            }),
            examples: &["min_of(1, time())", "gauge[max_of(1m, 70)]"],
            counterexamples: &["min(gauge)", "clamp_max(gauge, 1)"],
        },
        Change {
            name: "offset-in-parentheses",
            version: (3, 13, 0),
            what: "a sign before a number in parentheses as an offset no longer ends the query with an internal error",
            touches: "offsets such as `-(5)`",
            recognise: Some(has_signed_parenthesis),
            examples: &["gauge offset -(5)", "rate(counter_total[5m] offset -(1m))"],
            counterexamples: &["gauge offset -5", "gauge offset (5 + 1)"],
        },
        Change {
            name: "start-timestamp",
            version: (3, 14, 0),
            what: "the function `start_timestamp`",
            touches: "calls of it",
            recognise: Some(|asked| asked.calls(&[FunctionId::StartTimestamp])),
            examples: &["start_timestamp(counter_total)"],
            counterexamples: &["timestamp(counter_total)"],
        },
    ]
}

fn any_selector(asked: &Asked<'_>, is_one: impl Fn(&VectorSelector) -> bool) -> bool {
    asked.any(|node| match node.expr {
        Expr::VectorSelector(selector) => is_one(selector),
        Expr::MatrixSelector(matrix) => is_one(&matrix.selector),
        _ => false,
    })
}

fn any_binary(asked: &Asked<'_>, is_one: impl Fn(&Binary) -> bool) -> bool {
    asked.any(|node| matches!(node.expr, Expr::Binary(binary) if is_one(binary)))
}

fn has_fill(binary: &Binary) -> bool {
    binary.matching.as_ref().is_some_and(|matching| matching.fill != Fill::default())
}

fn has_signed_parenthesis(asked: &Asked<'_>) -> bool {
    asked.any(|node| {
        let offset = match node.expr {
            Expr::VectorSelector(selector) => &selector.offset,
            Expr::MatrixSelector(matrix) => &matrix.selector.offset,
            Expr::Subquery(subquery) => &subquery.offset,
            _ => return false,
        };
        let DurationSpec::Expr(expr) = offset else { return false };
        let operand = match &expr.kind {
            DurationKind::Unary { operand, .. } => operand,
            _ => expr,
        };
        operand.parenthesized && matches!(operand.kind, DurationKind::Number(_))
    })
}

//! Changes of how vectors of floats are computed, matched and merged.

use emberdb_promql_syntax::{
    Aggregation, AggregationOp, Binary, Call, Expr, FunctionId, MatchCardinality, Sign,
};

use super::Change;
use super::asked::{Asked, constant};
use super::holds::is_between_vectors;
use super::labels::{are_unique, is_of_one_name, telling};

pub(super) fn changes() -> Vec<Change> {
    vec![
        Change {
            name: "parameter-nan",
            version: (3, 6, 0),
            what: "NaN as the parameter of `topk`, `bottomk`, `limitk` or `limit_ratio` is an error",
            touches: "those whose parameter may be NaN",
            recognise: Some(|asked| {
                asked.any(
                    |node| matches!(node.expr, Expr::Aggregation(aggregation) if may_have_nan(aggregation)),
                )
            }),
            examples: &["topk(NaN, gauge)", "limit_ratio(scalar(gauge), gauge)", "bottomk(-(NaN), gauge)"],
            counterexamples: &["topk(3, gauge)", "limitk(scalar(vector(2)), gauge)", "quantile(NaN, gauge)"],
        },
        Change {
            name: "parameter-out-of-range",
            version: (3, 6, 0),
            what: "a parameter of `topk`, `bottomk` or `limitk` that is no 64-bit number is looked at before any series is, and one that is too low \
                   is no error",
            touches: "those whose parameter is that large or low",
            recognise: Some(|asked| {
                asked.any(
                    |node| matches!(node.expr, Expr::Aggregation(aggregation) if is_out_of_range(aggregation)),
                )
            }),
            examples: &["topk(1e300, gauge)", "bottomk(-1e300, gauge)"],
            counterexamples: &["topk(3, gauge)", "limit_ratio(1e300, gauge)", "quantile(1e300, gauge)"],
        },
        Change {
            name: "filters-match-one-to-one",
            version: (3, 9, 0),
            what: "a comparison that filters fails on several matches for one element also where the filter leaves one or none",
            touches: "comparisons of vectors without `bool` whose matching may find several elements",
            recognise: Some(|asked| {
                asked
                    .any(|node| matches!(node.expr, Expr::Binary(binary) if may_match_several(binary, asked)))
            }),
            examples: &[
                "gauge > on (job) sum by (job) (gauge)",
                "gauge == ignoring (instance) max without (instance) (gauge)",
            ],
            counterexamples: &[
                "gauge > counter_total",
                "gauge > bool on (job) sum by (job) (gauge)",
                "sum by (job) (gauge) > on (job) sum by (job) (gauge)",
                "gauge > on (job) group_left () sum by (job) (gauge)",
                "gauge > 5",
            ],
        },
        Change {
            name: "minus-merges-series",
            version: (3, 9, 0),
            what: "series that are the same after a minus sign are one where they do not overlap",
            touches: "a minus before series of several names, at more than one step",
            recognise: Some(|asked| {
                asked.any(|node| match node.expr {
                    Expr::Unary(unary) => {
                        unary.sign == Sign::Minus && node.has_steps && !is_of_one_name(&unary.expr)
                    }
                    _ => false,
                })
            }),
            examples: &["-{__name__=~\"gauge|counter_total\"}", "-(gauge or on (none) counter_total)"],
            counterexamples: &["-gauge", "-sum({__name__=~\"gauge|counter_total\"})", "1 - {job=\"a\"}"],
        },
        Change {
            name: "label-functions-merge-series",
            version: (3, 9, 0),
            what: "series that are the same after `label_replace` or `label_join` are one where they do not overlap",
            touches: "calls that write a label that tells series apart, at more than one step",
            recognise: Some(|asked| {
                asked.any(|node| match node.expr {
                    Expr::Call(call) => node.has_steps && may_merge(call, asked),
                    _ => false,
                })
            }),
            examples: &[
                "label_replace(gauge, \"instance\", \"same\", \"job\", \".*\")",
                "label_join({job=\"a\"}, \"added\", \"-\", \"job\")",
            ],
            counterexamples: &[
                "label_replace(gauge, \"added\", \"$1\", \"job\", \"(.*)\")",
                "label_join(gauge, \"added\", \"-\")",
            ],
        },
        Change {
            name: "info-mended",
            version: (3, 12, 0),
            what: "`info` (from 3.7 on): series that come and go or lack the identifying labels, filters on labels of both \
                   sides, several and negated matchers of the name",
            touches: "calls of `info`",
            recognise: Some(|asked| asked.calls(&[FunctionId::Info])),
            examples: &["info(gauge)", "sum(info(rate(counter_total[5m]), {version=~\".+\"}))"],
            counterexamples: &["gauge * on (job, instance) group_left (version) target_info"],
        },
        Change {
            name: "sort-in-range-queries",
            version: (3, 12, 0),
            what: "a warning that sorting has no effect on a range query",
            touches: "calls of the sorting functions at more than one step",
            recognise: Some(|asked| {
                asked.any(|node| node.has_steps && matches!(node.expr, Expr::Call(call) if is_sort(call)))
            }),
            examples: &["sort(gauge)", "sum(sort_by_label_desc(gauge, \"job\"))"],
            counterexamples: &["topk(3, gauge)"],
        },
        Change {
            name: "dropped-names-stay-dropped",
            version: (3, 12, 0),
            what: "`last_over_time` and `first_over_time` no longer bring back a name that a function in the subquery dropped",
            touches: "calls of them over a subquery of anything but a selector",
            recognise: Some(|asked| {
                asked.any_call(|call| {
                    matches!(call.function, FunctionId::LastOverTime | FunctionId::FirstOverTime)
                        && call.args.iter().any(is_subquery_of_more)
                })
            }),
            examples: &["last_over_time(abs(gauge)[5m:])", "first_over_time((-gauge)[5m:1m])"],
            counterexamples: &[
                "last_over_time(gauge[5m])",
                "last_over_time(gauge[5m:1m])",
                "max_over_time(abs(gauge)[5m:])",
            ],
        },
        Change {
            name: "mad-of-nan",
            version: (3, 14, 0),
            what: "`mad_over_time` of samples with a NaN among them is NaN",
            touches: "calls of `mad_over_time`",
            recognise: Some(|asked| asked.calls(&[FunctionId::MadOverTime])),
            examples: &["mad_over_time(gauge[5m])"],
            counterexamples: &["stddev_over_time(gauge[5m])"],
        },
        Change {
            name: "subqueries-end-with-the-last-step",
            version: (3, 13, 0),
            what: "a subquery is not evaluated behind the last step of what is around it, where it may warn or fail",
            touches: "subqueries in another one, or in a range whose end is no step",
            recognise: Some(|asked| {
                let ends_between = asked.ends_between_steps();
                asked.any(|node| {
                    matches!(node.expr, Expr::Subquery(_)) && (node.is_in_subquery || ends_between)
                })
            }),
            examples: &["max_over_time(rate(gauge[5m:1m])[1h:7m])"],
            counterexamples: &["max_over_time(rate(gauge[5m])[1h:7m])"],
        },
    ]
}

fn may_have_nan(aggregation: &Aggregation) -> bool {
    let takes_number = matches!(
        aggregation.op,
        AggregationOp::TopK | AggregationOp::BottomK | AggregationOp::LimitK | AggregationOp::LimitRatio
    );
    takes_number && aggregation.param.as_ref().is_some_and(|param| constant(param).is_none_or(f64::is_nan))
}

fn is_out_of_range(aggregation: &Aggregation) -> bool {
    let is_count =
        matches!(aggregation.op, AggregationOp::TopK | AggregationOp::BottomK | AggregationOp::LimitK);
    let parameter = aggregation.param.as_ref().and_then(constant);
    is_count && parameter.is_some_and(|parameter| parameter.abs() >= (1_u64 << 63) as f64)
}

/// The side that has to be unique anyway is checked first by all versions.
fn may_match_several(binary: &Binary, asked: &Asked<'_>) -> bool {
    let Some(matching) = &binary.matching else { return false };
    if !binary.op.is_comparison() || binary.return_bool || !is_between_vectors(binary) {
        return false;
    }
    match matching.cardinality {
        MatchCardinality::OneToOne => !are_unique(&binary.lhs, &matching.labels, asked.families),
        // What is taken over from the one side may make elements of the many side the same.
        MatchCardinality::ManyToOne => !matching.include.is_empty() || !is_of_one_name(&binary.lhs),
        MatchCardinality::OneToMany => !matching.include.is_empty() || !is_of_one_name(&binary.rhs),
        MatchCardinality::ManyToMany => false,
    }
}

fn may_merge(call: &Call, asked: &Asked<'_>) -> bool {
    let (FunctionId::LabelReplace | FunctionId::LabelJoin, [vector, target, ..]) =
        (call.function, call.args.as_slice())
    else {
        return false;
    };
    let Expr::StringLiteral(target) = target.without_parens() else { return true };
    !is_of_one_name(vector) || telling(vector, asked.families).contains(&target.value)
}

const fn is_sort(call: &Call) -> bool {
    matches!(
        call.function,
        FunctionId::Sort | FunctionId::SortDesc | FunctionId::SortByLabel | FunctionId::SortByLabelDesc
    )
}

fn is_subquery_of_more(arg: &Expr) -> bool {
    match arg.without_parens() {
        Expr::Subquery(subquery) => !matches!(subquery.expr.without_parens(), Expr::VectorSelector(_)),
        _ => false,
    }
}

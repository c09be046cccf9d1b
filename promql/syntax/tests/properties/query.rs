//! Random queries as text, and random pieces of them.

use proptest::prelude::*;
use proptest::sample::select;

/// A number, as text.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "0", "1", "0x1F", "0755", "1_000", ".5", "5.", "1e+3", "1e-9", "1e21", "Inf", "NaN", "-3", "+2.5"
        ])
        .prop_map(str::to_owned),
        any::<f64>().prop_map(|value| if value.is_finite() {
            format!("{value:e}")
        } else {
            "inf".to_owned()
        }),
        duration_literal(),
    ]
}

fn duration_literal() -> impl Strategy<Value = String> {
    select(vec!["5m", "1h30m", "1y2w3d4h5m6s7ms", "90s", "1w", "8d", "250ms"]).prop_map(str::to_owned)
}

/// What can stand in brackets.
fn duration() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => duration_literal(),
        1 => select(vec!["30", "1.5", "step()", "RANGE()"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), select(vec!["+", "-", "*", "/", "%", "^"]), inner.clone())
                .prop_map(|(lhs, op, rhs)| format!("{lhs} {op} {rhs}")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("(-{inner})")),
            (select(vec!["min_of", "Max_Of"]), inner.clone(), inner)
                .prop_map(|(name, lhs, rhs)| format!("{name}({lhs},{rhs})")),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    select(vec!["foo", "job:rate:5m", "sum", "by", "offset", "start", "fill", "unless", "_x9"])
        .prop_map(str::to_owned)
}

fn matchers() -> impl Strategy<Value = String> {
    let matcher = (
        select(vec!["a", "job", "le", "on", "\"label.name\"", "'ü'"]),
        select(vec!["=", "!=", "=~", "!~"]),
        select(vec!["'x'", "\"a\\\"b\\n\"", "`a|b`", "'.+'", "\"\\xe5\\x8f\\xb0\"", "''"]),
    )
        .prop_map(|(name, op, value)| format!("{name}{op}{value}"));
    prop::collection::vec(matcher, 0..4).prop_map(|matchers| matchers.join(", "))
}

fn selector() -> impl Strategy<Value = String> {
    prop_oneof![
        name(),
        (name(), matchers()).prop_map(|(name, matchers)| format!("{name}{{{matchers}}}")),
        matchers().prop_map(|matchers| format!("{{\"metric.name\", {matchers}}}")),
    ]
}

/// What can follow a selector, a range selector or a subquery.
fn time_modifiers() -> impl Strategy<Value = String> {
    let at = select(vec!["", " @ 1.5", " @ -3e1", " @ start()", " @ END()", " @ 5m"]);
    let offset = prop_oneof![
        3 => Just(String::new()),
        1 => duration_literal().prop_map(|duration| format!(" offset -{duration}")),
        // Without a sign the offset would go on behind an operator, and no other operand than a duration could follow.
        1 => duration().prop_map(|duration| format!(" OFFSET -({duration})")),
        1 => Just(" offset -max_of(1, step())".to_owned()),
    ];
    (at, offset).prop_map(|(at, offset)| format!("{at}{offset}"))
}

/// An expression that is an instant vector.
pub(crate) fn vector() -> impl Strategy<Value = String> {
    let leaf = (selector(), select(vec!["", " anchored", " smoothed"]), time_modifiers())
        .prop_map(|(selector, extended, time)| format!("{selector}{extended}{time}"));
    leaf.prop_recursive(4, 24, 3, |inner| {
        let matching = select(vec![
            "",
            " on (a, b)",
            " ignoring (\"x.y\")",
            " on () group_left ()",
            " ignoring (a) group_right (c)",
            " on (a) fill(-1)",
            " fill_right(NaN) fill_left(2)",
        ]);
        let comparison = select(vec!["==", "!=", "<", ">= bool", "> bool"]);
        let arithmetic = select(vec!["+", "-", "*", "/", "%", "^", "atan2", "</", ">/"]);
        let grouping = select(vec!["", " by (a)", " by ()", " without ()", " without (sum, \"ü\")"]);
        prop_oneof![
            (inner.clone(), prop_oneof![comparison, arithmetic.clone()], matching, inner.clone())
                .prop_map(|(lhs, op, matching, rhs)| format!("{lhs} {op}{matching} {rhs}")),
            (inner.clone(), select(vec!["and", "or", "unless on (a)"]), inner.clone())
                .prop_map(|(lhs, op, rhs)| format!("{lhs} {op} {rhs}")),
            (number(), arithmetic, inner.clone()).prop_map(|(lhs, op, rhs)| format!("({lhs} {op} {rhs})")),
            (select(vec!["sum", "max", "group"]), grouping, inner.clone())
                .prop_map(|(op, grouping, expr)| format!("{op}{grouping} ({expr})")),
            (number(), inner.clone()).prop_map(|(k, expr)| format!("topk({k}, {expr}) by (a)")),
            inner.clone().prop_map(|expr| format!("({expr})")),
            inner.clone().prop_map(|expr| format!("-{expr}")),
            inner.clone().prop_map(|expr| format!("info({expr}, {{a=~'.*'}})")),
            inner.clone().prop_map(|expr| format!("label_replace({expr}, 'a', \"$1\", 'b', `(.*)`)")),
            inner.clone().prop_map(|expr| format!("vector(scalar({expr}) + time())")),
            (selector(), duration(), time_modifiers())
                .prop_map(|(selector, range, time)| format!("rate({selector}[{range}]{time})")),
            (inner, duration(), prop::option::of(duration()), time_modifiers()).prop_map(
                |(expr, range, step, time)| {
                    format!("max_over_time(({expr})[{range}:{}]{time})", step.unwrap_or_default())
                }
            ),
        ]
    })
}

/// Pieces of queries, to be put together without sense.
pub(crate) fn pieces() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "@",
        "=",
        "=~",
        "!~",
        "!=",
        "==",
        "<",
        "</",
        ">/",
        "+",
        "-",
        "^",
        " ",
        "foo",
        "a:b",
        "sum",
        "by",
        "on",
        "bool",
        "group_left",
        "offset",
        "anchored",
        "fill",
        "step",
        "min_of",
        "start",
        "rate",
        "1",
        "0x",
        "5m",
        "1e",
        "_",
        ".",
        "'",
        "\"",
        "`",
        "\\",
        "\\x",
        "#",
        "\n",
        "ü",
        "inf",
        "and",
        "\u{0}",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

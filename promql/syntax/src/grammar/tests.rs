//! Each rule of the grammar beside its example.

use crate::ast::{At, DurationSpec, Expr, ExtendedRange, Fill, MatchCardinality, MatchLabels};
use crate::experimental::ParserOptions;
use crate::parse::{parse, parse_with};

fn read(query: &str) -> Expr {
    parse_with(query, &ParserOptions::ALL).unwrap_or_else(|error| panic!("{}", error.render(query)))
}

fn refusal(query: &str) -> String {
    parse_with(query, &ParserOptions::ALL).expect_err(query).to_string()
}

/// The expression with all the parentheses that its tree means.
fn grouped(query: &str) -> String {
    fn go(expr: &Expr) -> String {
        match expr {
            Expr::Binary(binary) => format!("({} {} {})", go(&binary.lhs), binary.op, go(&binary.rhs)),
            Expr::Unary(unary) => format!("({}{})", unary.sign.as_str(), go(&unary.expr)),
            Expr::Paren(paren) => go(&paren.expr),
            other => other.to_string(),
        }
    }
    go(&read(query))
}

#[test]
fn operators_bind_by_precedence_and_associate_to_the_left_but_for_powers() {
    assert_eq!(
        grouped("a or b and c == d + e * f ^ g ^ h"),
        "(a or (b and (c == (d + (e * (f ^ (g ^ h)))))))"
    );
    assert_eq!(grouped("a ^ b * c + d == e unless f or g"), "((((((a ^ b) * c) + d) == e) unless f) or g)");
    assert_eq!(grouped("a - b - c"), "((a - b) - c)");
    assert_eq!(grouped("a and b unless c"), "((a and b) unless c)");
    assert_eq!(grouped("a atan2 b % c"), "((a atan2 b) % c)");
    assert_eq!(grouped("a </ 5 >/ 2"), "((a </ 5) >/ 2)");
}

#[test]
fn a_sign_binds_like_a_product_and_is_folded_into_a_number() {
    assert_eq!(grouped("-2 ^ 2"), "(-(2 ^ 2))");
    assert_eq!(grouped("-a * b"), "((-a) * b)");
    assert_eq!(grouped("2 ^ -a ^ b * c"), "((2 ^ (-(a ^ b))) * c)");
    assert_eq!(grouped("1 - -2"), "(1 - -2)");
    assert_eq!(grouped("--2"), "2");
    assert_eq!(grouped("-(2)"), "(-2)");
    assert_eq!(grouped("-a offset 5m"), "(-a offset 5m)");
}

#[test]
fn most_keywords_are_metric_names_where_a_name_must_stand() {
    for name in [
        "and",
        "or",
        "unless",
        "by",
        "without",
        "offset",
        "anchored",
        "smoothed",
        "sum",
        "count_values",
        "start",
        "end",
        "step",
        "range",
        "min_of",
        "max_of",
        "fill",
        "fill_left",
        "AvG",
    ] {
        let Expr::VectorSelector(selector) = read(name) else { panic!("{name} is no selector") };
        assert_eq!(selector.name.as_deref(), Some(name));
    }
    assert_eq!(grouped("and and or or sum - sum"), "((and and or) or (sum - sum))");
    assert_eq!(grouped("other + fill(0) fill"), "(other + fill)");
    for keyword in ["bool", "on", "ignoring", "group_left", "group_right", "atan2"] {
        assert!(parse(keyword).is_err(), "{keyword} is no metric name");
        assert!(parse(&format!("sum by ({keyword}) (foo)")).is_ok(), "{keyword} is a label name");
        assert!(parse(&format!("foo{{{keyword}='x'}}")).is_ok(), "{keyword} is a label name");
    }
}

#[test]
fn keywords_are_read_in_any_case_but_function_names_are_not() {
    assert_eq!(read("SUM BY (a) (foo) Or bar").to_string(), "sum by (a) (foo) or bar");
    assert_eq!(read("START() + iNf").to_string(), "start() + +Inf");
    assert_eq!(refusal("RATE(foo[5m])"), "1:1: parse error: unknown function with name \"RATE\"");
}

#[test]
fn names_in_quotes_may_be_any_text() {
    let Expr::VectorSelector(selector) = read(r#"{"metric.name", 'label.name'!~`a\.b`}"#) else { panic!() };
    let matchers: Vec<_> = selector.matchers.iter().map(ToString::to_string).collect();
    assert_eq!(matchers, [r#"__name__="metric.name""#, r#""label.name"!~"a\\.b""#]);
    assert_eq!(selector.name, None, "the name before the braces is the one that is kept apart");
    assert_eq!(read("sum by ('a.b', c,) (foo)").to_string(), r#"sum by ("a.b", c) (foo)"#);
}

#[test]
fn time_modifiers_stand_in_any_order_once() {
    let Expr::MatrixSelector(matrix) = read("foo[5m] @ -1.5 anchored offset -1h") else { panic!() };
    assert_eq!(matrix.range, DurationSpec::Millis(300_000));
    assert_eq!(matrix.selector.at, Some(At::Timestamp(-1500)));
    assert_eq!(matrix.selector.offset, DurationSpec::Millis(-3_600_000));
    assert_eq!(matrix.selector.extended_range, Some(ExtendedRange::Anchored));
    let Expr::Subquery(subquery) = read("rate(foo[1m])[1h:] offset 5 @ end()") else { panic!() };
    assert_eq!((subquery.step, subquery.at), (None, Some(At::End)));
    assert_eq!(refusal("foo offset 1m offset 1m"), "1:1: parse error: offset may not be set multiple times");
    assert_eq!(
        refusal("foo anchored smoothed"),
        "1:1: parse error: anchored and smoothed modifiers cannot be used together"
    );
    assert!(refusal("foo[5m:] anchored").ends_with("anchored modifier is not supported for subqueries"));
}

#[test]
fn a_duration_is_computed_from_the_querys_step_and_range() {
    for (range, ms) in [
        ("11s + 10s - 5 * 2 ^ 2", 1000),
        ("-10s + 15s", 5000),
        ("0 + 2 ^ 3 ^ 0", 2000),
        ("(1m) / 7", 8571),
        ("7 % 4", 3000),
        ("max_of(step() * 2, 1s)", 30_000),
        ("min_of(range(), 2h) / 2", 1_800_000),
    ] {
        let Expr::MatrixSelector(matrix) = read(&format!("foo[{range}]")) else { panic!() };
        assert_eq!(matrix.range.resolve_positive(15_000, 3_600_000), Ok(ms), "{range}");
    }
    for (range, message) in [
        ("step() - 15s", "duration must be greater than 0"),
        ("1 / (step() - 15)", "division by zero"),
        ("1 % (step() - 15)", "modulo by zero"),
        ("10 ^ 99", "duration is out of range"),
        ("(-1) ^ 0.5", "duration is NaN or infinite"),
        ("min_of(1, (-1) ^ 0.5)", "duration is NaN or infinite"),
        ("10 ^ 999", "duration is NaN or infinite"),
    ] {
        let Expr::MatrixSelector(matrix) = read(&format!("foo[{range}]")) else { panic!() };
        let error = matrix.range.resolve_positive(15_000, 0).expect_err(range);
        assert_eq!(error.to_string(), message, "{range}");
    }
    assert_eq!(refusal("foo[5m % 0]"), "1:8: parse error: modulo by zero");
}

#[test]
fn an_offset_ends_before_an_operator() {
    assert_eq!(grouped("foo offset 5m + 5m"), "(foo offset 5m + 5m)");
    assert_eq!(grouped("foo offset -2 ^ 2"), "(foo offset -2s ^ 2)");
    assert_eq!(grouped("foo offset -step() * 2"), "(foo offset -step() * 2)");
    assert_eq!(grouped("foo offset -(2) ^ 2"), "(foo offset -(2) ^ 2)");
    let Expr::VectorSelector(selector) = read("foo offset (5m + -step() * 2)") else { panic!() };
    assert_eq!(selector.offset.resolve(60_000, 0), Ok(180_000));
}

#[test]
fn an_offset_that_begins_with_parentheses_goes_on() {
    for (text, offset_ms) in [
        ("foo offset (5m) + 5m", 600_000),
        ("foo offset (2 * 1m) % 50 ^ 1 - 1", 19_000),
        ("foo offset (1) - -(2)", 3_000),
        ("foo offset --1m", 60_000),
        ("foo offset -+2 ^ 2 * 3", -12_000),
        ("foo offset (1m) + 1m @ 5", 120_000),
    ] {
        let Expr::VectorSelector(selector) = read(text) else { panic!("{text}") };
        assert_eq!(selector.offset.resolve(60_000, 0), Ok(offset_ms), "{text}");
        let printed = Expr::VectorSelector(selector).to_string();
        let Expr::VectorSelector(selector) = read(&printed) else { panic!("{printed}") };
        assert_eq!(selector.offset.resolve(60_000, 0), Ok(offset_ms), "{printed}");
    }
    assert_eq!(grouped("foo offset (1m) * 2 > 3"), "(foo offset (1m) * 2 > 3)");
    assert_eq!(grouped("foo offset (1m) atan2 3"), "(foo offset (1m) atan2 3)");
    assert_eq!(
        refusal("foo offset (1m) * bar"),
        "1:19: parse error: unexpected identifier \"bar\" in offset, expected number, duration, step(), or range()"
    );
    assert_eq!(refusal("foo offset (1m) / 0"), "1:17: parse error: division by zero");
}

#[test]
fn matching_has_an_order() {
    let Expr::Binary(binary) = read("a == bool on (x) group_left (y,) fill_right (-1) fill_left (2m) b")
    else {
        panic!()
    };
    let matching = binary.matching.unwrap();
    assert!(binary.return_bool);
    assert_eq!(matching.labels, MatchLabels::On(vec!["x".to_owned()]));
    assert_eq!((matching.cardinality, matching.include), (MatchCardinality::ManyToOne, vec!["y".to_owned()]));
    assert_eq!(matching.fill, Fill { lhs: Some(120.0), rhs: Some(-1.0) });
    assert_eq!(refusal("a + group_left b"), "1:5: parse error: unexpected <group_left>");
    assert_eq!(refusal("a + fill(0) on(x) b"), "1:13: parse error: unexpected <on>");
}

#[test]
fn types_settle_the_matching() {
    let cardinality = |query: &str| match read(query) {
        Expr::Binary(binary) => binary.matching.map(|matching| matching.cardinality),
        _ => None,
    };
    assert_eq!(cardinality("a + b"), Some(MatchCardinality::OneToOne));
    assert_eq!(cardinality("a unless b"), Some(MatchCardinality::ManyToMany));
    assert_eq!(cardinality("a + 1"), None);
    assert_eq!(cardinality("a + on () 1"), None, "upstream lets an empty list pass");
    assert!(
        refusal("a + fill(0) 1").contains("filling in missing series only allowed between instant vectors")
    );
    assert!(refusal("a or fill(0) b").contains("filling in missing series not allowed for set operators"));
}

#[test]
fn experimental_syntax_has_to_be_switched_on() {
    for (query, message) in [
        ("foo anchored", "1:1: parse error: anchored modifier is experimental and not enabled"),
        ("mad_over_time(foo[5m])", "1:1: parse error: function \"mad_over_time\" is not enabled"),
        ("a + fill(0) b", "1:1: parse error: binop fill modifiers are experimental and not enabled"),
        (
            "limitk(2, foo)",
            "1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions",
        ),
    ] {
        assert_eq!(parse(query).expect_err(query).to_string(), message);
        assert!(parse_with(query, &ParserOptions::ALL).is_ok());
    }
    let none = ParserOptions { duration_expr: false, ..ParserOptions::default() };
    assert_eq!(
        parse_with("foo[1m + 1m]", &none).unwrap_err().to_string(),
        "1:5: parse error: experimental duration expression is not enabled"
    );
    assert!(parse_with("foo[-1m:1m] offset -5", &none).is_err());
    assert!(parse_with("foo[1m:1m] offset -5", &none).is_ok(), "a sign is part of a literal");
}

#[test]
fn info_takes_matchers_that_need_not_match_anything() {
    let Expr::Call(info) = read(r#"info(foo, {a=~".*"})"#) else { panic!() };
    let Some(Expr::VectorSelector(labels)) = info.args.get(1) else { panic!() };
    assert!(labels.allow_empty_matchers);
    assert!(refusal("info(foo, 1)").ends_with("expected label selectors only"));
}

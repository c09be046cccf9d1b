//! What a query may not exceed: too much is an error, never the end of the stack. The tests run on the stack of 2 MiB
//! that a thread has.

use emberdb_promql_syntax::{DEPTH_MAX, Expr, ParseError, ParserOptions, QUERY_BYTES_MAX, parse, parse_with};

fn read(query: &str) -> Result<Expr, ParseError> {
    parse_with(query, &ParserOptions::ALL)
}

/// `before` and `after` around `middle`, as often as the greatest length of a query allows.
fn nested(before: &str, middle: &str, after: &str) -> String {
    let times = (QUERY_BYTES_MAX - 64) / (before.len() + after.len());
    format!("{}{middle}{}", before.repeat(times), after.repeat(times))
}

#[test]
fn a_million_parentheses_are_an_error_and_not_the_end_of_the_stack() {
    let deep = format!("expression is nested deeper than {DEPTH_MAX} levels");
    for (before, middle, after) in [
        ("(", "foo", ")"),
        ("(", "", ""),
        ("-", "foo", ""),
        ("+", "1", ""),
        ("a^", "foo", ""),
        ("a+(", "foo", ")"),
        ("abs(", "foo", ")"),
        ("sum(", "foo", ")"),
        ("topk(", "1", ",foo)"),
        ("clamp(foo,1,", "1", ")"),
        ("", "foo", "+a"),
        ("", "foo", " or on(a)a"),
        ("", "foo", "[5m:]"),
    ] {
        let error = read(&nested(before, middle, after)).expect_err(before);
        assert!(error.message().contains(&deep), "{before}{after}: {error}");
    }
}

#[test]
fn a_million_levels_of_a_duration_are_an_error_too() {
    let deep = format!("expression is nested deeper than {DEPTH_MAX} levels");
    for (before, middle, after) in [
        ("(", "5m", ")"),
        ("(", "", ""),
        ("-", "step()", ""),
        ("min_of(1,", "1", ")"),
        ("2^", "1", ""),
        ("", "1", "+1"),
    ] {
        for (open, close) in [("foo[", "]"), ("foo[1h:", "]"), ("foo offset (", ")")] {
            let error = read(&format!("{open}{}{close}", nested(before, middle, after))).expect_err(before);
            assert!(error.message().contains(&deep), "{open}{before}{after}: {error}");
        }
    }
}

#[test]
fn a_million_of_what_opens_or_closes_is_an_error() {
    for piece in
        [")", "[", "]", "{", "}", "foo[", "foo{", "foo(", "'", "`", "@", "@ ", "a=", ",", "!", "\\", "{{"]
    {
        assert!(read(&nested(piece, "", "")).is_err(), "{piece}");
    }
    assert!(read(&format!("foo[{}", "[".repeat(1_000_000))).is_err());
}

#[test]
fn what_is_long_but_flat_can_be_read() {
    for (open, piece, close) in [
        ("foo{", "a='b',", "}"),
        ("sum by (", "a,", ") (foo)"),
        ("", " ", "foo"),
        ("\"", "\\n", "\""),
        ("foo[5m]#", "(", ""),
    ] {
        let query = format!("{open}{}{close}", piece.repeat(150_000));
        let expr = read(&query).expect(piece);
        assert!(read(&expr.to_string()).is_ok(), "{piece}");
    }
}

#[test]
fn the_greatest_depth_can_be_read_printed_and_dropped() {
    let inner = DEPTH_MAX - 1;
    for query in [
        format!("{}foo{}", "(".repeat(inner), ")".repeat(inner)),
        format!("{}foo", "-".repeat(inner)),
        format!("foo{}", " + foo".repeat(inner)),
        format!("{}foo", "2 ^ ".repeat(inner)),
        format!("{}foo{}", "abs(".repeat(inner), ")".repeat(inner)),
    ] {
        let expr = read(&query).expect("as deep as can be");
        assert_eq!(expr.to_string(), query);
        for width in [1, usize::MAX] {
            assert!(!expr.pretty_with_width(width).is_empty());
        }
        drop(expr.clone());
    }
}

#[test]
fn a_query_has_a_greatest_length() {
    let comment = format!("1 #{}", "x".repeat(QUERY_BYTES_MAX - 3));
    assert!(parse(&comment).is_ok());
    let error = parse(&format!("{comment}x")).unwrap_err();
    assert_eq!(error.to_string(), "1:1: parse error: query is longer than 1048576 bytes");
}

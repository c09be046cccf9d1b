use super::*;
use proptest::prelude::*;

#[test]
fn operators() {
    for (op, value, yes, no) in [
        (MatchOp::Equal, "a", "a", "ab"),
        (MatchOp::NotEqual, "a", "ab", "a"),
        (MatchOp::Regex, "a.c", "a\nc", "abcd"),
        (MatchOp::NotRegex, "a|b", "ab", "b"),
    ] {
        let matcher = Matcher::new(op, "l", value).unwrap();
        assert!(matcher.matches(yes), "{matcher} {yes:?}");
        assert!(!matcher.matches(no), "{matcher} {no:?}");
    }
}

#[test]
fn a_group_of_ours_cannot_be_closed_from_inside() {
    assert!(Matcher::new(MatchOp::Regex, "l", "a)|(b").is_err());
    let error = Matcher::new(MatchOp::Regex, "l", "a(b").unwrap_err();
    assert_eq!(error.to_string(), r#"invalid regular expression "a(b": unclosed group at offset 1"#);
}

#[test]
fn deep_and_large_expressions_are_refused() {
    assert!(AnchoredRegex::new(&"(".repeat(100_000)).is_err());
    assert!(AnchoredRegex::new("((a{1000}){1000}){1000}").is_err());
}

#[test]
fn what_is_compiled_late_always_compiles() {
    for piece in [r"\pL", r"\PN", r"[^\pL]", r"(\pL*)+", r"(?i)\pL", "(?i:k)", "((a|b)*)*", ".", "é|"] {
        let mut pattern = String::new();
        while pattern.len() + piece.len() <= 128 {
            pattern.push_str(piece);
        }
        let regex = AnchoredRegex::new(&pattern).unwrap();
        // Compiling it now must not panic.
        assert!(!regex.is_match("\u{1}\n{"), "{pattern}");
    }
}

#[test]
fn re2_differences() {
    for (pattern, yes, no) in [
        (r"\d+", "12", "١٢"),
        (r"\w", "a", "é"),
        (r"[\d_]+", "1_2", "a"),
        (r"\Qa.b\E.", "a.bc", "axbc"),
        (r"[a&&b]+", "a&b", "c"),
        (r"[[a]+", "[a", "b"),
        (r"a{,2}", "a{,2}", "aa"),
        (r"a{2}", "aa", "a"),
        (r"[]a]", "]", "b"),
        (r"[[:alpha:]]", "x", "1"),
    ] {
        let regex = AnchoredRegex::new(pattern).unwrap();
        assert!(regex.is_match(yes), "{pattern} {yes:?}");
        assert!(!regex.is_match(no), "{pattern} {no:?}");
    }
}

#[test]
fn few_strings_are_listed() {
    let literals = |p: &str| {
        AnchoredRegex::new(p)
            .unwrap()
            .literals()
            .map(|l| l.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(literals("b|a|b"), Some(vec!["a".into(), "b".into()]));
    assert_eq!(literals("(5|4)0[13]"), Some(vec!["401".into(), "403".into(), "501".into(), "503".into()]));
    assert_eq!(literals("x?"), Some(vec![String::new(), "x".into()]));
    assert_eq!(literals("a.*"), None);
    assert_eq!(literals("5.."), None);
}

#[test]
fn expand_follows_go() {
    let regex = AnchoredRegex::new("(?P<host>[^:]+):(.*)").unwrap();
    let mut out = String::new();
    assert!(regex.expand("a:1", "$host-$2-${2}x-$2x-$$", &mut out));
    assert_eq!(out, "a-1-1x--$");
    assert!(!regex.expand("none", "$1", &mut out));
}

proptest! {
    /// The short cuts answer as the compiled expression does.
    #[test]
    fn shapes_agree_with_the_regex(
        pattern in prop::sample::select(vec![
            "a|b|ab", "[ab]c?", "a.*", "ab.+", ".*", ".+", "", "a?b?", "(a|b)(c|)", "a\\.b", "(?i)ab", "b.*a", "(.*)",
        ]),
        text in "[abcA.\n]{0,4}",
    ) {
        let short = AnchoredRegex::new(pattern).unwrap();
        let long = ::regex::Regex::new(&format!("^(?s:{pattern})$")).unwrap();
        prop_assert_eq!(short.is_match(&text), long.is_match(&text));
    }

    #[test]
    fn no_pattern_panics(pattern in "\\PC{0,20}") {
        let _ = AnchoredRegex::new(&pattern);
    }
}

//! RE2 syntax, as Prometheus' users write it, rewritten for the `regex` crate where the two differ.
//!
//! | RE2 | `regex` | rewritten to |
//! |---|---|---|
//! | `\d \w \s \b` are ASCII | Unicode | `[0-9]`, `[0-9A-Za-z_]`, `[\t\n\f\r ]`, `(?-u:\b)` |
//! | `\Q…\E` quotes | unknown | each character escaped |
//! | `[a&&b]`, `[a--b]`, `[a~~b]`, `[[a]` are plain characters | set operations | escaped |
//! | `{` that begins no repetition is plain | error | `\{` |
//! | `\C`, `\pN` without braces and so on | as RE2 | unchanged |

use std::fmt::Write;

/// `pattern` in the syntax of the `regex` crate. What is malformed stays malformed: the compiler reports it.
pub(super) fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        rest = match c {
            '\\' => escape(rest, &mut out, false),
            '[' => class(rest, &mut out),
            '{' if !begins_repetition(rest) => {
                out.push_str("\\{");
                &rest[1..]
            }
            c => {
                out.push(c);
                &rest[c.len_utf8()..]
            }
        };
    }
    out
}

/// Rewrites the escape at the start of `text`; returns what follows it.
fn escape<'a>(text: &'a str, out: &mut String, in_class: bool) -> &'a str {
    let Some(c) = text[1..].chars().next() else {
        out.push('\\');
        return "";
    };
    let rest = &text[1 + c.len_utf8()..];
    let ascii = match (c, in_class) {
        ('d', false) => "[0-9]",
        ('D', false) => "[^0-9]",
        ('w', false) => "[0-9A-Za-z_]",
        ('W', false) => "[^0-9A-Za-z_]",
        ('s', false) => r"[\t\n\x0c\r ]",
        ('S', false) => r"[^\t\n\x0c\r ]",
        ('d', true) => "0-9",
        ('w', true) => "0-9A-Za-z_",
        ('s', true) => r"\t\n\x0c\r ",
        ('D', true) => "[^0-9]",
        ('W', true) => "[^0-9A-Za-z_]",
        ('S', true) => r"[^\t\n\x0c\r ]",
        ('b', false) => r"(?-u:\b)",
        // Between two parts of one character there is no boundary for RE2, which reads runes; the byte form of
        // `regex` may see one there, but a match can never begin or end inside a character.
        ('B', false) => r"\B",
        ('Q', false) => return quoted(rest, out),
        _ => {
            out.push('\\');
            out.push(c);
            return rest;
        }
    };
    out.push_str(ascii);
    rest
}

/// After `\Q`: everything up to `\E` (or the end) stands for itself.
fn quoted<'a>(text: &'a str, out: &mut String) -> &'a str {
    let (literal, rest) = text.split_once("\\E").unwrap_or((text, ""));
    out.push_str(&regex::escape(literal));
    rest
}

/// Rewrites the character class at the start of `text`; returns what follows it.
fn class<'a>(text: &'a str, out: &mut String) -> &'a str {
    out.push('[');
    let mut rest = &text[1..];
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    // A closing bracket in the first place is a plain character.
    if let Some(after) = rest.strip_prefix(']') {
        out.push_str("\\]");
        rest = after;
    }
    while let Some(c) = rest.chars().next() {
        match c {
            ']' => {
                out.push(']');
                return &rest[1..];
            }
            '\\' => {
                rest = escape(rest, out, true);
                continue;
            }
            '[' => {
                if let Some(end) = rest.strip_prefix("[:").and_then(|r| r.find(":]")) {
                    out.push_str(&rest[..end + 4]);
                    rest = &rest[end + 4..];
                    continue;
                }
                out.push_str("\\[");
            }
            '&' | '~' => {
                let _ = write!(out, "\\{c}");
            }
            c => out.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    rest
}

/// Whether `text`, which begins with `{`, begins with `{n}`, `{n,}` or `{n,m}`.
fn begins_repetition(text: &str) -> bool {
    let Some((inside, _)) = text[1..].split_once('}') else { return false };
    let (low, high) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

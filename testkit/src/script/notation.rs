//! Series notation: a metric, then its values, on one line.

use emberdb_histogram::parse_sequence;
use emberdb_model::{Labels, LabelsBuilder, METRIC_NAME};
use emberdb_promql_syntax::{Expr, parse};

use super::command::NotedValue;

/// A line of series notation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) labels: Labels,
    /// One for each step; `None` where there is no sample.
    pub(crate) values: Vec<Option<NotedValue>>,
}

/// Reads a line.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn line(text: &str) -> Result<Line, String> {
    let (labels, rest) = metric(text)?;
    let mut values = Vec::new();
    let mut rest = rest.trim_start();
    while !rest.is_empty() {
        let end = if rest.starts_with("{{") {
            let (histograms, behind) = parse_sequence(rest).map_err(|error| error.to_string())?;
            let noted = |notation| Some(NotedValue::Histogram(Box::new(notation)));
            values.extend(histograms.into_iter().map(noted));
            rest.len() - behind.len()
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            append_item(&rest[..end], &mut values)?;
            end
        };
        let behind = &rest[end..];
        rest = behind.trim_start();
        if behind.len() == rest.len() && !rest.is_empty() {
            return Err(format!("expected white space at {rest:?}"));
        }
    }
    Ok(Line { labels, values })
}

/// Reads the metric at the start of a line, and gives the rest.
fn metric(text: &str) -> Result<(Labels, &str), String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    let name_end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(name_end);
    let mut labels = LabelsBuilder::new();
    labels.push(METRIC_NAME, name);
    if let Some(braced) = rest.trim_start().strip_prefix('{').filter(|braced| !braced.starts_with('{')) {
        rest = braced_labels(braced, &mut labels)?;
    } else if name.is_empty() && !text.is_empty() {
        return Err(format!("no metric in {text:?}"));
    }
    Ok((labels.build().map_err(|e| e.to_string())?, rest))
}

/// Reads `name="value", …}`; a bare quoted string is the metric name.
fn braced_labels<'t>(mut text: &'t str, labels: &mut LabelsBuilder) -> Result<&'t str, String> {
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix('}') {
            return Ok(rest);
        }
        let (name, rest) = if text.starts_with(['"', '\'', '`']) {
            string(text)?
        } else {
            let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
            (text[..end].to_owned(), &text[end..])
        };
        text = rest.trim_start();
        if let Some(rest) = text.strip_prefix('=') {
            let (value, rest) = string(rest.trim_start())?;
            labels.push(&name, &value);
            text = rest.trim_start();
        } else {
            labels.push(METRIC_NAME, &name);
        }
        text = match text.strip_prefix(',') {
            Some(rest) => rest,
            None if text.starts_with('}') => text,
            None => return Err(format!("expected \",\" or \"}}\" at {text:?}")),
        };
    }
}

/// Reads a string literal at the start of `text`, and gives the rest.
fn string(text: &str) -> Result<(String, &str), String> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    let quote = quote.ok_or_else(|| format!("expected a string at {text:?}"))?;
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' && quote != '`' {
            is_escaped = true;
        } else if c == quote {
            let (literal, rest) = text.split_at(at + 1);
            return match parse(literal).map_err(|e| e.to_string())? {
                Expr::StringLiteral(string) => Ok((string.value, rest)),
                _ => Err(format!("expected a string at {text:?}")),
            };
        }
    }
    Err(format!("string without end: {text:?}"))
}

/// Appends the values of one item that is no histogram: `_`, `_xN`, `V`, `VxN`, `V+WxN`, `V-WxN`, `stale`.
fn append_item(item: &str, values: &mut Vec<Option<NotedValue>>) -> Result<(), String> {
    let malformed = || format!("malformed value {item:?}");
    if item == "stale" {
        values.push(Some(NotedValue::Float(emberdb_model::STALE_NAN)));
        return Ok(());
    }
    if let Some(rest) = item.strip_prefix('_') {
        let places = if rest.is_empty() { 1 } else { repetition(rest).ok_or_else(malformed)? };
        values.resize(values.len() + places, None);
        return Ok(());
    }
    let (first, rest) = number(item).ok_or_else(malformed)?;
    if rest.is_empty() {
        values.push(Some(NotedValue::Float(first)));
        return Ok(());
    }
    let (step, rest) =
        if rest.starts_with(['+', '-']) { number(rest).ok_or_else(malformed)? } else { (0.0, rest) };
    let mut value = first;
    for _ in 0..=repetition(rest).ok_or_else(malformed)? {
        values.push(Some(NotedValue::Float(value)));
        value += step;
    }
    Ok(())
}

/// `xN`.
fn repetition(text: &str) -> Option<usize> {
    text.strip_prefix('x')?.parse().ok()
}

/// A number at the start of `text`, with a sign or without, and the rest. Not hexadecimal: `0x5` is 0, repeated.
fn number(text: &str) -> Option<(f64, &str)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    let word = ["infinity", "inf", "nan"].into_iter().find(|word| lower.starts_with(word));
    let length = word.map_or_else(|| decimal_length(unsigned.as_bytes()), str::len);
    let (digits, rest) = unsigned.split_at(length);
    let magnitude: f64 = if digits.eq_ignore_ascii_case("nan") {
        emberdb_model::NORMAL_NAN
    } else {
        digits.replace('_', "").parse().ok()?
    };
    Some((if text.starts_with('-') { -magnitude } else { magnitude }, rest))
}

fn decimal_length(text: &[u8]) -> usize {
    let digits = |from: usize| text[from..].iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
    let mut length = digits(0);
    if text.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
    }
    if matches!(text.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits((length + 1 + sign).min(text.len()));
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(text: &str) -> (String, Vec<Option<f64>>) {
        let line = line(text).unwrap();
        let float = |value| match value {
            NotedValue::Float(value) => value,
            NotedValue::Histogram(_) => panic!("histograms in {text}"),
        };
        (line.labels.to_string(), line.values.into_iter().map(|value| value.map(float)).collect())
    }

    #[test]
    fn items_expand() {
        let (labels, values) = floats(r#"m{a="1", b='}'} 1 _ 2x1 1+2x2 _x2 3-1x1 -1e1 0x1"#);
        assert_eq!(labels, r#"m{a="1", b="}"}"#);
        let expected = [
            Some(1.0),
            None,
            Some(2.0),
            Some(2.0),
            Some(1.0),
            Some(3.0),
            Some(5.0),
            None,
            None,
            Some(3.0),
            Some(2.0),
            Some(-10.0),
            Some(0.0),
            Some(0.0),
        ];
        assert_eq!(values, expected);
        assert_eq!(
            floats(r#"{"a.b", "c.d"="x"} -Inf"#),
            (r#"{"a.b", "c.d"="x"}"#.to_owned(), vec![Some(f64::NEG_INFINITY)])
        );
        assert!(emberdb_model::is_stale(floats("m stale").1[0].unwrap()));
        assert_eq!(floats("{} 1").0, "{}");
    }

    #[test]
    fn histograms_stand_among_floats() {
        let line = line("m 1 {{count:1 sum:2}}x1 _ {{}}+{{sum:1}}x2 stale").unwrap();
        let sums = line.values.iter().map(|value| match value {
            Some(NotedValue::Histogram(notation)) => Some(notation.histogram.sum),
            Some(NotedValue::Float(_)) => Some(-1.0),
            None => None,
        });
        let sums: Vec<_> = sums.collect();
        let expected = [-1.0, 2.0, 2.0, f64::NAN, 0.0, 1.0, 2.0, -1.0];
        assert_eq!(sums, expected.map(|sum| Some(sum).filter(|sum| !sum.is_nan())));
    }

    #[test]
    fn what_is_malformed_is_told() {
        for text in ["m 1x", "m 1+x3", "m{a=} 1", "m{a='} 1", "m {{count}}", "m {{}}1", "m {{}}{{}}"] {
            assert!(line(text).is_err(), "{text}");
        }
    }
}

//! Label sets taken apart and put together, and the functions that do so: `label_replace`, `label_join`.

use emberdb_model::{Labels, LabelsBuilder, METRIC_NAME, write_quoted};
use emberdb_promql_syntax::{Call, Expr};
use regex::{Captures, Regex};

use super::error::NaiveError;
use super::evaluator::{Evaluator, unique};
use super::frame::Frame;
use super::value::Element;

/// What describes a metric instead of telling series apart; functions drop it with the name.
const METADATA_LABELS: [&str; 3] = [METRIC_NAME, "__type__", "__unit__"];

/// Only the labels that `kept` accepts.
pub(super) fn filter(labels: &Labels, kept: impl Fn(&str) -> bool) -> Labels {
    built(labels.iter().filter(|&(name, _)| kept(name)))
}

/// Without the name and the type and unit labels.
pub(super) fn without_metadata(labels: &Labels) -> Labels {
    filter(labels, |name| !METADATA_LABELS.contains(&name))
}

/// The name, empty if there is none.
pub(super) fn metric_name(labels: &Labels) -> &str {
    labels.get(METRIC_NAME).unwrap_or("")
}

/// With one label set anew, or removed where `value` is empty.
pub(super) fn with(labels: &Labels, name: &str, value: &str) -> Labels {
    built(labels.iter().filter(|&(n, _)| n != name).chain([(name, value)]))
}

fn built<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Labels {
    let mut builder = LabelsBuilder::new();
    for (name, value) in pairs {
        builder.push(name, value);
    }
    builder.build().expect("names come from a label set, or were checked, and stand once")
}

/// `label_replace(v, dst, replacement, src, regex)`.
pub(super) fn label_replace(
    ev: &Evaluator<'_>,
    call: &Call,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
    let mut elements = ev.vector(&call.args[0], frame, time_ms)?;
    let [destination, replacement, source, pattern] =
        [1, 2, 3, 4].map(|i| ev.string(&call.args[i], frame, time_ms));
    let (destination, replacement, source, pattern) = (destination?, replacement?, source?, pattern?);
    let regex = Regex::new(&format!("^(?s:{pattern})$")).map_err(|_| {
        NaiveError::execution(format!("invalid regular expression in label_replace(): {pattern}"))
    })?;
    if !is_label_name(&call.args[1]) {
        let message = format!("invalid destination label name in label_replace(): {destination}");
        return Err(NaiveError::execution(message));
    }
    for element in &mut elements {
        let Some(captures) = regex.captures(element.labels.get(&source).unwrap_or("")) else { continue };
        let value = expand(&replacement, &captures);
        element.labels = with(&element.labels, &destination, &value);
        element.drop_name &= destination != METRIC_NAME;
    }
    unique(elements)
}

/// `label_join(v, dst, separator, src…)`.
pub(super) fn label_join(
    ev: &Evaluator<'_>,
    call: &Call,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
    let mut elements = ev.vector(&call.args[0], frame, time_ms)?;
    let destination = ev.string(&call.args[1], frame, time_ms)?;
    let separator = ev.string(&call.args[2], frame, time_ms)?;
    let mut sources = Vec::new();
    for arg in &call.args[3..] {
        let source = ev.string(arg, frame, time_ms)?;
        if !is_label_name(arg) {
            let message = format!("invalid source label name in label_join(): {source}");
            return Err(NaiveError::execution(message));
        }
        sources.push(source);
    }
    if !is_label_name(&call.args[1]) {
        let message = format!("invalid destination label name in label_join(): {destination}");
        return Err(NaiveError::execution(message));
    }
    for element in &mut elements {
        let values: Vec<_> = sources.iter().map(|s| element.labels.get(s).unwrap_or("")).collect();
        element.labels = with(&element.labels, &destination, &values.join(&separator));
        element.drop_name &= destination != METRIC_NAME;
    }
    unique(elements)
}

/// Whether a string can be the name of a label: any UTF-8 that is not empty.
fn is_label_name(expr: &Expr) -> bool {
    let Expr::StringLiteral(name) = expr.without_parens() else { return false };
    name.not_utf8.is_none() && !name.value.is_empty()
}

/// Go's `Regexp.Expand`: `$name`, `${name}`, `$1`, `$$`. A name is as long as it can be, so `$1x` is the group `1x`;
/// a group that does not exist is empty; a `$` that starts nothing stands for itself.
fn expand(template: &str, captures: &Captures<'_>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let braced = rest.strip_prefix('{');
        let text = braced.unwrap_or(rest);
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let (name, after) = text.split_at(end);
        let after = if braced.is_some() { after.strip_prefix('}') } else { Some(after) };
        let Some(after) = after.filter(|_| !name.is_empty()) else {
            out.push('$');
            continue;
        };
        let group = match name.parse::<usize>() {
            Ok(number) => captures.get(number),
            Err(_) => captures.name(name),
        };
        out.push_str(group.map_or("", |m| m.as_str()));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `text` in quotes as upstream prints it.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_quoted(&mut out, text).expect("writing to a string does not fail");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_expand_as_in_go() {
        let regex = Regex::new("^(?P<host>[a-z]+):([0-9]+)$").unwrap();
        let captures = regex.captures("api:80").unwrap();
        for (template, expected) in [
            ("$1-$2", "api-80"),
            ("$1x", ""),
            ("${1}x", "apix"),
            ("$host", "api"),
            ("$$1", "$1"),
            ("a$", "a$"),
            ("$9", ""),
            ("${1", "${1"),
        ] {
            assert_eq!(expand(template, &captures), expected, "{template}");
        }
    }
}

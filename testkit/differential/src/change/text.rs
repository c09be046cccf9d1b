//! Changes of nothing but the words of warnings and infos.
//!
//! A question is not left out for them: what both versions say is compared.

use emberdb_promql_syntax::{Expr, ParserOptions, parse_with};

use super::Change;
use super::asked::below;

/// Older versions see the argument with its parentheses.
const WITHOUT_PARENTHESES: (u32, u32, u32) = (3, 7, 0);
/// Older versions name the metric also where there is no name, and otherwise in range queries than in instant ones.
const NAMES_IF_KNOWN: (u32, u32, u32) = (3, 7, 0);
/// Older versions do not say which buckets were not monotonic, and of several expressions they point to the last.
const MONOTONICITY_DETAILS: (u32, u32, u32) = (3, 10, 0);

/// Older versions point to the first argument.
const NAN_OBSERVATIONS_POINTED_OUT: (u32, u32, u32) = (3, 15, 0);

/// What the annotations begin with whose metric name has changed.
const NAMED: [&str; 4] = [
    "bucket label ",
    "vector contains a mix of classic and native histograms",
    "input to histogram_quantile ",
    "input to histogram_fraction ",
];

pub(super) fn changes() -> Vec<Change> {
    let text_only = |name, version, what, touches| Change {
        name,
        version,
        what,
        touches,
        recognise: None,
        examples: &[],
        counterexamples: &[],
    };
    vec![
        text_only(
            "text-in-parentheses",
            WITHOUT_PARENTHESES,
            "the position in a warning or info is that of the argument within its parentheses",
            "none: positions are not compared where the query has parentheses of its own",
        ),
        text_only(
            "text-names-if-known",
            NAMES_IF_KNOWN,
            "warnings and infos of `histogram_quantile` and `histogram_fraction` name the metric only if there is a name",
            "none: these names are not compared",
        ),
        text_only(
            "text-of-monotonicity",
            MONOTONICITY_DETAILS,
            "the info about buckets that are not monotonic says which, by how much, how often and when, and has the position of the first \
             `histogram_quantile` with such buckets, not of the last",
            "none: these details are not compared, nor the position where the query has `histogram_quantile` twice",
        ),
        text_only(
            "text-of-nan-observations",
            NAN_OBSERVATIONS_POINTED_OUT,
            "the infos about NaN observations in a native histogram have the position of the histogram, not of the quantile or bound",
            "none: these positions are not compared",
        ),
    ]
}

/// What of a warning or info on `query` is the same from a server of `peer_version` on: both sides' annotations are
/// brought to this form and compared as sets.
#[must_use]
pub fn common_text(annotation: &str, query: &str, peer_version: (u32, u32, u32)) -> String {
    let (mut text, mut position) = split_position(annotation);
    if peer_version < WITHOUT_PARENTHESES && has_parentheses(query) {
        position = "";
    }
    if peer_version < NAN_OBSERVATIONS_POINTED_OUT && text.contains(" has NaN observations") {
        position = "";
    }
    if peer_version < MONOTONICITY_DETAILS && text.contains(" needed to be fixed for monotonicity ") {
        text = text.split_once(", from buckets ").map_or(text, |(before, _)| before);
        if has_several_quantiles(query) {
            position = "";
        }
    }
    if peer_version < NAMES_IF_KNOWN
        && NAMED.iter().any(|beginning| text.contains(beginning))
        && let Some((before, _)) = text.split_once(" for metric name ")
    {
        text = before;
    }
    format!("{text}{position}")
}

/// The text, and ` (line:column)` if it ends so.
fn split_position(annotation: &str) -> (&str, &str) {
    let is_position = |inner: &str| {
        inner.split_once(':').is_some_and(|(line, column)| {
            [line, column]
                .iter()
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        })
    };
    match annotation.rfind(" (") {
        Some(at) => {
            let (text, position) = annotation.split_at(at);
            let inner = position.strip_prefix(" (").and_then(|rest| rest.strip_suffix(')'));
            if inner.is_some_and(is_position) { (text, position) } else { (annotation, "") }
        }
        None => (annotation, ""),
    }
}

fn has_parentheses(query: &str) -> bool {
    count(query, |node| matches!(node, Expr::Paren(_))) > 0
}

fn has_several_quantiles(query: &str) -> bool {
    count(query, |node| matches!(node, Expr::Call(call) if call.function.name() == "histogram_quantile")) > 1
}

/// How many parts of a query are such.
fn count(query: &str, is_such: impl Fn(&Expr) -> bool) -> usize {
    parse_with(query, &ParserOptions::ALL)
        .map_or(0, |expr| below(&expr).into_iter().filter(|node| is_such(node)).count())
}

#[cfg(test)]
mod tests {
    use super::common_text;

    #[test]
    fn what_an_older_server_says_otherwise_is_left_out() {
        let now = "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://x/#y), from buckets \
                   0.1 to 1, with a max diff of 2, over 3 samples from a to b (1:25)";
        let then = "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://x/#y) for metric \
                    name \"\" (1:25)";
        let query = "histogram_quantile(0.5, foo_bucket)";
        for version in [(3, 5, 3), (3, 6, 0)] {
            assert_eq!(common_text(now, query, version), common_text(then, query, version));
        }
        assert_eq!(common_text(now, query, (3, 10, 0)), now);
        // The position counts unless another expression could have it.
        let elsewhere = then.replace("1:25", "1:64");
        assert_ne!(common_text(now, query, (3, 5, 3)), common_text(&elsewhere, query, (3, 5, 3)));
        let twice = format!("{query} / {query}");
        assert_eq!(common_text(now, &twice, (3, 5, 3)), common_text(&elsewhere, &twice, (3, 5, 3)));
    }

    #[test]
    fn positions_of_nan_observations_are_left_out() {
        let text = |column| {
            format!(
                "PromQL info: input to histogram_quantile has NaN observations, result is NaN (1:{column})"
            )
        };
        let common = |column, version| common_text(&text(column), "histogram_quantile(1, foo)", version);
        assert_eq!(common(20, (3, 14, 0)), common(23, (3, 14, 0)));
        assert_eq!(common(23, (3, 15, 0)), text(23));
    }

    #[test]
    fn positions_count_unless_there_are_parentheses() {
        let text = "PromQL info: metric might not be a counter: \"foo\" (1:6)";
        assert_eq!(common_text(text, "rate(foo[5m])", (3, 5, 3)), text);
        let common = common_text(text, "rate((foo[5m]))", (3, 5, 3));
        assert_eq!(common, "PromQL info: metric might not be a counter: \"foo\"");
        assert_eq!(common_text(text, "rate((foo[5m]))", (3, 7, 0)), text);
        assert_eq!(common_text("no position (here)", "(foo)", (3, 5, 3)), "no position (here)");
    }
}

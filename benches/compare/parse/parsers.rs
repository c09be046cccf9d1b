//! The parsers, each as a function that a bench can call.

use std::hint::black_box;

/// A parser: whether it accepts a query. Each builds its whole tree and drops it.
pub(crate) type Parser = fn(&str) -> bool;

pub(crate) const PARSERS: [(&str, Parser); 3] =
    [("emberdb", emberdb), ("promql-parser", promql_parser), ("promql", promql)];

fn emberdb(query: &str) -> bool {
    black_box(emberdb_promql_syntax::parse(query)).is_ok()
}

fn promql_parser(query: &str) -> bool {
    black_box(promql_parser::parser::parse(query)).is_ok()
}

fn promql(query: &str) -> bool {
    black_box(promql::parse(query.as_bytes(), &promql::ParserOptions::default())).is_ok()
}

/// Whether promql-parser found in a query what emberdb found: its tree printed and read again is the same text.
pub(crate) fn agree(query: &str) -> bool {
    let (Ok(ours), Ok(theirs)) = (emberdb_promql_syntax::parse(query), promql_parser::parser::parse(query))
    else {
        return false;
    };
    let again = emberdb_promql_syntax::parse(&theirs.to_string());
    again.is_ok_and(|again| again.to_string() == ours.to_string())
}

//! Which questions touch a behaviour that upstream has changed, and in which version.
//!
//! * `asked`: a question, with what can be known of it without an answer
//! * `holds`: which kinds of samples an expression may have
//! * `syntax`, `vector`, `histogram`, `gauge`: the changes of answers, by what they are about
//! * `text`: changes of nothing but the words of warnings and infos

mod asked;
mod gauge;
mod histogram;
mod holds;
mod labels;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod vector;

use std::sync::LazyLock;

use emberdb_promql_syntax::{ParserOptions, parse_with};

use crate::data::Family;
use crate::question::When;
use asked::Asked;
pub use text::common_text;

/// A behaviour that upstream has changed. `docs/differences.md` has a row for each.
#[derive(Debug)]
pub struct Change {
    /// Short, lower case, words joined by hyphens.
    pub name: &'static str,
    /// The first version that behaves as emberdb does.
    pub version: (u32, u32, u32),
    /// What changed.
    pub what: &'static str,
    /// In words, which questions it touches.
    pub touches: &'static str,
    /// Whether a question is one of them. `None` where only the words of annotations differ: then questions are asked
    /// nevertheless, and [`common_text`] says what to compare.
    recognise: Option<fn(&Asked<'_>) -> bool>,
    /// Queries that it touches when they are asked for a range of times.
    #[cfg_attr(not(test), expect(dead_code, reason = "examples stand beside their rule; tests read them"))]
    examples: &'static [&'static str],
    /// Queries that look alike and that it does not touch.
    #[cfg_attr(not(test), expect(dead_code, reason = "examples stand beside their rule; tests read them"))]
    counterexamples: &'static [&'static str],
}

/// All changes since 3.5, the oldest first.
#[must_use]
pub fn all() -> &'static [Change] {
    static ALL: LazyLock<Vec<Change>> = LazyLock::new(|| {
        let mut all: Vec<Change> =
            [syntax::changes(), vector::changes(), histogram::changes(), gauge::changes(), text::changes()]
                .into_iter()
                .flatten()
                .collect();
        all.sort_by_key(|change| change.version);
        all
    });
    &ALL
}

/// The changes that a server of `peer_version` does not have yet and that the answer may depend on: then its answer tells
/// nothing about emberdb's. Empty for a query that cannot be read: no version reads it.
#[must_use]
pub fn touched(
    query: &str,
    when: &When,
    families: &[Family],
    peer_version: (u32, u32, u32),
) -> Vec<&'static Change> {
    let Ok(expr) = parse_with(query, &ParserOptions::ALL) else {
        return Vec::new();
    };
    let asked = Asked::new(&expr, when, families);
    let touches = |change: &&Change| {
        peer_version < change.version && change.recognise.is_some_and(|recognise| recognise(&asked))
    };
    all().iter().filter(touches).collect()
}

//! Who is asked.

use std::collections::BTreeSet;

use emberdb_differential::answer::{Answer, Outcome};
use emberdb_differential::question::When;

/// Something that answers queries.
pub(super) trait Subject: Sync {
    /// How it is called in what is printed.
    fn name(&self) -> &str;

    /// Asks a query. What is no answer at all is an error of the kind `no answer`.
    fn ask(&self, query: &str, when: When) -> Answer;
}

/// An answer that is an error.
pub(super) fn failed(kind: &str, message: String) -> Answer {
    let outcome = Outcome::Error { kind: kind.to_owned(), message };
    Answer { outcome, warnings: BTreeSet::new(), infos: BTreeSet::new() }
}

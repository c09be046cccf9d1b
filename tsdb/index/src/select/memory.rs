//! Selection from the head's index.

use std::convert::Infallible;

use emberdb_model::{Label, Matcher, Symbol};

use super::source::{PostingsSource, Wanted};
use crate::memory::{MemoryIndex, SeriesId};

impl MemoryIndex {
    /// The series that meet all matchers, ascending; all series if there is no matcher.
    #[must_use]
    pub fn select(&self, matchers: &[Matcher]) -> Vec<SeriesId> {
        let Ok(selected) = super::select(self, matchers);
        selected
    }
}

impl PostingsSource for MemoryIndex {
    type Posting = SeriesId;
    type Name<'s> = Symbol;
    type Error = Infallible;

    fn all(&self) -> Result<Vec<SeriesId>, Infallible> {
        Ok(self.all_series().collect())
    }

    fn name(&self, name: &str) -> Result<Option<Symbol>, Infallible> {
        Ok(self.symbols.find(name))
    }

    fn list<'s>(&'s self, name: Symbol, value: &str) -> Result<&'s [SeriesId], Infallible> {
        Ok(self.symbols.find(value).map_or(&[], |value| self.postings(Label { name, value })))
    }

    fn lists<'s>(&'s self, name: Symbol, wanted: Wanted<'_>) -> Result<Vec<&'s [SeriesId]>, Infallible> {
        match wanted {
            Wanted::Values(values) => values.iter().map(|value| self.list(name, value)).collect(),
            // Values are in no order, so that the prefix tells no more than the question itself.
            Wanted::Accepted { prefix: _, accepts } => {
                let values = self.values(name).iter().copied();
                let accepted = values.filter(|&value| accepts(self.symbols.resolve(value)));
                Ok(accepted.map(|value| self.postings(Label { name, value })).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use emberdb_model::{Labels, MatchOp};
    use proptest::prelude::*;

    use super::*;

    fn matcher() -> impl Strategy<Value = Matcher> {
        let op =
            prop::sample::select(vec![MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex]);
        let value = prop::sample::select(vec![
            "", "x", "y", "x|y", "x|", ".*", ".+", "[xy]z?", "x.*", "q", "z.", "(x|q)z",
        ]);
        (op, "[a-d]", value).prop_map(|(op, name, value)| Matcher::new(op, name, value).unwrap())
    }

    proptest! {
        /// Against asking every matcher about every series.
        #[test]
        fn selects_what_the_matchers_say(
            sets in prop::collection::btree_set(prop::collection::btree_map("[a-c]", "[xyz]{0,2}", 0..4), 0..60),
            matchers in prop::collection::vec(matcher(), 0..4),
        ) {
            let mut index = MemoryIndex::new();
            for set in &sets {
                index.get_or_insert(&Labels::new(set).unwrap());
            }
            let meets = |id: &SeriesId| {
                matchers.iter().all(|m| m.matches(index.labels(*id).get(m.name()).unwrap_or("")))
            };
            let expected: Vec<_> = index.all_series().filter(meets).collect();
            prop_assert_eq!(index.select(&matchers), expected);
        }
    }
}

//! Selection from the head's index.

use std::convert::Infallible;

use emberdb_model::{Label, Matcher, Symbol};

use super::cache::{Kept, SelectCache};
use super::source::{PostingsSource, Wanted};
use crate::memory::{MemoryIndex, SeriesId};

/// If more than this part of all series is new, selecting anew is faster than asking each of them.
const NEW_PART_MAX: usize = 8;

impl MemoryIndex {
    /// The series that meet all matchers, ascending; all series if there is no matcher.
    #[must_use]
    pub fn select(&self, matchers: &[Matcher]) -> Vec<SeriesId> {
        if !super::is_scan(matchers) {
            return self.select_anew(matchers);
        }
        let key = SelectCache::<SeriesId>::key(matchers);
        let (selected, is_news) = match self.selected.get(&key) {
            Some(kept) if kept.covered == self.created() => (kept.selected, false),
            Some(kept) if (self.created() - kept.covered) * NEW_PART_MAX <= self.len() => {
                (self.select_more(matchers, kept), true)
            }
            _ => (self.select_anew(matchers), true),
        };
        if is_news {
            self.selected.put(key, &selected, self.created());
        }
        selected
    }

    fn select_anew(&self, matchers: &[Matcher]) -> Vec<SeriesId> {
        let Ok(selected) = super::select(self, matchers);
        selected
    }

    /// Completes an answer by the series that came after it.
    fn select_more(&self, matchers: &[Matcher], kept: Kept<SeriesId>) -> Vec<SeriesId> {
        let mut selected = kept.selected;
        let meets = |id: &SeriesId| {
            let labels = self.labels(*id);
            matchers.iter().all(|matcher| matcher.matches(labels.get(matcher.name()).unwrap_or("")))
        };
        selected.extend(self.series_after(kept.covered).filter(meets));
        selected
    }
}

impl PostingsSource for MemoryIndex {
    type Posting = SeriesId;
    type Name<'s> = Symbol;
    type Error = Infallible;

    fn all(&self) -> Result<Vec<SeriesId>, Infallible> {
        Ok(self.series_after(0).collect())
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

    fn asked_one_by_one(index: &MemoryIndex, matchers: &[Matcher]) -> Vec<SeriesId> {
        let meets =
            |id: &SeriesId| matchers.iter().all(|m| m.matches(index.labels(*id).get(m.name()).unwrap_or("")));
        index.series_after(0).filter(meets).collect()
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
            prop_assert_eq!(index.select(&matchers), asked_one_by_one(&index, &matchers));
        }

        /// The same while series are added and removed: what was kept is completed or forgotten.
        #[test]
        fn what_is_kept_is_no_older_than_the_index(
            sets in prop::collection::btree_set(prop::collection::btree_map("[a-c]", "[xyz]{0,2}", 0..4), 0..60),
            matchers in prop::collection::vec(prop::collection::vec(matcher(), 0..3), 1..4),
            pauses in prop::collection::vec(1..12_usize, 60),
            removed in prop::collection::vec(0..60_u32, 0..20),
        ) {
            let mut index = MemoryIndex::new();
            let (mut sets, mut pauses, mut removed) = (sets.iter(), pauses.into_iter(), removed.into_iter());
            while let Some(set) = sets.next() {
                index.get_or_insert(&Labels::new(set).unwrap());
                for set in sets.by_ref().take(pauses.next().unwrap_or(1) - 1) {
                    index.get_or_insert(&Labels::new(set).unwrap());
                }
                if let Some(removed) = removed.next() {
                    index.remove(&[SeriesId(removed)]);
                }
                for matchers in &matchers {
                    let expected = asked_one_by_one(&index, matchers);
                    prop_assert_eq!(&index.select(matchers), &expected);
                    prop_assert_eq!(&index.select(matchers), &expected);
                }
            }
        }
    }
}

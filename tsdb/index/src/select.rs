//! From matchers to series.

use std::borrow::Cow;

use emberdb_model::{Label, MatchOp, Matcher, Symbol};

use crate::memory::{MemoryIndex, SeriesId};
use crate::postings::{intersect, union, without};

impl MemoryIndex {
    /// The series that meet all matchers, ascending; all series if there is no matcher.
    ///
    /// A matcher that accepts the empty string also accepts series without the label, so it is turned round: the
    /// series whose value it refuses are subtracted.
    #[must_use]
    pub fn select(&self, matchers: &[Matcher]) -> Vec<SeriesId> {
        let (subtracted, required): (Vec<_>, Vec<_>) = matchers.iter().partition(|m| m.matches(""));
        let mut lists: Vec<Cow<'_, [SeriesId]>> = required.iter().map(|m| self.with_value(m, true)).collect();
        lists.sort_by_key(|list| list.len());
        let mut lists = lists.into_iter();
        let mut selected = lists.next().map_or_else(|| self.all().collect(), Cow::into_owned);
        for list in lists {
            intersect(&mut selected, &list);
        }
        for matcher in subtracted {
            if selected.is_empty() {
                break;
            }
            without(&mut selected, &self.with_value(matcher, false));
        }
        selected
    }

    /// The series that have the matcher's label, with a value that it accepts (or, with `accepted` false, refuses).
    fn with_value(&self, matcher: &Matcher, accepted: bool) -> Cow<'_, [SeriesId]> {
        let Some(name) = self.symbols.find(matcher.name()) else { return Cow::Borrowed(&[]) };
        let list = |value: Symbol| self.postings(Label { name, value });
        let named = |text: &str| self.symbols.find(text).map_or(&[][..], list);
        // A positive matcher names what it accepts, a negative one what it refuses.
        let positive = matches!(matcher.op(), MatchOp::Equal | MatchOp::Regex);
        if positive == accepted {
            match (matcher.op(), matcher.regex().and_then(|r| r.literals())) {
                (MatchOp::Equal | MatchOp::NotEqual, _) => return Cow::Borrowed(named(matcher.value())),
                (_, Some([one])) => return Cow::Borrowed(named(one)),
                (_, Some(literals)) => {
                    let lists: Vec<_> = literals.iter().map(|l| named(l)).collect();
                    return Cow::Owned(union(&lists));
                }
                (_, None) => {}
            }
        }
        // The regular expression runs once for each value, never for each series.
        let values = self.values(name).iter().copied();
        let lists: Vec<_> =
            values.filter(|&v| matcher.matches(self.symbols.resolve(v)) == accepted).map(list).collect();
        match lists.as_slice() {
            [one] => Cow::Borrowed(one),
            many => Cow::Owned(union(many)),
        }
    }
}

#[cfg(test)]
mod tests {
    use emberdb_model::Labels;
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
            let expected: Vec<_> = index.all().filter(meets).collect();
            prop_assert_eq!(index.select(&matchers), expected);
        }
    }
}

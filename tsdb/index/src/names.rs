//! Which label names and values occur.

use std::collections::BTreeSet;

use emberdb_model::Symbol;

use crate::memory::{MemoryIndex, SeriesId};

impl MemoryIndex {
    /// The label names of all series, or of `series`, sorted.
    #[must_use]
    pub fn label_names(&self, series: Option<&[SeriesId]>) -> Vec<String> {
        match series {
            None => self.sorted(self.names()),
            Some(ids) => self.sorted(ids.iter().flat_map(|&id| self.symbol_labels(id)).map(|l| l.name)),
        }
    }

    /// The values of the label `name` in all series, or in `series`, sorted.
    #[must_use]
    pub fn label_values(&self, name: &str, series: Option<&[SeriesId]>) -> Vec<String> {
        let Some(name) = self.symbols.find(name) else { return Vec::new() };
        match series {
            None => self.sorted(self.values(name).iter().copied()),
            Some(ids) => {
                let labels = ids.iter().flat_map(|&id| self.symbol_labels(id));
                self.sorted(labels.filter(|l| l.name == name).map(|l| l.value))
            }
        }
    }

    fn sorted(&self, symbols: impl Iterator<Item = Symbol>) -> Vec<String> {
        let distinct: BTreeSet<Symbol> = symbols.collect();
        let mut names: Vec<String> =
            distinct.into_iter().map(|s| self.symbols.resolve(s).to_owned()).collect();
        names.sort_unstable();
        names
    }
}

#[cfg(test)]
mod tests {
    use emberdb_model::Labels;

    use super::*;

    #[test]
    fn names_and_values_of_all_and_of_some() {
        let mut index = MemoryIndex::new();
        for pairs in [&[("job", "b"), ("zone", "1")][..], &[("job", "a")]] {
            index.get_or_insert(&Labels::new(pairs.iter().copied()).unwrap());
        }
        assert_eq!(index.label_names(None), ["job", "zone"]);
        assert_eq!(index.label_values("job", None), ["a", "b"]);
        assert_eq!(index.label_names(Some(&[SeriesId(1)])), ["job"]);
        assert_eq!(index.label_values("job", Some(&[SeriesId(0)])), ["b"]);
        assert!(index.label_values("none", None).is_empty());
    }
}

//! The head's index: labels, postings and symbols of all series in memory.
//!
//! Nothing is allocated per label or per series: the labels of many series stand one after the other in one vector, and
//! a series is a number. Postings stay sorted because numbers only grow: that of a series that was removed is not given again.
//! Texts that no label has any more go when they are as many as the others.

use std::hash::BuildHasher;

use emberdb_model::{Label, Labels, LabelsRef, Symbol, SymbolTable};
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet, HashTable};

use crate::label_pages::LabelPages;
use crate::postings::Postings;
use crate::select::SelectCache;

/// The number of a series in one index, from 0, in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(pub u32);

impl SeriesId {
    /// Position, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// At most so many series in one index, with those that were removed: their numbers have 32 bits.
pub const SERIES_MAX: usize = u32::MAX as usize;

/// Labels, postings and symbols of the head's series.
#[derive(Debug)]
pub struct MemoryIndex {
    pub(crate) symbols: SymbolTable,
    labels: LabelPages,
    by_labels: HashTable<SeriesId>,
    postings: HashMap<Label, Postings<SeriesId>, RandomState>,
    /// For each label name the values that occur, in order of first appearance.
    values: HashMap<Symbol, Vec<Symbol>, RandomState>,
    hasher: RandomState,
    /// The labels of the newest series that was asked for.
    inserted: Vec<Label>,
    /// How many values of labels occur no more since texts were forgotten the last time.
    values_gone: usize,
    /// What was selected lately.
    pub(crate) selected: SelectCache<SeriesId>,
}

/// What no series has.
const NO_LABEL: Label = Label { name: Symbol::EMPTY, value: Symbol::EMPTY };

/// So many bytes of answers are kept: twenty that name a hundred thousand series each.
const SELECTED_BYTES_MAX: usize = 8 << 20;

/// Fewer texts than that are not worth the looking for.
const TEXTS_GONE_MIN: usize = 1000;

impl Default for MemoryIndex {
    fn default() -> Self {
        Self {
            symbols: SymbolTable::default(),
            labels: LabelPages::default(),
            by_labels: HashTable::default(),
            postings: HashMap::default(),
            values: HashMap::default(),
            hasher: RandomState::default(),
            inserted: Vec::new(),
            values_gone: 0,
            selected: SelectCache::new(SELECTED_BYTES_MAX),
        }
    }
}

impl MemoryIndex {
    /// An index without series.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of series.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many series were ever created: each has got a number, of which there are [`SERIES_MAX`].
    #[must_use]
    pub fn created(&self) -> usize {
        self.labels.numbers()
    }

    /// The series of these labels, if there is one.
    #[must_use]
    pub fn find(&self, labels: &Labels) -> Option<SeriesId> {
        // A label whose text was never seen belongs to no series.
        let mut hash = LabelHash::default();
        for (name, value) in labels.iter() {
            hash.add(Label { name: self.symbols.find(name)?, value: self.symbols.find(value)? });
        }
        let same = |id: &SeriesId| self.labels(*id).iter().eq(labels.iter());
        self.by_labels.find(hash.finish(&self.hasher), same).copied()
    }

    /// The series of these labels, and whether it was created by this call.
    ///
    /// # Panics
    /// If [`SERIES_MAX`] series were created already: whoever creates series keeps a lower limit.
    pub fn get_or_insert(&mut self, labels: &Labels) -> (SeriesId, bool) {
        self.get_or_insert_sorted(labels.iter())
    }

    /// The same, of names and values as [`Labels::iter`] gives them: sorted by name, each name once, and nothing empty.
    ///
    /// # Panics
    /// As [`MemoryIndex::get_or_insert`] does.
    pub fn get_or_insert_sorted<'l>(
        &mut self,
        labels: impl Iterator<Item = (&'l str, &'l str)>,
    ) -> (SeriesId, bool) {
        // Each text is looked up once, and label sets are compared by numbers. New series come by families: most labels are those of the
        // one before, at the same place.
        let mut of_series = std::mem::take(&mut self.inserted);
        let mut len = 0;
        for (name, value) in labels {
            let before = of_series.get(len).copied().unwrap_or(NO_LABEL);
            let name = self.symbols.intern_like(name, before.name);
            let value = self.symbols.intern_like(value, before.value);
            match of_series.get_mut(len) {
                Some(place) => *place = Label { name, value },
                None => of_series.push(Label { name, value }),
            }
            len += 1;
        }
        of_series.truncate(len);
        let hash = LabelHash::of(&of_series).finish(&self.hasher);
        let found = self.by_labels.find(hash, |&id| *self.labels.get(id) == *of_series).copied();
        let id = found.unwrap_or_else(|| self.insert(&of_series, hash));
        self.inserted = of_series;
        (id, found.is_none())
    }

    /// Removes series. Their numbers mean nothing any more: labels of such a one are empty.
    pub fn remove(&mut self, series: &[SeriesId]) {
        let mut labels: HashSet<Label, RandomState> = HashSet::default();
        let mut removed: Vec<SeriesId> = Vec::with_capacity(series.len());
        for &id in series {
            let hash = LabelHash::of(self.labels.get(id)).finish(&self.hasher);
            let Ok(entry) = self.by_labels.find_entry(hash, |&known| known == id) else { continue };
            entry.remove();
            labels.extend(self.labels.get(id));
            self.labels.remove(id);
            removed.push(id);
        }
        removed.sort_unstable();
        let mut unused: HashMap<Symbol, HashSet<Symbol, RandomState>, RandomState> = HashMap::default();
        for label in labels {
            let Some(postings) = self.postings.get_mut(&label) else { continue };
            postings.remove_all(&removed);
            if postings.is_empty() {
                self.postings.remove(&label);
                self.values_gone += 1;
                unused.entry(label.name).or_default().insert(label.value);
            }
        }
        for (name, unused) in unused {
            let Some(values) = self.values.get_mut(&name) else { continue };
            values.retain(|value| !unused.contains(value));
            if values.is_empty() {
                self.values.remove(&name);
            }
        }
        self.selected.clear();
        if self.values_gone > TEXTS_GONE_MIN && self.values_gone * 2 > self.symbols.len() {
            self.forget_texts();
        }
    }

    /// Forgets the texts that are part of no label.
    fn forget_texts(&mut self) {
        let mut is_used = vec![false; self.symbols.numbers()];
        for Label { name, value } in self.postings.keys() {
            is_used[name.index()] = true;
            is_used[value.index()] = true;
        }
        self.symbols.retain(|symbol| is_used[symbol.index()]);
        // Symbols of a series that is gone may mean other texts from now on.
        self.inserted.clear();
        self.values_gone = 0;
    }

    /// The labels of a series; none of one that was removed.
    #[must_use]
    pub fn labels(&self, id: SeriesId) -> LabelsRef<'_> {
        LabelsRef::new(&self.symbols, self.symbol_labels(id))
    }

    /// The labels of a series as symbols of [`MemoryIndex::symbols`], sorted by name.
    #[must_use]
    pub fn symbol_labels(&self, id: SeriesId) -> &[Label] {
        self.labels.get(id)
    }

    /// The strings of all names and values.
    #[must_use]
    pub fn symbols(&self) -> &SymbolTable {
        &self.symbols
    }

    /// The series that have this label, ascending.
    pub(crate) fn postings(&self, label: Label) -> &[SeriesId] {
        self.postings.get(&label).map_or(&[], Postings::as_slice)
    }

    /// The values of a label name, in order of first appearance.
    pub(crate) fn values(&self, name: Symbol) -> &[Symbol] {
        self.values.get(&name).map_or(&[], Vec::as_slice)
    }

    /// The label names that occur, in no order.
    pub(crate) fn names(&self) -> impl Iterator<Item = Symbol> {
        self.values.keys().copied()
    }

    /// All series but the first that were created, so many.
    pub(crate) fn series_after(&self, created: usize) -> impl Iterator<Item = SeriesId> {
        self.labels.from(created)
    }

    /// Heap bytes held: exact for the large parts, an estimate for allocator overhead.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.symbols.heap_bytes()
            + self.labels.heap_bytes()
            + self.by_labels.allocation_size()
            + self.postings.allocation_size()
            + self.postings.values().map(Postings::heap_bytes).sum::<usize>()
            + self.selected.heap_bytes()
            + self.values.allocation_size()
            + self.values.values().map(|v| v.capacity() * size_of::<Symbol>()).sum::<usize>()
    }

    fn insert(&mut self, labels: &[Label], hash: u64) -> SeriesId {
        let id = self.labels.push(labels.iter().copied());
        for &label in labels {
            let postings = self.postings.entry(label).or_default();
            if postings.is_empty() {
                self.values.entry(label.name).or_default().push(label.value);
            }
            postings.push(id);
        }
        let (all, hasher) = (&self.labels, &self.hasher);
        let rehash = |id: &SeriesId| LabelHash::of(all.get(*id)).finish(hasher);
        self.by_labels.insert_unique(hash, id, rehash);
        id
    }
}

/// Mixes the symbol numbers of a label set into one hash, without gathering them first.
#[derive(Default)]
struct LabelHash(u64);

impl LabelHash {
    fn of(labels: &[Label]) -> Self {
        let mut hash = Self::default();
        labels.iter().for_each(|&label| hash.add(label));
        hash
    }

    fn add(&mut self, label: Label) {
        // An odd multiplier and a rotation keep the order of labels in the result; quality comes from `finish`.
        let pair = (label.name.index() as u64) << 32 | label.value.index() as u64;
        self.0 = (self.0.rotate_left(23) ^ pair).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self, hasher: &RandomState) -> u64 {
        hasher.hash_one(self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn label_set() -> impl Strategy<Value = Labels> {
        prop::collection::btree_map("[a-c]", "[x-z]{0,2}", 0..4).prop_map(|set| Labels::new(&set).unwrap())
    }

    proptest! {
        /// Against a plain list of label sets.
        #[test]
        fn a_series_is_found_by_its_labels_alone(
            sets in prop::collection::vec(label_set(), 0..80),
            removed in prop::collection::vec(prop::collection::btree_set(0..80_u32, 0..5), 80),
        ) {
            let mut index = MemoryIndex::new();
            let mut model: Vec<Option<Labels>> = Vec::new();
            for (labels, removed) in sets.iter().zip(removed) {
                let known = model.iter().position(|known| known.as_ref() == Some(labels));
                prop_assert_eq!(index.find(labels).map(SeriesId::index), known);
                let (id, created) = index.get_or_insert(labels);
                prop_assert_eq!(created, known.is_none());
                if created { model.push(Some(labels.clone())); }
                prop_assert_eq!(id.index(), known.unwrap_or(model.len() - 1));
                prop_assert_eq!(&index.labels(id).to_labels().unwrap(), labels);

                let removed: Vec<SeriesId> = removed.into_iter().map(SeriesId).collect();
                index.remove(&removed);
                for id in removed {
                    if let Some(known) = model.get_mut(id.index()) { *known = None; }
                    prop_assert!(index.symbol_labels(id).is_empty());
                }
                let live: Vec<&Labels> = model.iter().flatten().collect();
                prop_assert_eq!((index.len(), index.created()), (live.len(), model.len()));
                let names: BTreeSet<&str> = live.iter().flat_map(|l| l.iter()).map(|(name, _)| name).collect();
                prop_assert_eq!(index.label_names(None), Vec::from_iter(names));
                let values: BTreeSet<&str> = live.iter().filter_map(|labels| labels.get("a")).collect();
                prop_assert_eq!(index.label_values("a", None), Vec::from_iter(values));
            }
        }
    }

    #[test]
    fn the_memory_of_series_that_are_gone_is_free() {
        let mut index = MemoryIndex::new();
        let labels = |of: u32, number: u32| {
            Labels::new([("job", "a"), ("pod", &*of.to_string()), ("number", &*number.to_string())]).unwrap()
        };
        let round = |index: &mut MemoryIndex, of: u32| {
            let ids: Vec<SeriesId> = (0..5000).map(|n| index.get_or_insert(&labels(of, n)).0).collect();
            index.remove(&ids);
            index.heap_bytes()
        };
        let first = round(&mut index, 0);
        let last = (1..50).map(|of| round(&mut index, of)).last().unwrap();
        // A table may be twice as large as another one of as many entries. Eight bytes a series would be 2 MB.
        assert!(last < first + 512 * 1024, "{first} bytes and later {last}");
        assert_eq!((index.len(), index.created()), (0, 250_000));
    }

    #[test]
    fn texts_that_no_label_has_are_forgotten() {
        let mut index = MemoryIndex::new();
        let labels = |pod: u32| {
            let (pod, other) = (format!("pod-{pod}-{}", "x".repeat(200)), (pod % 7).to_string());
            Labels::new([("job", "a"), ("pod", &*pod), ("pod-0", &*other)]).unwrap()
        };
        let kept: Vec<SeriesId> = (0..500).map(|pod| index.get_or_insert(&labels(pod)).0).collect();
        let before = index.heap_bytes();
        for round in 1..20 {
            let pods = round * 3000..(round + 1) * 3000;
            let ids: Vec<SeriesId> = pods.map(|pod| index.get_or_insert(&labels(pod)).0).collect();
            for ids in ids.chunks(250) {
                index.remove(ids);
            }
        }
        assert!(index.symbols().len() < 4000, "{}", index.symbols().len());
        // The labels of all that ever were are 12 MB.
        assert!(index.heap_bytes() < before + 2_000_000, "{before} and later {}", index.heap_bytes());
        for (pod, id) in (0..).zip(kept) {
            assert_eq!(index.find(&labels(pod)), Some(id));
            assert_eq!(index.labels(id).to_labels().unwrap(), labels(pod));
        }
    }
}

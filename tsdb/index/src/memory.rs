//! The head's index: labels, postings and symbols of all series in memory.
//!
//! Nothing is allocated per label or per series: labels of all series stand one after the other in one vector, and
//! a series is a number. Postings stay sorted because numbers only grow.

use std::hash::BuildHasher;

use emberdb_model::{Label, Labels, LabelsRef, Symbol, SymbolTable};
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};

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

/// At most so many series in one index: their numbers have 32 bits.
pub const SERIES_MAX: usize = u32::MAX as usize;

/// Labels, postings and symbols of the head's series.
#[derive(Debug)]
pub struct MemoryIndex {
    pub(crate) symbols: SymbolTable,
    /// Labels of all series, those of one series side by side and sorted by name.
    labels: Vec<Label>,
    /// Where the labels of each series end in `labels`.
    ends: Vec<usize>,
    by_labels: HashTable<SeriesId>,
    postings: HashMap<Label, Postings<SeriesId>, RandomState>,
    /// For each label name the values that occur, in order of first appearance.
    values: HashMap<Symbol, Vec<Symbol>, RandomState>,
    hasher: RandomState,
    /// What was selected lately.
    pub(crate) selected: SelectCache<SeriesId>,
}

/// So many bytes of answers are kept: twenty that name a hundred thousand series each.
const SELECTED_BYTES_MAX: usize = 8 << 20;

impl Default for MemoryIndex {
    fn default() -> Self {
        Self {
            symbols: SymbolTable::default(),
            labels: Vec::new(),
            ends: Vec::new(),
            by_labels: HashTable::default(),
            postings: HashMap::default(),
            values: HashMap::default(),
            hasher: RandomState::default(),
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
        self.ends.len()
    }

    /// Whether there is no series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
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
    /// If there are [`SERIES_MAX`] series already: whoever creates series keeps a lower limit.
    pub fn get_or_insert(&mut self, labels: &Labels) -> (SeriesId, bool) {
        match self.find(labels) {
            Some(id) => (id, false),
            None => (self.insert(labels), true),
        }
    }

    /// The labels of a series.
    #[must_use]
    pub fn labels(&self, id: SeriesId) -> LabelsRef<'_> {
        LabelsRef::new(&self.symbols, self.symbol_labels(id))
    }

    /// The labels of a series as symbols of [`MemoryIndex::symbols`], sorted by name.
    #[must_use]
    pub fn symbol_labels(&self, id: SeriesId) -> &[Label] {
        &self.labels[self.labels_start(id.index())..self.ends[id.index()]]
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

    /// All series.
    pub(crate) fn all_series(&self) -> impl ExactSizeIterator<Item = SeriesId> + use<> {
        (0..self.len() as u32).map(SeriesId)
    }

    /// Heap bytes held: exact for the large parts, an estimate for allocator overhead.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.symbols.heap_bytes()
            + self.labels.capacity() * size_of::<Label>()
            + self.ends.capacity() * size_of::<usize>()
            + self.by_labels.allocation_size()
            + self.postings.allocation_size()
            + self.postings.values().map(Postings::heap_bytes).sum::<usize>()
            + self.selected.heap_bytes()
            + self.values.allocation_size()
            + self.values.values().map(|v| v.capacity() * size_of::<Symbol>()).sum::<usize>()
    }

    fn labels_start(&self, series: usize) -> usize {
        if series == 0 { 0 } else { self.ends[series - 1] }
    }

    fn insert(&mut self, labels: &Labels) -> SeriesId {
        let id = SeriesId(
            u32::try_from(self.len()).expect("the caller keeps the number of series under SERIES_MAX"),
        );
        let mut hash = LabelHash::default();
        for (name, value) in labels.iter() {
            let label = Label { name: self.symbols.intern(name), value: self.symbols.intern(value) };
            hash.add(label);
            self.labels.push(label);
            let postings = self.postings.entry(label).or_default();
            if postings.is_empty() {
                self.values.entry(label.name).or_default().push(label.value);
            }
            postings.push(id);
        }
        self.ends.push(self.labels.len());
        let (all, ends, hasher) = (&self.labels, &self.ends, &self.hasher);
        let rehash = |id: &SeriesId| {
            let start = if id.0 == 0 { 0 } else { ends[id.index() - 1] };
            let mut hash = LabelHash::default();
            all[start..ends[id.index()]].iter().for_each(|&l| hash.add(l));
            hash.finish(hasher)
        };
        self.by_labels.insert_unique(hash.finish(hasher), id, rehash);
        id
    }
}

/// Mixes the symbol numbers of a label set into one hash, without gathering them first.
#[derive(Default)]
struct LabelHash(u64);

impl LabelHash {
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
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against a plain list of label sets.
        #[test]
        fn a_series_is_found_by_its_labels_alone(
            sets in prop::collection::vec(prop::collection::btree_map("[a-c]", "[x-z]{0,2}", 0..4), 0..80)
        ) {
            let mut index = MemoryIndex::new();
            let mut model: Vec<Labels> = Vec::new();
            for set in &sets {
                let labels = Labels::new(set).unwrap();
                let known = model.iter().position(|l| *l == labels);
                prop_assert_eq!(index.find(&labels).map(SeriesId::index), known);
                let (id, created) = index.get_or_insert(&labels);
                prop_assert_eq!(created, known.is_none());
                if created { model.push(labels.clone()); }
                prop_assert_eq!(&index.labels(id).to_labels().unwrap(), &labels);
                prop_assert_eq!(&model[id.index()], &labels);
            }
            prop_assert_eq!(index.len(), model.len());
        }
    }
}

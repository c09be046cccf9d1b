//! The labels of many series in one buffer, and sets of labels told apart by number.

use std::hash::BuildHasher;

use emberdb_model::{Label, METRIC_NAME, Symbol, SymbolTable};
use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// Labels that the engine knows by name, as symbols of the query's table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownNames {
    pub(crate) metric: Symbol,
    pub(crate) kind: Symbol,
    pub(crate) unit: Symbol,
    pub(crate) bucket: Symbol,
}

impl KnownNames {
    pub(crate) fn intern(symbols: &mut SymbolTable) -> Self {
        Self {
            metric: symbols.intern(METRIC_NAME),
            kind: symbols.intern("__type__"),
            unit: symbols.intern("__unit__"),
            bucket: symbols.intern(emberdb_model::BUCKET_LABEL),
        }
    }

    /// Whether a function that changes what a value means drops the label.
    pub(crate) fn is_metadata(&self, name: Symbol) -> bool {
        name == self.metric || name == self.kind || name == self.unit
    }
}

/// The labels of a vector's series: one after another in one buffer, each set sorted by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeriesLabels {
    labels: Vec<Label>,
    ends: Vec<u32>,
    /// With delayed name removal: the metadata labels are to be dropped when the query ends.
    drops_name: Vec<bool>,
}

impl SeriesLabels {
    pub(crate) fn with_capacity(series: usize) -> Self {
        Self {
            labels: Vec::with_capacity(series * 4),
            ends: Vec::with_capacity(series),
            drops_name: Vec::with_capacity(series),
        }
    }

    /// One series without labels.
    pub(crate) fn nameless() -> Self {
        let mut series = Self::default();
        series.push([], false);
        series
    }

    pub(crate) fn push(&mut self, labels: impl IntoIterator<Item = Label>, drops_name: bool) {
        self.labels.extend(labels);
        let end = u32::try_from(self.labels.len()).expect("labels of one query stay under four billion");
        self.ends.push(end);
        self.drops_name.push(drops_name);
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Keeps the first `series` series.
    pub(crate) fn truncate(&mut self, series: usize) {
        self.ends.truncate(series);
        self.drops_name.truncate(series);
        self.labels.truncate(self.ends.last().map_or(0, |&end| end as usize));
    }

    pub(crate) fn get(&self, series: usize) -> &[Label] {
        let start = if series == 0 { 0 } else { self.ends[series - 1] as usize };
        &self.labels[start..self.ends[series] as usize]
    }

    pub(crate) fn drops_name(&self, series: usize) -> bool {
        self.drops_name[series]
    }

    pub(crate) fn set_drops_name(&mut self, series: usize) {
        self.drops_name[series] = true;
    }

    pub(crate) fn any_drops_name(&self) -> bool {
        self.drops_name.contains(&true)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[Label]> {
        (0..self.len()).map(|series| self.get(series))
    }

    /// The value of a label, [`Symbol::EMPTY`] if the series does not have it.
    pub(crate) fn value(&self, series: usize, name: Symbol) -> Symbol {
        value_of(self.get(series), name)
    }

    /// The same series without the labels for which `drop` is true.
    pub(crate) fn without(&self, drop: impl Fn(Symbol) -> bool) -> Self {
        let mut kept = Self::with_capacity(self.len());
        kept.labels.reserve(self.labels.len());
        for series in 0..self.len() {
            kept.push(self.get(series).iter().copied().filter(|l| !drop(l.name)), self.drops_name(series));
        }
        kept
    }

    /// The same series, all to lose their metadata labels when the query ends.
    pub(crate) fn all_dropping_name(&self) -> Self {
        let mut dropping = self.clone();
        dropping.drops_name.fill(true);
        dropping
    }

    /// The series `which`, in that order.
    pub(crate) fn select(&self, which: impl Iterator<Item = usize>) -> Self {
        let mut selected = Self::default();
        for series in which {
            selected.push(self.get(series).iter().copied(), self.drops_name(series));
        }
        selected
    }
}

/// The value of a label, [`Symbol::EMPTY`] if it is not there.
pub(crate) fn value_of(labels: &[Label], name: Symbol) -> Symbol {
    labels.iter().find(|l| l.name == name).map_or(Symbol::EMPTY, |l| l.value)
}

/// Gives a label a value, adds it at its place, or (with the empty value) removes it.
pub(crate) fn set_label(labels: &mut Vec<Label>, name: Symbol, value: Symbol, symbols: &SymbolTable) {
    let found = labels.iter().position(|l| l.name == name);
    match (found, value == Symbol::EMPTY) {
        (Some(at), true) => drop(labels.remove(at)),
        (Some(at), false) => labels[at].value = value,
        (None, true) => {}
        (None, false) => {
            let text = symbols.resolve(name);
            let at = labels.partition_point(|l| symbols.resolve(l.name) < text);
            labels.insert(at, Label { name, value });
        }
    }
}

/// Numbers label sets: equal sets get the same number, counted from 0 in order of first appearance.
#[derive(Debug, Default)]
pub(crate) struct LabelSetIndex {
    sets: SeriesLabels,
    table: HashTable<u32>,
    hasher: FixedState,
}

impl LabelSetIndex {
    pub(crate) fn intern(&mut self, labels: &[Label]) -> usize {
        let hash = self.hasher.hash_one(labels);
        if let Some(&number) = self.table.find(hash, |&n| self.sets.get(n as usize) == labels) {
            return number as usize;
        }
        let number = self.sets.len();
        self.sets.push(labels.iter().copied(), false);
        let (sets, hasher) = (&self.sets, &self.hasher);
        self.table.insert_unique(hash, number as u32, |&n| hasher.hash_one(sets.get(n as usize)));
        number
    }

    pub(crate) fn find(&self, labels: &[Label]) -> Option<usize> {
        let hash = self.hasher.hash_one(labels);
        self.table.find(hash, |&n| self.sets.get(n as usize) == labels).map(|&n| n as usize)
    }

    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    pub(crate) fn into_sets(self) -> SeriesLabels {
        self.sets
    }
}

/// The members of each group, as one list cut into pieces: `numbers[i]` is the group of series `i`.
#[derive(Debug)]
pub(crate) struct Members {
    list: Vec<u32>,
    starts: Vec<u32>,
}

impl Members {
    pub(crate) fn new(numbers: &[usize], groups: usize) -> Self {
        let mut starts = vec![0_u32; groups + 1];
        for &group in numbers {
            starts[group + 1] += 1;
        }
        for group in 0..groups {
            starts[group + 1] += starts[group];
        }
        let mut next = starts.clone();
        let mut list = vec![0; numbers.len()];
        for (series, &group) in numbers.iter().enumerate() {
            list[next[group] as usize] = series as u32;
            next[group] += 1;
        }
        Self { list, starts }
    }

    /// The same, where what was called series `i` is `series[i]`.
    pub(crate) fn of_these(mut self, series: &[u32]) -> Self {
        for member in &mut self.list {
            *member = series[*member as usize];
        }
        self
    }

    pub(crate) fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// The series of a group, in their order.
    pub(crate) fn of(&self, group: usize) -> &[u32] {
        &self.list[self.starts[group] as usize..self.starts[group + 1] as usize]
    }
}

//! Strings interned once and named by a small number.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// The number of a string in one [`SymbolTable`]; equal numbers of one table are equal strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(u32);

impl Symbol {
    /// The empty string, which every table holds first.
    pub const EMPTY: Self = Self(0);

    /// Position in the table, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One label of a series: its name and its value as symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// Never [`Symbol::EMPTY`].
    pub name: Symbol,
    /// Never [`Symbol::EMPTY`]: an empty value means that the label is absent.
    pub value: Symbol,
}

/// An interner: each distinct string is stored once, in one buffer.
///
/// ```
/// let mut symbols = emberdb_model::SymbolTable::new();
/// let job = symbols.intern("job");
/// assert_eq!(symbols.intern("job"), job);
/// assert_eq!(symbols.resolve(job), "job");
/// ```
#[derive(Clone, Debug)]
pub struct SymbolTable {
    text: String,
    /// End of each string in `text`; it starts where the one before ends.
    ends: Vec<usize>,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

impl Default for SymbolTable {
    fn default() -> Self {
        Self::new()
    }
}

impl SymbolTable {
    /// A table that holds the empty string alone.
    #[must_use]
    pub fn new() -> Self {
        let mut table = Self {
            text: String::new(),
            ends: Vec::new(),
            numbers: HashTable::new(),
            hasher: RandomState::default(),
        };
        table.intern("");
        table
    }

    /// The symbol of `text`, new if it was not there.
    pub fn intern(&mut self, text: &str) -> Symbol {
        let hash = self.hasher.hash_one(text);
        if let Some(&number) = self.numbers.find(hash, |&n| resolve(&self.text, &self.ends, n) == text) {
            return Symbol(number);
        }
        let number =
            u32::try_from(self.ends.len()).expect("four billion distinct strings do not fit into memory");
        self.text.push_str(text);
        self.ends.push(self.text.len());
        let (all, ends, hasher) = (&self.text, &self.ends, &self.hasher);
        self.numbers.insert_unique(hash, number, |&n| hasher.hash_one(resolve(all, ends, n)));
        Symbol(number)
    }

    /// The symbol of `text` if it is there.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Symbol> {
        let hash = self.hasher.hash_one(text);
        self.numbers.find(hash, |&n| resolve(&self.text, &self.ends, n) == text).map(|&n| Symbol(n))
    }

    /// The string of a symbol of this table.
    ///
    /// # Panics
    /// If the symbol is of another, larger table.
    #[must_use]
    pub fn resolve(&self, symbol: Symbol) -> &str {
        resolve(&self.text, &self.ends, symbol.0)
    }

    /// Number of strings, the empty one included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Never: the empty string is always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// All symbols, in the order in which they were interned.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> + use<> {
        (0..self.ends.len() as u32).map(Symbol)
    }

    /// Heap bytes held.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<usize>() + self.numbers.allocation_size()
    }
}

fn resolve<'a>(text: &'a str, ends: &[usize], number: u32) -> &'a str {
    let n = number as usize;
    let start = if n == 0 { 0 } else { ends[n - 1] };
    &text[start..ends[n]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn behaves_like_a_list_of_distinct_strings(strings in prop::collection::vec("[a-c]{0,3}", 0..60)) {
            let mut table = SymbolTable::new();
            let mut model = vec![String::new()];
            for s in &strings {
                let symbol = table.intern(s);
                if !model.contains(s) { model.push(s.clone()); }
                prop_assert_eq!(&model[symbol.index()], s);
                prop_assert_eq!(table.find(s), Some(symbol));
            }
            prop_assert_eq!(table.len(), model.len());
            let all: Vec<_> = table.symbols().map(|s| table.resolve(s).to_owned()).collect();
            prop_assert_eq!(all, model);
            prop_assert_eq!(table.find("not there"), None);
        }
    }
}

//! Strings interned once and named by a small number.

use std::hash::BuildHasher;
use std::ops::Range;

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
    /// Where each string is in `text`.
    spans: Vec<Span>,
    numbers: HashTable<u32>,
    /// Numbers whose strings were forgotten.
    free: Vec<u32>,
    hasher: RandomState,
}

/// Where a string is: both halves of where it begins, the lower one first, and its length in bytes. So it has no room that it does not need.
#[derive(Clone, Copy, Debug, Default)]
struct Span([u32; 3]);

impl Span {
    fn new(start: usize, len: usize) -> Self {
        let start = start as u64;
        let len = u32::try_from(len).expect("a string of four billion bytes does not fit into memory");
        Self([start as u32, (start >> 32) as u32, len])
    }

    fn range(self) -> Range<usize> {
        let Self([low, high, len]) = self;
        let start = (u64::from(high) << 32 | u64::from(low)) as usize;
        start..start + len as usize
    }
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
            spans: Vec::new(),
            numbers: HashTable::new(),
            free: Vec::new(),
            hasher: RandomState::default(),
        };
        table.intern("");
        table
    }

    /// The symbol of `text`, new if it was not there.
    pub fn intern(&mut self, text: &str) -> Symbol {
        let hash = self.hasher.hash_one(text);
        if let Some(&number) = self.numbers.find(hash, |&n| resolve(&self.text, &self.spans, n) == text) {
            return Symbol(number);
        }
        let span = Span::new(self.text.len(), text.len());
        self.text.push_str(text);
        let number = match self.free.pop() {
            Some(number) => {
                self.spans[number as usize] = span;
                number
            }
            None => {
                let number = u32::try_from(self.spans.len())
                    .expect("four billion distinct strings do not fit into memory");
                self.spans.push(span);
                number
            }
        };
        let (all, spans, hasher) = (&self.text, &self.spans, &self.hasher);
        self.numbers.insert_unique(hash, number, |&n| hasher.hash_one(resolve(all, spans, n)));
        Symbol(number)
    }

    /// The same, for who thinks that it may be that of `guess`, a symbol of this table: then nothing is looked up.
    ///
    /// # Panics
    /// If the guess is of another, larger table.
    #[inline]
    pub fn intern_like(&mut self, text: &str, guess: Symbol) -> Symbol {
        if self.resolve(guess) == text { guess } else { self.intern(text) }
    }

    /// The symbol of `text` if it is there.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Symbol> {
        let hash = self.hasher.hash_one(text);
        self.numbers.find(hash, |&n| resolve(&self.text, &self.spans, n) == text).map(|&n| Symbol(n))
    }

    /// The string of a symbol of this table.
    ///
    /// # Panics
    /// If the symbol is of another, larger table.
    #[must_use]
    pub fn resolve(&self, symbol: Symbol) -> &str {
        resolve(&self.text, &self.spans, symbol.0)
    }

    /// Forgets the strings of all symbols but those that `is_kept`, and gives their memory back. The other symbols stay what they are; one that
    /// was forgotten must not be used any more: its number is given to a string that is interned later. [`Symbol::EMPTY`] stays.
    pub fn retain(&mut self, is_kept: impl Fn(Symbol) -> bool) {
        let mut kept = String::with_capacity(self.text.len() / 2);
        let Self { text, spans, numbers, free, .. } = self;
        numbers.retain(|&mut number| {
            let is_kept = number == 0 || is_kept(Symbol(number));
            let span = std::mem::take(&mut spans[number as usize]);
            if is_kept {
                let string = &text[span.range()];
                spans[number as usize] = Span::new(kept.len(), string.len());
                kept.push_str(string);
            } else {
                free.push(number);
            }
            is_kept
        });
        self.text = kept;
        let (all, spans, hasher) = (&self.text, &self.spans, &self.hasher);
        self.numbers.shrink_to_fit(|&n| hasher.hash_one(resolve(all, spans, n)));
    }

    /// Number of strings, the empty one included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// All symbols' numbers are below this one.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.spans.len()
    }

    /// All symbols that have strings, by their numbers: as they were interned, if none was forgotten.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> + use<> {
        let mut all: Vec<u32> = self.numbers.iter().copied().collect();
        all.sort_unstable();
        all.into_iter().map(Symbol)
    }

    /// Never: the empty string is always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Heap bytes held.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.text.capacity()
            + self.spans.capacity() * size_of::<Span>()
            + self.free.capacity() * size_of::<u32>()
            + self.numbers.allocation_size()
    }
}

fn resolve<'a>(text: &'a str, spans: &[Span], number: u32) -> &'a str {
    &text[spans[number as usize].range()]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn behaves_like_a_list_of_distinct_strings(strings in prop::collection::vec("[a-c]{0,3}", 0..60)) {
            let mut table = SymbolTable::new();
            let mut model = vec![String::new()];
            for s in &strings {
                let guess = Symbol((s.len() % table.len()) as u32);
                let symbol = table.intern_like(s, guess);
                prop_assert_eq!(table.intern(s), symbol);
                if !model.contains(s) { model.push(s.clone()); }
                prop_assert_eq!(&model[symbol.index()], s);
                prop_assert_eq!(table.find(s), Some(symbol));
            }
            prop_assert_eq!(table.len(), model.len());
            let all: Vec<_> = table.symbols().map(|s| table.resolve(s).to_owned()).collect();
            prop_assert_eq!(all, model);
            prop_assert_eq!(table.find("not there"), None);
        }

        #[test]
        fn what_is_kept_stays_what_it_is(
            rounds in prop::collection::vec((prop::collection::vec("[a-c]{0,3}", 0..30), any::<u32>()), 1..5),
        ) {
            let mut table = SymbolTable::new();
            let mut model = BTreeMap::from([(String::new(), Symbol::EMPTY)]);
            let mut most = 1;
            for (strings, kept) in rounds {
                for s in strings {
                    let symbol = table.intern(&s);
                    let is_free = model.values().all(|&known| known != symbol);
                    let known = *model.entry(s).or_insert(symbol);
                    prop_assert!(known == symbol || is_free);
                }
                most = most.max(model.len());
                let is_kept = |symbol: Symbol| kept >> (symbol.index() % 32) & 1 == 1;
                table.retain(is_kept);
                for (text, symbol) in &model {
                    let found = (*symbol == Symbol::EMPTY || is_kept(*symbol)).then_some(*symbol);
                    prop_assert_eq!(table.find(text), found);
                }
                model.retain(|_, symbol| *symbol == Symbol::EMPTY || is_kept(*symbol));
                let texts: BTreeMap<String, Symbol> =
                    table.symbols().map(|symbol| (table.resolve(symbol).to_owned(), symbol)).collect();
                prop_assert_eq!(&texts, &model);
                prop_assert_eq!(table.text.len(), model.keys().map(String::len).sum::<usize>());
                prop_assert_eq!((table.len(), table.numbers()), (model.len(), most));
            }
        }
    }
}

//! Selected series of the head.

use std::sync::Arc;

use emberdb_model::storage::{SeriesSet, StorageError};
use emberdb_model::{Label, SampleColumns, SampleValue, Symbol, SymbolTable, TimeRange};
use emberdb_tsdb_index::{MemoryIndex, SeriesId};

use super::querier::Selected;
use crate::head::{Page, Pages, Series, Snapshot};

/// Selected series of the head, with their labels in the caller's symbols.
pub(super) struct HeadSeriesSet {
    snapshot: Arc<Snapshot>,
    ids: Vec<SeriesId>,
    may_have_histograms: bool,
    pages: Vec<Arc<Page>>,
    labels: Vec<Label>,
    /// Where each series' labels end in `labels`.
    ends: Vec<usize>,
}

impl HeadSeriesSet {
    pub(super) fn new(
        snapshot: Arc<Snapshot>,
        Selected { ids, may_have_histograms }: Selected,
        symbols: &mut SymbolTable,
    ) -> Self {
        let pages = snapshot.head().pages.all();
        let mut labels = Vec::new();
        let mut ends = Vec::with_capacity(ids.len());
        let index = snapshot.head().index.read();
        let mut translation = Translation::new(&index, symbols);
        for &id in &ids {
            labels.extend(index.symbol_labels(id).iter().map(|&label| translation.label(label)));
            ends.push(labels.len());
        }
        drop(index);
        Self { snapshot, ids, may_have_histograms, pages, labels, ends }
    }

    /// Runs `body` on a series under its page's lock.
    fn with<T>(&self, series: usize, body: impl FnOnce(&Series) -> T) -> T {
        let (page, slot) = Pages::place(self.ids[series]);
        body(&self.pages[page].read()[slot])
    }
}

impl SeriesSet for HeadSeriesSet {
    fn len(&self) -> usize {
        self.ids.len()
    }

    fn labels(&self, series: usize) -> &[Label] {
        let start = if series == 0 { 0 } else { self.ends[series - 1] };
        &self.labels[start..self.ends[series]]
    }

    fn may_have_histograms(&self) -> bool {
        self.may_have_histograms
    }

    fn read(&self, series: usize, range: TimeRange, samples: &mut SampleColumns) -> Result<(), StorageError> {
        let view = self.snapshot.view();
        self.with(series, |series| series.read(view, range, samples))
    }

    fn newest(
        &self,
        series: usize,
        range: TimeRange,
        scratch: &mut SampleColumns,
    ) -> Result<Option<(i64, SampleValue)>, StorageError> {
        let view = self.snapshot.view();
        if let Some(newest) = self.with(series, |s| s.newest_if_near(view, range)) {
            return Ok(newest.map(Into::into));
        }
        self.with(series, |series| series.newest_in(view, range, scratch))
    }
}

/// From the index's symbols to the caller's: each string is looked up once.
struct Translation<'a> {
    index: &'a MemoryIndex,
    symbols: &'a mut SymbolTable,
    /// By the index's symbol; the empty string means not yet known, and is no label's name or value.
    known: Vec<Symbol>,
}

impl<'a> Translation<'a> {
    fn new(index: &'a MemoryIndex, symbols: &'a mut SymbolTable) -> Self {
        Self { known: vec![Symbol::EMPTY; index.symbols().numbers()], index, symbols }
    }

    fn label(&mut self, label: Label) -> Label {
        Label { name: self.symbol(label.name), value: self.symbol(label.value) }
    }

    fn symbol(&mut self, symbol: Symbol) -> Symbol {
        let known = &mut self.known[symbol.index()];
        if *known == Symbol::EMPTY {
            *known = self.symbols.intern(self.index.symbols().resolve(symbol));
        }
        *known
    }
}

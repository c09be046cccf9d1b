//! What is selected: series with chunks in the asked range, their labels in the caller's symbols.

use emberdb_model::{Label, Symbol, SymbolTable, TimeRange};
use emberdb_tsdb_index::{ChunkMeta, IndexReader, SeriesEntryRef};

use crate::chunk_file::ChunkFiles;
use crate::decode::is_histogram;
use crate::tombstone::Intervals;
use crate::{BlockError, BlockResult};

/// Gathers selected series.
pub(super) struct Selection<'a> {
    translation: Translation<'a>,
    selected: Selected,
    /// Of the series that is being added.
    labels: Vec<(u32, u32)>,
    chunks: Vec<ChunkMeta>,
}

/// Selected series: a column for each thing that there is to know, those of one series side by side.
#[derive(Default)]
pub(super) struct Selected {
    pub(super) entries: Vec<SeriesEntryRef>,
    labels: Vec<Label>,
    label_ends: Vec<usize>,
    chunks: Vec<ChunkMeta>,
    chunk_ends: Vec<usize>,
}

impl<'a> Selection<'a> {
    pub(super) fn new(index: &'a IndexReader, symbols: &'a mut SymbolTable) -> Self {
        let translation = Translation { index, symbols, known: Vec::new() };
        Self { translation, selected: Selected::default(), labels: Vec::new(), chunks: Vec::new() }
    }

    /// Adds a series if it has a chunk that reaches into `range` and is not deleted as a whole.
    pub(super) fn add(
        &mut self,
        entry: SeriesEntryRef,
        range: TimeRange,
        deleted: &Intervals,
    ) -> BlockResult<()> {
        self.translation.index.series(entry, &mut self.labels, &mut self.chunks)?;
        let selected = &mut self.selected;
        let before = selected.chunks.len();
        selected.chunks.extend(self.chunks.iter().copied().filter(|chunk| {
            let chunk = TimeRange::new(chunk.min_ms, chunk.max_ms);
            chunk.overlaps(&range) && !deleted.covers(chunk)
        }));
        if selected.chunks.len() == before {
            return Ok(());
        }
        sort_labels(self.translation.index, &mut self.labels)?;
        for &(name, value) in &self.labels {
            let label =
                Label { name: self.translation.symbol(name)?, value: self.translation.symbol(value)? };
            if label.value != Symbol::EMPTY {
                selected.labels.push(label);
            }
        }
        selected.entries.push(entry);
        selected.label_ends.push(selected.labels.len());
        selected.chunk_ends.push(selected.chunks.len());
        Ok(())
    }

    pub(super) fn finish(self) -> Selected {
        self.selected
    }
}

/// Puts labels in the order of their names. They mostly are, and so are the numbers of symbols; only a file that is wrong,
/// with right checksums, has others.
fn sort_labels(index: &IndexReader, labels: &mut Vec<(u32, u32)>) -> BlockResult<()> {
    if labels.is_sorted_by(|earlier, later| earlier.0 < later.0) {
        return Ok(());
    }
    let mut named = Vec::with_capacity(labels.len());
    for &label in &*labels {
        named.push((index.symbol(label.0)?, label));
    }
    named.sort_unstable();
    named.dedup_by_key(|&mut (name, _)| name);
    labels.clear();
    labels.extend(named.into_iter().map(|(_, label)| label));
    Ok(())
}

impl Selected {
    pub(super) fn labels(&self, series: usize) -> &[Label] {
        part(&self.labels, &self.label_ends, series)
    }

    pub(super) fn chunks(&self, series: usize) -> &[ChunkMeta] {
        part(&self.chunks, &self.chunk_ends, series)
    }

    /// Whether any chunk has histograms.
    pub(super) fn has_histograms(&self, files: &ChunkFiles) -> BlockResult<bool> {
        for chunk in &self.chunks {
            if is_histogram(files.encoding(chunk.chunk_ref)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn part<'a, T>(all: &'a [T], ends: &[usize], series: usize) -> &'a [T] {
    let start = series.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(series).and_then(|&end| all.get(start..end)).unwrap_or_default()
}

/// From the file's symbols to the caller's: each string is looked up once.
struct Translation<'a> {
    index: &'a IndexReader,
    symbols: &'a mut SymbolTable,
    /// By the file's symbol: an ordinal, or in old files an offset. The empty string means not known yet.
    known: Vec<Symbol>,
}

impl Translation<'_> {
    fn symbol(&mut self, reference: u32) -> BlockResult<Symbol> {
        let place = reference as usize;
        if let Some(&known) = self.known.get(place)
            && known != Symbol::EMPTY
        {
            return Ok(known);
        }
        // Only what the file has makes the table longer.
        let symbol = self.symbols.intern(self.index.symbol(reference)?);
        if place >= self.known.len() {
            self.known.resize(place + 1, Symbol::EMPTY);
        }
        let known =
            self.known.get_mut(place).ok_or_else(|| BlockError::Refused("a symbol table".to_owned()))?;
        *known = symbol;
        Ok(symbol)
    }
}

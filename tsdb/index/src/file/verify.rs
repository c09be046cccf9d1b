//! Everything that an index file must be, checked.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::cursor::Cursor;
use super::postings_table::{NameEntries, TableEntry, spell};
use super::reader::{IndexReader, Parts};
use super::series_entry::{ChunkMeta, SeriesEntryRef, read_chunks, read_labels};
use crate::error::IndexError;
use crate::postings::Posting;

impl IndexReader {
    /// Checks the whole file and reports what is wrong: all checksums; symbols, series, labels and postings are in
    /// order; each posting names a series that has the label, and each label of a series has its posting; chunks follow
    /// each other in the file and in time. Where series cannot be read on, postings are not compared with them.
    ///
    /// It reads the file once; memory is taken for each series and each distinct label.
    pub fn verify(&self, found: &mut dyn FnMut(IndexError)) {
        let mut verifier = Verifier { parts: &self.parts, found, hasher: RandomState::default() };
        verifier.symbols();
        let census = verifier.series();
        verifier.postings(census);
        if let Err(error) = self.parts.check_label_indices() {
            found(error);
        }
    }
}

struct Verifier<'a> {
    parts: &'a Parts,
    found: &'a mut dyn FnMut(IndexError),
    hasher: RandomState,
}

/// After so many lists that cannot be read no more are looked at: a table could name one of them without end.
const DAMAGED_LISTS_MAX: usize = 100;

/// What may be looked at until a file is not worth it.
struct Budget {
    postings: usize,
    damaged_lists: usize,
}

/// What the series together have.
#[derive(Default)]
struct Census {
    series: Vec<SeriesEntryRef>,
    labels: HashMap<(u32, u32), Fingerprint, RandomState>,
}

/// A set of series, told from others by their number and the sum of their hashes: so that each series is read once and
/// not as often as it has labels, and little is kept. Hashes are seeded anew each time, so no file can be made to deceive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fingerprint {
    count: usize,
    sum: u64,
}

impl Fingerprint {
    fn add(&mut self, series: SeriesEntryRef, hasher: &RandomState) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(hasher.hash_one(series));
    }
}

impl Verifier<'_> {
    fn report(&mut self, expected: impl Into<String>, found: impl Into<String>, at: &Cursor<'_>) {
        (self.found)(at.corrupt(expected, found));
    }

    fn symbols(&mut self) {
        let mut last: Option<&str> = None;
        for read in self.parts.symbols.iter(&self.parts.file) {
            match read {
                Ok(symbol) => {
                    if let Some(last) = last.filter(|&last| last >= symbol) {
                        let error = self.parts.corrupt_at(
                            self.parts.toc.symbols,
                            format!("a symbol after {last:?}"),
                            format!("{symbol:?}"),
                        );
                        (self.found)(error);
                    }
                    last = Some(symbol);
                }
                Err(error) => (self.found)(error),
            }
        }
    }

    /// `None` if they cannot all be read.
    fn series(&mut self) -> Option<Census> {
        let mut census = Census::default();
        let (mut labels, mut last_labels, mut chunks, mut last_ref) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for read in self.parts.series.walk(&self.parts.file) {
            let decoded = read.and_then(|(entry, body)| {
                let mut rest = body;
                read_labels(&mut rest, &mut labels)?;
                read_chunks(&mut rest, &mut chunks)?;
                Ok((entry, body))
            });
            let (entry, body) = match decoded {
                Ok(decoded) => decoded,
                Err(error) => {
                    (self.found)(error);
                    return None;
                }
            };
            self.labels_in_order(&labels, &body);
            last_ref = self.chunks_in_order(&chunks, last_ref, &body);
            // References are in the order of texts, so labels compare as these do.
            if !census.series.is_empty() && labels <= last_labels {
                self.report(
                    "series in the order of their labels",
                    "one that is not after the one before",
                    &body,
                );
            }
            census.series.push(entry);
            for &label in &labels {
                census.labels.entry(label).or_default().add(entry, &self.hasher);
            }
            std::mem::swap(&mut last_labels, &mut labels);
        }
        Some(census)
    }

    fn labels_in_order(&mut self, labels: &[(u32, u32)], body: &Cursor<'_>) {
        if !labels.is_sorted_by(|(name, _), (next, _)| name < next) {
            self.report("labels in the order of their names", "another order", body);
        }
        let holds = |reference: u32| self.parts.symbols.may_hold(reference);
        if let Some((name, value)) = labels.iter().find(|&&(name, value)| !holds(name) || !holds(value)) {
            self.report("labels that refer to symbols", format!("the references {name} and {value}"), body);
        }
    }

    /// The reference of the last chunk.
    fn chunks_in_order(&mut self, chunks: &[ChunkMeta], mut last_ref: u64, body: &Cursor<'_>) -> u64 {
        let mut previous_ms = None;
        for chunk in chunks {
            if chunk.chunk_ref < last_ref {
                let expected = format!("a chunk reference of at least {last_ref}");
                self.report(expected, chunk.chunk_ref.to_string(), body);
            }
            if chunk.max_ms < chunk.min_ms || previous_ms.is_some_and(|previous| chunk.min_ms <= previous) {
                let found =
                    format!("one from {} to {} ms, after {previous_ms:?}", chunk.min_ms, chunk.max_ms);
                self.report("a chunk after the one before", found, body);
            }
            (last_ref, previous_ms) = (chunk.chunk_ref, Some(chunk.max_ms));
        }
        last_ref
    }

    fn postings(&mut self, mut census: Option<Census>) {
        let mut budget = Budget { postings: self.parts.postings_max(), damaged_lists: DAMAGED_LISTS_MAX };
        for &name in self.parts.table.names() {
            if let Err(error) = self.postings_of_name(name, census.as_mut(), &mut budget) {
                (self.found)(error);
                return;
            }
        }
        let missing = census.map_or(0, |census| census.labels.len());
        if missing > 0 {
            let error = self.parts.corrupt_at(
                self.parts.toc.postings_table,
                "postings of each label that a series has",
                format!("{missing} labels without"),
            );
            (self.found)(error);
        }
    }

    /// Checks the lists of a name. Labels whose lists were found are taken from the census.
    ///
    /// # Errors
    /// When no further lists are to be looked at.
    fn postings_of_name(
        &mut self,
        name: NameEntries,
        mut census: Option<&mut Census>,
        budget: &mut Budget,
    ) -> Result<(), IndexError> {
        let parts = self.parts;
        for read in parts.table.entries_from(&parts.file, name, b"")? {
            let entry = read?;
            let checked = match parts.postings(entry.postings_offset) {
                Ok(list) => {
                    budget.postings = budget.postings.checked_sub(list.len()).ok_or_else(|| {
                        parts.corrupt_at(entry.postings_offset, "lists that do not overlap", spell(&entry))
                    })?;
                    self.list(&entry, list, census.as_deref_mut())
                }
                Err(error) => {
                    budget.damaged_lists -= 1;
                    if budget.damaged_lists == 0 {
                        return Err(error);
                    }
                    Err(error)
                }
            };
            if let Err(error) = checked {
                (self.found)(error);
            }
        }
        Ok(())
    }

    fn list(
        &mut self,
        entry: &TableEntry<'_>,
        list: &[[u8; 4]],
        census: Option<&mut Census>,
    ) -> Result<(), IndexError> {
        let parts = self.parts;
        let corrupt = |expected: &str| {
            parts.corrupt_at(entry.postings_offset, expected, format!("others for {}", spell(entry)))
        };
        let series = || list.iter().map(|posting| posting.series());
        if !series().is_sorted_by(|series, next| series < next) {
            return Err(corrupt("ascending postings"));
        }
        let Some(census) = census else { return Ok(()) };
        if entry.name.is_empty() {
            let all = series().eq(census.series.iter().copied());
            return if all { Ok(()) } else { Err(corrupt("the postings of all series")) };
        }
        let symbol = |text: &[u8]| parts.symbols.find(&parts.file, text);
        let (Some(name), Some(value)) = (symbol(entry.name)?, symbol(entry.value)?) else {
            return Err(corrupt("postings of labels that are symbols"));
        };
        let mut listed = Fingerprint::default();
        series().for_each(|series| listed.add(series, &self.hasher));
        match census.labels.remove(&(name, value)) {
            Some(of_label) if of_label == listed => Ok(()),
            _ => Err(corrupt("the postings of the series that have the label")),
        }
    }
}

impl Parts {
    fn corrupt_at(&self, offset: u64, expected: impl Into<String>, found: impl Into<String>) -> IndexError {
        self.file.corrupt(usize::try_from(offset).unwrap_or(usize::MAX), expected, found)
    }

    /// The lists of values that older writers made and nobody reads: their checksums alone.
    fn check_label_indices(&self) -> Result<(), IndexError> {
        let Some(offset) = self.toc.label_table() else { return Ok(()) };
        let mut table = self.file.section(offset)?;
        let mut left = self.file.len();
        for _ in 0..table.be32()? {
            let at = table;
            for _ in 0..table.uvarint()? {
                table.string()?;
            }
            let index_bytes = self.file.section(table.uvarint()?)?.left();
            let overlap = || at.corrupt("label indices that do not overlap", "others");
            left = left.checked_sub(index_bytes).ok_or_else(overlap)?;
        }
        Ok(())
    }
}

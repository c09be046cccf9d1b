//! Everything that an index file must be, checked.

use super::cursor::Cursor;
use super::postings_table::{NameEntries, TableEntry, spell};
use super::reader::{IndexReader, Parts};
use super::series_entry::{ChunkMeta, SeriesEntryRef, read_chunks, read_labels};
use crate::error::IndexError;

impl IndexReader {
    /// Checks the whole file and reports what is wrong: all checksums; symbols, series, labels and postings are in
    /// order; each posting names a series that has the label, and each label of a series has its posting; chunks follow
    /// each other in the file and in time. What damage makes unreadable is reported once and what depends on it passed over.
    ///
    /// It reads each series as often as it has labels: a few seconds for a million series.
    pub fn verify(&self, found: &mut dyn FnMut(IndexError)) {
        let mut verifier = Verifier { parts: &self.parts, found, labels: Vec::new(), chunks: Vec::new() };
        verifier.symbols();
        let census = verifier.series();
        verifier.postings(census.as_ref());
        if let Err(error) = self.parts.check_label_indices() {
            found(error);
        }
    }
}

struct Verifier<'a> {
    parts: &'a Parts,
    found: &'a mut dyn FnMut(IndexError),
    /// Of the series at hand; kept for their memory.
    labels: Vec<(u32, u32)>,
    chunks: Vec<ChunkMeta>,
}

/// What all series together have.
struct Census {
    series: Vec<SeriesEntryRef>,
    labels: usize,
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
        let mut census = Census { series: Vec::new(), labels: 0 };
        let (mut last_labels, mut last_ref) = (Vec::new(), 0);
        for read in self.parts.series.walk(&self.parts.file) {
            let decoded = read.and_then(|(entry, body)| {
                let mut rest = body;
                read_labels(&mut rest, &mut self.labels)?;
                read_chunks(&mut rest, &mut self.chunks)?;
                Ok((entry, body))
            });
            let (entry, body) = match decoded {
                Ok(decoded) => decoded,
                Err(error) => {
                    (self.found)(error);
                    return None;
                }
            };
            self.labels_in_order(&body);
            self.chunks_in_order(&body, &mut last_ref);
            // References are in the order of texts, so labels compare as these do.
            if !census.series.is_empty() && self.labels <= last_labels {
                self.report(
                    "series in the order of their labels",
                    "one that is not after the one before",
                    &body,
                );
            }
            census.series.push(entry);
            census.labels += self.labels.len();
            std::mem::swap(&mut last_labels, &mut self.labels);
        }
        Some(census)
    }

    fn labels_in_order(&mut self, body: &Cursor<'_>) {
        if !self.labels.is_sorted_by(|(name, _), (next, _)| name < next) {
            self.report("labels in the order of their names", "another order", body);
        }
        let holds = |reference: u32| self.parts.symbols.may_hold(reference);
        if let Some((name, value)) = self.labels.iter().find(|&&(name, value)| !holds(name) || !holds(value))
        {
            let found = format!("the references {name} and {value}");
            self.report("labels that refer to symbols", found, body);
        }
    }

    fn chunks_in_order(&mut self, body: &Cursor<'_>, last_ref: &mut u64) {
        let mut previous_ms = None;
        for chunk in std::mem::take(&mut self.chunks) {
            if chunk.chunk_ref < *last_ref {
                let expected = format!("a chunk reference of at least {last_ref}");
                self.report(expected, chunk.chunk_ref.to_string(), body);
            }
            if chunk.max_ms < chunk.min_ms || previous_ms.is_some_and(|previous| chunk.min_ms <= previous) {
                let found =
                    format!("one from {} to {} ms, after {previous_ms:?}", chunk.min_ms, chunk.max_ms);
                self.report("a chunk after the one before", found, body);
            }
            (*last_ref, previous_ms) = (chunk.chunk_ref, Some(chunk.max_ms));
        }
    }

    fn postings(&mut self, census: Option<&Census>) {
        let mut postings = 0;
        for &name in self.parts.table.names() {
            match self.postings_of_name(name, census) {
                Ok(of_name) => postings += of_name,
                Err(error) => {
                    (self.found)(error);
                    return;
                }
            }
        }
        // Each posting named a series that has the label, none twice. So if there are as many as labels, none is missing.
        if let Some(census) = census.filter(|census| census.labels != postings) {
            let expected = format!("{} postings, one for each label of a series", census.labels);
            let error = self.parts.corrupt_at(self.parts.toc.postings, expected, postings.to_string());
            (self.found)(error);
        }
    }

    /// Number of postings in the lists of a name; those of all series, which have the empty name, count as none.
    fn postings_of_name(&mut self, name: NameEntries, census: Option<&Census>) -> Result<usize, IndexError> {
        let parts = self.parts;
        let mut postings = 0;
        for read in parts.table.entries_from(&parts.file, name, b"")? {
            let entry = read?;
            let list = match parts.postings(entry.postings_offset) {
                Ok(list) => list,
                Err(error) => {
                    (self.found)(error);
                    continue;
                }
            };
            postings += list.len();
            if postings > parts.postings_per_name_max() {
                return Err(parts.corrupt_at(
                    entry.postings_offset,
                    "lists that do not overlap",
                    spell(&entry),
                ));
            }
            let series: Vec<_> =
                list.iter().map(|&posting| SeriesEntryRef(u32::from_be_bytes(posting))).collect();
            if let Err(error) = self.list(&entry, &series, census) {
                (self.found)(error);
            }
        }
        Ok(if parts.table.first(&parts.file, name)?.name.is_empty() { 0 } else { postings })
    }

    fn list(
        &mut self,
        entry: &TableEntry<'_>,
        list: &[SeriesEntryRef],
        census: Option<&Census>,
    ) -> Result<(), IndexError> {
        let parts = self.parts;
        let corrupt = |expected: &str| {
            parts.corrupt_at(
                entry.postings_offset,
                expected.to_owned(),
                format!("others for {}", spell(entry)),
            )
        };
        if !list.is_sorted_by(|series, next| series < next) {
            return Err(corrupt("ascending postings"));
        }
        if entry.name.is_empty() {
            let all = census.is_none_or(|census| census.series == list);
            return if all { Ok(()) } else { Err(corrupt("the postings of all series")) };
        }
        let symbol = |text: &[u8]| parts.symbols.find(&parts.file, text);
        let (Some(name), Some(value)) = (symbol(entry.name)?, symbol(entry.value)?) else {
            return Err(corrupt("postings of labels that are symbols"));
        };
        for &series in list {
            read_labels(&mut parts.series.entry(&parts.file, series)?, &mut self.labels)?;
            if !self.labels.contains(&(name, value)) {
                return Err(corrupt("postings of series that have the label"));
            }
        }
        Ok(())
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
        for _ in 0..table.be32()? {
            for _ in 0..table.uvarint()? {
                table.string()?;
            }
            self.file.section(table.uvarint()?)?;
        }
        Ok(())
    }
}

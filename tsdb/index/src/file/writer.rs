//! Writing an index file of version 2, byte for byte as Prometheus does.

use std::path::Path;

use emberdb_env::Env;
use emberdb_model::{Symbol, SymbolTable};
use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::output::Output;
use super::postings_table::PARTS;
use super::series_entry::{ChunkMeta, SeriesEntryRef, put_entry};
use super::toc::Toc;
use super::varint::{put_uvarint, uvarint_bytes};
use super::version::Version;
use super::{HEADER_BYTES, MAGIC};
use crate::error::{IndexError, WriteRefusal};
use crate::postings::Postings;

/// A section has at most so many bytes: its length is written with 32 bits.
const SECTION_BYTES_MAX: u64 = u32::MAX as u64;

/// Postings lists begin at multiples of this, for those who read numbers of four bytes where they lie.
const POSTINGS_ALIGN: u64 = 4;

/// An index file under way: symbols, then series, then what is computed from them.
///
/// The file is written as it comes; in memory are the symbols and, for each label, the references of its series. A file
/// that was not [finished](Self::finish) has no table of contents, and readers refuse it.
#[derive(Debug)]
pub struct IndexWriter {
    output: Output,
    toc: Toc,
    symbols: Symbols,
    /// By the numbers of a label's name and value.
    postings: HashMap<(u32, u32), Postings<SeriesEntryRef>, RandomState>,
    all: Vec<SeriesEntryRef>,
    /// Labels of the series written last, by numbers.
    last_labels: Vec<(u32, u32)>,
    last_chunk_ref: u64,
    /// Of the series at hand; kept for their memory.
    labels: Vec<(u32, u32)>,
    entry: Vec<u8>,
}

impl IndexWriter {
    /// Begins the file, or begins it anew, with its symbols: all names and values of the labels to come, sorted and
    /// distinct. Prometheus puts the empty string among them, which here is the caller's choice.
    ///
    /// # Errors
    /// [`IndexError::Refused`] if symbols are not sorted and distinct, or too many; [`IndexError::Fs`].
    pub fn create<'a>(
        env: &Env,
        path: &Path,
        symbols: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, IndexError> {
        let mut output = Output::create(env, path)?;
        output.write(&MAGIC.to_be_bytes())?;
        output.write(&[Version::V2.to_byte()])?;
        let symbols = Symbols::gather(symbols).map_err(|refusal| output.refuse(refusal))?;
        symbols.write(&mut output)?;
        let series = output.offset();
        let toc = Toc {
            symbols: HEADER_BYTES as u64,
            series,
            label_indices: series,
            label_table: series,
            postings: series,
            postings_table: series,
        };
        Ok(Self {
            output,
            toc,
            symbols,
            postings: HashMap::default(),
            all: Vec::new(),
            last_labels: Vec::new(),
            last_chunk_ref: 0,
            labels: Vec::new(),
            entry: Vec::new(),
        })
    }

    /// Writes a series: its labels, sorted by name, and its chunks, in the order of time. Series come in the order of their
    /// labels.
    ///
    /// # Errors
    /// [`IndexError::Refused`] says what is out of order, unknown or too large; nothing of the series is then written.
    /// [`IndexError::Fs`] if writing failed; then later calls are refused.
    pub fn add_series<'a>(
        &mut self,
        labels: impl Iterator<Item = (&'a str, &'a str)>,
        chunks: &[ChunkMeta],
    ) -> Result<SeriesEntryRef, IndexError> {
        let resolved = self.resolve(labels);
        let last_chunk_ref = resolved
            .and_then(|()| chunks_end(chunks, self.last_chunk_ref))
            .map_err(|refusal| self.output.refuse(refusal))?;
        let align = Version::V2.series_align() as u64;
        self.output.pad_to(align)?;
        // The output's limit keeps this within 32 bits.
        let entry = SeriesEntryRef((self.output.offset() / align) as u32);
        self.write_entry(chunks)?;
        for &label in &self.labels {
            self.postings.entry(label).or_default().push(entry);
        }
        self.all.push(entry);
        std::mem::swap(&mut self.last_labels, &mut self.labels);
        self.last_chunk_ref = last_chunk_ref;
        Ok(entry)
    }

    /// Writes postings, the table of their offsets and the table of contents, and returns when the file is durable. Its
    /// name is durable once the caller has synced the directory.
    ///
    /// # Errors
    /// [`IndexError::Refused`] if the file or the table becomes too large; [`IndexError::Fs`].
    pub fn finish(mut self) -> Result<(), IndexError> {
        let offset = self.output.offset();
        (self.toc.label_indices, self.toc.postings) = (offset, offset);
        let mut lists: Vec<_> = std::mem::take(&mut self.postings).into_iter().collect();
        // Numbers of symbols are in the order of their texts.
        lists.sort_unstable_by_key(|&(label, _)| label);
        self.output.pad_to(POSTINGS_ALIGN)?;
        let mut offsets = Vec::with_capacity(lists.len() + 1);
        offsets.push(self.output.offset());
        write_postings(&mut self.output, &mut self.entry, &self.all)?;
        for (_, list) in &lists {
            offsets.push(self.output.offset());
            write_postings(&mut self.output, &mut self.entry, list.as_slice())?;
        }
        let offset = self.output.offset();
        (self.toc.label_table, self.toc.postings_table) = (offset, offset);
        let labels =
            lists.iter().map(|&((name, value), _)| (self.symbols.text(name), self.symbols.text(value)));
        // The list of all series stands first, under the empty label.
        let entries = std::iter::once(("", "")).chain(labels).zip(offsets);
        write_table(&mut self.output, &mut self.entry, entries)?;
        self.entry.clear();
        self.toc.put(&mut self.entry);
        self.output.write(&self.entry)?;
        self.output.finish()
    }

    /// Puts the numbers of the labels' symbols into `self.labels`.
    fn resolve<'a>(&mut self, labels: impl Iterator<Item = (&'a str, &'a str)>) -> Result<(), WriteRefusal> {
        self.labels.clear();
        for (name, value) in labels {
            if let Some(part) = [(name, "name"), (value, "value")].iter().find(|(text, _)| text.is_empty()) {
                return Err(WriteRefusal::EmptyLabel { part: part.1 });
            }
            let label = (self.symbols.number(name)?, self.symbols.number(value)?);
            if self.labels.last().is_some_and(|&(before, _)| before >= label.0) {
                return Err(WriteRefusal::LabelOrder { name: name.to_owned() });
            }
            self.labels.push(label);
        }
        if self.labels > self.last_labels {
            return Ok(());
        }
        let spell = |&(name, value): &(u32, u32)| {
            format!("{}={:?}", self.symbols.text(name), self.symbols.text(value))
        };
        let labels: Vec<String> = self.labels.iter().map(spell).collect();
        Err(WriteRefusal::SeriesOrder { labels: format!("{{{}}}", labels.join(", ")) })
    }

    /// Length, body, checksum of the body.
    fn write_entry(&mut self, chunks: &[ChunkMeta]) -> Result<(), IndexError> {
        self.entry.clear();
        put_entry(&self.labels, chunks, &mut self.entry);
        let body_bytes = self.entry.len();
        put_uvarint(body_bytes as u64, &mut self.entry);
        let (body, len) = self.entry.split_at(body_bytes);
        self.output.write(len)?;
        self.output.begin_checksum();
        self.output.write(body)?;
        self.output.write_checksum()
    }
}

/// The symbols of the file under way.
#[derive(Debug)]
struct Symbols {
    table: SymbolTable,
    /// In the file's order. That is the table's as well, but for the empty string, which the table holds in any case.
    in_file: Vec<Symbol>,
}

impl Symbols {
    fn gather<'a>(symbols: impl IntoIterator<Item = &'a str>) -> Result<Self, WriteRefusal> {
        let mut gathered = Self { table: SymbolTable::new(), in_file: Vec::new() };
        for symbol in symbols {
            let last = gathered.in_file.last().map(|&last| gathered.table.resolve(last));
            if let Some(previous) = last.filter(|&last| last >= symbol) {
                let (symbol, previous) = (symbol.to_owned(), previous.to_owned());
                return Err(WriteRefusal::SymbolOrder { symbol, previous });
            }
            gathered.in_file.push(gathered.table.intern(symbol));
        }
        Ok(gathered)
    }

    /// The file's number of a text that is not empty.
    fn number(&self, text: &str) -> Result<u32, WriteRefusal> {
        let symbol =
            self.table.find(text).ok_or_else(|| WriteRefusal::UnknownSymbol { text: text.to_owned() })?;
        let empty_only_in_table = self.table.len() - self.in_file.len();
        // A symbol's number has 32 bits.
        Ok((symbol.index() - empty_only_in_table) as u32)
    }

    fn text(&self, number: u32) -> &str {
        self.table.resolve(self.in_file[number as usize])
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.in_file.iter().map(|&symbol| self.table.resolve(symbol))
    }

    fn write(&self, output: &mut Output) -> Result<(), IndexError> {
        let section_bytes = 4 + self.texts().map(string_bytes).sum::<u64>();
        write_section_len(output, "the symbol table", section_bytes)?;
        output.begin_checksum();
        // Each symbol takes a byte at least, so their number fits as well.
        output.write(&(self.in_file.len() as u32).to_be_bytes())?;
        let mut bytes = Vec::new();
        for text in self.texts() {
            bytes.clear();
            put_string(text, &mut bytes);
            output.write(&bytes)?;
        }
        output.write_checksum()
    }
}

/// Checks the order of a series' chunks; the reference of the last one, or the one before the series' if it has none.
fn chunks_end(chunks: &[ChunkMeta], mut last_ref: u64) -> Result<u64, WriteRefusal> {
    let mut previous_ms = None;
    for chunk in chunks {
        if chunk.chunk_ref < last_ref {
            return Err(WriteRefusal::ChunkRefOrder { chunk_ref: chunk.chunk_ref, previous: last_ref });
        }
        if chunk.max_ms < chunk.min_ms || previous_ms.is_some_and(|previous| chunk.min_ms <= previous) {
            let ChunkMeta { min_ms, max_ms, .. } = *chunk;
            return Err(WriteRefusal::ChunkTimeOrder { min_ms, max_ms, previous_ms });
        }
        (last_ref, previous_ms) = (chunk.chunk_ref, Some(chunk.max_ms));
    }
    Ok(last_ref)
}

fn write_postings(
    output: &mut Output,
    scratch: &mut Vec<u8>,
    list: &[SeriesEntryRef],
) -> Result<(), IndexError> {
    write_section_len(output, "a postings list", 4 + 4 * list.len() as u64)?;
    scratch.clear();
    // The section's length has 32 bits, so the number of postings has, too.
    scratch.extend((list.len() as u32).to_be_bytes());
    scratch.extend(list.iter().flat_map(|entry| entry.0.to_be_bytes()));
    output.begin_checksum();
    output.write(scratch)?;
    output.write_checksum()
}

/// The postings offset table: labels, in their order, and where their lists are.
fn write_table<'a>(
    output: &mut Output,
    scratch: &mut Vec<u8>,
    entries: impl Iterator<Item = ((&'a str, &'a str), u64)> + Clone,
) -> Result<(), IndexError> {
    let entry_bytes =
        |((name, value), offset)| 1 + string_bytes(name) + string_bytes(value) + uvarint_bytes(offset);
    let section_bytes = 4 + entries.clone().map(entry_bytes).sum::<u64>();
    write_section_len(output, "the postings offset table", section_bytes)?;
    output.begin_checksum();
    // An entry takes four bytes at least, so their number fits as well.
    output.write(&(entries.clone().count() as u32).to_be_bytes())?;
    for ((name, value), offset) in entries {
        scratch.clear();
        put_uvarint(PARTS, scratch);
        put_string(name, scratch);
        put_string(value, scratch);
        put_uvarint(offset, scratch);
        output.write(scratch)?;
    }
    output.write_checksum()
}

fn write_section_len(output: &mut Output, what: &'static str, bytes: u64) -> Result<(), IndexError> {
    let Ok(len) = u32::try_from(bytes) else {
        return Err(output.refuse(WriteRefusal::TooLarge { what, limit: SECTION_BYTES_MAX }));
    };
    output.write(&len.to_be_bytes())
}

fn put_string(text: &str, out: &mut Vec<u8>) {
    put_uvarint(text.len() as u64, out);
    out.extend(text.as_bytes());
}

/// Number of bytes that [`put_string`] appends.
fn string_bytes(text: &str) -> u64 {
    uvarint_bytes(text.len() as u64) + text.len() as u64
}

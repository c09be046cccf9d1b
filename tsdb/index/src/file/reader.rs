//! An index file, read in place.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use emberdb_model::Matcher;

use super::cursor::FileBytes;
use super::postings_table::PostingsTable;
use super::series_entry::{ChunkMeta, SeriesEntryRef, read_chunks, read_labels};
use super::series_section::SeriesSection;
use super::symbols::Symbols;
use super::toc::Toc;
use super::version::Version;
use super::{HEADER_BYTES, MAGIC};
use crate::error::IndexError;
use crate::select::{PostingsSource, SelectCache, is_scan, select};

/// The index file of a block, version 1 or 2.
///
/// Strings, series and postings stay in the file's bytes, which are best a map
/// ([`FileSystem::map`](emberdb_env::FileSystem::map)); in memory are the place of every 32nd symbol and of every 32nd
/// value of a label name. Cloning copies one pointer.
///
/// What was checked when the file was opened: header, table of contents, symbols, and the table that says where postings
/// are. Series and postings are checked, each by its own checksum, whenever they are read.
#[derive(Clone, Debug)]
pub struct IndexReader {
    pub(super) parts: Arc<Parts>,
}

#[derive(Debug)]
pub(super) struct Parts {
    pub(super) file: FileBytes,
    pub(super) version: Version,
    pub(super) toc: Toc,
    pub(super) symbols: Symbols,
    pub(super) series: SeriesSection,
    pub(super) table: PostingsTable,
    /// What was selected lately.
    selected: SelectCache<SeriesEntryRef>,
}

/// So many bytes of answers are kept of each file; there may be some hundred.
const SELECTED_BYTES_MAX: usize = 1 << 20;

impl IndexReader {
    /// Reads an index from the bytes of its file; `path` is for messages.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] if it is no index file, of an unknown version, or damaged in what all readers need.
    pub fn open(path: &Path, bytes: Bytes) -> Result<Self, IndexError> {
        let file = FileBytes::new(path, bytes);
        let version = read_header(&file)?;
        let toc = Toc::read(&file)?;
        let symbols = Symbols::open(&file, version, toc.symbols)?;
        let series = SeriesSection::new(&file, version, &toc);
        let table = PostingsTable::open(&file, version, toc.postings_table)?;
        let selected = SelectCache::new(SELECTED_BYTES_MAX);
        Ok(Self { parts: Arc::new(Parts { file, version, toc, symbols, series, table, selected }) })
    }

    /// Version of the format: 1 or 2.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.parts.version.to_byte()
    }

    /// Size of the file in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.parts.file.len() as u64
    }

    /// All names and values of labels, as they are stored: sorted, each once. Nothing comes after an error.
    pub fn symbols(&self) -> impl Iterator<Item = Result<&str, IndexError>> {
        self.parts.symbols.iter(&self.parts.file)
    }

    /// The string of a reference that [`series`](Self::series) gave.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] if there is no such symbol, or it is not UTF-8.
    pub fn symbol(&self, reference: u32) -> Result<&str, IndexError> {
        self.parts.symbols.get(&self.parts.file, reference)
    }

    /// All series, in the order of their labels.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] if the list of all series is damaged.
    pub fn series_refs(&self) -> Result<Vec<SeriesEntryRef>, IndexError> {
        self.parts.all()
    }

    /// The labels of a series, as references of symbols in the order of names, and its chunks in the order of time. What
    /// `labels` and `chunks` held before is dropped.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] if there is no series or it is damaged; `labels` and `chunks` then hold nothing of use.
    pub fn series(
        &self,
        entry: SeriesEntryRef,
        labels: &mut Vec<(u32, u32)>,
        chunks: &mut Vec<ChunkMeta>,
    ) -> Result<(), IndexError> {
        let mut body = self.parts.series.entry(&self.parts.file, entry)?;
        read_labels(&mut body, labels)?;
        read_chunks(&mut body, chunks)
    }

    /// The series that meet all matchers, ascending, which is the order of their labels; all series if there is no
    /// matcher.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] if postings or values that are needed are damaged.
    pub fn select(&self, matchers: &[Matcher]) -> Result<Vec<SeriesEntryRef>, IndexError> {
        if !is_scan(matchers) {
            return select(&*self.parts, matchers);
        }
        let key = SelectCache::<SeriesEntryRef>::key(matchers);
        if let Some(kept) = self.parts.selected.get(&key) {
            return Ok(kept.selected);
        }
        let selected = select(&*self.parts, matchers)?;
        self.parts.selected.put(key, &selected, 0);
        Ok(selected)
    }

    /// The names of all labels, sorted.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] if one is not UTF-8.
    pub fn label_names(&self) -> Result<Vec<String>, IndexError> {
        let Parts { file, table, .. } = &*self.parts;
        let names =
            table.names().iter().map(|&name| Ok(self.text(table.first(file, name)?.name)?.to_owned()));
        // The list of all series has the empty name.
        names.filter(|name| name.as_ref().map_or(true, |name: &String| !name.is_empty())).collect()
    }

    /// The values of a label name, sorted; none if no series has it.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] if one is not UTF-8.
    pub fn label_values(&self, name: &str) -> Result<Vec<String>, IndexError> {
        let Parts { file, table, .. } = &*self.parts;
        let Some(name) = table.name(file, name)?.filter(|_| !name.is_empty()) else { return Ok(Vec::new()) };
        table.entries_from(file, name, b"")?.map(|entry| Ok(self.text(entry?.value)?.to_owned())).collect()
    }

    fn text<'a>(&self, bytes: &'a [u8]) -> Result<&'a str, IndexError> {
        self.parts.text(bytes)
    }
}

impl Parts {
    /// A string of the postings offset table.
    pub(super) fn text<'a>(&self, bytes: &'a [u8]) -> Result<&'a str, IndexError> {
        str::from_utf8(bytes).map_err(|_| {
            let offset = usize::try_from(self.toc.postings_table).unwrap_or(usize::MAX);
            self.file.corrupt(offset, "names and values in UTF-8", bytes.escape_ascii().to_string())
        })
    }
}

fn read_header(file: &FileBytes) -> Result<Version, IndexError> {
    let mut header = file.cursor(0, HEADER_BYTES.min(file.len()))?;
    let magic = header.be32()?;
    if magic != MAGIC {
        return Err(file.corrupt(0, format!("the magic number {MAGIC:#010x}"), format!("{magic:#010x}")));
    }
    let byte = header.bytes(1)?.first().copied().unwrap_or(0);
    Version::from_byte(byte).ok_or_else(|| file.corrupt(4, "version 1 or 2", byte.to_string()))
}

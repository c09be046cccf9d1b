//! The postings offset table: for each label, where the list of its series is.

use super::cursor::{Cursor, FileBytes};
use super::search::search;
use super::version::Version;
use crate::error::IndexError;

/// Version 2 is sorted, so every so many-th entry of a name is enough to find the others.
const STRIDE_SORTED: usize = 32;

/// A label has two parts, and each entry says so.
pub(super) const PARTS: u64 = 2;

/// Where entries are. A few bytes a name and one number for each `stride` entries; names and values stay in the file.
#[derive(Debug)]
pub(super) struct PostingsTable {
    /// Offset of the section's data, and of what follows it.
    start: usize,
    end: usize,
    /// Sorted by name.
    names: Vec<NameEntries>,
    /// Offsets from `start`. The section's length has 32 bits, so these do.
    marks: Vec<u32>,
    stride: usize,
}

/// The entries of one label name.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameEntries {
    /// Its first mark; the marks of the others follow, in the order of values.
    mark: usize,
    /// Number of entries.
    count: usize,
}

/// One label and the offset of its postings.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableEntry<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) postings_offset: u64,
}

impl PostingsTable {
    /// Checks the section at `offset` (0: there is none) and keeps where its entries are.
    pub(super) fn open(file: &FileBytes, version: Version, offset: u64) -> Result<Self, IndexError> {
        let stride = match version {
            Version::V1 => 1,
            Version::V2 => STRIDE_SORTED,
        };
        let mut table = Self { start: 0, end: 0, names: Vec::new(), marks: Vec::new(), stride };
        if offset == 0 {
            return Ok(table);
        }
        let mut cursor = file.section(offset)?;
        (table.start, table.end) = (cursor.offset(), cursor.offset() + cursor.left());
        let count = cursor.be32()?;
        let mut entries = (0..count).map(|_| Ok((cursor, read_entry(&mut cursor)?)));
        match version {
            Version::V1 => {
                let mut all = entries.collect::<Result<Vec<_>, IndexError>>()?;
                all.sort_by_key(|(_, entry)| (entry.name, entry.value));
                table.keep(all.into_iter().map(Ok))?;
            }
            Version::V2 => table.keep(&mut entries)?,
        }
        Ok(table)
    }

    /// Notes where entries are that come in the order of their labels.
    fn keep<'a>(
        &mut self,
        entries: impl Iterator<Item = Result<(Cursor<'a>, TableEntry<'a>), IndexError>>,
    ) -> Result<(), IndexError> {
        let mut last: Option<TableEntry<'a>> = None;
        for read in entries {
            let (at, entry) = read?;
            if let Some(last) = last
                && (last.name, last.value) >= (entry.name, entry.value)
            {
                return Err(at.corrupt(format!("a label after {}", spell(&last)), spell(&entry)));
            }
            if last.is_none_or(|last| last.name != entry.name) {
                self.names.push(NameEntries { mark: self.marks.len(), count: 0 });
            }
            let Some(name) = self.names.last_mut() else { continue };
            if name.count.is_multiple_of(self.stride) {
                self.marks.push((at.offset() - self.start) as u32);
            }
            name.count += 1;
            last = Some(entry);
        }
        Ok(())
    }

    pub(super) fn names(&self) -> &[NameEntries] {
        &self.names
    }

    /// The entries of a label name.
    pub(super) fn name(&self, file: &FileBytes, name: &str) -> Result<Option<NameEntries>, IndexError> {
        let compare = |index: usize| Ok(self.first(file, self.names[index])?.name.cmp(name.as_bytes()));
        Ok(search(self.names.len(), compare)?.ok().map(|index| self.names[index]))
    }

    /// The first entry of a name.
    pub(super) fn first<'a>(
        &self,
        file: &'a FileBytes,
        name: NameEntries,
    ) -> Result<TableEntry<'a>, IndexError> {
        read_entry(&mut self.at_mark(file, name.mark)?)
    }

    /// The entries of a name, in the order of their values, from the first whose value is not below `from`. Nothing
    /// after an error.
    pub(super) fn entries_from<'a>(
        &'a self,
        file: &'a FileBytes,
        name: NameEntries,
        from: &'a [u8],
    ) -> Result<impl Iterator<Item = Result<TableEntry<'a>, IndexError>>, IndexError> {
        let marks = name.count.div_ceil(self.stride);
        let compare = |m: usize| Ok(read_entry(&mut self.at_mark(file, name.mark + m)?)?.value.cmp(from));
        let mark = match search(marks, compare)? {
            Ok(mark) => mark,
            Err(after) => after.saturating_sub(1),
        };
        let mut index = mark * self.stride;
        let mut cursor = self.at_mark(file, name.mark + mark)?;
        let mut next = move || {
            if index.is_multiple_of(self.stride) {
                cursor = self.at_mark(file, name.mark + index / self.stride)?;
            }
            index += 1;
            read_entry(&mut cursor)
        };
        let mut left = name.count - index;
        let entries = std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            Some(next().inspect_err(|_| left = 0))
        });
        Ok(entries.skip_while(move |read| read.as_ref().is_ok_and(|entry| entry.value < from)))
    }

    fn at_mark<'a>(&self, file: &'a FileBytes, mark: usize) -> Result<Cursor<'a>, IndexError> {
        file.cursor(self.start + self.marks[mark] as usize, self.end)
    }
}

fn read_entry<'a>(cursor: &mut Cursor<'a>) -> Result<TableEntry<'a>, IndexError> {
    let at = *cursor;
    let parts = cursor.uvarint()?;
    if parts != PARTS {
        return Err(at.corrupt(format!("a label of {PARTS} parts"), format!("one of {parts}")));
    }
    Ok(TableEntry { name: cursor.string()?, value: cursor.string()?, postings_offset: cursor.uvarint()? })
}

/// A label for messages.
pub(super) fn spell(entry: &TableEntry<'_>) -> String {
    format!("{}=\"{}\"", entry.name.escape_ascii(), entry.value.escape_ascii())
}

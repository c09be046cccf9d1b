//! Selection from a file: its postings are searched where they lie.

use super::postings_table::NameEntries;
use super::reader::Parts;
use super::series_entry::SeriesEntryRef;
use crate::error::IndexError;
use crate::postings::union;
use crate::select::{PostingsSource, Wanted};

impl PostingsSource for Parts {
    type Posting = [u8; 4];
    type Name<'s> = NameEntries;
    type Error = IndexError;

    fn all(&self) -> Result<Vec<SeriesEntryRef>, IndexError> {
        match self.table.name(&self.file, "")? {
            Some(name) => Ok(union(&[self.list(name, "")?])),
            // Early writers made no list of all series.
            None => self.series.walk(&self.file).map(|read| Ok(read?.0)).collect(),
        }
    }

    fn name(&self, name: &str) -> Result<Option<NameEntries>, IndexError> {
        // The list of all series stands under the empty name, which no label has.
        if name.is_empty() { Ok(None) } else { self.table.name(&self.file, name) }
    }

    fn list<'s>(&'s self, name: NameEntries, value: &str) -> Result<&'s [[u8; 4]], IndexError> {
        match self.table.entries_from(&self.file, name, value.as_bytes())?.next().transpose()? {
            Some(entry) if entry.value == value.as_bytes() => self.postings(entry.postings_offset),
            _ => Ok(&[]),
        }
    }

    fn lists<'s>(&'s self, name: NameEntries, wanted: Wanted<'_>) -> Result<Vec<&'s [[u8; 4]]>, IndexError> {
        let mut lists = Lists { lists: Vec::new(), postings: 0, parts: self };
        match wanted {
            Wanted::Values(values) => {
                for value in values {
                    lists.push(self.list(name, value)?)?;
                }
            }
            Wanted::Accepted { prefix, accepts } => {
                for read in self.table.entries_from(&self.file, name, prefix.as_bytes())? {
                    let entry = read?;
                    if !entry.value.starts_with(prefix.as_bytes()) {
                        break;
                    }
                    if accepts(self.text(entry.value)?) {
                        lists.push(self.postings(entry.postings_offset)?)?;
                    }
                }
            }
        }
        Ok(lists.lists)
    }
}

impl Parts {
    /// The list at an offset; its checksum is checked.
    pub(super) fn postings(&self, offset: u64) -> Result<&[[u8; 4]], IndexError> {
        let mut cursor = self.file.section(offset)?;
        let at = cursor;
        let count = cursor.be32()? as usize;
        match cursor.rest().as_chunks() {
            (list, []) if list.len() == count => Ok(list),
            _ => Err(at.corrupt(format!("{count} postings"), format!("{} bytes of them", cursor.left()))),
        }
    }

    /// No file has room for more postings, unless lists overlap.
    pub(super) fn postings_max(&self) -> usize {
        self.file.len() / size_of::<[u8; 4]>()
    }
}

/// Lists of one label name.
struct Lists<'s> {
    lists: Vec<&'s [[u8; 4]]>,
    postings: usize,
    parts: &'s Parts,
}

impl<'s> Lists<'s> {
    fn push(&mut self, list: &'s [[u8; 4]]) -> Result<(), IndexError> {
        self.postings += list.len();
        let max = self.parts.postings_max();
        if self.postings > max {
            // A table whose entries share lists would take time and memory that no honest file takes.
            let offset = usize::try_from(self.parts.toc.postings_table).unwrap_or(usize::MAX);
            let expected = format!("lists of at most {max} postings");
            return Err(self.parts.file.corrupt(offset, expected, "lists that overlap"));
        }
        self.lists.push(list);
        Ok(())
    }
}

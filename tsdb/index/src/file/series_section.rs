//! The series section: entries one after the other, in the order of labels.

use super::cursor::{Cursor, FileBytes};
use super::series_entry::SeriesEntryRef;
use super::toc::Toc;
use super::version::Version;
use crate::error::IndexError;

/// Where entries are.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeriesSection {
    start: usize,
    end: usize,
    /// References count in steps of so many bytes.
    align: usize,
}

impl SeriesSection {
    /// The section that a table of contents, whose offsets lie in the file, tells of.
    pub(super) fn new(file: &FileBytes, version: Version, toc: &Toc) -> Self {
        let inside =
            |offset: u64| usize::try_from(offset).map_or(file.len(), |offset| offset.min(file.len()));
        let align = version.series_align();
        match toc.series {
            0 => Self { start: 0, end: 0, align },
            start => Self { start: inside(start), end: inside(toc.series_end(file)), align },
        }
    }

    /// The body of an entry; its checksum is checked.
    pub(super) fn entry<'a>(
        &self,
        file: &'a FileBytes,
        entry: SeriesEntryRef,
    ) -> Result<Cursor<'a>, IndexError> {
        let offset = entry.0 as usize * self.align;
        if !(self.start..self.end).contains(&offset) {
            let expected = format!("a series from {} to before {}", self.start, self.end);
            return Err(file.corrupt(self.start, expected, format!("a reference to {offset}")));
        }
        let mut cursor = file.cursor(offset, self.end)?;
        let len = cursor.count(1)?;
        cursor.checksummed(len)
    }

    /// All entries, found by walking; nothing after an error.
    pub(super) fn walk<'a>(
        &self,
        file: &'a FileBytes,
    ) -> impl Iterator<Item = Result<(SeriesEntryRef, Cursor<'a>), IndexError>> + use<'a> {
        let align = self.align;
        let mut at = file.cursor(self.start, self.end).ok();
        std::iter::from_fn(move || {
            let mut cursor = skip_zeros(at.take()?)?;
            let read = (|| {
                let entry = entry_ref(&cursor, align)?;
                let len = cursor.count(1)?;
                Ok((entry, cursor.checksummed(len)?))
            })();
            at = read.is_ok().then_some(cursor);
            Some(read)
        })
    }
}

/// An entry is never empty, so a zero where it would begin is padding. `None` at the end.
fn skip_zeros(mut cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    let zeros = cursor.rest().iter().take_while(|&&byte| byte == 0).count();
    cursor.bytes(zeros).ok()?;
    (cursor.left() > 0).then_some(cursor)
}

fn entry_ref(cursor: &Cursor<'_>, align: usize) -> Result<SeriesEntryRef, IndexError> {
    let offset = cursor.offset();
    if !offset.is_multiple_of(align) {
        return Err(cursor.corrupt(format!("a series at a multiple of {align}"), format!("one at {offset}")));
    }
    u32::try_from(offset / align)
        .map(SeriesEntryRef)
        .map_err(|_| cursor.corrupt("a series whose reference has 32 bits", format!("one at {offset}")))
}

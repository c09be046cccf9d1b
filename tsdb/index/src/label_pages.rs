//! The labels of series by number, in pages: series that came together mostly go together, and then their page goes.

use emberdb_model::Label;

use crate::memory::SeriesId;

/// Series in a page.
const PAGE_SERIES: usize = 256;

/// The labels of all series. Numbers only grow; those of series that were removed are not given again.
#[derive(Debug, Default)]
pub(crate) struct LabelPages {
    /// Absent where all series of a page were removed.
    pages: Vec<Option<Box<LabelPage>>>,
    /// How many numbers were given.
    numbers: usize,
    removed: usize,
}

#[derive(Debug, Default)]
struct LabelPage {
    /// Those of one series side by side and sorted by name.
    labels: Vec<Label>,
    /// Where the labels of each series end in `labels`.
    ends: Vec<u32>,
    /// A bit for each series that was removed.
    removed: [u64; PAGE_SERIES / 64],
}

impl LabelPages {
    /// How many series there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers - self.removed
    }

    /// How many numbers were given: the next series gets the one after them.
    pub(crate) fn numbers(&self) -> usize {
        self.numbers
    }

    /// The series from a number on, ascending.
    pub(crate) fn from(&self, first: usize) -> impl Iterator<Item = SeriesId> {
        let ids = (first..self.numbers).map(|number| SeriesId(number as u32));
        ids.filter(|&id| self.contains(id))
    }

    fn contains(&self, id: SeriesId) -> bool {
        self.page(id).is_some_and(|(page, slot)| page.has(slot))
    }

    /// The labels of a series; none of one that is not there.
    pub(crate) fn get(&self, id: SeriesId) -> &[Label] {
        match self.page(id) {
            Some((page, slot)) if page.has(slot) => page.labels(slot),
            _ => &[],
        }
    }

    /// Adds a series, and gives it the next number.
    pub(crate) fn push(&mut self, labels: impl Iterator<Item = Label>) -> SeriesId {
        let number = self.numbers;
        let id =
            SeriesId(u32::try_from(number).expect("the caller keeps the number of series under SERIES_MAX"));
        if number.is_multiple_of(PAGE_SERIES) {
            if let Some(Some(full)) = self.pages.last_mut() {
                full.labels.shrink_to_fit();
            }
            self.pages.push(Some(Box::default()));
        }
        // The newest page never goes: it is not full.
        let page = self.pages.last_mut().and_then(Option::as_mut).expect("the newest page is there");
        page.labels.extend(labels);
        page.ends.push(page.labels.len() as u32);
        self.numbers += 1;
        id
    }

    /// Removes a series, if it is there.
    pub(crate) fn remove(&mut self, id: SeriesId) {
        let (place, slot) = (id.index() / PAGE_SERIES, id.index() % PAGE_SERIES);
        let Some(Some(page)) = self.pages.get_mut(place) else { return };
        if !page.has(slot) {
            return;
        }
        page.removed[slot / 64] |= 1 << (slot % 64);
        self.removed += 1;
        if page.ends.len() == PAGE_SERIES && page.removed == [u64::MAX; PAGE_SERIES / 64] {
            self.pages[place] = None;
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let bytes = |page: &LabelPage| {
            size_of::<LabelPage>()
                + page.labels.capacity() * size_of::<Label>()
                + page.ends.capacity() * size_of::<u32>()
        };
        self.pages.capacity() * size_of::<Option<Box<LabelPage>>>()
            + self.pages.iter().flatten().map(|page| bytes(page)).sum::<usize>()
    }

    fn page(&self, id: SeriesId) -> Option<(&LabelPage, usize)> {
        let page = self.pages.get(id.index() / PAGE_SERIES)?.as_deref()?;
        Some((page, id.index() % PAGE_SERIES))
    }
}

impl LabelPage {
    fn has(&self, slot: usize) -> bool {
        slot < self.ends.len() && self.removed[slot / 64] >> (slot % 64) & 1 == 0
    }

    fn labels(&self, slot: usize) -> &[Label] {
        let start = if slot == 0 { 0 } else { self.ends[slot - 1] as usize };
        &self.labels[start..self.ends[slot] as usize]
    }
}

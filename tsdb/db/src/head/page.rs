//! Series by number, in pages with a lock each.
//!
//! A batch's samples mostly come in the order in which their series were created, so one lock serves a long run of
//! them, and a reader blocks a writer for one series' decoding at most.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use emberdb_model::storage::AppendError;
use emberdb_tsdb_index::SeriesId;
use parking_lot::RwLock;

use super::series::Series;

/// Series in a page: small enough that a lock is rarely contended, large enough that runs are long.
pub(crate) const PAGE_SERIES: usize = 256;

/// Some series with one lock.
pub(crate) type Page = RwLock<Vec<Series>>;

/// All series of a head.
#[derive(Default)]
pub(crate) struct Pages {
    pages: RwLock<Vec<Arc<Page>>>,
    /// Stands for all pages whose series are gone.
    empty: Arc<Page>,
    /// The greatest reference that the log knows; the next series gets the one after it.
    newest_wal_ref: AtomicU64,
}

impl Pages {
    /// Number of the page and place in it.
    pub(crate) fn place(id: SeriesId) -> (usize, usize) {
        (id.index() / PAGE_SERIES, id.index() % PAGE_SERIES)
    }

    /// The series at a place.
    pub(crate) fn id(page: usize, slot: usize) -> SeriesId {
        SeriesId((page * PAGE_SERIES + slot) as u32)
    }

    /// Adds the series with the next number. Whoever calls holds the index for writing, so that numbers agree.
    pub(crate) fn push(&self, series: Series) {
        let mut pages = self.pages.write();
        if let Some(newest) = pages.last() {
            let mut page = newest.write();
            if page.len() < PAGE_SERIES {
                return page.push(series);
            }
        }
        // Where a page is full, the next one will be: its memory is taken at once. The first one may be all that there is.
        let mut page = Vec::with_capacity(if pages.is_empty() { 0 } else { PAGE_SERIES });
        page.push(series);
        pages.push(Arc::new(RwLock::new(page)));
    }

    /// Frees the memory of pages of which all series `are_gone`. Who reads such a page keeps it as long as that takes. The newest page stays:
    /// there is room in it, or the next one begins with the next number.
    pub(crate) fn free(&self, are_gone: impl Fn(&Series) -> bool) {
        let mut pages = self.pages.write();
        let older = pages.len().saturating_sub(1);
        for page in pages.iter_mut().take(older) {
            let is_free = {
                let series = page.read();
                !series.is_empty() && series.iter().all(&are_gone)
            };
            if is_free {
                *page = Arc::clone(&self.empty);
            }
        }
    }

    /// A page, if there are so many.
    pub(crate) fn page(&self, number: usize) -> Option<Arc<Page>> {
        self.pages.read().get(number).cloned()
    }

    /// All pages there are now.
    pub(crate) fn all(&self) -> Vec<Arc<Page>> {
        self.pages.read().clone()
    }

    /// Adds to the first pages those that are missing.
    pub(crate) fn extend(&self, pages: &mut Vec<Arc<Page>>) {
        let all = self.pages.read();
        pages.extend(all.iter().skip(pages.len()).cloned());
    }

    /// Runs `body` on a series, if it exists.
    pub(crate) fn with<T>(&self, id: SeriesId, body: impl FnOnce(&mut Series) -> T) -> Option<T> {
        let (page, slot) = Self::place(id);
        let page = self.page(page)?;
        let mut series = page.write();
        series.get_mut(slot).map(body)
    }

    /// Runs `body` on a series that others may read meanwhile, if it exists.
    pub(crate) fn read<T>(&self, id: SeriesId, body: impl FnOnce(&Series) -> T) -> Option<T> {
        let (page, slot) = Self::place(id);
        let page = self.page(page)?;
        let series = page.read();
        series.get(slot).map(body)
    }

    /// A reference for a new series in the log.
    pub(crate) fn next_wal_ref(&self) -> Result<u64, AppendError> {
        let next = |newest: u64| newest.checked_add(1);
        match self.newest_wal_ref.fetch_update(Ordering::AcqRel, Ordering::Acquire, next) {
            Ok(newest) => Ok(newest + 1),
            Err(_) => Err(AppendError::Limit("the log's series references are used up".into())),
        }
    }

    /// A reference that the log knows already.
    pub(crate) fn note_wal_ref(&self, wal_ref: u64) {
        self.newest_wal_ref.fetch_max(wal_ref, Ordering::AcqRel);
    }
}

//! A view of the head.

use std::sync::Arc;

use emberdb_model::storage::{Querier, SeriesSet, StorageError};
use emberdb_model::{Matcher, SymbolTable, TimeRange};
use emberdb_tsdb_index::SeriesId;

use super::series_set::HeadSeriesSet;
use crate::head::{Pages, Series, SharedHead, Snapshot};

/// What matchers selected.
pub(super) struct Selected {
    pub(super) ids: Vec<SeriesId>,
    /// Whether one of them may have native histograms.
    pub(super) may_have_histograms: bool,
}

/// All that was committed before it was made.
pub(crate) struct HeadQuerier {
    snapshot: Arc<Snapshot>,
}

impl HeadQuerier {
    /// A view of the head; `held` lives as long as the view and what is selected from it.
    /// Of samples in order those from `in_order_from_ms` on are seen.
    pub(crate) fn new(head: &SharedHead, in_order_from_ms: i64, held: Arc<dyn Send + Sync>) -> Self {
        Self { snapshot: Arc::new(Snapshot::take(head, in_order_from_ms, held)) }
    }

    /// The series that meet `matchers` and have samples that may be in `range`.
    fn select_series(&self, matchers: &[Matcher], range: TimeRange) -> Selected {
        let head = self.snapshot.head();
        let mut ids = head.index.read().select(matchers);
        let pages = head.pages.all();
        let mut locked = None;
        let mut may_have_histograms = false;
        ids.retain(|&id| {
            let (number, slot) = Pages::place(id);
            if locked.as_ref().is_none_or(|(n, _)| *n != number) {
                // The earlier page is unlocked before the next one is locked.
                locked = None;
                locked = pages.get(number).map(|page| (number, page.read()));
            }
            let series = locked.as_ref().and_then(|(_, page)| page.get(slot));
            let series = series.filter(|series| series.may_have(self.snapshot.view(), range));
            may_have_histograms |= series.is_some_and(Series::may_have_histograms);
            series.is_some()
        });
        Selected { ids, may_have_histograms }
    }
}

impl Querier for HeadQuerier {
    fn select(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
        symbols: &mut SymbolTable,
    ) -> Result<Box<dyn SeriesSet>, StorageError> {
        let selected = self.select_series(matchers, range);
        Ok(Box::new(HeadSeriesSet::new(Arc::clone(&self.snapshot), selected, symbols)))
    }

    fn label_names(&self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<String>, StorageError> {
        let ids = self.select_series(matchers, range).ids;
        Ok(self.snapshot.head().index.read().label_names(Some(&ids)))
    }

    fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        range: TimeRange,
    ) -> Result<Vec<String>, StorageError> {
        let ids = self.select_series(matchers, range).ids;
        Ok(self.snapshot.head().index.read().label_values(name, Some(&ids)))
    }
}

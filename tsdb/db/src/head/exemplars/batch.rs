//! The exemplars of one batch.

use emberdb_model::storage::AppendError;
use emberdb_tsdb_index::SeriesId;
use foldhash::HashMap;

use super::{Exemplars, Follows, HeldExemplar};

/// Exemplars that were checked against those that are stored and against each other.
#[derive(Default)]
pub(in crate::head) struct ExemplarBatch {
    list: Vec<BatchExemplar>,
    /// The newest one of each series, where the batch has it.
    newest: HashMap<SeriesId, usize>,
}

/// An exemplar of a batch.
pub(in crate::head) struct BatchExemplar {
    pub(in crate::head) id: SeriesId,
    pub(in crate::head) wal_ref: u64,
    pub(in crate::head) exemplar: HeldExemplar,
}

impl ExemplarBatch {
    /// Adds an exemplar, unless it is there already.
    pub(in crate::head) fn add(
        &mut self,
        stored: &Exemplars,
        added: BatchExemplar,
    ) -> Result<(), AppendError> {
        let newest = self.newest.get(&added.id).and_then(|&place| self.list.get(place));
        let newest = newest.map(|newest| &newest.exemplar);
        match stored.check(added.id, newest, &added.exemplar)? {
            Follows::AlreadyThere => return Ok(()),
            Follows::Late => {}
            Follows::AsNewest => {
                self.newest.insert(added.id, self.list.len());
            }
        }
        self.list.push(added);
        Ok(())
    }

    /// Checks everything once more, and returns what was refused.
    pub(in crate::head) fn check_again(&mut self, stored: &Exemplars) -> Vec<(SeriesId, AppendError)> {
        self.newest.clear();
        let again = std::mem::take(&mut self.list);
        let outcomes = again.into_iter().map(|added| (added.id, self.add(stored, added)));
        outcomes.filter_map(|(id, outcome)| Some((id, outcome.err()?))).collect()
    }

    pub(in crate::head) fn as_slice(&self) -> &[BatchExemplar] {
        &self.list
    }

    pub(in crate::head) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn into_list(self) -> Vec<BatchExemplar> {
        self.list
    }
}

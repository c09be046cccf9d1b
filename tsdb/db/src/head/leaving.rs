//! Series that have nothing any more leave the memory.
//!
//! They go in two steps. When the log lets go of their labels they are marked; whoever then adds something to one takes the mark off. As soon
//! as no batch is open that began before that, what is still marked belongs to nobody: it is removed, and its number means nothing any
//! more. Labels that come again get another one.

use emberdb_model::storage::AppendError;
use emberdb_tsdb_index::SeriesId;
use foldhash::HashSet;

use super::Head;
use super::appender::unknown;
use super::series::Series;

/// So many series are removed under one lock of the index: a millisecond or so among a hundred thousand.
const REMOVED_AT_ONCE: usize = 1024;

/// What is known of a series' future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    InUse,
    /// It will be removed unless something is added.
    Unused,
    /// The index does not know it any more.
    Removed,
}

/// Series that were marked.
#[derive(Default)]
pub(super) struct Leaving {
    /// Ascending.
    ids: Vec<SeriesId>,
    /// Batches up to this one may have added something before.
    begun: u64,
}

impl Series {
    /// Takes the mark off a series to which something is about to be added.
    pub(super) fn stay(&mut self, id: SeriesId) -> Result<(), AppendError> {
        match self.life {
            Life::InUse => Ok(()),
            Life::Unused => {
                self.life = Life::InUse;
                Ok(())
            }
            Life::Removed => Err(unknown(id)),
        }
    }

    /// Lets it go, if it is marked and has nothing.
    fn leave(&mut self) -> bool {
        let is_leaving = self.life == Life::Unused && self.is_unused();
        if is_leaving {
            *self = Self::new(self.wal_ref);
            self.life = Life::Removed;
        }
        is_leaving
    }
}

impl Head {
    /// Notes marked series; the log is held, and does not have their labels from now on.
    pub(super) fn note_leaving(&self, ids: Vec<SeriesId>) {
        *self.leaving.lock() = Leaving { ids, begun: self.turns.begun() };
    }

    /// Removes what is marked, unless a batch is still open that may have something of it; returns how many series. Those that have exemplars
    /// stay as long as these do.
    pub(crate) fn remove_leaving(&self) -> usize {
        let mut leaving = self.leaving.lock();
        if leaving.ids.is_empty() || self.turns.is_open_since(leaving.begun) {
            return 0;
        }
        let ids = std::mem::take(&mut leaving.ids);
        drop(leaving);
        let with_exemplars: HashSet<SeriesId> = self.exemplars.series();
        let mut removed = Vec::new();
        for some in ids.chunks(REMOVED_AT_ONCE) {
            let mut index = self.index.write();
            let leaves = |id: &SeriesId| {
                !with_exemplars.contains(id) && self.pages.with(*id, Series::leave).unwrap_or(false)
            };
            let gone: Vec<SeriesId> = some.iter().copied().filter(leaves).collect();
            index.remove(&gone);
            drop(index);
            removed.extend(gone);
        }
        self.further_refs.lock().retain(|(id, _)| removed.binary_search(id).is_err());
        self.pages.free(|series| series.life == Life::Removed);
        removed.len()
    }
}

//! Examples of what series counted: the newest of all series, in memory and in the log.
//!
//! All series share one [`ring`], so that memory has a bound whatever the number of series; a series' exemplars ([`held`],
//! with their labels [`packed`]) are linked in the order of time. A [`batch`] is checked against the ring, logged, and stored.
//!
//! Nothing takes an exemplar out but newer ones of any series: neither deletions of samples nor what becomes a block. What is
//! older than the head's samples is not restored after a restart, though, as upstream does not.

mod batch;
mod held;
mod packed;
mod ring;

use emberdb_model::storage::AppendError;
use emberdb_model::{Exemplar, TimeRange};
use emberdb_tsdb_index::SeriesId;
use foldhash::HashSet;
use parking_lot::RwLock;

pub(super) use batch::{BatchExemplar, ExemplarBatch};
use held::Follows;
pub(super) use held::HeldExemplar;
use ring::Ring;

use crate::options::TsdbOptions;

/// At most so many exemplars in a database: their places have 32 bits, and one says that there is none.
pub(crate) const EXEMPLARS_MAX: usize = u32::MAX as usize - 1;

/// The exemplars of a head. The lock is taken last, for one series or one batch at a time.
pub(crate) struct Exemplars {
    ring: RwLock<Ring>,
    is_on: bool,
    /// How much older than the newest one of its series an exemplar may be; it has to be less than this.
    late_window_ms: i64,
}

/// How many exemplars there are, of how many series, and the bytes that they take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExemplarCounts {
    pub(crate) exemplars: usize,
    pub(crate) series: usize,
    pub(crate) heap_bytes: usize,
}

impl Exemplars {
    /// Room for exemplars, none of which takes memory before it is there.
    pub(crate) fn new(options: &TsdbOptions) -> Self {
        Self {
            ring: RwLock::new(Ring::new(options.exemplars_max)),
            is_on: options.exemplars_max > 0,
            late_window_ms: options.out_of_order_window_ms,
        }
    }

    /// Whether any are kept.
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Whether an exemplar may be added to a series, whose newest one is in a batch or stored.
    fn check(
        &self,
        series: SeriesId,
        newest_of_batch: Option<&HeldExemplar>,
        exemplar: &HeldExemplar,
    ) -> Result<Follows, AppendError> {
        let ring = self.ring.read();
        exemplar.follow(newest_of_batch.or_else(|| ring.newest(series)), self.late_window_ms)
    }

    /// Stores what was logged.
    pub(super) fn store(&self, batch: ExemplarBatch) {
        if batch.is_empty() {
            return;
        }
        let mut ring = self.ring.write();
        for BatchExemplar { id, exemplar, .. } in batch.into_list() {
            // A batch is checked before it is logged. What is not added after all, a replay of the log does not add, either.
            ring.insert(id, exemplar);
        }
    }

    /// Stores an exemplar of the log; false if that is not possible.
    pub(super) fn restore(&self, series: SeriesId, exemplar: HeldExemplar) -> bool {
        self.ring.write().insert(series, exemplar)
    }

    /// The exemplars in `range` of those of `series`, which are in ascending order, that have any.
    pub(crate) fn select(&self, series: &[SeriesId], range: TimeRange) -> Vec<(SeriesId, Vec<Exemplar>)> {
        let ring = self.ring.read();
        let wanted = ring.series().filter(|id| series.binary_search(id).is_ok());
        let found = wanted.map(|id| {
            let within = ring.of_series(id, range);
            (id, within.map(HeldExemplar::to_exemplar).collect::<Vec<_>>())
        });
        found.filter(|(_, exemplars)| !exemplars.is_empty()).collect()
    }

    /// The series that have exemplars.
    pub(super) fn series(&self) -> HashSet<SeriesId> {
        self.ring.read().series().collect()
    }

    pub(crate) fn counts(&self) -> ExemplarCounts {
        self.ring.read().counts()
    }
}

//! One exemplar, and whether it may follow another.

use emberdb_model::Exemplar;
use emberdb_model::storage::AppendError;
use emberdb_wal::RefExemplar;

use super::packed::{PackedLabels, Unpacking};

/// What becomes of an exemplar that is not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// It is the newest one of its series now.
    AsNewest,
    /// It is added among older ones.
    Late,
    /// The newest one is the same: it is passed over.
    AlreadyThere,
}

/// An exemplar as it is kept.
#[derive(Clone, Debug)]
pub(in crate::head) struct HeldExemplar {
    pub(super) timestamp_ms: i64,
    value: f64,
    pub(super) labels: PackedLabels,
    /// Whether whoever exposed it said when; otherwise its time is that of the scrape. The log does not tell: what comes from there
    /// counts as without a time, as upstream has it.
    pub(super) is_timed: bool,
}

impl HeldExemplar {
    /// Refuses labels that are too long.
    pub(in crate::head) fn new(exemplar: &Exemplar, is_timed: bool) -> Result<Self, AppendError> {
        let labels = PackedLabels::pack(&exemplar.labels)?;
        Ok(Self { timestamp_ms: exemplar.timestamp_ms, value: exemplar.value, labels, is_timed })
    }

    /// Whether it may be added to a series with this newest one. With a window of late ones it may be older, by less than the window.
    ///
    /// Of several at one time those of greater values come later, and of these those of greater hashes, as upstream has it: so one
    /// that is there already is recognized by a look at the newest.
    pub(super) fn follow(&self, newest: Option<&Self>, late_window_ms: i64) -> Result<Follows, AppendError> {
        let Some(newest) = newest else { return Ok(Follows::AsNewest) };
        if self.is_same(newest) {
            return Ok(Follows::AlreadyThere);
        }
        let (timestamp_ms, newest_ms) = (self.timestamp_ms, newest.timestamp_ms);
        let is_refused = if timestamp_ms == newest_ms {
            self.value < newest.value
                || (self.value == newest.value && self.labels.hash() < newest.labels.hash())
        } else {
            timestamp_ms < newest_ms && timestamp_ms <= newest_ms.saturating_sub(late_window_ms)
        };
        if is_refused {
            return Err(AppendError::OutOfOrderExemplar { timestamp_ms, newest_ms });
        }
        Ok(if timestamp_ms < newest_ms { Follows::Late } else { Follows::AsNewest })
    }

    /// Whether two are the same example. Where neither was exposed with a time, it is no matter when they were scraped.
    fn is_same(&self, other: &Self) -> bool {
        let is_same_time = self.timestamp_ms == other.timestamp_ms || !(self.is_timed || other.is_timed);
        is_same_time && self.value == other.value && self.labels == other.labels
    }

    pub(super) fn to_exemplar(&self) -> Exemplar {
        Exemplar { labels: self.labels.unpack(), value: self.value, timestamp_ms: self.timestamp_ms }
    }

    /// As the log has it.
    pub(in crate::head) fn logged(&self, series_ref: u64) -> (RefExemplar, Unpacking<'_>) {
        let exemplar = RefExemplar { series_ref, timestamp_ms: self.timestamp_ms, value: self.value };
        (exemplar, self.labels.iter())
    }

    /// Bytes that it takes in the log at most, about.
    pub(in crate::head) fn logged_bytes_max(&self) -> usize {
        self.labels.heap_bytes() + STAMP_BYTES_MAX
    }
}

/// Two differences of ten bytes each, the value, and the number of labels.
const STAMP_BYTES_MAX: usize = 2 * 10 + 8 + 2;

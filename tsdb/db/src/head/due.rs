//! When the head has more than it is to keep: a range of it belongs into a block.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use emberdb_model::TimeRange;
use emberdb_wal::WalError;

use super::Head;

/// Tells whoever makes blocks, once until it has done so: commits come by the thousand while it works.
#[derive(Default)]
pub(super) struct Due {
    tell: OnceLock<Box<dyn Fn() + Send + Sync>>,
    told: AtomicBool,
}

impl Head {
    /// The oldest aligned range, if so much came after it that no sample of it is taken any more.
    pub(crate) fn range_to_compact(&self) -> Option<TimeRange> {
        let (oldest_ms, newest_ms) = self.time_range()?;
        let block_ms = self.options.block_range_ms;
        if newest_ms.saturating_sub(oldest_ms) <= block_ms.saturating_add(block_ms / 2) {
            return None;
        }
        let end_ms = oldest_ms.div_euclid(block_ms).saturating_mul(block_ms).saturating_add(block_ms);
        Some(TimeRange::new(oldest_ms, end_ms - 1))
    }

    /// Lets the head's time begin with its samples, if none is in the range that would become a block next. A database that was not used for
    /// years, or a sample of a wrong time, would else be gone through block by block.
    pub(crate) fn pass_over_gap(&self) -> Result<(), WalError> {
        let Some(range) = self.range_to_compact() else { return Ok(()) };
        if self.first_from(range.min_ms) <= range.max_ms {
            return Ok(());
        }
        // While the log is held nothing is committed, so that nothing comes into the gap. What is taken in order stays so.
        let _log = self.settled_log()?;
        let begin_ms = self.first_from(range.min_ms).min(self.oldest_accepted_ms());
        if begin_ms > range.max_ms {
            self.raise_min_valid(begin_ms);
            self.oldest_ms.fetch_max(begin_ms, Ordering::AcqRel);
        }
        Ok(())
    }

    /// The time of the first sample in order from this time on, or one between the two; the greatest there is without any.
    fn first_from(&self, from_ms: i64) -> i64 {
        let pages = self.pages.all().into_iter();
        let of_pages =
            pages.filter_map(|page| page.read().iter().filter_map(|s| s.first_from(from_ms)).min());
        of_pages.min().unwrap_or(i64::MAX)
    }

    /// `tell` is called when a range becomes due, by the commit that makes it so. Only the first one counts.
    pub(crate) fn when_due(&self, tell: impl Fn() + Send + Sync + 'static) {
        // A second one would be of the same database.
        let _ = self.due.tell.set(Box::new(tell));
    }

    /// Tells, unless it was told already.
    pub(super) fn tell_if_due(&self) {
        if let Some(tell) = self.due.tell.get()
            && self.range_to_compact().is_some()
            && !self.due.told.swap(true, Ordering::AcqRel)
        {
            tell();
        }
    }

    /// Lets the next commit tell again, if what it would tell of is done. What could not be done is tried again by the clock.
    pub(crate) fn tell_again(&self) {
        if self.range_to_compact().is_none() {
            self.due.told.store(false, Ordering::Release);
        }
    }
}

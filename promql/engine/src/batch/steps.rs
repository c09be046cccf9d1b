//! The grid of times at which a query is evaluated.

use crate::error::{QueryError, Result};

/// The most times of one grid, of a query or of a subquery: a year of seconds. Columns have a place for each, with a value or not, so that a
/// hundred years of milliseconds would take all the memory there is.
pub(crate) const STEPS_MAX: usize = 1 << 25;

/// Evaluation times `start, start + step, ...`: `count` of them, at least one. An instant query has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// The first time, in milliseconds since the epoch.
    pub start_ms: i64,
    /// The distance between two times in milliseconds; positive where there is more than one time.
    pub step_ms: i64,
    /// The number of times, at least 1.
    pub count: usize,
}

impl Steps {
    /// The single time of an instant query.
    ///
    /// ```
    /// use emberdb_promql_engine::batch::Steps;
    ///
    /// let steps = Steps::instant(5_000);
    /// assert_eq!(steps.times().collect::<Vec<_>>(), [5_000]);
    /// ```
    #[must_use]
    pub const fn instant(time_ms: i64) -> Self {
        Self { start_ms: time_ms, step_ms: 0, count: 1 }
    }

    /// The times from `start_ms` to at most `end_ms`, both inclusive; `None` if `end_ms` is before the start,
    /// or if the step is not positive while the range is not empty.
    #[must_use]
    pub fn range(start_ms: i64, end_ms: i64, step_ms: i64) -> Option<Self> {
        let length_ms = end_ms.checked_sub(start_ms).filter(|&length_ms| length_ms >= 0)?;
        if length_ms == 0 {
            return Some(Self { start_ms, step_ms, count: 1 });
        }
        if step_ms <= 0 {
            return None;
        }
        let count = usize::try_from(length_ms / step_ms).ok()?.checked_add(1)?;
        Some(Self { start_ms, step_ms, count })
    }

    /// # Errors
    /// [`QueryError::TooManySamples`] if these are more than [`STEPS_MAX`].
    pub(crate) fn checked(self) -> Result<Self> {
        if self.count > STEPS_MAX {
            return Err(QueryError::TooManySamples { limit: STEPS_MAX });
        }
        Ok(self)
    }

    /// The time of step `index`, in milliseconds.
    #[inline]
    #[must_use]
    pub const fn time(&self, index: usize) -> i64 {
        // A grid lies within i64 by construction; a step that does not exist may wrap.
        self.start_ms.wrapping_add(self.step_ms.wrapping_mul(index as i64))
    }

    /// The last time, in milliseconds.
    #[must_use]
    pub const fn last_ms(&self) -> i64 {
        self.time(self.count.saturating_sub(1))
    }

    /// All times in order, in milliseconds.
    pub fn times(self) -> impl ExactSizeIterator<Item = i64> {
        (0..self.count).map(move |index| self.time(index))
    }
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn the_end_is_floored_to_the_grid() {
        let steps = Steps::range(-7, 10, 5).unwrap();
        assert_eq!(steps.times().collect::<Vec<_>>(), [-7, -2, 3, 8]);
        assert_eq!(steps.last_ms(), 8);
        assert_eq!(Steps::range(3, 3, 0), Some(Steps { start_ms: 3, step_ms: 0, count: 1 }));
    }

    #[test]
    fn a_grid_without_times_is_none() {
        assert_eq!(Steps::range(4, 3, 1), None);
        assert_eq!(Steps::range(3, 4, 0), None);
        assert_eq!(Steps::range(i64::MIN, i64::MAX, 1), None);
    }
}

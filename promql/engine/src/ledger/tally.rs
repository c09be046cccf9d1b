//! What one evaluation read: a query's own, that of a subquery, or that of an expression which is the same at every step.

use crate::batch::Steps;

/// Samples that an evaluation loaded, counted as upstream counts them.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    pub(crate) steps: Steps,
    /// Loaded at each step: a window counts at every step that sees it.
    pub(crate) queryable: Vec<u64>,
    /// Read at each step: of a window only what the step before did not see.
    pub(crate) read: Vec<u64>,
}

impl Tally {
    pub(crate) fn new(steps: Steps) -> Self {
        Self { steps, queryable: vec![0; steps.count], read: vec![0; steps.count] }
    }

    pub(crate) fn queryable_total(&self) -> u64 {
        self.queryable.iter().sum()
    }

    pub(crate) fn read_total(&self) -> u64 {
        self.read.iter().sum()
    }

    /// Adds what was both loaded and read.
    pub(crate) fn add(&mut self, step: usize, samples: u64) {
        self.queryable[step] += samples;
        self.read[step] += samples;
    }

    /// Adds what an expression read that is evaluated once for all steps.
    pub(crate) fn add_invariant(&mut self, once: &Self) {
        let queryable = once.queryable_total();
        self.queryable.iter_mut().for_each(|at_step| *at_step += queryable);
        self.read[0] += once.read_total();
    }

    /// Adds what a subquery read to the steps that need it; `offset_ms` is how far before these it looks. What no window
    /// of `range_ms` sees was read for nothing and does not count; all of it does if that is 0.
    pub(crate) fn add_read_of(&mut self, subquery: &Self, offset_ms: i64, range_ms: i64) {
        if self.steps.count == 1 {
            self.read[0] += subquery.read_total();
            return;
        }
        for (step, &samples) in subquery.read.iter().enumerate().filter(|&(_, &samples)| samples > 0) {
            let needed_ms = subquery.steps.time(step).saturating_add(offset_ms);
            let after_ms = needed_ms.saturating_sub(self.steps.start_ms).max(0);
            let at_step = (after_ms as u64).div_ceil(self.steps.step_ms as u64) as usize;
            let at_step = at_step.min(self.steps.count - 1);
            let is_seen = range_ms <= 0 || needed_ms > self.steps.time(at_step).saturating_sub(range_ms);
            if is_seen {
                self.read[at_step] += samples;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_subquery_read_belongs_to_the_step_that_first_sees_it() {
        let mut subquery = Tally::new(Steps { start_ms: 10, step_ms: 10, count: 6 });
        (0..6).for_each(|step| subquery.add(step, 1));
        let mut outer = Tally::new(Steps { start_ms: 20, step_ms: 30, count: 2 });
        outer.add_read_of(&subquery, 0, 20);
        // 10 and 20 for the window (0, 20]; 40 and 50 for (30, 50]; nobody sees 30; 60 counts at the last step.
        assert_eq!(outer.read, [2, 3]);
        let mut outer = Tally::new(Steps { start_ms: 20, step_ms: 30, count: 2 });
        outer.add_read_of(&subquery, 0, 0);
        assert_eq!(outer.read, [2, 4]);
        let mut instant = Tally::new(Steps::instant(60));
        instant.add_read_of(&subquery, 0, 20);
        assert_eq!(instant.read, [6]);
    }
}

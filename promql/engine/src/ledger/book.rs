//! The samples in memory, operator by operator, in the order in which upstream evaluates them.

use super::tally::Tally;
use super::{Content, SeriesWindows};
use crate::batch::Steps;
use crate::error::{QueryError, Result};
use crate::value::Statistics;

/// What kind of operator a result is of: each kind holds its operands, and its result, at other moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The samples that are there at each step.
    Selector,
    /// Their times, looked up step by step.
    Times,
    /// The newest and the next sample at each step, of which a value is made: windows that nobody lets go.
    Smoothed,
    /// Step by step, from the elements of the operands.
    StepByStep,
    /// As a whole: the operands are let go when the result is there.
    Aggregation,
    /// In place: the result is the operand.
    InPlace,
    /// From windows, series by series.
    OverWindows,
    /// Where there is no series, found from windows as if the result were where there are some.
    AbsenceOverWindows,
    /// Once, for all steps.
    Invariant,
}

/// What a query holds and has read.
#[derive(Debug)]
pub(crate) struct Ledger {
    samples_max: usize,
    held: u64,
    peak: u64,
    /// The evaluations that are under way, each within the one before it.
    tallies: Vec<Tally>,
    /// The operators that are under way, each an operand of the one before it.
    pages: Vec<Page>,
}

/// An operator that is under way.
#[derive(Debug, Default)]
struct Page {
    /// Held before it began.
    before: u64,
    operands: Vec<Vec<u64>>,
    /// What the windows of its range vector hold, series by series.
    windows: Vec<SeriesWindows>,
    /// Samples of the subquery that is its range vector.
    of_subquery: u64,
    /// What its subquery read.
    subquery: Option<Tally>,
}

impl Ledger {
    pub(crate) fn new(samples_max: usize, steps: Steps) -> Self {
        let (tallies, pages) = (vec![Tally::new(steps)], vec![Page::default()]);
        Self { samples_max, held: 0, peak: 0, tallies, pages }
    }

    /// What the query did.
    pub(crate) fn statistics(&self) -> Statistics {
        let tally = &self.tallies[0];
        let by_step = |samples: &[u64]| tally.steps.times().zip(samples.iter().copied()).collect();
        Statistics {
            queryable_samples: tally.queryable_total(),
            samples_read: tally.read_total(),
            samples_peak: self.peak,
            queryable_samples_by_step: by_step(&tally.queryable),
            samples_read_by_step: by_step(&tally.read),
        }
    }

    /// An operator begins.
    pub(crate) fn begin(&mut self) {
        self.pages.push(Page { before: self.held, ..Page::default() });
    }

    /// Whether the operator at work is an operand, and not the whole query.
    pub(crate) fn is_within(&self) -> bool {
        self.pages.len() > 2
    }

    /// The operator that began last has this result.
    pub(crate) fn end(&mut self, entry: Entry, result: Content) -> Result<()> {
        let page = self.pages.pop().unwrap_or_default();
        match entry {
            Entry::Selector => {
                self.read(&result.samples);
                self.hold(result.total())?;
            }
            Entry::Times => self.times(&page, &result)?,
            Entry::Smoothed => self.smoothed(&page)?,
            Entry::StepByStep => self.step_by_step(&page, &result)?,
            Entry::Aggregation => {
                self.held = page.before;
                self.hold(result.total())?;
            }
            Entry::InPlace => {}
            Entry::OverWindows => self.over_windows(&page, &result)?,
            Entry::AbsenceOverWindows => {
                let steps = result.elements.len();
                let seen = |windows: &SeriesWindows| {
                    (0..steps).filter(|&step| windows.at_step(step) > 0).count() as u64
                };
                let of_series = page.windows.iter().map(seen).collect();
                self.over_windows(&page, &Content { of_series, ..Content::default() })?;
            }
            Entry::Invariant => {
                if let Some(once) = self.leave() {
                    self.tally().add_invariant(&once);
                }
                let at_first = result.samples.first().copied().unwrap_or(0);
                self.hold(result.total() - at_first)?;
            }
        }
        if let Some(around) = self.pages.last_mut() {
            around.operands.push(result.elements);
        }
        Ok(())
    }

    /// An operand that is no operator of the plan, for the one at work.
    pub(crate) fn add_operand(&mut self, entry: Entry, content: Content) -> Result<()> {
        self.begin();
        self.end(entry, content)
    }

    /// An evaluation of its own begins.
    pub(crate) fn enter(&mut self, steps: Steps) {
        self.tallies.push(Tally::new(steps));
    }

    /// The evaluation that began last is over.
    fn leave(&mut self) -> Option<Tally> {
        if self.tallies.len() > 1 { self.tallies.pop() } else { None }
    }

    /// The tally of the evaluation at work.
    fn tally(&mut self) -> &mut Tally {
        self.tallies.last_mut().expect("the query's own evaluation ends with the ledger")
    }

    /// The evaluation of the subquery at work is over.
    pub(crate) fn leave_subquery(&mut self) {
        let tally = self.leave();
        if let Some(page) = self.pages.last_mut() {
            page.subquery = tally;
        }
    }

    /// The operator at work has windows of the storage with these samples, series by series.
    pub(crate) fn windows_of_storage(&mut self, windows: Vec<SeriesWindows>) {
        let tally = self.tally();
        for of_series in &windows {
            for (step, &samples) in of_series.fresh.iter().enumerate() {
                tally.read[step] += samples;
            }
        }
        self.windows(windows);
    }

    /// As [`windows_of_storage`](Self::windows_of_storage), but nobody counts what is read.
    pub(crate) fn windows_of_smoothed(&mut self, windows: Vec<SeriesWindows>) {
        if let Some(page) = self.pages.last_mut() {
            page.windows = windows;
        }
    }

    /// A range selector has windows with these samples, for the operator around it.
    pub(crate) fn end_windows_of_storage(&mut self, windows: Vec<SeriesWindows>) {
        self.pages.pop();
        self.windows_of_storage(windows);
    }

    /// A subquery, whose result has so many `samples`, has these windows for the operator around it; they look
    /// `offset_ms` back and are `range_ms` wide.
    pub(crate) fn end_windows_of_subquery(
        &mut self,
        windows: Vec<SeriesWindows>,
        samples: u64,
        (offset_ms, range_ms): (i64, i64),
    ) {
        if let Some(subquery) = self.pages.pop().and_then(|page| page.subquery) {
            self.tally().add_read_of(&subquery, offset_ms, range_ms);
        }
        self.windows(windows);
        if let Some(page) = self.pages.last_mut() {
            page.of_subquery = samples;
        }
    }

    fn windows(&mut self, windows: Vec<SeriesWindows>) {
        let tally = self.tally();
        for of_series in &windows {
            for step in 0..tally.steps.count {
                tally.queryable[step] += of_series.at_step(step);
            }
        }
        if let Some(page) = self.pages.last_mut() {
            page.windows = windows;
        }
    }

    /// The result is windows as they are: all of them stay in memory.
    pub(crate) fn show_windows(&mut self, samples: u64) -> Result<()> {
        self.pages.pop();
        self.tally().add(0, samples);
        self.hold(samples)
    }

    /// The result is that of a subquery as it is.
    pub(crate) fn show_subquery(&mut self) {
        let Some(subquery) = self.pages.pop().and_then(|page| page.subquery) else { return };
        let tally = self.tally();
        let last = tally.steps.count - 1;
        tally.queryable[last] += subquery.queryable_total();
        tally.add_read_of(&subquery, 0, 0);
    }

    fn hold(&mut self, samples: u64) -> Result<()> {
        self.held += samples;
        self.look_at(self.held)
    }

    fn look_at(&mut self, held: u64) -> Result<()> {
        self.peak = self.peak.max(held);
        if held > self.samples_max as u64 {
            return Err(QueryError::TooManySamples { limit: self.samples_max });
        }
        Ok(())
    }

    fn read(&mut self, by_step: &[u64]) {
        let tally = self.tally();
        by_step.iter().enumerate().for_each(|(step, &samples)| tally.add(step, samples));
    }

    /// The elements of the operands at a step are gathered beside all that is in memory, and the result of the step
    /// stays.
    fn step_by_step(&mut self, page: &Page, result: &Content) -> Result<()> {
        let mut held = self.held;
        for (step, &samples) in result.samples.iter().enumerate() {
            let gathered: u64 = page.operands.iter().filter_map(|elements| elements.get(step)).sum();
            self.look_at(held + gathered + samples)?;
            held += samples;
        }
        self.held = page.before;
        self.hold(result.total())
    }

    fn times(&mut self, page: &Page, result: &Content) -> Result<()> {
        self.read(&result.elements);
        let mut held = self.held;
        for &elements in &result.elements {
            self.look_at(held + 2 * elements)?;
            held += elements;
        }
        self.held = page.before;
        self.hold(result.total())
    }

    fn smoothed(&mut self, page: &Page) -> Result<()> {
        for windows in &page.windows {
            self.look_at(self.held + windows.most())?;
            self.hold(windows.last())?;
        }
        Ok(())
    }

    /// A series' windows are in memory one after the other; the last one until the series' result is, too.
    fn over_windows(&mut self, page: &Page, result: &Content) -> Result<()> {
        let is_series_by_series = result.of_series.len() == page.windows.len();
        for (series, windows) in page.windows.iter().enumerate() {
            self.look_at(self.held + windows.most())?;
            if is_series_by_series {
                self.held += result.of_series[series];
            }
            self.look_at(self.held + windows.last())?;
        }
        if !is_series_by_series {
            self.hold(result.total())?;
        }
        self.held -= page.of_subquery.min(self.held);
        Ok(())
    }
}

//! The sources' series in one order.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use emberdb_model::Labels;

use super::{BlockSource, SourceIter, SourceSeries};
use crate::{BlockError, BlockResult};

/// Goes through the series of several sources at once, in the order of their labels.
pub(super) struct MergedSeries<'a> {
    sources: Vec<SourceIter<'a>>,
    /// The next series of each source that has one.
    next: BinaryHeap<Reverse<Next>>,
}

/// The next series of a source, ordered by labels and then by the source's place.
struct Next {
    series: SourceSeries,
    source: usize,
}

impl<'a> MergedSeries<'a> {
    pub(super) fn new(sources: &[&'a dyn BlockSource]) -> BlockResult<Self> {
        let sources = sources.iter().map(|source| source.series()).collect::<BlockResult<Vec<_>>>()?;
        let mut merged = Self { next: BinaryHeap::with_capacity(sources.len()), sources };
        for source in 0..merged.sources.len() {
            merged.advance(source, None)?;
        }
        Ok(merged)
    }

    /// The labels that come next, and what each source has of them, in the order of the sources.
    pub(super) fn next_series(&mut self) -> BlockResult<Option<(Labels, Vec<SourceSeries>)>> {
        let Some(Reverse(first)) = self.next.pop() else { return Ok(None) };
        let labels = first.series.labels.clone();
        let mut parts = Vec::new();
        self.advance(first.source, Some(&labels))?;
        parts.push(first.series);
        while let Some(Reverse(next)) = self.next.peek()
            && next.series.labels == labels
        {
            let Some(Reverse(next)) = self.next.pop() else { break };
            self.advance(next.source, Some(&labels))?;
            parts.push(next.series);
        }
        Ok(Some((labels, parts)))
    }

    /// Takes the next series of a source, which must sort behind the one before: equal ones would never end to be merged
    /// with others, and later ones could not be written.
    fn advance(&mut self, source: usize, before: Option<&Labels>) -> BlockResult<()> {
        let Some(series) = self.sources.get_mut(source).and_then(Iterator::next).transpose()? else {
            return Ok(());
        };
        if before.is_some_and(|before| *before >= series.labels) {
            let message = format!("series {}, which does not sort behind the one before", series.labels);
            return Err(BlockError::Refused(message));
        }
        self.next.push(Reverse(Next { series, source }));
        Ok(())
    }
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        self.series.labels.cmp(&other.series.labels).then(self.source.cmp(&other.source))
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Next {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Next {}

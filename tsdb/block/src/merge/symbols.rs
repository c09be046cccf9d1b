//! All strings of all sources, in order.

use std::iter::Peekable;

use super::{BlockSource, SourceSymbols};
use crate::{BlockError, BlockResult};

/// The symbols of several sources, sorted, each once. It ends at an error, which [`finish`](Self::finish) gives.
pub(super) struct MergedSymbols<'a> {
    sources: Vec<Peekable<SourceSymbols<'a>>>,
    failure: Option<BlockError>,
}

impl<'a> MergedSymbols<'a> {
    pub(super) fn new(sources: &[&'a dyn BlockSource]) -> Self {
        Self { sources: sources.iter().map(|source| source.symbols().peekable()).collect(), failure: None }
    }

    /// What went wrong, if anything did.
    pub(super) fn finish(self) -> BlockResult<()> {
        self.failure.map_or(Ok(()), Err)
    }
}

impl<'a> Iterator for MergedSymbols<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let mut least: Option<&'a str> = None;
        for source in &mut self.sources {
            if let Some(Err(error)) = source.next_if(Result::is_err) {
                self.failure = Some(error);
                return None;
            }
            if let Some(Ok(symbol)) = source.peek() {
                least = Some(least.map_or(*symbol, |least| least.min(symbol)));
            }
        }
        let least = least?;
        for source in &mut self.sources {
            source.next_if(|symbol| matches!(symbol, Ok(symbol) if *symbol == least));
        }
        Some(least)
    }
}

//! Runs of steps that have a value.

use std::ops::Range;

use crate::batch::Column;

const WORD: usize = u64::BITS as usize;

/// The maximal ranges of steps that have a value, in order: one range for a column without gaps, so that a loop over
/// runs of slices is a plain loop then.
pub(super) fn runs(column: &Column) -> impl Iterator<Item = Range<usize>> + '_ {
    let words = column.presence();
    let mut position = 0;
    std::iter::from_fn(move || {
        let start = next_bit(words, position, false)?;
        let end = next_bit(words, start, true).unwrap_or(words.len() * WORD).min(column.len());
        position = end;
        Some(start..end)
    })
}

/// The first step from `position` on whose bit is 1, or 0 if `inverted`.
fn next_bit(words: &[u64], position: usize, inverted: bool) -> Option<usize> {
    let flip = if inverted { u64::MAX } else { 0 };
    let mut index = position / WORD;
    let mut word = (words.get(index)? ^ flip) & (u64::MAX << (position % WORD));
    while word == 0 {
        index += 1;
        word = words.get(index)? ^ flip;
    }
    Some(index * WORD + word.trailing_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_cover_exactly_what_is_present(present in prop::collection::vec(any::<bool>(), 0..300)) {
            let column: Column = present.iter().map(|&p| p.then_some(1.0)).collect();
            let listed: Vec<Range<usize>> = runs(&column).collect();
            let mut covered = vec![false; present.len()];
            for run in &listed {
                covered[run.clone()].fill(true);
            }
            prop_assert_eq!(covered, present);
            prop_assert!(listed.windows(2).all(|two| two[0].end < two[1].start));
        }
    }
}

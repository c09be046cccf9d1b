//! Sorted lists of series: how they are kept, met, joined and subtracted.
//!
//! A list is a slice of [`Posting`]s: numbers in memory, or four bytes each where they lie in a file. One algorithm
//! serves both, and a file's list is never copied to be searched.

mod gallop;
mod intersect;
mod list;
mod membership;
mod union;
mod without;

pub(crate) use intersect::intersect;
pub(crate) use list::Postings;
pub(crate) use union::union;
pub(crate) use without::without;

use crate::SeriesId;
use crate::file::SeriesEntryRef;

/// One entry of a sorted list: it names a series.
pub(crate) trait Posting: Copy {
    /// What it names the series by; itself a posting, so that lists that were computed are lists as well.
    type Series: Posting<Series = Self::Series> + Ord;

    /// The series.
    fn series(self) -> Self::Series;
}

impl Posting for SeriesId {
    type Series = Self;

    fn series(self) -> Self {
        self
    }
}

impl Posting for SeriesEntryRef {
    type Series = Self;

    fn series(self) -> Self {
        self
    }
}

/// As an index file stores it: big endian.
impl Posting for [u8; 4] {
    type Series = SeriesEntryRef;

    fn series(self) -> SeriesEntryRef {
        SeriesEntryRef(u32::from_be_bytes(self))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn ids() -> impl Strategy<Value = BTreeSet<u32>> {
        // Of very different lengths, so that galloping and stepping both happen.
        prop_oneof![
            prop::collection::btree_set(0..40u32, 0..40),
            prop::collection::btree_set(0..4000u32, 0..400)
        ]
    }

    fn list(set: &BTreeSet<u32>) -> Vec<SeriesEntryRef> {
        set.iter().map(|&n| SeriesEntryRef(n)).collect()
    }

    fn stored(set: &BTreeSet<u32>) -> Vec<[u8; 4]> {
        set.iter().map(|n| n.to_be_bytes()).collect()
    }

    proptest! {
        #[test]
        fn set_algebra(a in ids(), b in ids(), c in ids()) {
            let lists = [&list(&a)[..], &list(&b), &list(&c)];
            for others in [&lists[1..2], &lists[1..], &[]] {
                let any: BTreeSet<u32> = others.iter().flat_map(|l| l.iter()).map(|s| s.0).collect();
                let mut both = list(&a);
                intersect(&mut both, others);
                prop_assert_eq!(both, list(&(&a & &any)));
                let mut rest = list(&a);
                without(&mut rest, others);
                prop_assert_eq!(rest, list(&(&a - &any)));
                prop_assert_eq!(union(others), list(&any));
            }
        }

        #[test]
        fn what_lies_in_a_file_is_what_lies_in_memory(a in ids(), b in ids(), c in ids()) {
            let (b_stored, c_stored) = (stored(&b), stored(&c));
            let others = [&b_stored[..], &c_stored];
            let mut both = list(&a);
            intersect(&mut both, &others);
            prop_assert_eq!(both, list(&(&a & &(&b | &c))));
            let mut rest = list(&a);
            without(&mut rest, &others);
            prop_assert_eq!(rest, list(&(&a - &(&b | &c))));
            prop_assert_eq!(union(&others), list(&(&b | &c)));
        }
    }
}

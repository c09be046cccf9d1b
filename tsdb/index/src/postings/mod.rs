//! Sorted lists of series: how they are kept, met, joined and subtracted.

mod intersect;
mod list;
mod union;
mod without;

pub(crate) use intersect::intersect;
pub(crate) use list::Postings;
pub(crate) use union::union;
pub(crate) use without::without;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::SeriesId;

    fn ids() -> impl Strategy<Value = BTreeSet<u32>> {
        // Of very different lengths, so that galloping and stepping both happen.
        prop_oneof![
            prop::collection::btree_set(0..40u32, 0..40),
            prop::collection::btree_set(0..4000u32, 0..400)
        ]
    }

    fn list(set: &BTreeSet<u32>) -> Vec<SeriesId> {
        set.iter().map(|&n| SeriesId(n)).collect()
    }

    proptest! {
        #[test]
        fn set_algebra(a in ids(), b in ids(), c in ids()) {
            let mut both = list(&a);
            intersect(&mut both, &list(&b));
            prop_assert_eq!(both, list(&(&a & &b)));
            let mut rest = list(&a);
            without(&mut rest, &list(&b));
            prop_assert_eq!(rest, list(&(&a - &b)));
            let all = union(&[&list(&a), &list(&b), &list(&c)]);
            prop_assert_eq!(all, list(&(&(&a | &b) | &c)));
        }
    }
}

//! What any of several lists has.

use super::Posting;

/// The members of all lists, sorted and distinct.
pub(crate) fn union<P: Posting>(lists: &[&[P]]) -> Vec<P::Series> {
    let mut all = Vec::with_capacity(lists.iter().map(|l| l.len()).sum());
    for list in lists {
        all.extend(list.iter().map(|p| p.series()));
    }
    if lists.len() > 1 {
        // The standard stable sort finds the sorted runs that the lists are and merges them.
        all.sort();
        all.dedup();
    }
    all
}

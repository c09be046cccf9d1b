//! What any of several lists has.

use crate::SeriesId;

/// The members of all lists, sorted and distinct.
pub(crate) fn union(lists: &[&[SeriesId]]) -> Vec<SeriesId> {
    let mut all = Vec::with_capacity(lists.iter().map(|l| l.len()).sum());
    for list in lists {
        all.extend_from_slice(list);
    }
    // The standard stable sort finds the sorted runs that the lists are and merges them.
    all.sort();
    all.dedup();
    all
}

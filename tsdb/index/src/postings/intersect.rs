//! What two lists share.

use crate::SeriesId;

/// Keeps in `list` what is in `other`, too. Both are sorted.
///
/// Where one list is much longer, the position in it is found by galloping: doubling steps, then a binary search.
pub(crate) fn intersect(list: &mut Vec<SeriesId>, other: &[SeriesId]) {
    let mut rest = other;
    list.retain(|id| {
        rest = &rest[gallop(rest, *id)..];
        rest.first() == Some(id)
    });
}

/// Number of leading members of `list` that are smaller than `id`.
pub(super) fn gallop(list: &[SeriesId], id: SeriesId) -> usize {
    let mut end = 1;
    while end <= list.len() && list[end - 1] < id {
        end *= 2;
    }
    // Everything up to half of `end` is known to be smaller.
    let start = end / 2;
    start + list[start..end.min(list.len())].partition_point(|&x| x < id)
}

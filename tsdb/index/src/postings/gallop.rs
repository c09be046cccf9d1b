//! A place in a sorted list.

use super::Posting;

/// Number of leading members of `list` that are smaller than `series`.
///
/// Doubling steps and then a binary search: near the start it costs little, far from it a logarithm. So two lists meet
/// in about as many steps as the shorter one is long.
pub(super) fn gallop<P: Posting>(list: &[P], series: P::Series) -> usize {
    let mut end = 1;
    while end <= list.len() && list[end - 1].series() < series {
        end *= 2;
    }
    // Everything up to half of `end` is known to be smaller.
    let start = end / 2;
    start + list[start..end.min(list.len())].partition_point(|p| p.series() < series)
}

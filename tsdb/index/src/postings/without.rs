//! What one list has and another has not.

use super::intersect::gallop;
use crate::SeriesId;

/// Removes from `list` what is in `other`. Both are sorted.
pub(crate) fn without(list: &mut Vec<SeriesId>, other: &[SeriesId]) {
    let mut rest = other;
    list.retain(|id| {
        rest = &rest[gallop(rest, *id)..];
        rest.first() != Some(id)
    });
}

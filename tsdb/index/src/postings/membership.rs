//! Which members of a list several others have.

use super::Posting;
use super::gallop::gallop;

/// For each member of `list`, whether any of `others` has it.
///
/// The others are not joined first: that would sort all that they hold, when only what is in `list` matters. Of each pair
/// the shorter list is walked and the longer one galloped through.
pub(super) fn membership<P: Posting>(list: &[P::Series], others: &[&[P]]) -> Vec<bool> {
    let mut has = vec![false; list.len()];
    for other in others {
        if other.len() < list.len() {
            mark_by_other(list, other, &mut has);
        } else {
            mark_by_list(list, other, &mut has);
        }
    }
    has
}

fn mark_by_other<P: Posting>(list: &[P::Series], other: &[P], has: &mut [bool]) {
    let mut at = 0;
    for posting in other {
        at += gallop(&list[at..], posting.series());
        match list.get(at) {
            Some(&found) if found == posting.series() => has[at] = true,
            Some(_) => {}
            None => return,
        }
    }
}

fn mark_by_list<P: Posting>(list: &[P::Series], other: &[P], has: &mut [bool]) {
    let mut rest = other;
    for (&series, has) in list.iter().zip(has) {
        rest = &rest[gallop(rest, series)..];
        match rest.first() {
            Some(found) => *has |= found.series() == series,
            None => return,
        }
    }
}

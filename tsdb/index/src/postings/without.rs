//! What one list has and others have not.

use super::Posting;
use super::gallop::gallop;
use super::membership::membership;

/// Removes from `list` what is in any of `others`. All are sorted.
pub(crate) fn without<P: Posting>(list: &mut Vec<P::Series>, others: &[&[P]]) {
    if let [other] = others {
        let mut rest = *other;
        list.retain(|&series| {
            rest = &rest[gallop(rest, series)..];
            rest.first().is_none_or(|p| p.series() != series)
        });
        return;
    }
    let mut has = membership(list, others).into_iter();
    list.retain(|_| has.next() == Some(false));
}

//! What a list shares with others.

use super::Posting;
use super::gallop::gallop;
use super::membership::membership;

/// Keeps in `list` what is in any of `others`, too. All are sorted.
pub(crate) fn intersect<P: Posting>(list: &mut Vec<P::Series>, others: &[&[P]]) {
    if let [other] = others {
        let mut rest = *other;
        list.retain(|&series| {
            rest = &rest[gallop(rest, series)..];
            rest.first().is_some_and(|p| p.series() == series)
        });
        return;
    }
    let mut has = membership(list, others).into_iter();
    list.retain(|_| has.next() == Some(true));
}

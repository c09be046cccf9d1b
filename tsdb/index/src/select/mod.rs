//! From matchers to series: one way for the head's index and for files.

mod cache;
mod memory;
mod prefix;
mod source;

use emberdb_model::{MatchOp, Matcher};

use crate::postings::{Posting, intersect, union, without};
use prefix::literal_prefix;

pub(crate) use cache::SelectCache;
pub(crate) use source::{PostingsSource, Wanted};

/// What an index names series by.
type SeriesOf<S> = <<S as PostingsSource>::Posting as Posting>::Series;

/// The series that meet all matchers, ascending; all series if there is no matcher.
///
/// A matcher that accepts the empty string also accepts series without the label, so it is turned round: the
/// series whose value it refuses are subtracted.
pub(crate) fn select<S: PostingsSource>(
    source: &S,
    matchers: &[Matcher],
) -> Result<Vec<SeriesOf<S>>, S::Error> {
    let telling = matchers.iter().filter(|m| !(m.op() == MatchOp::Regex && is_any_string(m)));
    let (subtracted, required): (Vec<_>, Vec<_>) = telling.partition(|m| m.matches(""));
    let mut selected = if required.is_empty() { source.all()? } else { intersection(source, required)? };
    for matcher in subtracted {
        if selected.is_empty() {
            break;
        }
        without(&mut selected, lists_of(source, matcher, false)?.as_slice());
    }
    Ok(selected)
}

/// Whether a matcher must be tried on every value of its label, so that the answer is worth keeping.
pub(crate) fn is_scan(matchers: &[Matcher]) -> bool {
    let scans =
        |matcher: &Matcher| !is_any_string(matcher) && Wants::new(matcher, !matcher.matches("")).is_scan();
    matchers.iter().any(scans)
}

/// The series that all `matchers` accept, none of which accepts the empty string.
fn intersection<S: PostingsSource>(
    source: &S,
    mut matchers: Vec<&Matcher>,
) -> Result<Vec<SeriesOf<S>>, S::Error> {
    // What is looked up comes before what is scanned for, which it may make needless.
    matchers.sort_by_key(|m| Wants::new(m, true).is_scan());
    let mut all = Vec::with_capacity(matchers.len());
    for matcher in matchers {
        let lists = lists_of(source, matcher, true)?;
        if lists.postings() == 0 {
            return Ok(Vec::new());
        }
        all.push(lists);
    }
    all.sort_by_key(Lists::postings);
    let mut all = all.into_iter();
    let mut selected = all.next().map_or_else(Vec::new, |lists| union(lists.as_slice()));
    for lists in all {
        intersect(&mut selected, lists.as_slice());
    }
    Ok(selected)
}

/// The lists of the values of the matcher's label that it accepts (or, with `accepted` false, refuses).
fn lists_of<'s, S: PostingsSource>(
    source: &'s S,
    matcher: &Matcher,
    accepted: bool,
) -> Result<Lists<'s, S::Posting>, S::Error> {
    let Some(name) = source.name(matcher.name())? else { return Ok(Lists::Many(Vec::new())) };
    let accepts = |value: &str| matcher.matches(value) == accepted;
    match Wants::new(matcher, accepted) {
        Wants::Nothing => Ok(Lists::Many(Vec::new())),
        Wants::Value(value) => Ok(Lists::One(source.list(name, value)?)),
        Wants::Values(values) => source.lists(name, Wanted::Values(values)).map(Lists::Many),
        Wants::Scan(prefix) => {
            source.lists(name, Wanted::Accepted { prefix, accepts: &accepts }).map(Lists::Many)
        }
    }
}

/// Which values of a label a matcher accepts or refuses.
enum Wants<'m> {
    Nothing,
    Value(&'m str),
    Values(&'m [Box<str>]),
    /// Those with this prefix of which the matcher says so when asked: once for each value, never for each series.
    Scan(&'m str),
}

impl<'m> Wants<'m> {
    fn new(matcher: &'m Matcher, accepted: bool) -> Self {
        // A positive matcher names what it accepts, a negative one what it refuses.
        let named = matches!(matcher.op(), MatchOp::Equal | MatchOp::Regex) == accepted;
        match (named, matcher.regex()) {
            (true, None) => Self::Value(matcher.value()),
            (true, Some(regex)) => match regex.literals() {
                Some([one]) => Self::Value(one),
                Some(literals) => Self::Values(literals),
                None => Self::Scan(literal_prefix(matcher.value())),
            },
            (false, Some(_)) if is_any_string(matcher) => Self::Nothing,
            (false, _) => Self::Scan(""),
        }
    }

    fn is_scan(&self) -> bool {
        matches!(self, Self::Scan(_))
    }
}

/// Whether the regular expression is the one for any string that people write: then no value need be looked at.
fn is_any_string(matcher: &Matcher) -> bool {
    matcher.regex().is_some() && matcher.value() == ".*"
}

/// One list or several; the one needs no memory.
enum Lists<'s, P> {
    One(&'s [P]),
    Many(Vec<&'s [P]>),
}

impl<'s, P> Lists<'s, P> {
    fn as_slice(&self) -> &[&'s [P]] {
        match self {
            Self::One(list) => std::slice::from_ref(list),
            Self::Many(lists) => lists,
        }
    }

    /// Number of postings, which is that of series: no series has two values of one label.
    fn postings(&self) -> usize {
        self.as_slice().iter().map(|list| list.len()).sum()
    }
}

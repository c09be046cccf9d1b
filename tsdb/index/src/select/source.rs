//! What selection asks of an index.

use crate::postings::Posting;

/// An index that has postings: the sorted lists of series that have a label.
pub(crate) trait PostingsSource {
    /// What its lists are made of.
    type Posting: Posting;

    /// A label name that it has.
    type Name<'s>: Copy
    where
        Self: 's;

    /// Why it cannot answer.
    type Error;

    /// All series, ascending.
    fn all(&self) -> Result<Vec<<Self::Posting as Posting>::Series>, Self::Error>;

    /// The label name, if a series may have it.
    fn name(&self, name: &str) -> Result<Option<Self::Name<'_>>, Self::Error>;

    /// The series that have the label with this value.
    fn list<'s>(&'s self, name: Self::Name<'s>, value: &str) -> Result<&'s [Self::Posting], Self::Error>;

    /// The lists of several values of a label. Those that are empty may be among them.
    fn lists<'s>(
        &'s self,
        name: Self::Name<'s>,
        wanted: Wanted<'_>,
    ) -> Result<Vec<&'s [Self::Posting]>, Self::Error>;
}

/// Which of a label's values.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'w> {
    /// These, which are sorted and distinct.
    Values(&'w [Box<str>]),
    /// Those that begin with the prefix and are accepted. What is accepted begins with it in any case: an index whose values
    /// are sorted looks at fewer for it.
    Accepted { prefix: &'w str, accepts: &'w dyn Fn(&str) -> bool },
}

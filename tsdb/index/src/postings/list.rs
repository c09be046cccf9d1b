//! The series of one label.

/// A sorted list of series. Most labels of many series name one of them alone, and then nothing is allocated.
#[derive(Clone, Debug)]
pub(crate) enum Postings<S> {
    /// At most one series.
    One(Option<S>),
    /// More.
    Many(Vec<S>),
}

impl<S> Default for Postings<S> {
    fn default() -> Self {
        Self::One(None)
    }
}

impl<S: Copy> Postings<S> {
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::One(None))
    }

    /// Adds a series with a number greater than all before it.
    pub(crate) fn push(&mut self, id: S) {
        match self {
            Self::One(slot @ None) => *slot = Some(id),
            Self::One(Some(first)) => *self = Self::Many(vec![*first, id]),
            Self::Many(list) => list.push(id),
        }
    }

    pub(crate) fn as_slice(&self) -> &[S] {
        match self {
            Self::One(one) => one.as_slice(),
            Self::Many(list) => list,
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::One(_) => 0,
            Self::Many(list) => list.capacity() * size_of::<S>(),
        }
    }
}

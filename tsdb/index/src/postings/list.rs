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

    /// Takes out the series of a sorted list.
    pub(crate) fn remove_all(&mut self, removed: &[S])
    where
        S: Ord,
    {
        match self {
            Self::One(one) => *one = one.filter(|id| removed.binary_search(id).is_err()),
            Self::Many(list) => {
                if list.len() < removed.len() {
                    list.retain(|id| removed.binary_search(id).is_err());
                } else {
                    let mut removed = removed.iter().peekable();
                    list.retain(|id| {
                        while removed.next_if(|&gone| gone < id).is_some() {}
                        removed.peek() != Some(&id)
                    });
                }
                match list[..] {
                    [] => *self = Self::One(None),
                    [only] => *self = Self::One(Some(only)),
                    _ if list.len() < list.capacity() / 4 => list.shrink_to_fit(),
                    _ => {}
                }
            }
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

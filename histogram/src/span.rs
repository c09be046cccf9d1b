//! Buckets of one sign: counts, and spans that say which buckets they are counts of.
//!
//! ```text
//! spans   (-2, 2)       (3, 1)           offset from the end of the one before, length
//! index   -2  -1   0  1  2   3
//! buckets  5   7             1           one after the other, without the gaps
//! ```

use crate::number::BucketNumber;

/// A run of consecutive buckets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// For the first span the index of its first bucket, for others how many buckets are left out before it.
    pub offset: i32,
    /// How many buckets it has.
    pub length: u32,
}

/// The positive or the negative buckets of a histogram.
///
/// Nothing holds by itself: what comes from outside may have more buckets than the spans cover, or fewer. Such buckets
/// are not seen; [`NativeHistogram::validate`](crate::NativeHistogram::validate) finds them.
#[derive(Debug, Default, PartialEq)]
pub struct Side<N> {
    /// Which buckets there are.
    pub spans: Vec<Span>,
    /// What is in them.
    pub buckets: Vec<N>,
}

impl<N: Clone> Clone for Side<N> {
    fn clone(&self) -> Self {
        Self { spans: self.spans.clone(), buckets: self.buckets.clone() }
    }

    /// Keeps the memory.
    fn clone_from(&mut self, source: &Self) {
        self.spans.clone_from(&source.spans);
        self.buckets.clone_from(&source.buckets);
    }
}

/// Consecutive buckets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run<'a, N> {
    /// The index of the first bucket.
    pub first_index: i32,
    /// What is in the buckets.
    pub buckets: &'a [N],
}

impl<N> Side<N> {
    /// The buckets of each span that has any, in ascending order of their indices.
    pub fn runs(&self) -> Runs<'_, N> {
        Runs { spans: &self.spans, buckets: &self.buckets, front: 0, back: None }
    }

    /// Whether there are no buckets.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }
}

impl<N: BucketNumber> Side<N> {
    /// The index and count of each bucket, empty ones included.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (i32, N)> {
        let mut count = N::default();
        self.runs().flat_map(Run::indexed).map(move |(index, &held)| {
            count = held.count_after(count);
            (index, count)
        })
    }
}

impl Side<f64> {
    /// Like [`counts`](Self::counts), from both ends.
    pub(crate) fn float_counts(&self) -> impl DoubleEndedIterator<Item = (i32, f64)> {
        self.runs().flat_map(Run::indexed).map(|(index, &count)| (index, count))
    }
}

impl<'a, N> Run<'a, N> {
    /// The index of each bucket and what it holds.
    pub(crate) fn indexed(self) -> impl DoubleEndedIterator<Item = (i32, &'a N)> {
        let first = self.first_index;
        self.buckets.iter().enumerate().map(move |(place, held)| (first.wrapping_add(place as i32), held))
    }
}

/// An iterator over [`Run`]s.
#[derive(Debug, Clone)]
pub struct Runs<'a, N> {
    spans: &'a [Span],
    buckets: &'a [N],
    /// The index behind the last bucket that came from the front.
    front: i32,
    /// The index behind the last bucket that is left, once somebody asks from the back.
    back: Option<i32>,
}

impl<'a, N> Iterator for Runs<'a, N> {
    type Item = Run<'a, N>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while let Some((span, rest)) = self.spans.split_first() {
            self.spans = rest;
            let first_index = self.front.wrapping_add(span.offset);
            self.front = first_index.wrapping_add(span.length as i32);
            let (buckets, others) = self.buckets.split_at(self.buckets.len().min(span.length as usize));
            self.buckets = others;
            if !buckets.is_empty() {
                return Some(Run { first_index, buckets });
            }
        }
        None
    }
}

impl<N> DoubleEndedIterator for Runs<'_, N> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let mut back = self.back.unwrap_or_else(|| end(self.spans, self.front));
        while let Some((span, rest)) = self.spans.split_last() {
            self.spans = rest;
            let first_index = back.wrapping_sub(span.length as i32);
            back = first_index.wrapping_sub(span.offset);
            self.back = Some(back);
            let (others, buckets) =
                self.buckets.split_at(self.buckets.len().saturating_sub(span.length as usize));
            self.buckets = others;
            if !buckets.is_empty() {
                return Some(Run { first_index, buckets });
            }
        }
        None
    }
}

/// The index behind the last bucket of these spans.
fn end(spans: &[Span], start: i32) -> i32 {
    spans.iter().fold(start, |end, span| end.wrapping_add(span.offset).wrapping_add(span.length as i32))
}

/// Whether spans lay out the same buckets in the same spans; spans without buckets only add to the gap behind them.
pub(crate) fn spans_match(left: &[Span], right: &[Span]) -> bool {
    left == right || populated(left).eq(populated(right))
}

/// The spans that have buckets.
fn populated(spans: &[Span]) -> impl Iterator<Item = Span> {
    let mut skipped = 0_i32;
    spans.iter().filter_map(move |span| {
        let offset = skipped.wrapping_add(span.offset);
        skipped = if span.length == 0 { offset } else { 0 };
        (span.length > 0).then_some(Span { offset, length: span.length })
    })
}

/// Puts spans together from buckets that come in ascending order.
#[derive(Debug, Default)]
pub(crate) struct SpanBuilder {
    spans: Vec<Span>,
    end: i32,
}

impl SpanBuilder {
    /// Adds buckets; they become part of the last span if they follow it without a gap.
    #[inline]
    pub(crate) fn push(&mut self, first_index: i32, length: u32) {
        match self.spans.last_mut() {
            Some(span) if self.end == first_index => span.length = span.length.saturating_add(length),
            _ => self.spans.push(Span { offset: first_index.wrapping_sub(self.end), length }),
        }
        self.end = first_index.wrapping_add(length as i32);
    }

    /// Adds buckets as a span of their own.
    #[inline]
    pub(crate) fn push_apart(&mut self, first_index: i32, length: u32) {
        self.spans.push(Span { offset: first_index.wrapping_sub(self.end), length });
        self.end = first_index.wrapping_add(length as i32);
    }

    /// The spans.
    pub(crate) fn finish(self) -> Vec<Span> {
        self.spans
    }
}

#[cfg(test)]
mod tests {
    use super::{Run, Side, Span, spans_match};

    fn spans(spans: &[(i32, u32)]) -> Vec<Span> {
        spans.iter().map(|&(offset, length)| Span { offset, length }).collect()
    }

    #[test]
    fn runs_come_from_both_ends() {
        let side = Side { spans: spans(&[(-2, 2), (1, 0), (2, 1), (0, 1)]), buckets: vec![5, 7, 1, 2] };
        let runs = [
            Run { first_index: -2, buckets: &[5, 7][..] },
            Run { first_index: 3, buckets: &[1] },
            Run { first_index: 4, buckets: &[2] },
        ];
        assert!(side.runs().eq(runs));
        assert!(side.runs().rev().eq(runs.into_iter().rev()));
        let mut both = side.runs();
        assert_eq!(
            (both.next(), both.next_back(), both.next()),
            (Some(runs[0]), Some(runs[2]), Some(runs[1]))
        );
        assert_eq!((both.next(), both.next_back()), (None, None));
    }

    #[test]
    fn what_spans_do_not_cover_is_not_seen() {
        let side = Side { spans: spans(&[(0, 1), (1, 3)]), buckets: vec![5, 7] };
        assert_eq!(side.counts().map(|(index, _)| index).collect::<Vec<_>>(), [0, 2]);
        let side = Side { spans: spans(&[(i32::MAX, 1), (i32::MAX, 1)]), buckets: vec![5, 7, 8] };
        assert_eq!(side.counts().count(), 2);
    }

    #[test]
    fn spans_without_buckets_do_not_count() {
        assert!(spans_match(&spans(&[(1, 0), (1, 2), (3, 0)]), &spans(&[(2, 2)])));
        assert!(!spans_match(&spans(&[(1, 1), (0, 1)]), &spans(&[(1, 2)])));
        assert!(!spans_match(&spans(&[(1, 1)]), &spans(&[(1, 1), (0, 1)])));
        assert!(spans_match(&spans(&[(1, 0)]), &[]));
    }
}

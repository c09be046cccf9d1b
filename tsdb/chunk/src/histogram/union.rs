//! Two layouts of buckets side by side.

use emberdb_histogram::Span;

use super::layout::buckets;

/// A layout that has the buckets of a chunk and those of a sample, and where in it theirs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Union {
    /// The place of each of the chunk's buckets.
    pub(super) of_chunk: Vec<u32>,
    /// The place of each of the sample's buckets.
    pub(super) of_sample: Vec<u32>,
    /// How many buckets there are.
    pub(super) len: usize,
    /// The indices of all buckets, in as few spans as possible.
    pub(super) spans: Vec<Span>,
}

/// A bucket of one of two layouts, or of both, by its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Both(usize, usize),
    InChunk(usize),
    InSample(usize),
}

impl Union {
    pub(super) fn new(chunk: &[Span], sample: &[Span]) -> Self {
        let (of_chunk, of_sample) = (buckets(chunk) as usize, buckets(sample) as usize);
        let mut union = Self {
            of_chunk: Vec::with_capacity(of_chunk),
            of_sample: Vec::with_capacity(of_sample),
            len: 0,
            spans: Vec::with_capacity(chunk.len().max(sample.len())),
        };
        let mut end = 0;
        walk(chunk, sample, |index, found| {
            let place = union.len as u32;
            if !matches!(found, Found::InSample(_)) {
                union.of_chunk.push(place);
            }
            if !matches!(found, Found::InChunk(_)) {
                union.of_sample.push(place);
            }
            union.len += 1;
            match union.spans.last_mut() {
                Some(span) if index == end => span.length += 1,
                _ => union.spans.push(Span { offset: (index - end) as i32, length: 1 }),
            }
            end = index + 1;
            true
        });
        union
    }

    /// Whether the sample has buckets that the chunk lacks.
    pub(super) const fn chunk_grows(&self) -> bool {
        self.of_chunk.len() < self.len
    }

    /// Whether the chunk has buckets that the sample lacks.
    pub(super) const fn sample_grows(&self) -> bool {
        self.of_sample.len() < self.len
    }
}

/// Goes through the buckets of two layouts in the order of their indices, until told to stop; says whether it was not.
pub(super) fn walk(chunk: &[Span], sample: &[Span], mut go_on: impl FnMut(i64, Found) -> bool) -> bool {
    let mut chunk = indices(chunk).enumerate().peekable();
    let mut sample = indices(sample).enumerate().peekable();
    loop {
        let (index, found) = match (chunk.peek().copied(), sample.peek().copied()) {
            (Some((in_chunk, index)), Some((in_sample, other))) if index == other => {
                (index, Found::Both(in_chunk, in_sample))
            }
            (Some((_, index)), Some((in_sample, other))) if other < index => {
                (other, Found::InSample(in_sample))
            }
            (Some((in_chunk, index)), _) => (index, Found::InChunk(in_chunk)),
            (None, Some((in_sample, other))) => (other, Found::InSample(in_sample)),
            (None, None) => return true,
        };
        if !matches!(found, Found::InSample(_)) {
            chunk.next();
        }
        if !matches!(found, Found::InChunk(_)) {
            sample.next();
        }
        if !go_on(index, found) {
            return false;
        }
    }
}

/// The index of each bucket.
fn indices(spans: &[Span]) -> impl Iterator<Item = i64> {
    let mut end = 0_i64;
    spans.iter().flat_map(move |span| {
        let first = end + i64::from(span.offset);
        end = first + i64::from(span.length);
        first..end
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::{Union, indices};
    use emberdb_histogram::Span;

    fn spans(spans: &[(i32, u32)]) -> Vec<Span> {
        spans.iter().map(|&(offset, length)| Span { offset, length }).collect()
    }

    #[test]
    fn both_find_their_places() {
        let union =
            Union::new(&spans(&[(0, 2), (2, 1), (0, 0), (3, 2)]), &spans(&[(-1, 3), (1, 1), (4, 1), (1, 1)]));
        // chunk: 0 1 4 8 9; sample: -1 0 1 3 8 10
        assert_eq!(union.spans, spans(&[(-1, 3), (1, 2), (3, 3)]));
        assert_eq!((union.of_chunk.as_slice(), union.len), (&[1, 2, 4, 5, 6][..], 8));
        assert_eq!(union.of_sample, [0, 1, 2, 3, 5, 7]);
        assert!(union.chunk_grows() && union.sample_grows());
    }

    proptest! {
        #[test]
        fn a_union_has_what_either_has(
            chunk in prop::collection::vec((0..3_i32, 0..4_u32), 0..6),
            sample in prop::collection::vec((0..3_i32, 0..4_u32), 0..6),
            start in -9..9_i32,
        ) {
            let (mut chunk, sample) = (spans(&chunk), spans(&sample));
            if let Some(span) = chunk.first_mut() {
                span.offset += start;
            }
            let union = Union::new(&chunk, &sample);
            let all: Vec<i64> = indices(&union.spans).collect();
            let want: BTreeSet<i64> = indices(&chunk).chain(indices(&sample)).collect();
            prop_assert!(all.iter().eq(&want));
            prop_assert!(union.of_chunk.iter().map(|&place| all[place as usize]).eq(indices(&chunk)));
            prop_assert!(union.of_sample.iter().map(|&place| all[place as usize]).eq(indices(&sample)));
            prop_assert!(union.spans.iter().skip(1).all(|span| span.offset > 0));
        }
    }
}

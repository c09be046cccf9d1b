//! Empty buckets are taken out where that makes a histogram smaller.
//!
//! ```text
//! max_empty_buckets = 1      [0 3 0 4] gap 1 [5 0 0 6 0]   becomes   gap 1 [3 0 4 0 5] gap 2 [6]
//! ```

use crate::number::BucketNumber;
use crate::span::SpanBuilder;
use crate::{Side, Span};

/// See [`NativeHistogram::compact`](crate::NativeHistogram::compact).
pub(crate) fn compact_side<N: BucketNumber>(side: &mut Side<N>, max_empty_buckets: usize) {
    if is_compact(side, max_empty_buckets) {
        return;
    }
    if max_empty_buckets == 0 {
        return remove_empty(side);
    }
    let mut compact = Compact {
        spans: SpanBuilder::default(),
        buckets: Vec::with_capacity(side.buckets.len()),
        count: N::default(),
    };
    let mut count = N::default();
    // The index and the place behind the last bucket that was kept.
    let (mut end, mut kept) = (None, 0);
    let mut place = 0;
    for run in side.runs() {
        for (index, &held) in run.indexed() {
            count = held.count_after(count);
            place += 1;
            if count.is_empty() {
                continue;
            }
            if let Some(end) = end {
                let gap = usize::try_from(index.wrapping_sub(end)).unwrap_or(usize::MAX);
                if gap > 0 && gap <= max_empty_buckets {
                    compact.fill(end, gap, &side.buckets[kept..place - 1]);
                }
            }
            compact.push(index, count);
            (end, kept) = (Some(index.wrapping_add(1)), place);
        }
    }
    (side.spans, side.buckets) = (compact.spans.finish(), compact.buckets);
}

/// Takes out all empty buckets, in the memory that the side has: what queries do to each histogram that they compute.
fn remove_empty<N: BucketNumber>(side: &mut Side<N>) {
    let Side { spans, buckets } = side;
    // New spans are put behind those that were given, which then go.
    let given = spans.len();
    let (mut end, mut kept_end) = (0_i32, 0_i32);
    let (mut count, mut kept_count) = (N::default(), N::default());
    let (mut place, mut kept) = (0, 0);
    for number in 0..given {
        let span = spans[number];
        let first_index = end.wrapping_add(span.offset);
        end = first_index.wrapping_add(span.length as i32);
        let run = (span.length as usize).min(buckets.len() - place);
        for index in (0..run).map(|within| first_index.wrapping_add(within as i32)) {
            count = buckets[place].count_after(count);
            place += 1;
            if count.is_empty() {
                continue;
            }
            buckets[kept] = count.held_after(kept_count);
            (kept, kept_count) = (kept + 1, count);
            match spans[given..].last_mut() {
                Some(last) if index == kept_end => last.length = last.length.saturating_add(1),
                _ => spans.push(Span { offset: index.wrapping_sub(kept_end), length: 1 }),
            }
            kept_end = index.wrapping_add(1);
        }
    }
    buckets.truncate(kept);
    spans.drain(..given);
}

/// A side that is put together.
struct Compact<N> {
    spans: SpanBuilder,
    buckets: Vec<N>,
    /// What the last bucket holds.
    count: N,
}

impl<N: BucketNumber> Compact<N> {
    #[inline]
    fn push(&mut self, index: i32, count: N) {
        self.spans.push(index, 1);
        self.buckets.push(count.held_after(self.count));
        self.count = count;
    }

    /// Adds empty buckets. If all of them were there they stay as they were, to the sign of their zeros.
    fn fill(&mut self, first_index: i32, gap: usize, empty: &[N]) {
        for place in 0..gap {
            let index = first_index.wrapping_add(place as i32);
            let held = empty.get(place).filter(|_| empty.len() == gap).copied();
            self.push(index, held.unwrap_or_default().empty());
        }
    }
}

/// Whether nothing needs to be done: no bucket is empty and no gap is small. A first glance, not the whole truth.
fn is_compact<N: BucketNumber>(side: &Side<N>, max_empty_buckets: usize) -> bool {
    let mut count = N::default();
    let is_small = |offset: i32| usize::try_from(offset).is_ok_and(|offset| offset <= max_empty_buckets);
    side.spans.iter().all(|span| span.length > 0)
        && side.spans.iter().skip(1).all(|span| !is_small(span.offset))
        && side.buckets.iter().all(|&held| {
            count = held.count_after(count);
            !count.is_empty()
        })
}

#[cfg(test)]
mod tests {
    use crate::{FloatHistogram, Side, Span};

    fn compacted(spans: &[(i32, u32)], buckets: &[f64], max_empty_buckets: usize) -> Side<f64> {
        let spans = spans.iter().map(|&(offset, length)| Span { offset, length }).collect();
        let positive = Side { spans, buckets: buckets.to_vec() };
        let mut histogram = FloatHistogram { positive, ..FloatHistogram::default() };
        histogram.compact(max_empty_buckets);
        histogram.positive
    }

    #[test]
    fn gaps_are_filled_and_empty_buckets_dropped() {
        let found = compacted(&[(0, 4), (1, 5)], &[0.0, 3.0, 0.0, 4.0, 5.0, 0.0, 0.0, 6.0, 0.0], 1);
        assert_eq!(found.buckets, [3.0, 0.0, 4.0, 0.0, 5.0, 6.0]);
        assert_eq!(found.spans, [Span { offset: 1, length: 5 }, Span { offset: 2, length: 1 }]);
    }

    #[test]
    fn empty_buckets_within_a_span_keep_their_sign() {
        let found = compacted(&[(0, 3), (0, 2)], &[1.0, -0.0, 2.0, -0.0, 3.0], usize::MAX);
        assert_eq!(found.spans, [Span { offset: 0, length: 5 }]);
        assert!(found.buckets[1].is_sign_negative() && found.buckets[3].is_sign_negative());
    }

    #[test]
    fn nothing_is_left_of_nothing() {
        assert_eq!(compacted(&[(3, 2), (1, 0)], &[0.0, 0.0], 5), Side::default());
    }
}

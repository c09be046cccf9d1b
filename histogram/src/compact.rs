//! Empty buckets are taken out where that makes a histogram smaller.
//!
//! ```text
//! max_empty_buckets = 1      [0 3 0 4] gap 1 [5 0 0 6 0]   becomes   gap 1 [3 0 4 0 5] gap 2 [6]
//! ```

use crate::Side;
use crate::number::BucketNumber;
use crate::span::SpanBuilder;

/// See [`NativeHistogram::compact`](crate::NativeHistogram::compact).
pub(crate) fn compact_side<N: BucketNumber>(side: &mut Side<N>, max_empty_buckets: usize) {
    if is_compact(side, max_empty_buckets) {
        return;
    }
    let plan = plan(side, max_empty_buckets);
    // What is filled in is made room for in front, so that nothing is written before it is read.
    let room: usize = plan.iter().map(|step| step.filled).sum();
    let (mut write, mut count_read, mut count_written) = (0, N::default(), N::default());
    let mut read = room;
    side.buckets.splice(0..0, std::iter::repeat_n(N::default(), room));
    let mut spans = SpanBuilder::default();
    for step in plan {
        for _ in 0..step.filled {
            side.buckets[write] = N::default().held_after(count_written);
            count_written = N::default();
            write += 1;
        }
        for _ in 0..step.dropped {
            count_read = side.buckets[read].count_after(count_read);
            read += 1;
        }
        for _ in 0..step.kept {
            count_read = side.buckets[read].count_after(count_read);
            side.buckets[write] = count_read.held_after(count_written);
            count_written = count_read;
            read += 1;
            write += 1;
        }
        spans.push(step.first_index.wrapping_sub(step.filled as i32), (step.filled + step.kept) as u32);
    }
    side.buckets.truncate(write);
    side.spans = spans.finish();
}

/// Buckets that stay, and what happens in front of them.
struct Step {
    /// Empty buckets that are not there and have to be.
    filled: usize,
    /// Empty buckets that are there and go.
    dropped: usize,
    /// The index of the first bucket that stays.
    first_index: i32,
    /// How many stay.
    kept: usize,
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

fn plan<N: BucketNumber>(side: &Side<N>, max_empty_buckets: usize) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    // Where the next bucket is expected, and how many buckets before it were empty.
    let (mut next_index, mut empty) = (None, 0);
    let mut are_adjacent = true;
    for (index, count) in side.counts() {
        are_adjacent &= next_index == Some(index);
        next_index = Some(index.wrapping_add(1));
        if count.is_empty() {
            empty += 1;
            continue;
        }
        let dropped = std::mem::take(&mut empty);
        let are_adjacent = std::mem::replace(&mut are_adjacent, true);
        let Some(last) = steps.last_mut() else {
            steps.push(Step { filled: 0, dropped, first_index: index, kept: 1 });
            continue;
        };
        let gap = index.wrapping_sub(last.first_index.wrapping_add(last.kept as i32));
        match usize::try_from(gap) {
            // Buckets that are there stay as they are, to the sign of their zeros.
            Ok(gap) if gap <= max_empty_buckets && are_adjacent => last.kept += gap + 1,
            Ok(filled) if filled <= max_empty_buckets => {
                steps.push(Step { filled, dropped, first_index: index, kept: 1 });
            }
            _ => steps.push(Step { filled: 0, dropped, first_index: index, kept: 1 }),
        }
    }
    steps
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

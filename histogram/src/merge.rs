//! Adding the buckets of one side to those of another.
//!
//! | layouts | what happens |
//! |---|---|
//! | the same spans | one loop over two slices |
//! | the target has all buckets of the source | the same, a run of buckets at a time |
//! | else | buckets are inserted into the target, once; then as above |
//!
//! A target that many histograms are added to soon has all buckets that any of them has, and then stays as it is.

use crate::kahan::kahan_add;
use crate::span::{Run, SpanBuilder};
use crate::{Schema, Side, Span};

/// What a bucket holds that was inserted and not yet added to: `-0 + x` is `x` to the bit, also for both zeros.
const UNTOUCHED: f64 = -0.0;

/// Buckets that are added to others.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    side: &'a Side<f64>,
    /// Buckets below this index lie in the zero bucket of the target and are left out.
    first_index: i32,
    /// Whether any are left out.
    is_whole: bool,
}

impl<'a> Source<'a> {
    /// The buckets of a side that are not within `zero_threshold`.
    pub(crate) fn new(side: &'a Side<f64>, schema: Schema, zero_threshold: f64) -> Self {
        let is_within = |index: i32| schema.is_exponential() && schema.bound(index) <= zero_threshold;
        let mut indices = side.float_counts().map(|(index, _)| index);
        let first = side.runs().next().map_or(0, |run| run.first_index);
        if !is_within(first) {
            return Self { side, first_index: i32::MIN, is_whole: true };
        }
        Self {
            side,
            first_index: indices.find(|&index| !is_within(index)).unwrap_or(i32::MAX),
            is_whole: false,
        }
    }

    /// Runs of buckets with their places in the list of all buckets.
    fn runs(self) -> impl Iterator<Item = (usize, Run<'a, f64>)> {
        let mut place = 0;
        self.side.runs().filter_map(move |run| {
            let start = place;
            place += run.buckets.len();
            let left_out =
                usize::try_from(i64::from(self.first_index) - i64::from(run.first_index)).unwrap_or(0);
            let buckets = run.buckets.get(left_out..).filter(|buckets| !buckets.is_empty())?;
            let first_index = run.first_index.wrapping_add(left_out as i32);
            Some((start + left_out, Run { first_index, buckets }))
        })
    }
}

/// Adds the source to the target, or subtracts it.
pub(crate) fn add(target: &mut Side<f64>, source: Source<'_>, is_negative: bool) {
    each_run(target, None, source, |target, _, _, buckets| {
        if is_negative {
            target.iter_mut().zip(buckets).for_each(|(sum, count)| *sum -= count);
        } else {
            target.iter_mut().zip(buckets).for_each(|(sum, count)| *sum += count);
        }
    });
}

/// Adds the source, of which `source_lost` was lost, to a target of which `lost` is lost.
pub(crate) fn kahan_add_side(
    target: &mut Side<f64>,
    lost: &mut Vec<f64>,
    source: Source<'_>,
    source_lost: Option<&[f64]>,
) {
    lost.resize(target.buckets.len(), 0.0);
    each_run(target, Some(lost), source, |target, lost, place, buckets| {
        let sums = target.iter_mut().zip(lost).zip(buckets);
        let Some(source_lost) = source_lost.and_then(|lost| lost.get(place..)) else {
            sums.for_each(|((sum, lost), &count)| (*sum, *lost) = kahan_add(count, *sum, *lost));
            return;
        };
        for (((sum, lost), &count), &source_lost) in sums.zip(source_lost) {
            if lost.to_bits() == UNTOUCHED.to_bits() {
                (*sum, *lost) = (count, source_lost);
                continue;
            }
            (*sum, *lost) = kahan_add(count, *sum, *lost);
            if source_lost != 0.0 {
                (*sum, *lost) = kahan_add(source_lost, *sum, *lost);
            }
        }
    });
}

/// Calls `add` with the buckets of the target that have the same indices as a run of the source, what was lost of them
/// (nothing if that is not known), the place of the run among all buckets of the source, and the run.
fn each_run(
    target: &mut Side<f64>,
    mut lost: Option<&mut Vec<f64>>,
    source: Source<'_>,
    add: impl Fn(&mut [f64], &mut [f64], usize, &[f64]),
) {
    let Source { side, is_whole, .. } = source;
    if is_whole && target.spans == side.spans && target.buckets.len() == side.buckets.len() {
        let lost = lost.map(Vec::as_mut_slice).unwrap_or_default();
        add(&mut target.buckets, lost, 0, &side.buckets);
        return;
    }
    if !has_all(&target.spans, source) {
        let (spans, insertions) = widened(&target.spans, source);
        target.spans = spans;
        insert(&mut target.buckets, &insertions);
        if let Some(lost) = &mut lost {
            insert(lost, &insertions);
        }
    }
    let mut places = Places::new(&target.spans);
    for (source_place, run) in source.runs() {
        let Some(place) = places.find(run.first_index, run.buckets.len()) else { continue };
        let range = place..place + run.buckets.len();
        let lost = lost.as_mut().and_then(|lost| lost.get_mut(range.clone())).unwrap_or_default();
        if let Some(buckets) = target.buckets.get_mut(range) {
            add(buckets, lost, source_place, run.buckets);
        }
    }
}

fn has_all(spans: &[Span], source: Source<'_>) -> bool {
    let mut places = Places::new(spans);
    source.runs().all(|(_, run)| places.find(run.first_index, run.buckets.len()).is_some())
}

/// Finds the places of buckets in a list, for indices that ascend.
struct Places<'a> {
    spans: &'a [Span],
    /// The indices of the span that was looked at last, and the place of its first bucket.
    start: i64,
    end: i64,
    place: usize,
}

impl<'a> Places<'a> {
    fn new(spans: &'a [Span]) -> Self {
        let mut places = Self { spans, start: 0, end: 0, place: 0 };
        // The first span may begin below 0.
        let _ = places.advance();
        places
    }

    /// The place of the first of these buckets, if all are there.
    fn find(&mut self, first_index: i32, count: usize) -> Option<usize> {
        let first_index = i64::from(first_index);
        while self.end <= first_index {
            self.advance()?;
        }
        if first_index < self.start {
            return None;
        }
        let place = self.place + (first_index - self.start) as usize;
        while self.end < first_index + count as i64 {
            let end = self.end;
            self.advance()?;
            // Spans without a gap between them are one.
            if self.start != end {
                return None;
            }
        }
        Some(place)
    }

    fn advance(&mut self) -> Option<()> {
        let (span, rest) = self.spans.split_first()?;
        self.place += (self.end - self.start) as usize;
        self.start = self.end + i64::from(span.offset);
        self.end = self.start + i64::from(span.length);
        self.spans = rest;
        Some(())
    }
}

/// Buckets to be inserted before one that is there.
struct Insertion {
    place: usize,
    count: usize,
}

fn insert(buckets: &mut Vec<f64>, insertions: &[Insertion]) {
    let old = buckets.len();
    let mut shift: usize = insertions.iter().map(|insertion| insertion.count).sum();
    buckets.resize(old + shift, UNTOUCHED);
    let mut end = old;
    for insertion in insertions.iter().rev() {
        let start = insertion.place.min(end);
        buckets.copy_within(start..end, start + shift);
        buckets[start + shift - insertion.count..start + shift].fill(UNTOUCHED);
        shift -= insertion.count;
        end = start;
    }
}

/// The spans of the union, and which buckets have to be inserted for it.
///
/// Spans stay apart even if the gap between them is filled, as they do upstream: what queries answer without
/// compacting it is compared by its spans, too. A run of new buckets becomes part of the span before if it follows
/// that without a gap; a single one of the span behind; else it is a span of its own.
fn widened(spans: &[Span], source: Source<'_>) -> (Vec<Span>, Vec<Insertion>) {
    let missing = missing(spans, source);
    let mut missing = missing.into_iter().peekable();
    let (mut builder, mut insertions) = (SpanBuilder::default(), Vec::new());
    let (mut index, mut place) = (0_i64, 0);
    let mut previous_end = None;
    for span in spans {
        let start = index + i64::from(span.offset);
        if span.length == 0 {
            index = start;
            continue;
        }
        let mut joined = 0;
        while let Some(run) = missing.next_if(|run| run.start < start) {
            insertions.push(Insertion { place, count: run.count() });
            if previous_end == Some(run.start) {
                builder.push(run.start as i32, run.count() as u32);
            } else if run.end == start && run.count() == 1 {
                joined = 1;
            } else {
                builder.push_apart(run.start as i32, run.count() as u32);
            }
        }
        index = start + i64::from(span.length);
        place += span.length as usize;
        builder.push_apart((start - joined) as i32, span.length.saturating_add(joined as u32));
        previous_end = Some(index);
    }
    for run in missing {
        insertions.push(Insertion { place, count: run.count() });
        if previous_end == Some(run.start) {
            builder.push(run.start as i32, run.count() as u32);
        } else {
            builder.push_apart(run.start as i32, run.count() as u32);
        }
    }
    (builder.finish(), insertions)
}

/// Consecutive indices.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Indices {
    start: i64,
    end: i64,
}

impl Indices {
    const fn count(self) -> usize {
        (self.end - self.start) as usize
    }
}

/// The indices that only the source has.
fn missing(spans: &[Span], source: Source<'_>) -> Vec<Indices> {
    let mut index = 0;
    let mut there = spans
        .iter()
        .map(|span| {
            let start = index + i64::from(span.offset);
            index = start + i64::from(span.length);
            Indices { start, end: index }
        })
        .peekable();
    let mut missing: Vec<Indices> = Vec::new();
    let mut add = |start: i64, end: i64| match missing.last_mut() {
        _ if start >= end => {}
        Some(last) if last.end == start => last.end = end,
        _ => missing.push(Indices { start, end }),
    };
    for (_, run) in source.runs() {
        let mut start = i64::from(run.first_index);
        let end = start + run.buckets.len() as i64;
        while there.next_if(|span| span.end <= start).is_some() {}
        while let Some(&span) = there.peek().filter(|span| span.start < end) {
            add(start, span.start);
            start = start.max(span.end);
            if span.end > end {
                break;
            }
            there.next();
        }
        add(start, end);
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::{Source, add, kahan_add_side};
    use crate::{Schema, Side, Span};

    fn side(spans: &[(i32, u32)], buckets: &[f64]) -> Side<f64> {
        Side {
            spans: spans.iter().map(|&(offset, length)| Span { offset, length }).collect(),
            buckets: buckets.to_vec(),
        }
    }

    #[track_caller]
    fn check(target: Side<f64>, source: &Side<f64>, expected: &Side<f64>) {
        let mut sum = target.clone();
        add(&mut sum, Source::new(source, Schema::new(0), 0.0), false);
        assert_eq!(&sum, expected);
        let (mut sum, mut compensation) = (target, Vec::new());
        kahan_add_side(&mut sum, &mut compensation, Source::new(source, Schema::new(0), 0.0), None);
        assert_eq!(&sum, expected);
        assert_eq!(compensation, vec![0.0; sum.buckets.len()]);
    }

    #[test]
    fn new_buckets_join_the_span_before_or_a_single_one_the_span_behind() {
        let target = || side(&[(0, 2), (3, 1), (3, 1)], &[1.0, 2.0, 3.0, 4.0]);
        check(
            target(),
            &side(&[(2, 1), (1, 1), (1, 4)], &[10.0, 20.0, 30.0, 31.0, 32.0, 33.0]),
            &side(&[(0, 3), (1, 5), (0, 1)], &[1.0, 2.0, 10.0, 20.0, 3.0, 30.0, 31.0, 32.0, 37.0]),
        );
        check(
            target(),
            &side(&[(-3, 2), (8, 4)], &[10.0, 20.0, 30.0, 31.0, 32.0, 33.0]),
            &side(
                &[(-3, 2), (1, 2), (3, 1), (1, 2), (0, 2)],
                &[10.0, 20.0, 1.0, 2.0, 3.0, 30.0, 31.0, 36.0, 33.0],
            ),
        );
    }

    #[test]
    fn spans_without_buckets_are_forgotten() {
        check(
            side(&[(2, 0), (1, 1)], &[5.0]),
            &side(&[(1, 1)], &[0.0]),
            &side(&[(1, 1), (1, 1)], &[0.0, 5.0]),
        );
    }

    #[test]
    fn into_nothing_and_from_nothing() {
        let some = side(&[(4, 1), (0, 1), (1, 1)], &[1.0, -0.0, 3.0]);
        check(some.clone(), &Side::default(), &some);
        check(Side::default(), &some, &side(&[(4, 2), (1, 1)], &[1.0, -0.0, 3.0]));
        let mut difference = Side::default();
        add(&mut difference, Source::new(&some, Schema::new(0), 0.0), true);
        assert!(difference.buckets[1] == 0.0 && difference.buckets[1].is_sign_positive());
        assert_eq!(difference.buckets[0], -1.0);
    }

    #[test]
    fn buckets_in_the_zero_bucket_are_left_out() {
        let mut sum = side(&[(2, 1)], &[1.0]);
        add(&mut sum, Source::new(&side(&[(0, 3)], &[5.0, 6.0, 7.0]), Schema::new(0), 2.0), false);
        assert_eq!(sum, side(&[(2, 1)], &[8.0]));
    }
}

//! Fewer and wider buckets.

use crate::error::HistogramErrorKind as Kind;
use crate::kahan::kahan_add;
use crate::number::BucketNumber;
use crate::span::{Run, SpanBuilder};
use crate::{FloatHistogram, HistogramError, NativeHistogram, Schema, Side, Span};

impl<N: BucketNumber> NativeHistogram<N> {
    /// Merges buckets so that the histogram gets a coarser schema.
    ///
    /// ```
    /// use emberdb_histogram::{FloatHistogram, Schema};
    ///
    /// let mut histogram: FloatHistogram = "{{schema:1 buckets:[1 2 3]}}".parse()?;
    /// histogram.reduce_resolution(Schema::new(0))?;
    /// assert_eq!(histogram.positive.buckets, [1.0, 5.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If one of the schemas is custom, `schema` is not coarser, or spans do not fit to buckets; the histogram stays as
    /// it was.
    pub fn reduce_resolution(&mut self, schema: Schema) -> Result<(), HistogramError> {
        check_schemas(self.schema, schema)?;
        if schema == self.schema {
            return Err(Kind::CannotReduce { from: self.schema, to: schema }.into());
        }
        check_side(&self.positive)?;
        check_side(&self.negative)?;
        for side in [&mut self.positive, &mut self.negative] {
            *side = coarsened(side, self.schema, schema);
        }
        self.schema = schema;
        Ok(())
    }
}

impl FloatHistogram {
    /// A copy in a coarser schema, or the same one. A copy in another schema has no counter reset hint.
    ///
    /// # Errors
    /// Those of [`reduce_resolution`](Self::reduce_resolution).
    pub fn to_schema(&self, schema: Schema) -> Result<Self, HistogramError> {
        let mut copy = self.clone();
        if schema != self.schema {
            copy.reduce_resolution(schema)?;
            copy.counter_reset_hint = crate::CounterResetHint::Unknown;
        }
        Ok(copy)
    }
}

fn check_schemas(from: Schema, to: Schema) -> Result<(), HistogramError> {
    if from.is_custom() {
        return Err(Kind::CannotReduceCustom.into());
    }
    if to.is_custom() {
        return Err(Kind::CannotReduceToCustom.into());
    }
    if to > from { Err(Kind::CannotReduce { from, to }.into()) } else { Ok(()) }
}

/// Checks what would make merging go wrong, in the order in which the walk over the spans would find it.
fn check_side<N>(side: &Side<N>) -> Result<(), HistogramError> {
    let (mut needed, found) = (0, side.buckets.len());
    for (place, span) in side.spans.iter().enumerate() {
        if place > 0 && span.offset < 0 {
            return Err(Kind::SpanNegativeOffset { span: place + 1, offset: span.offset }.into());
        }
        needed += span.length as usize;
        if needed > found {
            return Err(Kind::SpansBucketsMismatch { needed: None, found }.into());
        }
    }
    if needed == found {
        Ok(())
    } else {
        Err(Kind::SpansBucketsMismatch { needed: Some(needed), found }.into())
    }
}

/// The buckets of a side in a coarser schema.
pub(crate) fn coarsened<N: BucketNumber>(side: &Side<N>, from: Schema, to: Schema) -> Side<N> {
    let mut counts: Vec<N> = Vec::with_capacity(side.buckets.len());
    let mut count = N::default();
    let spans = merge(side, from, to, |held, joins| {
        count = held.count_after(count);
        match counts.last_mut() {
            Some(sum) if joins => *sum = sum.plus(count),
            _ => counts.push(count),
        }
    });
    let mut previous = N::default();
    for held in &mut counts {
        let count = std::mem::replace(held, held.held_after(previous));
        previous = count;
    }
    Side { spans, buckets: counts }
}

/// Like [`coarsened`], with what compensates the counts, and compensating anew.
pub(crate) fn coarsened_compensated(
    side: &Side<f64>,
    compensation: &[f64],
    from: Schema,
    to: Schema,
) -> (Side<f64>, Vec<f64>) {
    let mut buckets: Vec<f64> = Vec::with_capacity(side.buckets.len());
    let mut compensations: Vec<f64> = Vec::with_capacity(side.buckets.len());
    let mut lost = compensation.iter().copied();
    let spans = merge(side, from, to, |count, joins| {
        let lost = lost.next().unwrap_or_default();
        match (buckets.last_mut(), compensations.last_mut()) {
            (Some(sum), Some(compensation)) if joins => {
                (*sum, *compensation) = kahan_add(count, *sum, *compensation);
                (*sum, *compensation) = kahan_add(lost, *sum, *compensation);
            }
            _ => {
                buckets.push(count);
                compensations.push(lost);
            }
        }
    });
    (Side { spans, buckets }, compensations)
}

/// The spans of a coarser schema. Hands over each bucket and whether it joins the one before.
fn merge<N: Copy>(side: &Side<N>, from: Schema, to: Schema, mut place: impl FnMut(N, bool)) -> Vec<Span> {
    let mut spans = SpanBuilder::default();
    let mut last = None;
    for Run { first_index, buckets } in side.runs() {
        for (offset, &held) in buckets.iter().enumerate() {
            let index = from.coarsened(first_index.wrapping_add(offset as i32), to);
            let joins = last == Some(index);
            if !joins {
                spans.push(index, 1);
                last = Some(index);
            }
            place(held, joins);
        }
    }
    spans.finish()
}

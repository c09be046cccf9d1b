//! Whether a histogram may follow those of a chunk, and what has to be done that it can.

use emberdb_histogram::{CounterResetHint, NativeHistogram, Side, Span};

use super::CounterResetHeader;
use super::codec::Coding;
use super::field::Field;
use super::is_stale;
use super::number::Coded;
use super::starts::StartCoding;
use super::union::{Found, Union, walk};

/// Why a histogram cannot be in the chunk of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// A counter was reset.
    Reset,
    /// The schema or the zero threshold is another one.
    Layout,
    /// The chunk has ended with a stale sample.
    Stale,
    /// One is a gauge, the other is a counter.
    Gauge,
}

/// What has to be done with one side of a chunk and of a histogram that follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fit {
    /// Nothing: they have the same spans.
    Same,
    /// They have other spans; maybe the same buckets.
    Other(Union),
}

impl Fit {
    /// Whether the histogram has buckets that the chunk lacks.
    pub(super) fn chunk_grows(&self) -> bool {
        matches!(self, Self::Other(union) if union.chunk_grows())
    }

    /// Whether the chunk has buckets that the histogram lacks.
    pub(super) fn sample_grows(&self) -> bool {
        matches!(self, Self::Other(union) if union.sample_grows())
    }
}

impl<N: Coded, S: StartCoding> Coding<N, S> {
    /// Whether a histogram may follow, in a chunk with this header. The rules, and their order, are upstream's.
    pub(super) fn follow(
        &self,
        header: CounterResetHeader,
        histogram: &NativeHistogram<N>,
    ) -> Result<[Fit; 2], Break> {
        let is_gauge = histogram.counter_reset_hint == CounterResetHint::Gauge;
        if (header == CounterResetHeader::Gauge) != is_gauge {
            return Err(Break::Gauge);
        }
        if histogram.counter_reset_hint == CounterResetHint::Reset {
            return Err(Break::Reset);
        }
        if is_stale(histogram.sum) {
            return Ok([Fit::Same, Fit::Same]);
        }
        if is_stale(self.sum.number()) {
            return Err(Break::Stale);
        }
        if !is_gauge && histogram.count < self.count.number() {
            return Err(Break::Reset);
        }
        // Whether there was a reset as well is not looked at.
        if histogram.schema != self.layout.schema || histogram.zero_threshold != self.layout.zero_threshold {
            return Err(Break::Layout);
        }
        if histogram.has_custom_bounds() && histogram.custom_bounds() != self.layout.custom_bounds() {
            return Err(Break::Reset);
        }
        if !is_gauge && histogram.zero_count < self.zero_count.number() {
            return Err(Break::Reset);
        }
        let positive = fit(&self.layout.positive_spans, &self.positive, &histogram.positive, is_gauge)?;
        let negative = fit(&self.layout.negative_spans, &self.negative, &histogram.negative, is_gauge)?;
        Ok([positive, negative])
    }
}

/// Compares one side.
fn fit<N: Coded>(
    spans: &[Span],
    fields: &[N::BucketField],
    side: &Side<N>,
    is_gauge: bool,
) -> Result<Fit, Break> {
    if spans == side.spans {
        return if is_gauge || !has_lost(fields, &side.buckets) { Ok(Fit::Same) } else { Err(Break::Reset) };
    }
    if !is_gauge && has_lost_across(spans, fields, side) {
        return Err(Break::Reset);
    }
    Ok(Fit::Other(Union::new(spans, &side.spans)))
}

/// Whether a bucket holds less than the same bucket did before.
fn has_lost<N: Coded>(fields: &[N::BucketField], buckets: &[N]) -> bool {
    let (mut before, mut now) = (N::default(), N::default());
    fields.iter().zip(buckets).any(|(field, &bucket)| {
        before = field.number().to_count_after(before);
        now = bucket.to_count_after(now);
        before > now
    })
}

/// Like [`has_lost`], where the spans are not the same. A bucket that is not there any more was reset unless it was
/// empty.
fn has_lost_across<N: Coded>(spans: &[Span], fields: &[N::BucketField], side: &Side<N>) -> bool {
    let (mut before, mut now) = (N::default(), N::default());
    let mut advance_before = |place: usize| {
        before = fields.get(place).map_or(before, |field| field.number().to_count_after(before));
        before
    };
    let mut advance_now = |place: usize| {
        now = side.buckets.get(place).map_or(now, |bucket| bucket.to_count_after(now));
        now
    };
    !walk(spans, &side.spans, |_, found| match found {
        Found::Both(in_chunk, in_sample) => {
            let is_lost = advance_before(in_chunk) > advance_now(in_sample);
            !is_lost
        }
        Found::InChunk(in_chunk) => advance_before(in_chunk) == N::default(),
        Found::InSample(in_sample) => {
            advance_now(in_sample);
            true
        }
    })
}

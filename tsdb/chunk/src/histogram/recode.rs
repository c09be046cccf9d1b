//! Chunks that get more buckets: all their samples are written again.

use emberdb_histogram::{CounterResetHint, NativeHistogram};

use super::appender::{Appended, NativeHistogramAppender};
use super::codec::Values;
use super::field::Field;
use super::follow::Fit;
use super::layout::{HistogramLayout, buckets};
use super::number::HistogramNumber;
use super::reader::NativeHistogramReader;
use super::starts::HistogramStarts;
use super::union::Union;
use super::widen::widened;
use super::{BUCKETS_MAX, CounterResetHeader, SPANS_MAX};
use crate::ChunkError;

impl<N: HistogramNumber, S: HistogramStarts> NativeHistogramAppender<N, S> {
    /// Appends a histogram that has other spans than the chunk.
    pub(super) fn append_wide(
        &mut self,
        values: Values<'_, N>,
        histogram: &NativeHistogram<N>,
        positive: &Fit,
        negative: &Fit,
    ) -> Result<Appended, ChunkError> {
        let is_recoded = positive.chunk_grows() || negative.chunk_grows();
        if is_recoded {
            *self = self.recoded(self.wide_layout(histogram, positive, negative)?, positive, negative)?;
        }
        let wide_positive = widened(positive, |union| &union.of_sample, values.positive);
        let wide_negative = widened(negative, |union| &union.of_sample, values.negative);
        self.push(Values { positive: &wide_positive, negative: &wide_negative, ..values });
        Ok(if is_recoded { Appended::Recoded } else { Appended::Here })
    }

    /// The layout of this chunk with the buckets that a histogram has as well.
    fn wide_layout(
        &self,
        histogram: &NativeHistogram<N>,
        positive: &Fit,
        negative: &Fit,
    ) -> Result<HistogramLayout, ChunkError> {
        let is_gauge = histogram.counter_reset_hint == CounterResetHint::Gauge;
        // Spans are those of the histogram as long as it has all buckets, however they are cut. If not, both sides of a
        // gauge are put together anew, of a counter only those that lack buckets.
        let is_any_new = positive.sample_grows() || negative.sample_grows();
        let spans = |fit: &Fit, spans: &[_]| match fit {
            Fit::Other(union) if union.sample_grows() || is_gauge && is_any_new => union.spans.clone(),
            Fit::Same if is_gauge && is_any_new => Union::new(spans, spans).spans,
            _ => spans.to_vec(),
        };
        let layout = HistogramLayout {
            positive_spans: spans(positive, &histogram.positive.spans),
            negative_spans: spans(negative, &histogram.negative.spans),
            ..self.coding.layout.clone()
        };
        for spans in [&layout.positive_spans, &layout.negative_spans] {
            self.check_count(buckets(spans) as usize, BUCKETS_MAX, "buckets")?;
            self.check_count(spans.len(), SPANS_MAX, "spans")?;
        }
        Ok(layout)
    }

    /// The same chunk written anew, in a layout that has its buckets at the places of two unions.
    pub(super) fn recoded(
        &self,
        layout: HistogramLayout,
        positive: &Fit,
        negative: &Fit,
    ) -> Result<Self, ChunkError> {
        let mut recoded = Self::new();
        recoded.bytes.reserve(self.bytes.len());
        recoded.set_header(self.header());
        recoded.coding.layout = layout;
        let mut reader = NativeHistogramReader::<N, S>::new(&self.bytes)?;
        let mut old = NativeHistogram::default();
        while reader.step()? {
            reader.coding().copy_into(CounterResetHeader::Unknown, 0, &mut old);
            let values = Values::of(reader.coding().t_ms.number(), &old, reader.start_ms());
            let wide_positive = widened(positive, |union| &union.of_chunk, values.positive);
            let wide_negative = widened(negative, |union| &union.of_chunk, values.negative);
            recoded.push(Values { positive: &wide_positive, negative: &wide_negative, ..values });
        }
        Ok(recoded)
    }
}

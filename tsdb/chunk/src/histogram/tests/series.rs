//! Series of histograms to which things happen.

use std::collections::BTreeMap;

use emberdb_histogram::{CounterResetHint, Histogram, NativeHistogram, Schema, Side, Span};
use proptest::prelude::*;

use super::STALE;

/// A time, a histogram, and the time since when it counts.
pub(super) type Sample<N> = (i64, NativeHistogram<N>, i64);

/// What happens to a series of histograms.
#[derive(Debug, Clone)]
enum Event {
    /// Observations fall into buckets; negative numbers mean negative buckets.
    Observe(Vec<(i32, u32)>),
    /// Everything becomes zero.
    Reset,
    /// One bucket loses something.
    Lose,
    Schema(i32),
    ZeroThreshold(f64),
    CustomBounds(Vec<f64>),
    Gauge(bool),
    /// The next sample has this hint.
    Hint(CounterResetHint),
    /// So many empty buckets are between two others in the same span, and so many spans are cut.
    Gaps(i64, bool),
    Stale,
    /// Samples count since then from now on; each since the time of the one before if it is nowhere.
    Start(Option<i64>),
}

/// A series, and how its histograms look now.
#[derive(Debug, Clone, Default)]
struct Series {
    t_ms: i64,
    start_ms: Option<i64>,
    schema: i32,
    zero_threshold: f64,
    zero_count: u64,
    sum: f64,
    /// By index; those of negative buckets are kept apart.
    buckets: [BTreeMap<i32, u64>; 2],
    bounds: Vec<f64>,
    is_gauge: bool,
    hint: CounterResetHint,
    gap: i64,
    is_cut: bool,
    is_stale: bool,
}

impl Series {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::Observe(observed) => {
                for &(index, count) in observed {
                    let side = usize::from(index < 0 && self.schema != -53);
                    *self.buckets[side].entry(index.abs()).or_default() += u64::from(count);
                    self.sum += f64::from(index) * f64::from(count) / 3.0;
                }
                self.zero_count += observed.first().map_or(0, |&(_, count)| u64::from(count / 4));
            }
            Event::Reset => {
                self.buckets = Default::default();
                (self.zero_count, self.sum) = (0, 0.0);
            }
            Event::Lose => {
                if let Some(count) = self.buckets.iter_mut().flat_map(BTreeMap::values_mut).last() {
                    *count /= 2;
                }
            }
            Event::Schema(schema) => self.schema = *schema,
            Event::ZeroThreshold(threshold) => self.zero_threshold = *threshold,
            Event::CustomBounds(bounds) => {
                self.schema = -53;
                self.bounds.clone_from(bounds);
            }
            Event::Gauge(is_gauge) => self.is_gauge = *is_gauge,
            Event::Hint(hint) => self.hint = *hint,
            Event::Gaps(gap, is_cut) => (self.gap, self.is_cut) = (*gap, *is_cut),
            Event::Stale => self.is_stale = true,
            Event::Start(start_ms) => self.start_ms = *start_ms,
        }
    }

    fn sample(&mut self, step_ms: i64) -> Sample<i64> {
        let start_ms = self.start_ms.unwrap_or(self.t_ms);
        self.t_ms = self.t_ms.wrapping_add(step_ms);
        (self.t_ms, self.histogram(), start_ms)
    }

    fn histogram(&mut self) -> Histogram {
        let hint = std::mem::take(&mut self.hint);
        let hint = if self.is_gauge { CounterResetHint::Gauge } else { hint };
        if std::mem::take(&mut self.is_stale) {
            return Histogram { sum: STALE, counter_reset_hint: hint, ..Histogram::default() };
        }
        let is_custom = self.schema == -53;
        if is_custom {
            self.buckets[1].clear();
        }
        let [positive, negative] = [0, 1].map(|side| self.side(side));
        let in_buckets: u64 = self.buckets.iter().flat_map(BTreeMap::values).sum();
        Histogram {
            counter_reset_hint: hint,
            schema: Schema::new(self.schema),
            zero_threshold: if is_custom { 0.0 } else { self.zero_threshold },
            zero_count: if is_custom { 0 } else { self.zero_count },
            count: in_buckets + if is_custom { 0 } else { self.zero_count },
            sum: self.sum,
            positive,
            negative,
            custom_values: is_custom.then(|| self.bounds.clone().into()),
        }
    }

    fn side(&self, side: usize) -> Side<i64> {
        let (mut spans, mut buckets): (Vec<Span>, Vec<i64>) = Default::default();
        let (mut end, mut previous) = (0, 0);
        for (&index, &count) in &self.buckets[side] {
            let empty = i64::from(index) - end;
            match spans.last_mut() {
                Some(span) if empty <= self.gap && (!self.is_cut || empty > 0) => {
                    span.length += empty as u32 + 1;
                    for _ in 0..empty {
                        buckets.push(-previous);
                        previous = 0;
                    }
                }
                _ => spans.push(Span { offset: empty as i32, length: 1 }),
            }
            buckets.push(count as i64 - previous);
            previous = count as i64;
            end = i64::from(index) + 1;
        }
        Side { spans, buckets }
    }
}

fn event() -> impl Strategy<Value = Event> {
    let observed = prop::collection::vec((-9..12_i32, 0..60_u32), 0..6);
    prop_oneof![
        24 => observed.prop_map(Event::Observe),
        2 => Just(Event::Reset),
        1 => Just(Event::Lose),
        1 => (-4..9_i32).prop_map(Event::Schema),
        1 => prop::sample::select(vec![0.0, 0.5, 0.001, 1e-300]).prop_map(Event::ZeroThreshold),
        1 => prop::collection::vec(prop::sample::select(vec![0.25, 5.0, 1e6, -1.0, 0.0005]), 0..4)
            .prop_map(Event::CustomBounds),
        1 => any::<bool>().prop_map(Event::Gauge),
        1 => prop::sample::select(vec![CounterResetHint::Reset, CounterResetHint::NotReset]).prop_map(Event::Hint),
        2 => (0..4_i64, any::<bool>()).prop_map(|(gap, is_cut)| Event::Gaps(gap, is_cut)),
        1 => Just(Event::Stale),
        2 => prop_oneof![Just(Some(0)), Just(Some(5)), Just(None), any::<i64>().prop_map(Some)]
            .prop_map(Event::Start),
    ]
}

/// The histograms of one series in order.
pub(super) fn series(len: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<Sample<i64>>> {
    let step_ms = prop_oneof![6 => Just(15_000_i64), 3 => 14_990..15_010_i64, 1 => any::<i64>()];
    prop::collection::vec((event(), step_ms), len).prop_map(|events| {
        let mut series = Series { gap: 1, start_ms: Some(0), ..Series::default() };
        events
            .iter()
            .map(|(event, step_ms)| {
                series.apply(event);
                series.sample(*step_ms)
            })
            .collect()
    })
}

/// The same in floats that are no whole numbers.
pub(super) fn in_floats(series: &[Sample<i64>]) -> Vec<Sample<f64>> {
    let scaled = |histogram: &Histogram| {
        let mut float = histogram.to_float();
        float.count /= 8.0;
        float.zero_count /= 8.0;
        for bucket in float.positive.buckets.iter_mut().chain(&mut float.negative.buckets) {
            *bucket /= 8.0;
        }
        float
    };
    series.iter().map(|(t_ms, histogram, start_ms)| (*t_ms, scaled(histogram), *start_ms)).collect()
}

//! Native histograms over time.

use std::collections::BTreeMap;
use std::sync::Arc;

use emberdb_histogram::{CounterResetHint, FloatHistogram, Histogram, Schema, Side, Span};
use emberdb_model::STALE_NAN;

use super::noise::Noise;
use super::{DataSample, DataValue};

/// How the samples of a series are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recipe {
    /// Counts are floats.
    pub(super) is_float: bool,
    /// Each sample stands for itself.
    pub(super) is_gauge: bool,
    /// Now and then schema, zero bucket, bounds and sum change, the series is reset, or marked as stale.
    pub(super) is_hostile: bool,
}

/// The finest schema that observations are kept in.
const FINEST: i32 = 3;

/// What has been observed, by the index of its bucket in the schema [`FINEST`].
#[derive(Default)]
struct Observed {
    positive: BTreeMap<i32, i64>,
    negative: BTreeMap<i32, i64>,
    zero: i64,
    sum: f64,
}

/// How it is told at the moment.
struct Resolution {
    schema: i32,
    zero_threshold: f64,
}

/// Histograms with exponential buckets.
pub(super) fn exponential(times: &[i64], recipe: Recipe, noise: &mut Noise) -> Vec<DataSample> {
    let mut observed = Observed::default();
    let mut resolution = Resolution { schema: 2, zero_threshold: 2.938_735_877_055_719e-39 };
    let has_negative = recipe.is_hostile && noise.chance(0.4);
    let each = times.iter().map(|&time_ms| {
        if recipe.is_gauge || (recipe.is_hostile && noise.chance(0.02)) {
            observed = Observed::default();
        }
        observed.observe(noise, has_negative);
        if recipe.is_hostile && noise.chance(0.03) {
            resolution = Resolution {
                schema: noise.pick(&[-1, 0, 1, 2, 3]).unwrap_or_default(),
                zero_threshold: noise.pick(&[0.0, 2.938_735_877_055_719e-39, 0.25, 1.0]).unwrap_or_default(),
            };
        }
        let mut histogram = observed.told(&resolution);
        if recipe.is_hostile && noise.chance(0.02) {
            make_odd(&mut histogram, noise);
        }
        finished(time_ms, histogram, recipe)
    });
    each.collect()
}

/// Counters with exponential buckets that have no gaps between them; there are more of them until the counter is reset.
pub(super) fn dense(times: &[i64], noise: &mut Noise) -> Vec<DataSample> {
    let recipe = Recipe { is_float: false, is_gauge: false, is_hostile: true };
    let mut counts: Vec<i64> = Vec::new();
    let (mut schema, mut sum) = (0, 0.0);
    let each = times.iter().map(|&time_ms| {
        if noise.chance(0.02) {
            counts.clear();
            schema = noise.pick(&[-1, 0, 2]).unwrap_or_default();
        }
        if counts.is_empty() || (counts.len() < 12 && noise.chance(0.05)) {
            counts.push(0);
        }
        for count in &mut counts {
            *count += 1 + noise.below(3);
            sum += noise.unit();
        }
        let counted: BTreeMap<i32, i64> = (-3..).zip(counts.iter().copied()).collect();
        let histogram = Histogram {
            schema: Schema::new(schema),
            count: counts.iter().sum::<i64>().unsigned_abs(),
            sum,
            positive: side(&counted),
            ..Histogram::default()
        };
        finished(time_ms, histogram, recipe)
    });
    each.collect()
}

/// Histograms with custom bounds.
pub(super) fn custom(times: &[i64], recipe: Recipe, noise: &mut Noise) -> Vec<DataSample> {
    const BOUNDS: [&[f64]; 4] =
        [&[0.1, 1.0, 10.0], &[0.1, 1.0, 5.0, 10.0], &[-1.0, 0.0, 2.5], &[0.5, 1.0, 10.0]];
    let mut bounds = BOUNDS[0];
    let (mut counts, mut sum) = ([0_i64; 5], 0.0);
    let each = times.iter().map(|&time_ms| {
        let changes = recipe.is_hostile && noise.chance(0.02);
        if changes {
            bounds = noise.pick(&BOUNDS).unwrap_or(BOUNDS[0]);
        }
        if recipe.is_gauge || changes || (recipe.is_hostile && noise.chance(0.02)) {
            (counts, sum) = ([0; 5], 0.0);
        }
        for _ in 0..noise.below(5) {
            let place = usize::try_from(noise.below(1 + bounds.len() as i64)).unwrap_or_default();
            counts[place] += 1;
            sum += bounds.get(place).copied().unwrap_or(20.0);
        }
        let counted: BTreeMap<i32, i64> = (0..).zip(counts).filter(|&(_, count)| count > 0).collect();
        let histogram = Histogram {
            schema: Schema::CUSTOM,
            count: counts.iter().sum::<i64>().unsigned_abs(),
            sum,
            positive: side(&counted),
            custom_values: Some(Arc::from(bounds)),
            ..Histogram::default()
        };
        finished(time_ms, histogram, recipe)
    });
    each.collect()
}

impl Observed {
    fn observe(&mut self, noise: &mut Noise, has_negative: bool) {
        for _ in 0..noise.below(8) {
            // From thousandths to hundreds, the middle more often.
            let value = (2.0_f64).powf((noise.unit() + noise.unit() + noise.unit() - 1.5) * 6.0);
            if noise.chance(0.05) {
                self.zero += 1;
                continue;
            }
            let is_negative = has_negative && noise.chance(0.3);
            let buckets = if is_negative { &mut self.negative } else { &mut self.positive };
            *buckets.entry(Schema::new(FINEST).index_above(value)).or_default() += 1;
            self.sum += if is_negative { -value } else { value };
        }
    }

    fn told(&self, resolution: &Resolution) -> Histogram {
        let schema = Schema::new(resolution.schema);
        let mut zero = self.zero;
        let mut coarse = |fine: &BTreeMap<i32, i64>| {
            let mut coarse = BTreeMap::new();
            for (&index, &count) in fine {
                let index = ((index - 1) >> (FINEST - resolution.schema)) + 1;
                if schema.bound(index) <= resolution.zero_threshold {
                    zero += count;
                } else {
                    *coarse.entry(index).or_default() += count;
                }
            }
            coarse
        };
        let (positive, negative) = (coarse(&self.positive), coarse(&self.negative));
        let count = zero + positive.values().sum::<i64>() + negative.values().sum::<i64>();
        Histogram {
            schema,
            zero_threshold: resolution.zero_threshold,
            zero_count: zero.unsigned_abs(),
            count: count.unsigned_abs(),
            sum: self.sum,
            positive: side(&positive),
            negative: side(&negative),
            ..Histogram::default()
        }
    }
}

/// Spans and differences of these buckets; those that are not there are left out, gaps of one are filled.
fn side(counts: &BTreeMap<i32, i64>) -> Side<i64> {
    let mut side = Side::default();
    let mut before = 0;
    let mut push = |side: &mut Side<i64>, count: i64| {
        side.buckets.push(count - before);
        before = count;
    };
    let mut next_index = 0;
    for (&index, &count) in counts {
        let offset = index - next_index;
        match side.spans.last_mut() {
            Some(span) if offset <= 1 => {
                span.length += 1 + offset.unsigned_abs();
                (0..offset).for_each(|_| push(&mut side, 0));
            }
            _ => side.spans.push(Span { offset, length: 1 }),
        }
        push(&mut side, count);
        next_index = index + 1;
    }
    side
}

/// Not a number among the observations, a sum at the end of the range, or a staleness marker.
fn make_odd(histogram: &mut Histogram, noise: &mut Noise) {
    match noise.below(4) {
        0 => {
            histogram.count += 2;
            histogram.sum = f64::NAN;
        }
        1 => histogram.sum = f64::INFINITY,
        2 => histogram.sum = -1e308,
        _ => *histogram = Histogram { sum: STALE_NAN, ..Histogram::default() },
    }
}

fn finished(time_ms: i64, mut histogram: Histogram, recipe: Recipe) -> DataSample {
    if recipe.is_gauge {
        histogram.counter_reset_hint = CounterResetHint::Gauge;
    }
    let value = if recipe.is_float {
        let is_stale = emberdb_model::is_stale(histogram.sum);
        let mut float: FloatHistogram = histogram.to_float();
        if !is_stale {
            float.scale(0.75);
        }
        DataValue::FloatHistogram(Box::new(float))
    } else {
        DataValue::Integer(Box::new(histogram))
    };
    DataSample { time_ms, value, is_late: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_are_valid() {
        let times: Vec<i64> = (0..2000).collect();
        let mut schemas = std::collections::BTreeSet::new();
        for (is_float, is_gauge) in [(false, false), (true, false), (false, true), (true, true)] {
            let recipe = Recipe { is_float, is_gauge, is_hostile: true };
            for seed in 0..4 {
                let mut noise = Noise::new(seed, "histograms");
                let samples = exponential(&times, recipe, &mut noise).into_iter();
                for sample in samples.chain(custom(&times, recipe, &mut noise)) {
                    let (schema, valid) = match &sample.value {
                        DataValue::Integer(histogram) => (histogram.schema, histogram.validate()),
                        DataValue::FloatHistogram(histogram) => (histogram.schema, histogram.validate()),
                        DataValue::Float(value) => panic!("{value}"),
                    };
                    valid.unwrap_or_else(|error| panic!("{error}: {sample:?}"));
                    schemas.insert(schema);
                }
            }
        }
        assert_eq!(schemas.len(), 6);
    }
}

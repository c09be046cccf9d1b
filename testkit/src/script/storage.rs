//! The storage that scripts fill: one that gives native histograms back as upstream's chunks do.

use std::collections::BTreeMap;
use std::sync::Arc;

use emberdb_histogram::{CounterResetHint, FloatHistogram};
use emberdb_model::{Labels, SampleValue};

use crate::MemoryStorage;

use super::ScriptSeries;

/// A storage in memory that imitates what upstream's makes of native histograms.
///
/// Their counter reset hints are not those that were appended: the first histogram of a chunk has none, those that follow
/// in the same chunk say that there was no reset, gauges are gauges. And a staleness marker after a histogram is one.
#[derive(Debug, Default)]
pub struct ScriptStorage {
    samples: MemoryStorage,
    /// The last sample of each series that has histograms.
    last: BTreeMap<Labels, Last>,
}

/// What the next sample of a series is compared with.
#[derive(Clone, Debug)]
enum Last {
    Float,
    Histogram(Arc<FloatHistogram>),
    /// A staleness marker that is a histogram.
    Stale,
}

impl ScriptStorage {
    /// What was loaded, for queries.
    #[must_use]
    pub fn samples(&self) -> &MemoryStorage {
        &self.samples
    }

    /// Drops all data.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds samples, all of them in one batch.
    ///
    /// # Errors
    /// The reason why a sample was refused.
    pub fn load(&mut self, series: &[ScriptSeries]) -> Result<(), String> {
        let as_read: Vec<_> = series.iter().map(|one| (one.labels.clone(), self.as_read(one))).collect();
        self.samples.extend(as_read).map_err(|error| error.to_string())?;
        self.samples.set_start_timestamps(series.iter().map(|one| {
            let times = one.samples.iter().map(|&(timestamp_ms, _)| timestamp_ms);
            let known =
                times.zip(one.start_timestamps.iter().copied()).filter(|&(_, start_ms)| start_ms != 0);
            (one.labels.clone(), known.collect())
        }));
        Ok(())
    }

    /// The samples as they are read after they were appended.
    fn as_read(&mut self, series: &ScriptSeries) -> Vec<(i64, SampleValue)> {
        let mut last = self.last.remove(&series.labels);
        let mut samples = Vec::new();
        for (timestamp_ms, value) in &series.samples {
            let (value, next) = match (value, &last) {
                (SampleValue::Float(float), Some(Last::Histogram(_) | Last::Stale))
                    if emberdb_model::is_stale(*float) =>
                {
                    let marker = FloatHistogram { sum: *float, ..FloatHistogram::default() };
                    (SampleValue::Histogram(Arc::new(marker)), Last::Stale)
                }
                (SampleValue::Float(_), _) => (value.clone(), Last::Float),
                (SampleValue::Histogram(_), _) if value.is_stale() => (value.clone(), Last::Stale),
                (SampleValue::Histogram(histogram), last) => {
                    let before = match last {
                        Some(Last::Histogram(before)) => Some(before.as_ref()),
                        _ => None,
                    };
                    let mut read = FloatHistogram::clone(histogram);
                    read.counter_reset_hint = hint(histogram, before);
                    (SampleValue::Histogram(Arc::new(read)), Last::Histogram(histogram.clone()))
                }
            };
            samples.push((*timestamp_ms, value));
            last = Some(next);
        }
        if let Some(last) = last {
            self.last.insert(series.labels.clone(), last);
        }
        samples
    }
}

/// The hint that a histogram is read with. `before` is the sample before it, unless it is a float or a marker.
fn hint(histogram: &FloatHistogram, before: Option<&FloatHistogram>) -> CounterResetHint {
    let is_gauge = |h: &FloatHistogram| h.counter_reset_hint == CounterResetHint::Gauge;
    if is_gauge(histogram) {
        return CounterResetHint::Gauge;
    }
    let Some(before) = before.filter(|before| !is_gauge(before)) else { return CounterResetHint::Unknown };
    let is_same_layout = histogram.schema == before.schema
        && histogram.zero_threshold == before.zero_threshold
        && histogram.custom_bounds() == before.custom_bounds();
    // That there was no reset is not believed, only found.
    let mut compared = histogram.clone();
    if compared.counter_reset_hint == CounterResetHint::NotReset {
        compared.counter_reset_hint = CounterResetHint::Unknown;
    }
    if is_same_layout && !compared.is_reset_after(before) {
        CounterResetHint::NotReset
    } else {
        CounterResetHint::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_those_of_chunks() {
        let notations = [
            ("{{count:1 buckets:[1]}}", CounterResetHint::Unknown),
            ("{{count:2 buckets:[2]}}", CounterResetHint::NotReset),
            ("{{count:3 buckets:[3] counter_reset_hint:reset}}", CounterResetHint::Unknown),
            ("{{count:1 buckets:[1] counter_reset_hint:not_reset}}", CounterResetHint::Unknown),
            ("{{schema:1 count:1 buckets:[1]}}", CounterResetHint::Unknown),
            ("{{schema:1 count:1 buckets:[1] counter_reset_hint:gauge}}", CounterResetHint::Gauge),
            ("{{schema:1 count:9 buckets:[9]}}", CounterResetHint::Unknown),
        ];
        let mut before: Option<FloatHistogram> = None;
        for (notation, wanted) in notations {
            let histogram: FloatHistogram = notation.parse().unwrap();
            assert_eq!(hint(&histogram, before.as_ref()), wanted, "{notation}");
            before = Some(histogram);
        }
    }
}

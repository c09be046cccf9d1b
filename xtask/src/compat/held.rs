//! What a database holds: every sample of every series, made comparable.

use std::collections::BTreeMap;

use emberdb::{Labels, TimeRange, is_stale};

/// A sample's value, as far as the peer's answers tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// The bits of a float that is a number or infinite, so that 0 and -0 differ.
    Float(u64),
    /// A NaN: text has no room for its bits.
    Nan,
    /// The marker of a series' end; HTTP answers leave it out, dumps show it as any other NaN.
    Stale,
    /// A native histogram in the HTTP API's JSON, keys sorted.
    Histogram(String),
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        match value {
            _ if is_stale(value) => Self::Stale,
            _ if value.is_nan() => Self::Nan,
            _ => Self::Float(value.to_bits()),
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Float(bits) => write!(f, "{:?}", f64::from_bits(*bits)),
            Self::Nan => f.write_str("NaN"),
            Self::Stale => f.write_str("a staleness marker"),
            Self::Histogram(json) => f.write_str(json),
        }
    }
}

/// The samples of one series by their time in milliseconds.
type Samples = BTreeMap<i64, Value>;

/// All samples of a database. A series without samples is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    series: BTreeMap<Labels, Samples>,
}

impl Held {
    /// Adds a sample. Fails if the series has one of that time already: who answers so has told a sample twice.
    pub(super) fn insert(&mut self, labels: &Labels, timestamp_ms: i64, value: Value) -> Result<(), String> {
        if !self.series.contains_key(labels) {
            self.series.insert(labels.clone(), Samples::new());
        }
        let samples = self.series.get_mut(labels).expect("it is there, or was put there just now");
        match samples.insert(timestamp_ms, value) {
            None => Ok(()),
            Some(_) => Err(format!("{labels} has two samples at {timestamp_ms}")),
        }
    }

    /// Removes the samples of a series in `range`.
    pub(super) fn delete(&mut self, labels: &Labels, range: TimeRange) {
        if let Some(samples) = self.series.get_mut(labels) {
            samples.retain(|&timestamp_ms, _| !range.contains(timestamp_ms));
        }
        self.series.retain(|_, samples| !samples.is_empty());
    }

    /// Adds all samples of `more`.
    pub(super) fn extend(&mut self, more: &Self) -> Result<(), String> {
        for (labels, samples) in &more.series {
            for (&timestamp_ms, value) in samples {
                self.insert(labels, timestamp_ms, value.clone())?;
            }
        }
        Ok(())
    }

    /// The samples that `map` keeps, with the values it gives them.
    fn map(&self, map: impl Fn(i64, &Value) -> Option<Value>) -> Self {
        let kept = |samples: &Samples| {
            let mapped = samples.iter().filter_map(|(&t, value)| map(t, value).map(|value| (t, value)));
            mapped.collect::<Samples>()
        };
        let series = self.series.iter().map(|(labels, samples)| (labels.clone(), kept(samples)));
        Self { series: series.filter(|(_, samples)| !samples.is_empty()).collect() }
    }

    /// The samples of a time.
    pub(super) fn within(&self, range: TimeRange) -> Self {
        self.map(|t, value| range.contains(t).then(|| value.clone()))
    }

    /// What an HTTP answer can show of the samples.
    pub(super) fn seen_over_http(&self) -> Self {
        self.map(|_, value| (*value != Value::Stale).then(|| value.clone()))
    }

    /// What a dump can show of the samples.
    pub(super) fn seen_in_dump(&self) -> Self {
        self.map(|_, value| match value {
            Value::Float(_) => Some(value.clone()),
            Value::Nan | Value::Stale => Some(Value::Nan),
            Value::Histogram(_) => None,
        })
    }

    /// The floats alone.
    pub(super) fn floats(&self) -> Self {
        self.map(|_, value| (!matches!(value, Value::Histogram(_))).then(|| value.clone()))
    }

    /// The native histograms alone.
    pub(super) fn histograms(&self) -> Self {
        self.map(|_, value| matches!(value, Value::Histogram(_)).then(|| value.clone()))
    }

    pub(super) fn series(&self) -> usize {
        self.series.len()
    }

    pub(super) fn samples(&self) -> usize {
        self.series.values().map(BTreeMap::len).sum()
    }

    /// Times of the oldest and the newest sample; empty if there is none.
    pub(super) fn range(&self) -> TimeRange {
        let times = || self.series.values().flat_map(BTreeMap::keys).copied();
        TimeRange::new(times().min().unwrap_or(i64::MAX), times().max().unwrap_or(i64::MIN))
    }

    /// The first difference between what was expected and what was found, if there is one.
    pub(super) fn difference(&self, found: &Self) -> Option<String> {
        let none = Samples::new();
        for (labels, expected) in &self.series {
            let found = found.series.get(labels).unwrap_or(&none);
            if let Some(difference) = first_difference(expected, found) {
                return Some(format!("{labels}: {difference}"));
            }
        }
        let (labels, samples) = found.series.iter().find(|(labels, _)| !self.series.contains_key(*labels))?;
        Some(format!("{labels}: a series that was not expected, of {} samples", samples.len()))
    }
}

fn first_difference(expected: &Samples, found: &Samples) -> Option<String> {
    let times: std::collections::BTreeSet<i64> = expected.keys().chain(found.keys()).copied().collect();
    let tell = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    let counts = format!("{} samples expected, {} found", expected.len(), found.len());
    times.into_iter().find(|t| expected.get(t) != found.get(t)).map(|t| {
        format!("at {t} expected {}, found {} ({counts})", tell(expected.get(&t)), tell(found.get(&t)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(samples: &[(&str, i64, f64)]) -> Held {
        let mut held = Held::default();
        for &(name, t, value) in samples {
            held.insert(&Labels::new([("__name__", name)]).unwrap(), t, value.into()).unwrap();
        }
        held
    }

    #[test]
    fn tells_the_first_difference() {
        let expected = held(&[("up", 1, 1.0), ("up", 2, 0.0)]);
        assert_eq!(expected.difference(&expected), None);
        let missing = expected.difference(&held(&[("up", 1, 1.0)])).unwrap();
        assert_eq!(missing, "up: at 2 expected 0.0, found nothing (2 samples expected, 1 found)");
        let sign = expected.difference(&held(&[("up", 1, 1.0), ("up", 2, -0.0)])).unwrap();
        assert!(sign.contains("expected 0.0, found -0.0"), "{sign}");
        let more = expected.difference(&held(&[("up", 1, 1.0), ("up", 2, 0.0), ("x", 1, 1.0)])).unwrap();
        assert!(more.starts_with("x: a series that was not expected"), "{more}");
    }

    #[test]
    fn answers_and_dumps_show_less() {
        let all = held(&[("a", 1, f64::NAN), ("a", 2, emberdb::STALE_NAN), ("b", 1, emberdb::STALE_NAN)]);
        assert_eq!(all.seen_over_http(), held(&[("a", 1, f64::NAN)]));
        assert_eq!(all.seen_in_dump(), held(&[("a", 1, f64::NAN), ("a", 2, f64::NAN), ("b", 1, f64::NAN)]));
        assert_eq!((all.series(), all.samples(), all.range()), (2, 3, TimeRange::new(1, 2)));
        assert_eq!(all.within(TimeRange::new(0, 1)).samples(), 2);
    }

    #[test]
    fn a_sample_told_twice_is_an_error() {
        let mut held = held(&[("up", 1, 1.0)]);
        let up = Labels::new([("__name__", "up")]).unwrap();
        assert!(held.insert(&up, 1, Value::Nan).is_err());
        held.delete(&up, TimeRange::ALL);
        assert_eq!(held, Held::default());
    }
}

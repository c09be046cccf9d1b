//! What a metric is for.

use std::fmt;

/// The type of a metric family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MetricType {
    /// Not known, or untyped.
    #[default]
    Unknown,
    /// Only goes up, or starts again.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts in buckets.
    Histogram,
    /// A histogram whose counts can go down.
    GaugeHistogram,
    /// Quantiles that the client computed.
    Summary,
    /// Facts as labels, with the value 1.
    Info,
    /// One series a state, 1 or 0.
    StateSet,
}

impl MetricType {
    /// The type as Prometheus' API spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
        }
    }

    /// What the names of a metric's series may have behind the metric's own name.
    #[must_use]
    pub const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["_total"],
            Self::Histogram => &["_bucket", "_count", "_sum"],
            Self::GaugeHistogram => &["_bucket", "_gcount", "_gsum"],
            Self::Summary => &["_count", "_sum"],
            Self::Info => &["_info"],
            Self::Gauge | Self::StateSet | Self::Unknown => &[],
        }
    }
}

impl fmt::Display for MetricType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is known about the metric of a series.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Metadata {
    /// What kind of metric it is.
    pub metric_type: MetricType,
    /// The unit, such as `seconds`; empty if there is none.
    pub unit: String,
    /// What the metric means, in words; empty if there are none.
    pub help: String,
}

impl Metadata {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.metric_type == MetricType::Unknown && self.unit.is_empty() && self.help.is_empty()
    }
}

/// A metric and what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricMetadata {
    /// Its name: what the series of a classic histogram or a summary have in common.
    pub metric: String,
    /// Without repetitions. More than one, if series disagree.
    pub metadata: Vec<Metadata>,
}

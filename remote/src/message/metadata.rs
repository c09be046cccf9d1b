//! Types of metrics as numbers, which are the same in both versions.

use emberdb_model::MetricType;

const NUMBERS: [MetricType; 8] = [
    MetricType::Unknown,
    MetricType::Counter,
    MetricType::Gauge,
    MetricType::Histogram,
    MetricType::GaugeHistogram,
    MetricType::Summary,
    MetricType::Info,
    MetricType::StateSet,
];

/// The type of metric that a message means by `number`; unknown if there is none.
#[must_use]
pub fn metric_type(number: i32) -> MetricType {
    usize::try_from(number).ok().and_then(|number| NUMBERS.get(number)).copied().unwrap_or_default()
}

/// The number by which messages mean `metric_type`.
#[must_use]
pub fn metric_type_number(metric_type: MetricType) -> i32 {
    (0..).zip(NUMBERS).find(|&(_, known)| known == metric_type).map_or(0, |(number, _)| number)
}

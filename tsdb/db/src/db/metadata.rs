//! Asking what metrics are for.

use std::collections::BTreeMap;

use emberdb_model::storage::StorageError;
use emberdb_model::{METRIC_NAME, Metadata, MetricMetadata, MetricType};
use foldhash::HashSet;

use super::Tsdb;

/// Which metadata to look for. The default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetadataFilter {
    /// Of one metric only.
    pub metric: Option<String>,
    /// At most of so many metrics, the first by name.
    pub metrics_max: Option<usize>,
    /// At most so many for a metric, the first of those that its series have.
    pub per_metric_max: Option<usize>,
}

impl Tsdb {
    /// What is known about metrics, sorted by name: what the newest [`update_metadata`] of each series said, without repetitions.
    ///
    /// The series of a classic histogram or a summary count as one metric, without `_bucket`, `_count` and `_sum`. The metadata of a
    /// series are known while the head has samples of it.
    ///
    /// [`update_metadata`]: emberdb_model::storage::Appender::update_metadata
    ///
    /// # Errors
    /// [`StorageError`] if the database is closed.
    pub fn metadata(&self, filter: &MetadataFilter) -> Result<Vec<MetricMetadata>, StorageError> {
        self.shared.check_open()?;
        let head = &self.shared.head;
        let all = head.metadata.all();
        let index = head.index.read();
        let mut metrics: BTreeMap<&str, Distinct<'_>> = BTreeMap::new();
        for (id, metadata) in &all {
            // Symbols live as long as the index is locked.
            let Some((_, name)) = index.labels(*id).iter().find(|(name, _)| *name == METRIC_NAME) else {
                continue;
            };
            let metric = metric_of(name, metadata.metric_type);
            if filter.metric.as_ref().is_some_and(|wanted| wanted != metric) {
                continue;
            }
            let known = metrics.entry(metric).or_default();
            let is_full = filter.per_metric_max.is_some_and(|max| known.list.len() >= max);
            if !is_full && known.seen.insert(metadata) {
                known.list.push(metadata);
            }
        }
        let metrics = metrics.into_iter().take(filter.metrics_max.unwrap_or(usize::MAX));
        let owned = metrics.map(|(metric, metadata)| MetricMetadata {
            metric: metric.to_owned(),
            metadata: metadata.list.into_iter().cloned().collect(),
        });
        Ok(owned.collect())
    }
}

/// Metadata in the order in which they were found, without repetitions.
#[derive(Default)]
struct Distinct<'a> {
    list: Vec<&'a Metadata>,
    seen: HashSet<&'a Metadata>,
}

/// The metric that a series is of. A counter has its suffix in its name, or not, according to the format that it was exposed in:
/// it is left as it is.
fn metric_of(name: &str, metric_type: MetricType) -> &str {
    use MetricType::{GaugeHistogram, Histogram, Summary};
    if !matches!(metric_type, Histogram | GaugeHistogram | Summary) {
        return name;
    }
    let mut stems = metric_type.suffixes().iter().filter_map(|suffix| name.strip_suffix(suffix));
    stems.find(|stem| !stem.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_a_histogram_are_one_metric() {
        for (name, metric_type, metric) in [
            ("a_bucket", MetricType::Histogram, "a"),
            ("a_count", MetricType::Histogram, "a"),
            ("a", MetricType::Histogram, "a"),
            ("_count", MetricType::Histogram, "_count"),
            ("a_gsum", MetricType::GaugeHistogram, "a"),
            ("a_sum", MetricType::Summary, "a"),
            ("a_bucket", MetricType::Summary, "a_bucket"),
            ("a_total", MetricType::Counter, "a_total"),
            ("a_count", MetricType::Gauge, "a_count"),
        ] {
            assert_eq!(metric_of(name, metric_type), metric, "{name} {metric_type}");
        }
    }
}

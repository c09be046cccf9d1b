//! What an exposition says about the metric whose samples it lists.

use emberdb_model::{Metadata, MetricType};

use crate::format::Entry;

/// The metric that `# TYPE`, `# HELP` and `# UNIT` spoke of last, and what they said.
#[derive(Debug, Default)]
pub(crate) struct Family {
    name: String,
    metadata: Metadata,
    /// Whether the samples that follow are its own, as far as is known.
    is_current: bool,
}

impl Family {
    /// Begins an exposition.
    pub(crate) fn clear(&mut self) {
        self.is_current = false;
        self.name.clear();
    }

    /// Whether anything was said of the samples that follow.
    pub(crate) fn is_current(&self) -> bool {
        self.is_current
    }

    /// Notes what a line says.
    pub(crate) fn note(&mut self, entry: &Entry<'_>) {
        match entry {
            Entry::Type { name, metric_type } => self.of(name).metric_type = *metric_type,
            Entry::Help(help) => {
                let text = help.text();
                let known = &mut self.of(help.name).help;
                known.clear();
                known.push_str(&text);
            }
            Entry::Unit { name, unit } => {
                let known = &mut self.of(name).unit;
                known.clear();
                known.push_str(unit);
            }
            Entry::Comment(_) | Entry::Series(_) => {}
        }
    }

    /// What is known about a series of this name. When one is of another metric, the next ones are, too, until a line speaks of a
    /// metric again: so upstream takes it.
    pub(crate) fn metadata_of(&mut self, series_name: &str) -> Option<&Metadata> {
        self.is_current &= is_of_metric(series_name, &self.name, self.metadata.metric_type);
        (self.is_current && !self.metadata.is_empty()).then_some(&self.metadata)
    }

    fn of(&mut self, name: &str) -> &mut Metadata {
        if self.name != name {
            self.name.clear();
            self.name.push_str(name);
            self.metadata = Metadata::default();
        }
        self.is_current = true;
        &mut self.metadata
    }
}

/// Whether a series is of a metric: it has its name, or its name with a suffix that the type has. Counters and infos may have the
/// suffix in the name of the metric, too.
fn is_of_metric(series_name: &str, metric: &str, metric_type: MetricType) -> bool {
    let Some(rest) = series_name.strip_prefix(metric) else { return false };
    let suffixes = metric_type.suffixes();
    match metric_type {
        MetricType::Counter | MetricType::Info => {
            let stem = |name: &'_ str| {
                suffixes.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name).len()
            };
            stem(series_name) == stem(metric)
        }
        _ => {
            // A name that ends in a suffix is that of a series only, even if it is the metric's, too.
            let cut = suffixes.iter().find_map(|suffix| series_name.strip_suffix(suffix));
            cut.map_or(rest.is_empty(), |cut| cut == metric)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_a_metric_by_their_names() {
        use MetricType::{Counter, Gauge, GaugeHistogram, Histogram, Info, Summary, Unknown};
        for (series, metric, metric_type, expected) in [
            ("a", "a", Gauge, true),
            ("a_total", "a", Gauge, false),
            ("a_total", "a", Counter, true),
            ("a_total", "a_total", Counter, true),
            ("a", "a", Counter, true),
            ("a_created", "a", Counter, false),
            ("a_bucket", "a", Histogram, true),
            ("a_sum", "a", Histogram, true),
            ("a", "a", Histogram, true),
            ("a_gsum", "a", Histogram, false),
            ("a_gsum", "a", GaugeHistogram, true),
            ("a_bucket", "a", Summary, false),
            ("a_count", "a", Summary, true),
            ("a_sum", "a_sum", Summary, false),
            ("a_info", "a", Info, true),
            ("a_info", "a_info", Info, true),
            ("ab", "a", Unknown, false),
            ("b", "a", Unknown, false),
        ] {
            assert_eq!(
                is_of_metric(series, metric, metric_type),
                expected,
                "{series} {metric} {metric_type}"
            );
        }
    }

    #[test]
    fn what_is_said_holds_until_another_metric_comes() {
        let mut family = Family::default();
        let typed = |name| Entry::Type { name, metric_type: MetricType::Counter };
        assert_eq!(family.metadata_of("a_total"), None);
        family.note(&typed("a"));
        family.note(&Entry::Unit { name: "a", unit: "bytes" });
        let known = family.metadata_of("a_total").cloned();
        assert_eq!(known.map(|m| (m.metric_type, m.unit)), Some((MetricType::Counter, "bytes".into())));
        assert_eq!(family.metadata_of("b_total"), None);
        assert_eq!(family.metadata_of("a_total"), None, "nothing is known to be right any more");
        family.note(&typed("b"));
        assert_eq!(family.metadata_of("b_total").map(|m| m.unit.as_str()), Some(""));
        family.clear();
        assert_eq!(family.metadata_of("b_total"), None);
    }
}

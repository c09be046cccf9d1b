//! All of the data.

use super::builder::Builder;
use super::hostile::{self, DELETED};
use super::times::Range;
use super::{DataSeries, Family, demo, hostile_histogram, sane};

/// How long the data is, in milliseconds: three times what goes into a block.
pub const DATA_SPAN_MS: i64 = 6 * 60 * 60 * 1000;

/// Families of series, what is sent of them, and what is deleted after that.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSet {
    start_ms: i64,
    end_ms: i64,
    families: Vec<Family>,
    series: Vec<DataSeries>,
    deletions: Vec<Deletion>,
}

/// Samples that are deleted after everything was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Which series, as a selector.
    pub selector: String,
    /// The first time, in milliseconds since the epoch.
    pub from_ms: i64,
    /// The last time, in milliseconds since the epoch.
    pub to_ms: i64,
}

impl DataSet {
    /// The data of this seed that ends at `end_ms`, in milliseconds since the epoch: families made to hurt, those of
    /// the compliance tests, and `more`, whose samples are as services have them.
    #[must_use]
    pub fn new(seed: u64, end_ms: i64, more: Vec<Family>) -> Self {
        let range = Range { start_ms: end_ms - DATA_SPAN_MS, end_ms };
        let mut builder = Builder::new(seed, range);
        hostile::add(&mut builder);
        hostile_histogram::add(&mut builder);
        for family in demo::families().into_iter().chain(more) {
            sane::add(&mut builder, family);
        }
        let Builder { families, mut series, .. } = builder;
        hostile_histogram::add_exemplars(&mut series, seed);
        Self { start_ms: range.start_ms, end_ms, families, series, deletions: deletions(range) }
    }

    /// Other series of the same families: all of their samples are sent in time, and nothing is deleted.
    #[must_use]
    pub fn only(&self, mut series: Vec<DataSeries>) -> Self {
        series.iter_mut().flat_map(|series| &mut series.samples).for_each(|sample| sample.is_late = false);
        Self { series, deletions: Vec::new(), families: self.families.clone(), ..*self }
    }

    /// The time before which there are no samples, in milliseconds since the epoch.
    #[must_use]
    pub fn start_ms(&self) -> i64 {
        self.start_ms
    }

    /// The time behind which there are no samples, in milliseconds since the epoch.
    #[must_use]
    pub fn end_ms(&self) -> i64 {
        self.end_ms
    }

    /// What a generator of questions has to know. Not each combination of a family's labels is a series.
    #[must_use]
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// All series.
    #[must_use]
    pub fn series(&self) -> &[DataSeries] {
        &self.series
    }

    /// What is to be deleted when everything was sent.
    #[must_use]
    pub fn deletions(&self) -> &[Deletion] {
        &self.deletions
    }
}

fn deletions(range: Range) -> Vec<Deletion> {
    const MINUTE_MS: i64 = 60_000;
    let of = |part: &str, from_ms, to_ms| Deletion {
        selector: format!("{DELETED}{{part=\"{part}\"}}"),
        from_ms,
        to_ms,
    };
    vec![
        of("all", range.start_ms - MINUTE_MS, range.end_ms + MINUTE_MS),
        of("old", range.start_ms + 20 * MINUTE_MS, range.start_ms + 75 * MINUTE_MS + 7),
        of("new", range.end_ms - 50 * MINUTE_MS + 7, range.end_ms - 20 * MINUTE_MS),
        of("across", range.start_ms + 100 * MINUTE_MS, range.end_ms - 15 * MINUTE_MS),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::data::Delivery;
    use crate::question::dashboard_families;

    const END_MS: i64 = 1_700_000_000_000;

    #[test]
    fn the_same_seed_makes_the_same_data() {
        let set = |seed| DataSet::new(seed, END_MS, dashboard_families());
        // Text, since not a number is not equal to itself.
        assert_eq!(format!("{:?}", set(1)), format!("{:?}", set(1)));
        assert_ne!(format!("{:?}", set(1).series()), format!("{:?}", set(2).series()));
    }

    #[test]
    fn samples_are_in_the_order_of_time_and_within_the_span() {
        let set = DataSet::new(1, END_MS, dashboard_families());
        let labels: BTreeSet<String> = set.series().iter().map(|series| series.labels.to_string()).collect();
        assert_eq!(labels.len(), set.series().len());
        assert!((900..2500).contains(&labels.len()), "{}", labels.len());
        for series in set.series() {
            let times = || series.samples.iter().map(|sample| sample.time_ms);
            assert!(times().is_sorted_by(|a, b| a < b), "{}", series.labels);
            assert!(times().all(|ms| (set.start_ms()..=set.end_ms()).contains(&ms)), "{}", series.labels);
        }
    }

    #[test]
    fn each_sample_is_sent_once() {
        let set = DataSet::new(1, END_MS, Vec::new());
        let count = |delivery, from_ms, to_ms| -> usize {
            set.slices(delivery, from_ms, to_ms).map(|slice| slice.samples.len()).sum()
        };
        let middle_ms = END_MS - DATA_SPAN_MS / 2;
        let sent: usize = [Delivery::InTime, Delivery::Late]
            .iter()
            .flat_map(|&delivery| [count(delivery, 0, middle_ms), count(delivery, middle_ms, END_MS + 1)])
            .inspect(|&sent| assert!(sent > 500, "{sent}"))
            .sum();
        assert_eq!(sent, set.series().iter().map(|series| series.samples.len()).sum::<usize>());
        let exemplars = set.slices(Delivery::InTime, 0, END_MS + 1).map(|slice| slice.exemplars.len());
        assert!(exemplars.sum::<usize>() > 100);
    }
}

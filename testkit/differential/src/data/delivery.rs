//! What is sent when.

use emberdb_model::{Exemplar, Labels};

use super::{DataSample, DataSeries, DataSet};

/// Which samples are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Those that are not held back.
    InTime,
    /// Those that are held back.
    Late,
}

/// A part of the samples of a series.
#[derive(Clone, Debug)]
pub struct Slice<'a> {
    /// The series.
    pub labels: &'a Labels,
    /// In the order of time.
    pub samples: Vec<&'a DataSample>,
    /// In the order of time.
    pub exemplars: Vec<Exemplar>,
}

impl DataSet {
    /// The samples from `from_ms` up to, and without, `to_ms`; series without any are left out. Exemplars are sent in time.
    pub fn slices(&self, delivery: Delivery, from_ms: i64, to_ms: i64) -> impl Iterator<Item = Slice<'_>> {
        let slice = move |series| slice(series, delivery, from_ms, to_ms);
        self.series().iter().map(slice).filter(|slice| !slice.samples.is_empty())
    }
}

fn slice(series: &DataSeries, delivery: Delivery, from_ms: i64, to_ms: i64) -> Slice<'_> {
    let first = series.samples.partition_point(|sample| sample.time_ms < from_ms);
    let end = series.samples.partition_point(|sample| sample.time_ms < to_ms);
    let is_wanted = |sample: &&DataSample| sample.is_late == (delivery == Delivery::Late);
    let samples: Vec<_> = series.samples[first..end].iter().filter(is_wanted).collect();
    let is_within = |exemplar: &&Exemplar| {
        delivery == Delivery::InTime && (from_ms..to_ms).contains(&exemplar.timestamp_ms)
    };
    let exemplars = series.exemplars.iter().filter(is_within).cloned().collect();
    Slice { labels: &series.labels, samples, exemplars }
}

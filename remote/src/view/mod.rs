//! Requests read in place: no label, sample or bucket is copied before it goes to the storage.
//!
//! A request is [checked](check) as a whole first. So nothing is stored of one that cannot be read to its end, and the
//! views need not deal with errors: they hold what is there.

mod check;
mod histogram;
mod sample;
mod v1;
mod v2;

#[cfg(test)]
mod tests;

pub(crate) use check::check;
pub(crate) use histogram::{HistogramRoom, HistogramView, ReadHistogram};
pub(crate) use sample::SampleView;
pub(crate) use v1::RequestV1;
pub(crate) use v2::{MetadataView, RequestV2, SeriesV2};

/// A label as it is sent: names and values need not be text.
pub(crate) type RawLabel<'a> = (&'a [u8], &'a [u8]);

/// An example of a series with its labels, as it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ExemplarView {
    pub(crate) value: f64,
    pub(crate) timestamp_ms: i64,
}

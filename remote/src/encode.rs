//! Requests, for those who send.

use emberdb_histogram::{FloatHistogram, Histogram};
use emberdb_model::{Exemplar, Labels, Metadata, Sample, SymbolTable};
use prost::Message;

use crate::message::{self, metric_type_number, v1, v2};
use crate::negotiate::MessageKind;
use crate::snappy::REQUEST_BYTES_MAX;

/// What is sent of a series. Borrowed, so that whoever sends again and again keeps its samples in place.
#[derive(Clone, Debug)]
pub struct Outgoing<'a> {
    /// The series.
    pub labels: &'a Labels,
    /// Floats, in the order of time.
    pub samples: &'a [Sample],
    /// Native histograms and their times in milliseconds since the Unix epoch, in the order of time.
    pub histograms: &'a [(i64, OutgoingHistogram<'a>)],
    /// Examples of what was counted.
    pub exemplars: &'a [Exemplar],
    /// What the metric is for. Sent in messages of 2.0 alone.
    pub metadata: Option<&'a Metadata>,
}

/// A native histogram of either sort.
#[derive(Clone, Copy, Debug)]
pub enum OutgoingHistogram<'a> {
    /// It counts in whole numbers.
    Integer(&'a Histogram),
    /// It counts in floats.
    Float(&'a FloatHistogram),
}

/// Why a request cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// No receiver would read it.
    #[error("a request has {bytes} bytes, receivers take {REQUEST_BYTES_MAX}: send fewer samples at a time")]
    TooLarge {
        /// How many it has, not compressed.
        bytes: usize,
    },
    /// It cannot be compressed.
    #[error("a request cannot be compressed: {0}")]
    Compression(#[from] snap::Error),
}

impl<'a> Outgoing<'a> {
    /// Floats of a series.
    #[must_use]
    pub fn new(labels: &'a Labels, samples: &'a [Sample]) -> Self {
        Self { labels, samples, histograms: &[], exemplars: &[], metadata: None }
    }
}

/// The compressed body of a request that brings `series`, to be sent with [`MessageKind::headers`].
///
/// # Errors
/// [`EncodeError`] if it has more bytes than receivers take.
pub fn encode<'a>(
    kind: MessageKind,
    series: impl IntoIterator<Item = Outgoing<'a>>,
) -> Result<Vec<u8>, EncodeError> {
    match kind {
        MessageKind::V1 => compress(&message_v1(series)),
        MessageKind::V2 => compress(&message_v2(series)),
    }
}

/// The compressed body of a request that is `message`.
///
/// # Errors
/// As [`encode`].
pub fn compress(message: &impl Message) -> Result<Vec<u8>, EncodeError> {
    let bytes = message.encoded_len();
    if bytes > REQUEST_BYTES_MAX {
        return Err(EncodeError::TooLarge { bytes });
    }
    Ok(snap::raw::Encoder::new().compress_vec(&message.encode_to_vec())?)
}

fn message_v1<'a>(series: impl IntoIterator<Item = Outgoing<'a>>) -> v1::WriteRequest {
    let timeseries = series
        .into_iter()
        .map(|outgoing| v1::TimeSeries {
            labels: labels_v1(outgoing.labels),
            samples: samples(outgoing.samples),
            exemplars: outgoing
                .exemplars
                .iter()
                .map(|exemplar| v1::Exemplar {
                    labels: labels_v1(&exemplar.labels),
                    value: exemplar.value,
                    timestamp: exemplar.timestamp_ms,
                })
                .collect(),
            histograms: histograms(outgoing.histograms),
        })
        .collect();
    v1::WriteRequest { timeseries, metadata: Vec::new() }
}

fn message_v2<'a>(series: impl IntoIterator<Item = Outgoing<'a>>) -> v2::Request {
    let mut symbols = SymbolTable::new();
    let timeseries = series
        .into_iter()
        .map(|outgoing| v2::TimeSeries {
            labels_refs: references(outgoing.labels, &mut symbols),
            samples: samples(outgoing.samples),
            histograms: histograms(outgoing.histograms),
            exemplars: outgoing
                .exemplars
                .iter()
                .map(|exemplar| v2::Exemplar {
                    labels_refs: references(&exemplar.labels, &mut symbols),
                    value: exemplar.value,
                    timestamp: exemplar.timestamp_ms,
                })
                .collect(),
            metadata: outgoing.metadata.map(|metadata| v2::Metadata {
                r#type: metric_type_number(metadata.metric_type),
                help_ref: reference(&metadata.help, &mut symbols),
                unit_ref: reference(&metadata.unit, &mut symbols),
            }),
        })
        .collect();
    let symbols = symbols.symbols().map(|symbol| symbols.resolve(symbol).to_owned()).collect();
    v2::Request { symbols, timeseries }
}

fn labels_v1(labels: &Labels) -> Vec<v1::Label> {
    labels.iter().map(|(name, value)| v1::Label { name: name.to_owned(), value: value.to_owned() }).collect()
}

fn references(labels: &Labels, symbols: &mut SymbolTable) -> Vec<u32> {
    labels.iter().flat_map(|(name, value)| [name, value]).map(|text| reference(text, symbols)).collect()
}

fn reference(text: &str, symbols: &mut SymbolTable) -> u32 {
    let symbol = symbols.intern(text);
    u32::try_from(symbol.index()).expect("a table counts its symbols with 32 bits")
}

fn samples(samples: &[Sample]) -> Vec<message::Sample> {
    samples.iter().map(|sample| message::Sample::new(sample.timestamp_ms, sample.value)).collect()
}

fn histograms(histograms: &[(i64, OutgoingHistogram<'_>)]) -> Vec<message::Histogram> {
    histograms
        .iter()
        .map(|&(timestamp_ms, histogram)| match histogram {
            OutgoingHistogram::Integer(histogram) => {
                message::Histogram::of_integer(timestamp_ms, 0, histogram)
            }
            OutgoingHistogram::Float(histogram) => message::Histogram::of_float(timestamp_ms, 0, histogram),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_receivers_take_is_not_sent() {
        let value = "x".repeat(REQUEST_BYTES_MAX);
        let labels = Labels::new([("__name__", "up"), ("a", &value)]).unwrap();
        let error = encode(MessageKind::V1, [Outgoing::new(&labels, &[])]).unwrap_err();
        assert!(matches!(error, EncodeError::TooLarge { bytes } if bytes > REQUEST_BYTES_MAX), "{error}");
    }
}

//! `prometheus.WriteRequest`, read in place.

use super::check::REQUEST_V1;
use super::{ExemplarView, HistogramView, RawLabel, SampleView, check};
use crate::wire::{Message, Value, WireError};

/// A request of remote write 1.0. Its metadata are not read: nobody in upstream's receiver does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestV1<'a>(Message<'a>);

/// A series of a request. Its fields may stand in any order, so whoever reads one sort of them goes over all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeriesV1<'a>(Message<'a>);

/// The fields of number `wanted` that hold messages.
#[inline]
pub(super) fn messages(message: Message<'_>, wanted: u32) -> impl Iterator<Item = Message<'_>> {
    message.known_fields().filter_map(move |field| match field.value {
        Value::Bytes(inner) if field.number == wanted => Some(inner),
        _ => None,
    })
}

impl<'a> RequestV1<'a> {
    /// Checks all of it.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, WireError> {
        let message = Message::whole(bytes);
        check(message, &REQUEST_V1)?;
        Ok(Self(message))
    }

    pub(crate) fn series(self) -> impl Iterator<Item = SeriesV1<'a>> {
        messages(self.0, 1).map(SeriesV1)
    }
}

impl<'a> SeriesV1<'a> {
    pub(crate) fn labels(self) -> impl Iterator<Item = RawLabel<'a>> {
        messages(self.0, 1).map(label)
    }

    pub(crate) fn samples(self) -> impl Iterator<Item = SampleView> {
        messages(self.0, 2).map(SampleView::of)
    }

    /// Exemplars, each with its labels.
    pub(crate) fn exemplars(
        self,
    ) -> impl Iterator<Item = (ExemplarView, impl Iterator<Item = RawLabel<'a>>)> {
        messages(self.0, 3).map(|message| (exemplar(message), messages(message, 1).map(label)))
    }

    pub(crate) fn histograms(self) -> impl Iterator<Item = HistogramView<'a>> {
        messages(self.0, 4).map(HistogramView::new)
    }
}

fn label(message: Message<'_>) -> RawLabel<'_> {
    let (mut name, mut value) = ([].as_slice(), [].as_slice());
    for field in message.known_fields() {
        match (field.number, field.value) {
            (1, Value::Bytes(text)) => name = text.bytes,
            (2, Value::Bytes(text)) => value = text.bytes,
            _ => {}
        }
    }
    (name, value)
}

/// Value and time of an exemplar, which have the same numbers in both versions.
pub(super) fn exemplar(message: Message<'_>) -> ExemplarView {
    let mut exemplar = ExemplarView::default();
    for field in message.known_fields() {
        match (field.number, field.value) {
            (2, Value::Fixed64(bits)) => exemplar.value = f64::from_bits(bits),
            (3, Value::Varint(number)) => exemplar.timestamp_ms = number.cast_signed(),
            _ => {}
        }
    }
    exemplar
}

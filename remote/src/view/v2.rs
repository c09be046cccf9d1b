//! `io.prometheus.write.v2.Request`, read in place: texts are in a table, and all else refers to it by number.

use std::fmt;

use emberdb_model::MetricType;

use super::check::REQUEST_V2;
use super::v1::{exemplar, messages};
use super::{ExemplarView, HistogramView, RawLabel, SampleView, check};
use crate::message::metric_type;
use crate::wire::{Message, Value, WireError, low_32};

/// A request of remote write 2.0.
#[derive(Debug)]
pub(crate) struct RequestV2<'a> {
    message: Message<'a>,
    pub(crate) symbols: Symbols<'a>,
}

/// The texts of a request by number. Each is told by where it stands: eight bytes, though an empty one has but two.
#[derive(Debug)]
pub(crate) struct Symbols<'a> {
    request: &'a [u8],
    places: Vec<(u32, u32)>,
}

/// A series of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeriesV2<'a>(Message<'a>);

/// What is said about a series' metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MetadataView<'a> {
    pub(crate) metric_type: MetricType,
    pub(crate) help: &'a [u8],
    pub(crate) unit: &'a [u8],
}

/// References that refer to nothing, in upstream's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SymbolError {
    /// A name without a value.
    Odd { references: usize },
    /// A label that is not in the table.
    Label { name: u32, value: u32, symbols: usize },
    /// A text of the metadata that is not in the table.
    Metadata { field: &'static str, reference: u32, symbols: usize },
}

impl fmt::Display for SymbolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Odd { references } => write!(f, "invalid labelRefs length {references}"),
            Self::Label { name, value, symbols } => write!(
                f,
                "labelRefs {name} (name) = {value} (value) outside of symbols table (size {symbols})"
            ),
            Self::Metadata { field, reference, symbols } => {
                write!(f, "metadata {field} {reference} outside of symbols table (size {symbols})")
            }
        }
    }
}

impl<'a> RequestV2<'a> {
    /// Checks all of it, and takes up the texts, which may stand behind the series.
    ///
    /// # Errors
    /// [`WireError`] if it cannot be read to its end. It has less than 4 GiB.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, WireError> {
        let message = Message::whole(bytes);
        check(message, &REQUEST_V2)?;
        let mut symbols = Symbols { request: bytes, places: Vec::new() };
        for text in messages(message, 4) {
            let place = (u32::try_from(text.at), u32::try_from(text.bytes.len()));
            let (Ok(at), Ok(length)) = place else { return Err(WireError::Truncated { at: text.at }) };
            symbols.places.push((at, length));
        }
        Ok(Self { message, symbols })
    }

    pub(crate) fn series(&self) -> impl Iterator<Item = SeriesV2<'a>> + use<'a> {
        messages(self.message, 5).map(SeriesV2)
    }
}

impl<'a> Symbols<'a> {
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    fn get(&self, reference: u32) -> Option<&'a [u8]> {
        let &(at, length) = self.places.get(usize::try_from(reference).ok()?)?;
        let at = usize::try_from(at).ok()?;
        self.request.get(at..)?.get(..usize::try_from(length).ok()?)
    }

    /// Adds the labels that `references` are, names and values in turns, to `labels`: not many more than `labels_max`, which
    /// whoever wants no more can see.
    pub(crate) fn labels(
        &self,
        references: References<'a>,
        labels_max: usize,
        labels: &mut Vec<RawLabel<'a>>,
    ) -> Result<(), SymbolError> {
        let count = references.iter().count();
        if !count.is_multiple_of(2) {
            return Err(SymbolError::Odd { references: count });
        }
        let mut references = references.iter();
        while let (Some(name), Some(value)) = (references.next(), references.next()) {
            let (Some(name_text), Some(value_text)) = (self.get(name), self.get(value)) else {
                return Err(SymbolError::Label { name, value, symbols: self.len() });
            };
            labels.push((name_text, value_text));
            if labels.len() > labels_max {
                break;
            }
        }
        Ok(())
    }
}

/// Numbers of texts: of a series, or of an exemplar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct References<'a>(Message<'a>);

impl<'a> References<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = u32> {
        let fields = self.0.known_fields().filter(|field| field.number == 1);
        fields.flat_map(|field| {
            let (one, row) = match field.value {
                Value::Varint(number) => (Some(number), Message::default()),
                Value::Bytes(row) => (None, row),
                _ => (None, Message::default()),
            };
            one.into_iter().chain(row.varints().flatten()).map(low_32)
        })
    }
}

/// As upstream prints a list of numbers.
impl fmt::Display for References<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (place, reference) in self.iter().enumerate() {
            let separator = if place == 0 { "" } else { " " };
            write!(f, "{separator}{reference}")?;
        }
        f.write_str("]")
    }
}

impl<'a> SeriesV2<'a> {
    pub(crate) fn references(self) -> References<'a> {
        References(self.0)
    }

    pub(crate) fn samples(self) -> impl Iterator<Item = SampleView> {
        messages(self.0, 2).map(SampleView::of)
    }

    pub(crate) fn histograms(self) -> impl Iterator<Item = HistogramView<'a>> {
        messages(self.0, 3).map(HistogramView::new)
    }

    /// Exemplars, each with its labels.
    pub(crate) fn exemplars(self) -> impl Iterator<Item = (ExemplarView, References<'a>)> {
        messages(self.0, 4).map(|message| (exemplar(message), References(message)))
    }

    /// What is said about the metric; of several messages, the last that says something.
    pub(crate) fn metadata(self, symbols: &Symbols<'a>) -> Result<MetadataView<'a>, SymbolError> {
        let (mut kind, mut help, mut unit) = (0, 0, 0);
        for field in messages(self.0, 5).flat_map(Message::known_fields) {
            match (field.number, field.value) {
                (1, Value::Varint(number)) => kind = low_32(number).cast_signed(),
                (3, Value::Varint(number)) => help = low_32(number),
                (4, Value::Varint(number)) => unit = low_32(number),
                _ => {}
            }
        }
        let text = |field, reference| {
            let outside = SymbolError::Metadata { field, reference, symbols: symbols.len() };
            symbols.get(reference).ok_or(outside)
        };
        let unit = text("unit_ref", unit)?;
        Ok(MetadataView { metric_type: metric_type(kind), help: text("help_ref", help)?, unit })
    }
}

//! Whether bytes are a request, and which types the fields of its messages have.

use crate::wire::{Message, Value, WireError};

/// What is known about a message: its fields by number.
pub(crate) struct Schema {
    name: &'static str,
    fields: &'static [Kind],
}

/// The type of a field.
#[derive(Clone, Copy)]
enum Kind {
    /// A number that this version does not know: gone over.
    Unknown,
    Varint,
    Fixed64,
    /// Text. That it is UTF-8 is looked at where it is used, as upstream does.
    Text,
    /// Numbers of variable length, in a row or one by one.
    Varints,
    /// Floats, in a row or one by one.
    Floats,
    Message(&'static Schema),
}

use Kind::{Fixed64, Floats, Text, Unknown, Varint, Varints};

/// `prometheus.WriteRequest`.
pub(crate) static REQUEST_V1: Schema = Schema {
    name: "WriteRequest",
    fields: &[Unknown, Kind::Message(&SERIES_V1), Unknown, Kind::Message(&METADATA_V1)],
};

static SERIES_V1: Schema = Schema {
    name: "TimeSeries",
    fields: &[
        Unknown,
        Kind::Message(&LABEL),
        Kind::Message(&SAMPLE),
        Kind::Message(&EXEMPLAR_V1),
        Kind::Message(&HISTOGRAM),
    ],
};

static LABEL: Schema = Schema { name: "Label", fields: &[Unknown, Text, Text] };

static EXEMPLAR_V1: Schema =
    Schema { name: "Exemplar", fields: &[Unknown, Kind::Message(&LABEL), Fixed64, Varint] };

static METADATA_V1: Schema =
    Schema { name: "MetricMetadata", fields: &[Unknown, Varint, Text, Unknown, Text, Text] };

/// `io.prometheus.write.v2.Request`.
pub(crate) static REQUEST_V2: Schema = Schema {
    name: "Request",
    fields: &[Unknown, Unknown, Unknown, Unknown, Text, Kind::Message(&SERIES_V2)],
};

static SERIES_V2: Schema = Schema {
    name: "TimeSeries",
    fields: &[
        Unknown,
        Varints,
        Kind::Message(&SAMPLE),
        Kind::Message(&HISTOGRAM),
        Kind::Message(&EXEMPLAR_V2),
        Kind::Message(&METADATA_V2),
    ],
};

static EXEMPLAR_V2: Schema = Schema { name: "Exemplar", fields: &[Unknown, Varints, Fixed64, Varint] };

static METADATA_V2: Schema = Schema { name: "Metadata", fields: &[Unknown, Varint, Unknown, Varint, Varint] };

/// In 1.0 there is no start timestamp; whoever sends one is not misunderstood.
static SAMPLE: Schema = Schema { name: "Sample", fields: &[Unknown, Fixed64, Varint, Varint] };

static HISTOGRAM: Schema = Schema {
    name: "Histogram",
    fields: &[
        Unknown,
        Varint,
        Fixed64,
        Fixed64,
        Varint,
        Fixed64,
        Varint,
        Fixed64,
        Kind::Message(&SPAN),
        Varints,
        Floats,
        Kind::Message(&SPAN),
        Varints,
        Floats,
        Varint,
        Varint,
        Floats,
        Varint,
    ],
};

static SPAN: Schema = Schema { name: "BucketSpan", fields: &[Unknown, Varint, Varint] };

/// Goes over all of a message and of those within it.
///
/// # Errors
/// [`WireError`] if it cannot be read to its end, or a field is not of its type.
pub(crate) fn check(message: Message<'_>, schema: &'static Schema) -> Result<(), WireError> {
    for field in message.fields() {
        let field = field?;
        let kind = usize::try_from(field.number).ok().and_then(|number| schema.fields.get(number));
        let expected = match (kind.unwrap_or(&Unknown), field.value) {
            (Kind::Message(inner), Value::Bytes(bytes)) => {
                check(bytes, inner)?;
                continue;
            }
            (Varints, Value::Bytes(bytes)) => {
                for number in bytes.varints() {
                    let _ = number?;
                }
                continue;
            }
            (Floats, Value::Bytes(bytes)) if !bytes.bytes.len().is_multiple_of(8) => {
                return Err(WireError::Truncated { at: field.at });
            }
            (Unknown, _)
            | (Varint | Varints, Value::Varint(_))
            | (Fixed64 | Floats, Value::Fixed64(_))
            | (Text | Floats, Value::Bytes(_)) => continue,
            (Varint, _) => "a varint",
            (Fixed64, _) => "a number of eight bytes",
            (Text, _) => "text",
            (Varints, _) => "a row of varints",
            (Floats, _) => "a row of numbers of eight bytes",
            (Kind::Message(_), _) => "a message",
        };
        let (message, number, at) = (schema.name, field.number, field.at);
        return Err(WireError::Unexpected { message, number, expected, at });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_which_field_of_which_message_and_where() {
        // A series (1) with a sample (2) whose value (1) is a varint.
        let bytes = [0x0a, 4, 0x12, 2, 0x08, 5];
        let error = check(Message::whole(&bytes), &REQUEST_V1).unwrap_err();
        let expected = "field 1 of Sample at byte 4 is not a number of eight bytes";
        assert_eq!(error.to_string(), expected);
        // A series of 2.0 (5) with a reference that is cut off.
        let error = check(Message::whole(&[0x2a, 3, 0x0a, 1, 0x80]), &REQUEST_V2).unwrap_err();
        assert_eq!(error, WireError::Truncated { at: 4 });
    }

    #[test]
    fn a_request_of_the_other_version_has_nothing_that_is_known() {
        // So a wrong content type stores nothing: that is what the numbers of 2.0 were chosen for.
        assert_eq!(check(Message::whole(&[0x0a, 1, 0xff]), &REQUEST_V2), Ok(()));
        assert_eq!(check(Message::whole(&[0x2a, 1, 0xff]), &REQUEST_V1), Ok(()));
    }
}

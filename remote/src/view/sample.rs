//! A sample as it is sent.

use crate::wire::{Message, Value};

/// A value at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SampleView {
    /// All its bits are those that were sent: one of its NaNs means that the series ended.
    pub(crate) value: f64,
    pub(crate) timestamp_ms: i64,
    /// Since when it counts; 0 is unknown. Of 2.0 alone: in 1.0 the field means nothing.
    pub(crate) start_ms: i64,
}

impl SampleView {
    /// Reads a checked message.
    #[inline]
    pub(crate) fn of(message: Message<'_>) -> Self {
        let mut sample = Self::default();
        for field in message.known_fields() {
            match (field.number, field.value) {
                (1, Value::Fixed64(bits)) => sample.value = f64::from_bits(bits),
                (2, Value::Varint(number)) => sample.timestamp_ms = number.cast_signed(),
                (3, Value::Varint(number)) => sample.start_ms = number.cast_signed(),
                _ => {}
            }
        }
        sample
    }
}

//! A sample as it is sent.

use crate::wire::{Message, Value};

/// A value at a time. When it began to count (`start_timestamp`, of 2.0 alone) is not told: nobody here stores it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SampleView {
    /// All its bits are those that were sent: one of its NaNs means that the series ended.
    pub(crate) value: f64,
    pub(crate) timestamp_ms: i64,
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
                _ => {}
            }
        }
        sample
    }
}

//! The protobuf exposition format, as far as native histograms need it: nothing else can tell a server of them.
//!
//! ```text
//! length | MetricFamily { 1: name, 3: type, 4: metric* }
//! metric = { 1: label { 1: name, 2: value }*, 6: time in ms, 7: histogram }
//! histogram = { 1: count, 2: sum, 5: schema, 6: zero threshold, 7: zero count,
//!               9, 10: spans and deltas below zero, 12, 13: above }
//! ```

use emberdb::{Histogram, Labels, Side};

pub(super) const CONTENT_TYPE: &str =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// The number of the metric type "histogram".
const TYPE_HISTOGRAM: u64 = 4;

/// A message that is being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    /// Seven bits a byte, the lowest first; all bytes but the last have the top bit.
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }

    fn uint(&mut self, field: u64, number: u64) {
        self.varint(field << 3);
        self.varint(number);
    }

    /// Signed numbers with the sign in the lowest bit.
    fn sint(&mut self, field: u64, number: i64) {
        self.uint(field, zigzag(number));
    }

    fn double(&mut self, field: u64, number: f64) {
        self.varint(field << 3 | 1);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

/// A family of native histograms: samples of any series of one name.
pub(super) fn family(name: &str, samples: &[(Labels, i64, Histogram)]) -> Vec<u8> {
    let mut family = Message::default();
    family.bytes(1, name.as_bytes());
    family.uint(3, TYPE_HISTOGRAM);
    for (labels, timestamp_ms, histogram) in samples {
        family.bytes(4, &metric(labels, *timestamp_ms, histogram));
    }
    let mut out = Message::default();
    out.varint(family.0.len() as u64);
    out.0.extend_from_slice(&family.0);
    out.0
}

fn metric(labels: &Labels, timestamp_ms: i64, histogram: &Histogram) -> Vec<u8> {
    let mut metric = Message::default();
    for (name, value) in labels.iter().filter(|&(name, _)| name != "__name__") {
        let mut label = Message::default();
        label.bytes(1, name.as_bytes());
        label.bytes(2, value.as_bytes());
        metric.bytes(1, &label.0);
    }
    metric.uint(6, timestamp_ms.cast_unsigned());
    metric.bytes(7, &histogram_message(histogram));
    metric.0
}

fn histogram_message(histogram: &Histogram) -> Vec<u8> {
    let mut out = Message::default();
    out.uint(1, histogram.count);
    out.double(2, histogram.sum);
    out.sint(5, i64::from(histogram.schema.number()));
    out.double(6, histogram.zero_threshold);
    out.uint(7, histogram.zero_count);
    side(&mut out, 9, &histogram.negative);
    side(&mut out, 12, &histogram.positive);
    out.0
}

/// Spans as field `field`, deltas, packed, as the next one.
fn side(out: &mut Message, field: u64, side: &Side<i64>) {
    for span in &side.spans {
        let mut message = Message::default();
        message.sint(1, i64::from(span.offset));
        message.uint(2, u64::from(span.length));
        out.bytes(field, &message.0);
    }
    let mut deltas = Message::default();
    for &delta in &side.buckets {
        deltas.varint(zigzag(delta));
    }
    out.bytes(field + 1, &deltas.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use emberdb::Span;

    #[test]
    fn writes_these_bytes() {
        let histogram = Histogram {
            count: 300,
            sum: 1.5,
            positive: Side { spans: vec![Span { offset: -1, length: 2 }], buckets: vec![299, -298] },
            ..Histogram::default()
        };
        let labels = Labels::new([("__name__", "h"), ("a", "b")]).unwrap();
        let sum = 1.5_f64.to_le_bytes();
        let message = [&[0x08, 0xac, 0x02, 0x11][..], &sum, &[0x28, 0x00, 0x31], &[0; 8], &[0x38, 0x00]];
        let message = [message.concat(), vec![0x52, 0x00, 0x62, 0x04, 0x08, 0x01, 0x10, 0x02]].concat();
        let message = [message, vec![0x6a, 0x04, 0xd6, 0x04, 0xd3, 0x04]].concat();
        let metric =
            [&[0x0a, 0x06, 0x0a, 0x01, b'a', 0x12, 0x01, b'b', 0x30, 0x07, 0x3a][..], &length(&message)];
        let metric = [metric.concat(), message].concat();
        let family = [&[0x0a, 0x01, b'h', 0x18, 0x04, 0x22][..], &length(&metric), &metric].concat();
        let expected = [length(&family), family].concat();
        assert_eq!(super::family("h", &[(labels, 7, histogram)]), expected);
    }

    fn length(bytes: &[u8]) -> Vec<u8> {
        vec![u8::try_from(bytes.len()).unwrap()]
    }
}

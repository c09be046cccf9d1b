//! Answers as Prometheus' HTTP API prints them, straight from columns: labels once a series, times by integer
//! arithmetic.

use std::io;

use emberdb_histogram::FloatHistogram;
use emberdb_model::{LabelsRef, SampleValue};

use super::{Points, QueryValue};
use emberdb_model::number::{write_sample, write_seconds};

/// So much is gathered before it is written.
const PIECE_BYTES: usize = 1 << 16;

pub(super) fn write(value: &QueryValue, out: &mut impl io::Write) -> io::Result<()> {
    let mut json = Writer { text: String::with_capacity(PIECE_BYTES + 4096), out };
    json.text.push_str("{\"resultType\":\"");
    json.text.push_str(value.value_type().as_str());
    json.text.push_str("\",\"result\":");
    match value {
        QueryValue::Scalar { timestamp_ms, value } => json.point(*timestamp_ms, *value),
        QueryValue::String { timestamp_ms, value } => {
            json.text.push('[');
            write_seconds(&mut json.text, *timestamp_ms);
            json.text.push(',');
            write_string(&mut json.text, value);
            json.text.push(']');
        }
        QueryValue::Vector(vector) => json.list(vector.iter(), |json, sample| {
            json.labels(&sample.labels);
            match &sample.value {
                SampleValue::Float(value) => {
                    json.text.push_str(",\"value\":");
                    json.point(sample.timestamp_ms, *value);
                }
                SampleValue::Histogram(histogram) => {
                    json.text.push_str(",\"histogram\":");
                    json.histogram(sample.timestamp_ms, histogram);
                }
            }
            json.text.push('}');
            json.flush_large()
        })?,
        QueryValue::Matrix(matrix) => json.list(matrix.iter(), |json, series| {
            json.labels(&series.labels);
            // As upstream, a list that is empty is left out; a series has at least one.
            if !series.points.is_empty() {
                json.text.push_str(",\"values\":[");
                json.points(&series.points)?;
                json.text.push(']');
            }
            if !series.histograms.is_empty() {
                json.text.push_str(",\"histograms\":");
                json.list(series.histograms.iter(), |json, (timestamp_ms, histogram)| {
                    json.histogram(*timestamp_ms, histogram);
                    json.flush_large()
                })?;
            }
            json.text.push('}');
            json.flush_large()
        })?,
    }
    json.text.push('}');
    json.flush()
}

struct Writer<'a, W> {
    text: String,
    out: &'a mut W,
}

impl<W: io::Write> Writer<'_, W> {
    fn list<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> io::Result<()>,
    ) -> io::Result<()> {
        self.text.push('[');
        for (number, item) in items.enumerate() {
            if number > 0 {
                self.text.push(',');
            }
            write(self, item)?;
        }
        self.text.push(']');
        Ok(())
    }

    /// `{"metric":{...}`, which the caller closes.
    fn labels(&mut self, labels: &LabelsRef<'_>) {
        self.text.push_str("{\"metric\":{");
        for (number, (name, value)) in labels.iter().enumerate() {
            if number > 0 {
                self.text.push(',');
            }
            write_string(&mut self.text, name);
            self.text.push(':');
            write_string(&mut self.text, value);
        }
        self.text.push('}');
    }

    fn points(&mut self, points: &Points<'_>) -> io::Result<()> {
        let mut failed = Ok(());
        let mut is_first = true;
        points.for_each(|timestamp_ms, value| {
            if !std::mem::take(&mut is_first) {
                self.text.push(',');
            }
            self.point(timestamp_ms, value);
            if self.text.len() >= PIECE_BYTES && failed.is_ok() {
                failed = self.flush();
            }
        });
        failed
    }

    fn point(&mut self, timestamp_ms: i64, value: f64) {
        self.text.push('[');
        write_seconds(&mut self.text, timestamp_ms);
        self.text.push_str(",\"");
        write_sample(&mut self.text, value);
        self.text.push_str("\"]");
    }

    /// `[time,{"count":"...","sum":"...","buckets":[[rule,"lower","upper","count"],...]}]`. Empty buckets are left out; the
    /// rule says which bounds belong to the bucket: 0 the upper, 1 the lower, 2 none, 3 both.
    fn histogram(&mut self, timestamp_ms: i64, histogram: &FloatHistogram) {
        self.text.push('[');
        write_seconds(&mut self.text, timestamp_ms);
        self.text.push_str(",{\"count\":");
        self.number(histogram.count);
        self.text.push_str(",\"sum\":");
        self.number(histogram.sum);
        let mut is_first = true;
        for bucket in histogram.all_buckets().filter(|bucket| bucket.count != 0.0) {
            self.text.push_str(if std::mem::take(&mut is_first) { ",\"buckets\":[[" } else { ",[" });
            self.text.push(match (bucket.lower_inclusive, bucket.upper_inclusive) {
                (false, true) => '0',
                (true, false) => '1',
                (false, false) => '2',
                (true, true) => '3',
            });
            for number in [bucket.lower, bucket.upper, bucket.count] {
                self.text.push(',');
                self.number(number);
            }
            self.text.push(']');
        }
        self.text.push_str(if is_first { "}]" } else { "]}]" });
    }

    /// A number as a string.
    fn number(&mut self, value: f64) {
        self.text.push('"');
        write_sample(&mut self.text, value);
        self.text.push('"');
    }

    fn flush_large(&mut self) -> io::Result<()> {
        if self.text.len() >= PIECE_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }
}

/// A JSON string; what is not ASCII stands for itself.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        plain = at + 1;
        out.push_str(escape);
        if escape.is_empty() {
            const HEX: [char; 16] =
                ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
            out.push_str("\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_json_wants_it() {
        let mut out = String::new();
        write_string(&mut out, "a\"b\\c\nd\u{1}é\u{1f}");
        assert_eq!(out, r#""a\"b\\c\nd\u0001é\u001f""#);
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), "a\"b\\c\nd\u{1}é\u{1f}");
    }

    #[test]
    fn scalars_and_strings() {
        let scalar = QueryValue::Scalar { timestamp_ms: 1_500, value: f64::INFINITY };
        assert_eq!(scalar.to_json(), r#"{"resultType":"scalar","result":[1.500,"+Inf"]}"#);
        let string = QueryValue::String { timestamp_ms: 2_000, value: "x\"".into() };
        assert_eq!(string.to_json(), r#"{"resultType":"string","result":[2,"x\""]}"#);
    }
}

//! One line a sample, for spreadsheets: RFC 4180.

use std::fmt::Write;

use emberdb::{QueryValue, SampleValue};

/// The value with a header line; timestamps are Unix milliseconds.
pub(crate) fn csv(value: &QueryValue) -> String {
    let mut out = String::from("series,timestamp_ms,value\n");
    match value {
        QueryValue::Scalar { timestamp_ms, value } => line(&mut out, "", *timestamp_ms, value),
        QueryValue::String { timestamp_ms, value } => line(&mut out, "", *timestamp_ms, &quoted(value)),
        QueryValue::Vector(vector) => {
            for sample in vector.iter() {
                value_line(&mut out, &sample.labels.to_string(), sample.timestamp_ms, &sample.value);
            }
        }
        QueryValue::Matrix(matrix) => {
            for series in matrix.iter() {
                let labels = series.labels.to_string();
                series.points.for_each(|timestamp_ms, value| line(&mut out, &labels, timestamp_ms, &value));
                for (timestamp_ms, histogram) in series.histograms {
                    line(&mut out, &labels, *timestamp_ms, &quoted(&histogram.to_string()));
                }
            }
        }
    }
    out
}

fn value_line(out: &mut String, series: &str, timestamp_ms: i64, value: &SampleValue) {
    match value {
        SampleValue::Float(value) => line(out, series, timestamp_ms, value),
        SampleValue::Histogram(histogram) => line(out, series, timestamp_ms, &quoted(&histogram.to_string())),
    }
}

fn line(out: &mut String, series: &str, timestamp_ms: i64, value: &dyn std::fmt::Display) {
    writeln!(out, "{},{timestamp_ms},{value}", quoted(series)).expect("writing to a string does not fail");
}

/// In quotes where commas, quotes or line ends require it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(quoted(r#"up{a="1", b="2"}"#), r#""up{a=""1"", b=""2""}""#);
        assert_eq!(quoted("up"), "up");
    }

    #[test]
    fn a_scalar_is_one_line() {
        let value = QueryValue::Scalar { timestamp_ms: 5, value: 1.5 };
        assert_eq!(csv(&value), "series,timestamp_ms,value\n,5,1.5\n");
    }
}

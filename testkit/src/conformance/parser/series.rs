//! Series notation, and histograms in it.

use emberdb_histogram::parse_sequence;
use serde_json::Value;

use crate::are_floats_equal;
use crate::conformance::histogram::{float_histogram, same_histogram};
use crate::conformance::mismatch::{same, same_text};
use crate::conformance::{Check, Mismatch, read};
use crate::script::{NotedValue, series_line};

/// A line: its labels and values, or that it is refused. Of an error only that in a histogram is compared.
pub(super) fn line(record: &Value) -> Check {
    let input = read::text(&record["input"])?;
    let line = match (series_line(input), read::truth(&record["ok"])?) {
        (Ok(line), true) => line,
        (Err(error), true) => return Err(Mismatch::new(format!("is refused: {error}"))),
        (Ok(_), false) => {
            return Err(Mismatch::new(format!("is accepted\nwanted {}", read::text(&record["error"])?)));
        }
        (Err(_), false) => return histogram_error(input, record),
    };
    same("labels", &read::labels(&record["labels"])?, &line.labels)?;
    let wanted = read::list(&record["values"])?;
    same("number of values", &wanted.len(), &line.values.len())?;
    wanted.iter().zip(&line.values).try_for_each(|(wanted, got)| value(wanted, got.as_ref()))
}

fn value(wanted: &Value, got: Option<&NotedValue>) -> Check {
    match got {
        None => same("value", wanted, &Value::Null),
        Some(NotedValue::Float(got)) => {
            let wanted = read::float(wanted)?;
            if are_floats_equal(wanted, *got, 0.0) { Ok(()) } else { same("value", &wanted, got) }
        }
        Some(NotedValue::Histogram(got)) => {
            same_histogram(&float_histogram(&wanted["h"])?, &got.histogram)?;
            same("names its hint", &read::truth(&wanted["hint_set"])?, &got.names_hint)
        }
    }
}

/// What is wrong with the first malformed histogram of a line, if that is what is wrong.
fn histogram_error(input: &str, record: &Value) -> Check {
    let mut rest = input.find(" {{").and_then(|at| input.get(at + 1..)).unwrap_or_default();
    while rest.starts_with("{{") {
        match parse_sequence(rest) {
            Ok((_, behind)) => rest = behind.trim_start(),
            Err(error) => {
                return same_text("error", read::text(&record["errors"][0]["msg"])?, &error.message);
            }
        }
    }
    Ok(())
}

/// A histogram: its print, which reads back and prints the same.
pub(super) fn histogram(record: &Value) -> Check {
    let wanted = read::text(&record["print"])?;
    let printed = float_histogram(&record["histogram"])?.to_notation();
    same_text("print", wanted, &printed)?;
    match series_line(&format!("m {printed}")).map(|line| line.values) {
        Ok(values) => match values.as_slice() {
            [Some(NotedValue::Histogram(read))] => {
                same_text("print of what was read", wanted, &read.histogram.to_notation())
            }
            other => Err(Mismatch::new(format!("reads back as {other:?}"))),
        },
        Err(error) => Err(Mismatch::new(format!("does not read back: {error}"))),
    }
}

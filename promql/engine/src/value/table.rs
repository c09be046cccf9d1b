//! Answers as people read them.

use std::fmt;

use super::QueryValue;
use emberdb_model::number::{write_sample, write_seconds};

/// Shows a [`QueryValue`]: a series a line, its value at the right, or its values as `value@seconds`.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    value: &'a QueryValue,
    columns_max: usize,
}

/// So many points of a series are shown unless told otherwise.
const COLUMNS_MAX: usize = 8;

impl<'a> Table<'a> {
    pub(super) fn new(value: &'a QueryValue) -> Self {
        Self { value, columns_max: COLUMNS_MAX }
    }

    /// Shows at most so many points of a series: the last ones.
    #[must_use]
    pub fn columns_max(self, columns_max: usize) -> Self {
        Self { columns_max, ..self }
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            QueryValue::Scalar { value, .. } => f.write_str(&sample(*value)),
            QueryValue::String { value, .. } => f.write_str(value),
            QueryValue::Vector(vector) => {
                let rows = vector.iter().map(|s| (s.labels.to_string(), s.value.to_string())).collect();
                write_rows(f, rows)
            }
            QueryValue::Matrix(matrix) => {
                let rows = matrix.iter().map(|series| {
                    let floats = series.points.iter().map(|(time_ms, value)| (time_ms, sample(value)));
                    let histograms = series.histograms.iter().map(|(time_ms, h)| (*time_ms, h.to_string()));
                    let mut points: Vec<(i64, String)> = floats.chain(histograms).collect();
                    points.sort_by_key(|&(time_ms, _)| time_ms);
                    let skipped = points.len().saturating_sub(self.columns_max);
                    let mut text = if skipped > 0 { format!("({skipped} earlier) ") } else { String::new() };
                    for (number, (timestamp_ms, value)) in points[skipped..].iter().enumerate() {
                        if number > 0 {
                            text.push(' ');
                        }
                        text.push_str(value);
                        text.push('@');
                        write_seconds(&mut text, *timestamp_ms);
                    }
                    (series.labels.to_string(), text)
                });
                write_rows(f, rows.collect())
            }
        }
    }
}

fn sample(value: f64) -> String {
    let mut text = String::new();
    write_sample(&mut text, value);
    text
}

/// What a width in a format string may be; longer labels stand out of their column.
pub(crate) const WIDTH_MAX: usize = u16::MAX as usize;

fn write_rows(f: &mut fmt::Formatter<'_>, rows: Vec<(String, String)>) -> fmt::Result {
    if rows.is_empty() {
        return f.write_str("(no series)");
    }
    let width = rows.iter().map(|(labels, _)| labels.chars().count()).max().unwrap_or(0).min(WIDTH_MAX);
    for (number, (labels, value)) in rows.into_iter().enumerate() {
        if number > 0 {
            f.write_str("\n")?;
        }
        write!(f, "{labels:width$}  {value}")?;
    }
    Ok(())
}

//! Ranges of time as pictures in the terminal.

use std::fmt::Write;

use emberdb::QueryValue;
use textplots::{Chart, Plot, Shape};

use crate::time::show;

/// Width and height of a picture in dots; a character holds two by four.
const WIDTH_DOTS: u32 = 120;
const HEIGHT_DOTS: u32 = 40;

/// More pictures than this do not fit on a screen.
const SERIES_MAX: usize = 6;

/// One picture a series. Where a series has a gap, so has its line.
///
/// # Errors
/// If the value has no range of time.
pub(crate) fn plot(value: &QueryValue) -> Result<String, String> {
    let QueryValue::Matrix(matrix) = value else {
        return Err("a plot needs a range of time: give --start, --end and --step".into());
    };
    let mut out = String::new();
    for series in matrix.iter().take(SERIES_MAX) {
        let points: Vec<(i64, f64)> = series.points.iter().collect();
        picture(&mut out, &series.labels.to_string(), &points).expect("writing to a string does not fail");
    }
    match matrix.len().saturating_sub(SERIES_MAX) {
        0 if matrix.is_empty() => out.push_str("(no series)\n"),
        0 => {}
        more => {
            writeln!(out, "… and {more} more series: aggregate with sum by (…) or topk to see less at once")
                .expect("writing to a string does not fail");
        }
    }
    Ok(out)
}

fn picture(out: &mut String, title: &str, points: &[(i64, f64)]) -> std::fmt::Result {
    writeln!(out, "{title}")?;
    let finite: Vec<(i64, f64)> = points.iter().copied().filter(|(_, v)| v.is_finite()).collect();
    let (Some(&(start_ms, _)), Some(&(end_ms, _))) = (finite.first(), finite.last()) else {
        return writeln!(out, "(no finite values)\n");
    };
    let seconds = |t_ms: i64| ((t_ms - start_ms) as f64 / 1000.0) as f32;
    let lines: Vec<Vec<(f32, f32)>> =
        unbroken(&finite).map(|run| run.iter().map(|&(t, v)| (seconds(t), v as f32)).collect()).collect();
    let shapes: Vec<Shape<'_>> = lines.iter().map(|line| shape(line)).collect();
    // A flat line needs room above and below, too.
    let (low, high) = finite.iter().fold((f64::MAX, f64::MIN), |(l, h), &(_, v)| (l.min(v), h.max(v)));
    let margin = if high > low { 0.0 } else { high.abs().max(1.0) / 10.0 };
    let mut chart = Chart::new_with_y_range(
        WIDTH_DOTS,
        HEIGHT_DOTS,
        0.0,
        seconds(end_ms).max(1.0),
        (low - margin) as f32,
        (high + margin) as f32,
    );
    let mut drawn = &mut chart;
    for shape in &shapes {
        drawn = drawn.lineplot(shape);
    }
    drawn.axis();
    drawn.figures();
    writeln!(out, "{drawn}")?;
    writeln!(out, "from {} to {} UTC, from {low:.6} to {high:.6}\n", show(start_ms), show(end_ms))
}

fn shape(line: &[(f32, f32)]) -> Shape<'_> {
    if line.len() == 1 { Shape::Points(line) } else { Shape::Lines(line) }
}

/// Runs of points without a gap. The shortest distance between two points is taken for the step.
fn unbroken(points: &[(i64, f64)]) -> impl Iterator<Item = &[(i64, f64)]> {
    let step_ms = points.windows(2).map(|w| w[1].0 - w[0].0).min().unwrap_or(0);
    points.chunk_by(move |a, b| b.0 - a.0 < 2 * step_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_breaks_the_line() {
        let points = [(0, 1.0), (10, 1.0), (20, 1.0), (50, 2.0), (60, 2.0)];
        let runs: Vec<usize> = unbroken(&points).map(<[_]>::len).collect();
        assert_eq!(runs, [3, 2]);
    }

    #[test]
    fn flat_and_empty_series_are_drawn() {
        let mut out = String::new();
        picture(&mut out, "flat", &[(0, 5.0), (1000, 5.0)]).unwrap();
        picture(&mut out, "none", &[(0, f64::NAN)]).unwrap();
        assert!(out.contains("from 5.000000 to 5.000000") && out.contains("(no finite values)"), "{out}");
    }
}

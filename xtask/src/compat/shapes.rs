//! What emberdb is given to write: floats of many shapes, the same at every run.

use emberdb::{Labels, STALE_NAN};

/// Time between two ticks, in milliseconds.
pub(super) const TICK_MS: i64 = 15_000;

/// A series, and its value at each tick, if it has one then.
pub(super) struct Shape {
    pub(super) labels: Labels,
    /// The sample of a tick comes up to so many milliseconds after it; below [`TICK_MS`], so that times rise.
    jitter_ms: i64,
    value: fn(i64) -> Option<f64>,
}

impl Shape {
    /// The sample of tick number `tick`, counted from `start_ms`: its time and value.
    pub(super) fn sample(&self, start_ms: i64, tick: i64) -> Option<(i64, f64)> {
        let value = (self.value)(tick)?;
        let late_ms = if self.jitter_ms == 0 { 0 } else { scatter(tick).rem_euclid(self.jitter_ms) };
        Some((start_ms + tick * TICK_MS + late_ms, value))
    }
}

/// The series whose samples a round deletes in part.
pub(super) const DELETED: &str = "deleted";

/// A shape's name, how many milliseconds its times are off, and its value at each step, if it has one there.
type Kind = (&'static str, i64, fn(i64) -> Option<f64>);

/// All shapes. Names of metrics and labels beyond ASCII are for peers that know them: `has_utf8_names`.
pub(super) fn shapes(has_utf8_names: bool) -> Vec<Shape> {
    let kinds: [Kind; 15] = [
        ("counter", 0, |t| Some((t % 700) as f64 * 3.0)),
        ("counter_of_fractions", 200, |t| Some((t % 1000) as f64 * 0.1)),
        ("gauge", 20, |t| Some((t as f64 / 40.0).sin() * 100.0)),
        ("constant", 0, |_| Some(42.0)),
        ("noise", 14_999, |t| Some(scatter(t) as f64 / 1e6)),
        ("signed_zero", 0, |t| Some(if t % 2 == 0 { 0.0 } else { -0.0 })),
        ("extremes", 0, |t| Some([f64::MAX, 5e-324, f64::MIN, f64::MIN_POSITIVE, 1.0][index(t, 5)])),
        ("infinities", 0, |t| Some([f64::INFINITY, 1.0, f64::NEG_INFINITY][index(t, 3)])),
        ("not_a_number", 0, |t| Some(if t % 5 == 0 { f64::NAN } else { 1.0 })),
        ("ends_and_begins", 0, |t| {
            (t % 100 < 80).then_some(if t % 100 == 79 { STALE_NAN } else { t as f64 })
        }),
        ("gaps_of_hours", 9_000, |t| (t % 800 < 60).then_some(t as f64)),
        ("once_an_hour", 0, |t| (t % 240 == 0).then_some(t as f64)),
        ("once", 0, |t| (t == 300).then_some(1.0)),
        ("late", 0, |t| (t >= 1700).then_some(t as f64)),
        (DELETED, 0, |t| Some(t as f64)),
    ];
    let labels =
        |pairs: &[(&str, &str)]| Labels::new(pairs.iter().copied()).expect("names are there, and once");
    let mut shapes: Vec<Shape> = kinds
        .into_iter()
        .map(|(name, jitter_ms, value)| Shape {
            labels: labels(&[("__name__", "shape"), ("kind", name)]),
            jitter_ms,
            value,
        })
        .collect();
    let long = "long ".repeat(500);
    let texts = [
        "é ü 漢字 🔥",
        "a \"quote\", a \\ and a }",
        "two\nlines\tand a tab",
        "\u{a0}\u{1}\u{7f}",
        long.as_str(),
    ];
    let mut add = |labels| shapes.push(Shape { labels, jitter_ms: 0, value: |t| Some(t as f64) });
    for text in texts {
        add(labels(&[("__name__", "text"), ("value", text)]));
    }
    if has_utf8_names {
        add(labels(&[("__name__", "http.requests"), ("service.name", "api"), ("größe", "1")]));
    }
    for n in 0..20 {
        add(labels(&[
            ("__name__", "many"),
            ("n", &n.to_string()),
            ("half", if n < 10 { "lower" } else { "upper" }),
        ]));
    }
    shapes
}

/// `t` around a list.
fn index(t: i64, len: i64) -> usize {
    usize::try_from(t.rem_euclid(len)).expect("a remainder is not negative")
}

/// Looks like chance, and is the same at every run.
fn scatter(t: i64) -> i64 {
    t.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F) >> 20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_rise() {
        for shape in shapes(true) {
            let times: Vec<i64> = (0..2000).filter_map(|t| shape.sample(7, t)).map(|(ms, _)| ms).collect();
            assert!(!times.is_empty() && times.is_sorted_by(|a, b| a < b), "{}", shape.labels);
        }
    }
}

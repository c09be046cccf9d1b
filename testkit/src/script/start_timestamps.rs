//! Lines of a load block that say since when the samples of the next line count: `metric@st -1m 30sx2 _`.

use emberdb_model::Labels;
use emberdb_promql_syntax::parse_duration;

use super::notation;

/// Such a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    labels: Labels,
    /// Milliseconds from each sample's own time; `None` where the start timestamp is not known.
    offsets_ms: Vec<Option<i64>>,
}

impl Line {
    /// The offsets, if the line is about the values of `next`.
    ///
    /// # Errors
    /// In what the lines differ.
    pub(super) fn of(self, next: &notation::Line) -> Result<Vec<Option<i64>>, String> {
        if self.labels != next.labels {
            return Err(format!("expected the series {} after its start timestamps", self.labels));
        }
        let (starts, samples) = (self.offsets_ms.len(), next.values.len());
        if starts != samples {
            return Err(format!("@st line has {starts} values but sample line has {samples}"));
        }
        Ok(self.offsets_ms)
    }
}

/// Reads a line whose first word ends in `@st`; nothing for other lines.
pub(super) fn line(text: &str) -> Option<Result<Line, String>> {
    let (metric, offsets) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    let metric = metric.strip_suffix("@st")?;
    let read = |metric: &str| {
        let labels = notation::line(&format!("{metric} _"))?.labels;
        Ok(Line { labels, offsets_ms: sequence(offsets)? })
    };
    Some(read(metric))
}

/// What stands behind the metric: an offset for each value, `None` where nothing is known.
pub(crate) fn sequence(text: &str) -> Result<Vec<Option<i64>>, String> {
    let mut offsets_ms = Vec::new();
    for item in text.split_whitespace() {
        append_item(item, &mut offsets_ms).ok_or_else(|| format!("malformed start timestamp {item:?}"))?;
    }
    Ok(offsets_ms)
}

/// Appends the offsets of one item: `_`, `_xN`, `D`, `DxN`, `D+ExN`, `D-ExN`.
fn append_item(item: &str, offsets_ms: &mut Vec<Option<i64>>) -> Option<()> {
    if let Some(rest) = item.strip_prefix('_') {
        let places = if rest.is_empty() { 1 } else { repetition(rest).filter(|&n| n > 0)? };
        offsets_ms.resize(offsets_ms.len() + places, None);
        return Some(());
    }
    let (mut offset_ms, rest) = duration(item)?;
    if rest.is_empty() {
        offsets_ms.push(Some(offset_ms));
        return Some(());
    }
    let (step_ms, rest) = if rest.starts_with(['+', '-']) { duration(rest)? } else { (0, rest) };
    for _ in 0..=repetition(rest)? {
        offsets_ms.push(Some(offset_ms));
        offset_ms = offset_ms.checked_add(step_ms)?;
    }
    Some(())
}

/// `xN`.
fn repetition(text: &str) -> Option<usize> {
    text.strip_prefix('x')?.parse().ok()
}

/// One number with one unit and perhaps a sign at the start of `text`, in milliseconds, and the rest.
fn duration(text: &str) -> Option<(i64, &str)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
    let is_unit = |c: char| c.is_ascii_alphabetic() && c != 'x';
    let unit = unsigned[digits..].find(|c| !is_unit(c)).unwrap_or(unsigned.len() - digits);
    let (duration, rest) = unsigned.split_at(digits + unit);
    let length_ms = parse_duration(duration).ok()?;
    Some((if text.starts_with('-') { -length_ms } else { length_ms }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_expand() {
        let offsets = |text| sequence(text).unwrap();
        assert_eq!(offsets("_ _x2 0 -0ms"), [None, None, None, Some(0), Some(0)]);
        assert_eq!(offsets("-1mx1 +30s"), [Some(-60_000), Some(-60_000), Some(30_000)]);
        assert_eq!(offsets("-1m+15sx2"), [Some(-60_000), Some(-45_000), Some(-30_000)]);
        assert_eq!(offsets("1ms-10msx1"), [Some(1), Some(-9)]);
        for malformed in ["1", "m", "_x0", "_x", "-1m+15s", "1h30m", "1mx", "1mx2x3", "1m+x2", "+-1m", "__"] {
            assert!(sequence(malformed).is_err(), "{malformed}");
        }
    }

    #[test]
    fn a_line_is_told_by_its_first_word() {
        assert_eq!(line("m 1 2"), None);
        assert_eq!(line("m@st").unwrap().unwrap().offsets_ms, []);
        let started = line("m{a=\"1\"}@st\t-1m _").unwrap().unwrap();
        let next = |text| notation::line(text).unwrap();
        assert_eq!(started.clone().of(&next("m{a=\"1\"} 1 2")), Ok(vec![Some(-60_000), None]));
        assert!(started.clone().of(&next("m{a=\"1\"} 1")).is_err());
        assert!(started.of(&next("m{a=\"2\"} 1 2")).is_err());
    }
}

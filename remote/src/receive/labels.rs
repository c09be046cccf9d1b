//! The labels of a series: from what is sent to what may name a series.

use std::fmt::{self, Write};

use emberdb_model::{Labels, LabelsBuilder, METRIC_NAME, is_legacy_label_name, write_quoted};

use crate::view::RawLabel;

/// A series may have so many labels. Upstream has no limit, but one label takes two bytes of a request and 32 of memory.
pub(super) const LABELS_MAX: usize = 1 << 16;

/// The labels of one series may have so many bytes. In requests of 2.0 a text that is sent once can stand in every series.
const SERIES_BYTES_MAX: usize = 1 << 20;

/// The labels of all series of a request may have so many bytes, for the same reason: thirty times what a request has.
const REQUEST_BYTES_MAX: usize = 1 << 30;

/// Labels under inspection; one for all series of a request.
#[derive(Debug)]
pub(super) struct LabelSet<'a> {
    /// As they were sent, but sorted once [`finish`](Self::finish) was called.
    pub(super) sent: Vec<RawLabel<'a>>,
    builder: LabelsBuilder,
    bytes_left: usize,
}

/// Why labels name no series.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LabelProblem<'a> {
    /// There is no metric name, a name is empty, or something is not UTF-8.
    Invalid,
    /// A name stands twice.
    Duplicate(&'a [u8]),
    /// They are far more than anybody uses.
    TooMany,
}

impl<'a> LabelSet<'a> {
    pub(super) fn new() -> Self {
        Self { sent: Vec::new(), builder: LabelsBuilder::new(), bytes_left: REQUEST_BYTES_MAX }
    }

    /// Checks and sorts what was sent. A label without a value is left out, but not before its name was looked at.
    pub(super) fn finish(&mut self) -> Result<Labels, LabelProblem<'a>> {
        self.sent.sort_by(|a, b| a.0.cmp(b.0));
        if !self.sent.iter().any(|&(name, _)| name == METRIC_NAME.as_bytes()) {
            return Err(LabelProblem::Invalid);
        }
        self.build(|name, value| name != METRIC_NAME || !value.is_empty())
    }

    /// The labels of an exemplar, which need no name of a metric.
    pub(super) fn finish_exemplar(&mut self) -> Result<Labels, LabelProblem<'a>> {
        self.sent.sort_by(|a, b| a.0.cmp(b.0));
        self.build(|_, _| true)
    }

    fn build(&mut self, is_valid: impl Fn(&str, &str) -> bool) -> Result<Labels, LabelProblem<'a>> {
        let bytes: usize = self.sent.iter().map(|(name, value)| name.len() + value.len()).sum();
        if self.sent.len() > LABELS_MAX || bytes > SERIES_BYTES_MAX.min(self.bytes_left) {
            return Err(LabelProblem::TooMany);
        }
        self.bytes_left -= bytes;
        self.builder.clear();
        for &(name, value) in &self.sent {
            let (Ok(name), Ok(value)) = (str::from_utf8(name), str::from_utf8(value)) else {
                return Err(LabelProblem::Invalid);
            };
            if name.is_empty() || !is_valid(name, value) {
                return Err(LabelProblem::Invalid);
            }
            self.builder.push(name, value);
        }
        if let Some(two) = self.sent.windows(2).find(|two| two[0].0 == two[1].0) {
            return Err(LabelProblem::Duplicate(two[0].0));
        }
        self.builder.build().map_err(|_| LabelProblem::Invalid)
    }

    /// How upstream prints them.
    pub(super) fn shown(&self) -> Shown<'_, 'a> {
        Shown(&self.sent)
    }

    /// Whether so many bytes more may be copied for this request; if so, they are counted.
    pub(super) fn may_copy(&mut self, bytes: usize) -> bool {
        let left = self.bytes_left.checked_sub(bytes).filter(|_| bytes <= SERIES_BYTES_MAX);
        left.inspect(|&left| self.bytes_left = left).is_some()
    }
}

/// Labels as they were sent: `{__name__="up", job="a"}`.
pub(super) struct Shown<'s, 'a>(&'s [RawLabel<'a>]);

impl fmt::Display for Shown<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (place, (name, value)) in self.0.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { ", " })?;
            match str::from_utf8(name) {
                Ok(name) if is_legacy_label_name(name) => f.write_str(name)?,
                _ => write_bytes(f, name)?,
            }
            f.write_char('=')?;
            write_bytes(f, value)?;
        }
        f.write_char('}')
    }
}

/// Writes bytes in quotes, those that are not text by their number.
fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    if let Ok(text) = str::from_utf8(bytes) {
        return write_quoted(f, text);
    }
    f.write_char('"')?;
    for chunk in bytes.utf8_chunks() {
        let mut quoted = String::new();
        write_quoted(&mut quoted, chunk.valid())?;
        f.write_str(quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default())?;
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish<'a>(labels: &[(&'a [u8], &'a [u8])]) -> Result<String, LabelProblem<'a>> {
        let mut set = LabelSet::new();
        set.sent.extend_from_slice(labels);
        set.finish().map(|labels| labels.to_string())
    }

    #[test]
    fn labels_in_any_order_name_a_series() {
        let labels: &[(&[u8], &[u8])] =
            &[(b"z.y", b"1"), (b"__name__", b"up"), (b"empty", b""), (b"a", b"b")];
        assert_eq!(finish(labels).unwrap(), r#"up{a="b", "z.y"="1"}"#);
    }

    #[test]
    fn what_names_no_series_is_told_apart() {
        let name: (&[u8], &[u8]) = (b"__name__", b"up");
        for (labels, problem) in [
            (&[][..], LabelProblem::Invalid),
            (&[(&b"a"[..], &b"b"[..])], LabelProblem::Invalid),
            (&[(b"__name__", b"")], LabelProblem::Invalid),
            (&[name, (b"", b"x")], LabelProblem::Invalid),
            (&[name, (b"a", b"\xff")], LabelProblem::Invalid),
            (&[name, (b"\xff", b"a")], LabelProblem::Invalid),
            (&[name, (b"a", b"1"), (b"a", b"1")], LabelProblem::Duplicate(b"a")),
            (&[name, (b"a", b""), (b"a", b"")], LabelProblem::Duplicate(b"a")),
            (&[name, name], LabelProblem::Duplicate(b"__name__")),
        ] {
            assert_eq!(finish(labels), Err(problem), "{labels:?}");
        }
        let long = vec![b'x'; SERIES_BYTES_MAX];
        assert_eq!(finish(&[name, (b"a", &long)]), Err(LabelProblem::TooMany));
        assert_eq!(finish(&vec![name; LABELS_MAX + 1]), Err(LabelProblem::TooMany));
    }

    #[test]
    fn a_request_has_so_many_bytes_in_labels_and_no_more() {
        let long = vec![b'x'; SERIES_BYTES_MAX - 16];
        let mut set = LabelSet::new();
        set.sent.extend([(&b"__name__"[..], &b"up"[..]), (b"a", &long)]);
        let series = (0..2000).take_while(|_| set.finish().is_ok()).count();
        assert_eq!(series, 1024);
        assert!(!set.may_copy(SERIES_BYTES_MAX) && set.may_copy(1));
    }

    #[test]
    fn labels_are_shown_as_upstream_shows_them() {
        let mut set = LabelSet::new();
        set.sent.extend([(&b"__name__"[..], &b"up"[..]), (b"a.b", b"\"\n"), (b"c", b"a\xffb\xc3")]);
        assert_eq!(set.shown().to_string(), r#"{__name__="up", "a.b"="\"\n", c="a\xffb\xc3"}"#);
    }
}

//! OpenMetrics text, version 1.0.0; 0.0.1 reads the same.
//!
//! ```text
//! # HELP name text up to the end of the line, with \\ and \" and \n
//! # TYPE name counter|gauge|histogram|gaugehistogram|summary|info|stateset|unknown
//! # UNIT name_seconds seconds
//! name value
//! name{label="value",label="value"} value seconds
//! name{label="value"} value seconds # {label="value"} value seconds
//! {"any name in UTF-8","any label"="value"} value
//! # EOF
//! ```
//!
//! One space where one is shown and none elsewhere. There are no comments and no empty lines, each line ends with `\n`, and
//! the last one is `# EOF`, so that a body that was cut is noticed.

use emberdb_model::MetricType;

use super::created::CreatedLines;
use super::entry::{BoundLabel, Entry, Exemplar, Help, Metric, Series};
use super::error::{Fault, ParseError};
use super::lex::{Braces, Cursor, Dialect, continues_metric_name, starts_metric_name};
use super::number::{parse_seconds, parse_value};
use super::parser::ParserOptions;

const EOF_MISSING: &str = "`# EOF` as the last line";

/// Reads OpenMetrics text: an iterator over its entries, which ends after the first error.
///
/// ```
/// use emberdb_scrape::{Entry, OpenMetricsParser};
///
/// let body = "requests_total 3 1.5 # {trace=\"a\"} 0.25\n# EOF\n";
/// let entries: Vec<_> = OpenMetricsParser::new(body).collect::<Result<_, _>>()?;
/// assert!(matches!(&entries[..], [Entry::Series(requests)] if requests.timestamp_ms == Some(1500)));
/// let cut = OpenMetricsParser::new("a 1\n").collect::<Result<Vec<_>, _>>();
/// assert_eq!(cut.err().map(|error| error.line), Some(2));
/// # Ok::<(), emberdb_scrape::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenMetricsParser<'a> {
    lines: Lines<'a>,
    /// Present if `_created` lines are taken for start timestamps.
    created: Option<CreatedLines<'a>>,
    done: bool,
}

impl<'a> OpenMetricsParser<'a> {
    /// A parser at the beginning of `body`, with the default options.
    pub fn new<B: AsRef<[u8]> + ?Sized>(body: &'a B) -> Self {
        Self::with_options(body, ParserOptions::default())
    }

    /// The same with options.
    pub fn with_options<B: AsRef<[u8]> + ?Sized>(body: &'a B, options: ParserOptions) -> Self {
        let cursor = Cursor::new(body.as_ref());
        let lines = Lines { cursor, metric_type: MetricType::Unknown, family_name_len: 0, pending: None };
        let created = options.start_timestamps.then(CreatedLines::default);
        Self { lines, created, done: false }
    }

    pub(crate) fn bound_label(&self) -> BoundLabel {
        BoundLabel::of(self.lines.metric_type)
    }

    /// Reads a sample whose text up to its value is `metric`, if that is what stands here.
    ///
    /// `metric` must have come from [`Metric::text`] of this format: then its bytes need not be read again, since the same
    /// bytes at the beginning of a line mean the same. With start timestamps on, every line is read in full.
    pub(crate) fn next_known(&mut self, metric: &[u8]) -> Option<Result<Series<'a>, ParseError>> {
        let cursor = self.lines.cursor;
        if self.done || self.created.is_some() || !cursor.rest().starts_with(metric) {
            return None;
        }
        let mut after = cursor;
        after.at += metric.len();
        if metric.last() != Some(&b'}') && after.peek().is_some_and(|b| b == b'{' || continues_metric_name(b))
        {
            return None;
        }
        self.lines.cursor = after;
        let sample = self.lines.sample(cursor.at);
        Some(self.explain(sample))
    }

    fn explain<T>(&mut self, result: Result<T, Fault>) -> Result<T, ParseError> {
        result.map_err(|fault| {
            self.done = true;
            fault.explain(self.lines.cursor.input)
        })
    }

    fn entry(&mut self) -> Result<Option<Entry<'a>>, Fault> {
        loop {
            let Some(mut entry) = self.lines.entry()? else { return Ok(None) };
            if let (Some(created), Entry::Series(series)) = (&mut self.created, &mut entry) {
                if self.lines.is_created(&series.metric) {
                    continue;
                }
                series.start_timestamp_ms = created.start_timestamp_ms(&self.lines, &series.metric);
            }
            return Ok(Some(entry));
        }
    }
}

impl<'a> Iterator for OpenMetricsParser<'a> {
    type Item = Result<Entry<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let entry = self.entry();
        let entry = self.explain(entry).transpose();
        self.done |= entry.is_none();
        entry
    }
}

/// A place in the body and the family that it is in; copied to look ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) metric_type: MetricType,
    /// Length of the name in the newest metadata line, as it is spelled.
    pub(super) family_name_len: usize,
    /// What is wrong behind the value of the sample that was just read.
    pending: Option<Fault>,
}

impl<'a> Lines<'a> {
    /// The next entry as it stands, `_created` lines included; none after `# EOF`.
    pub(super) fn entry(&mut self) -> Result<Option<Entry<'a>>, Fault> {
        if let Some(fault) = self.pending {
            return Err(fault);
        }
        match self.cursor.peek() {
            Some(b'#') => self.metadata(),
            Some(b) if b == b'{' || starts_metric_name(b) => self.series().map(|s| Some(Entry::Series(s))),
            Some(_) => Err(Fault::new(self.cursor.at, "a metric name, `{` or `# `")),
            None => Err(Fault::new(self.cursor.at, EOF_MISSING)),
        }
    }

    fn metadata(&mut self) -> Result<Option<Entry<'a>>, Fault> {
        let start = self.cursor.at;
        if self.cursor.take(b"# EOF") {
            self.cursor.take(b"\n");
            return match self.cursor.peek() {
                None => Ok(None),
                Some(_) => Err(Fault::new(self.cursor.at, "nothing after `# EOF`")),
            };
        }
        let keyword = [&b"# HELP "[..], b"# TYPE ", b"# UNIT "].into_iter().find(|k| self.cursor.take(k));
        let Some(keyword) = keyword else {
            return Err(Fault::new(start, "`# HELP `, `# TYPE `, `# UNIT ` or `# EOF`"));
        };
        let name = self.cursor.take_family_name()?;
        self.family_name_len = name.len();
        if !self.cursor.take(b" ") {
            return Err(Fault::new(self.cursor.at, "a space and a text after the metric name"));
        }
        let text_at = self.cursor.at;
        let text = self.cursor.take_line();
        let text_end = self.cursor.at;
        if !self.cursor.take(b"\n") {
            return Err(Fault::new(text_end, EOF_MISSING));
        }
        let entry = match keyword {
            b"# HELP " => {
                let escaped = self.cursor.text(text_at..text_end, "a help text in UTF-8")?;
                Entry::Help(Help { name, escaped, quotes_escaped: true })
            }
            b"# TYPE " => {
                self.metric_type = metric_type(text).ok_or(Fault::new(
                    text_at,
                    "counter, gauge, histogram, gaugehistogram, summary, info, stateset or unknown",
                ))?;
                Entry::Type { name, metric_type: self.metric_type }
            }
            _ => {
                let unit = self.cursor.text(text_at..text_end, "a unit in UTF-8")?;
                let is_suffix = name.strip_suffix(unit).is_some_and(|stem| stem.ends_with('_'));
                if !unit.is_empty() && !is_suffix {
                    return Err(Fault::new(text_at, "a unit that ends the metric name, after an underscore"));
                }
                Entry::Unit { name, unit }
            }
        };
        Ok(Some(entry))
    }

    fn series(&mut self) -> Result<Series<'a>, Fault> {
        let start = self.cursor.at;
        let named = !self.cursor.take_metric_name().is_empty();
        if self.cursor.take(b"{") {
            let mut braces = Braces::new(Dialect::OpenMetrics, named);
            while braces.next(&mut self.cursor)?.is_some() {}
            if !braces.named() {
                return Err(Fault::new(start, "a metric name before or between the braces"));
            }
        }
        self.sample(start)
    }

    /// Value, timestamp, exemplar and line end of the series whose text ends at the cursor.
    fn sample(&mut self, start: usize) -> Result<Series<'a>, Fault> {
        let text = self.cursor.slice(start..self.cursor.at);
        let metric = Metric { text, dialect: Dialect::OpenMetrics, bound: BoundLabel::of(self.metric_type) };
        let value = self.value("a space and a number as the value")?;
        let mut timestamp_ms = None;
        let mut exemplar = None;
        let rest = self.cursor.rest();
        let stray = match rest {
            [b'\n', ..] | [] => false,
            [b' ', b'#', b' ', after @ ..] => after.first() != Some(&b'{'),
            [b' ', b' ' | b'\n' | 0, ..] | [b' '] => true,
            [b' ', ..] => false,
            _ => true,
        };
        if stray {
            // The sample itself is whole; as upstream, it is yielded before the error behind it.
            self.pending =
                Some(Fault::new(self.cursor.at, "a timestamp, an exemplar or the end of the line"));
            return Ok(Series { metric, value, timestamp_ms, exemplar, start_timestamp_ms: None });
        }
        if rest.starts_with(b" ") && !rest.starts_with(b" # {") {
            timestamp_ms = Some(self.timestamp()?);
        }
        if self.cursor.take(b" # {") {
            exemplar = Some(self.exemplar()?);
        }
        self.line_end()?;
        Ok(Series { metric, value, timestamp_ms, exemplar, start_timestamp_ms: None })
    }

    fn exemplar(&mut self) -> Result<Exemplar<'a>, Fault> {
        let start = self.cursor.at;
        let mut braces = Braces::new(Dialect::Exemplar, false);
        while braces.next(&mut self.cursor)?.is_some() {}
        let braces = self.cursor.slice(start..self.cursor.at);
        let value = self.value("a space and a number as the exemplar's value")?;
        let with_time = self.cursor.peek() == Some(b' ');
        let timestamp_ms = if with_time { Some(self.timestamp()?) } else { None };
        Ok(Exemplar { braces, value, timestamp_ms })
    }

    fn value(&mut self, expected: &'static str) -> Result<f64, Fault> {
        let at = self.cursor.at;
        if !self.cursor.take(b" ") {
            return Err(Fault::new(at, expected));
        }
        parse_value(self.word()).ok_or(Fault::new(at + 1, expected))
    }

    /// A timestamp, with the space before it.
    fn timestamp(&mut self) -> Result<i64, Fault> {
        self.cursor.at += 1;
        let at = self.cursor.at;
        parse_seconds(self.word()).ok_or(Fault::new(at, "finite seconds as the timestamp"))
    }

    fn word(&mut self) -> &'a [u8] {
        self.cursor.take_while(|b| !matches!(b, b' ' | b'\n' | 0))
    }

    fn line_end(&mut self) -> Result<(), Fault> {
        match self.cursor.take(b"\n") {
            true => Ok(()),
            false => Err(Fault::new(self.cursor.at, "the end of the line")),
        }
    }
}

fn metric_type(text: &[u8]) -> Option<MetricType> {
    Some(match text {
        b"counter" => MetricType::Counter,
        b"gauge" => MetricType::Gauge,
        b"histogram" => MetricType::Histogram,
        b"gaugehistogram" => MetricType::GaugeHistogram,
        b"summary" => MetricType::Summary,
        b"info" => MetricType::Info,
        b"stateset" => MetricType::StateSet,
        b"unknown" => MetricType::Unknown,
        _ => return None,
    })
}

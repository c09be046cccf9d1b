//! The Prometheus text format, versions 0.0.4 and 1.0.0.
//!
//! ```text
//! # HELP name text up to the end of the line, with \\ and \n
//! # TYPE name counter|gauge|histogram|summary|untyped
//! # any other line is a comment, and empty lines are nothing
//! name value
//! name value milliseconds
//! name { label = "value", } value milliseconds
//! {"any name in UTF-8", "any label" = "value with \\ and \" and \n"} value
//! ```
//!
//! Blanks are spaces and tabs. A line ends with `\n`, the last one also with the end of the input. Nothing but digits is
//! a timestamp.

use emberdb_model::MetricType;

use super::entry::{BoundLabel, Entry, Help, Metric, Series};
use super::error::{Fault, ParseError};
use super::lex::{Braces, Cursor, Dialect, continues_metric_name, starts_metric_name};
use super::number::{parse_milliseconds, parse_value};

/// Reads the Prometheus text format: an iterator over its entries, which ends after the first error.
///
/// ```
/// use emberdb_scrape::{Entry, TextParser};
///
/// let body = "# TYPE up gauge\nup{job=\"api\"} 1\n";
/// let entries: Vec<_> = TextParser::new(body).collect::<Result<_, _>>()?;
/// assert!(matches!(entries[0], Entry::Type { .. }));
/// assert!(matches!(entries[1], Entry::Series(up) if up.value == 1.0 && up.metric.labels().count() == 2));
/// # Ok::<(), emberdb_scrape::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TextParser<'a> {
    cursor: Cursor<'a>,
    metric_type: MetricType,
    done: bool,
}

impl<'a> TextParser<'a> {
    /// A parser at the beginning of `body`.
    pub fn new<B: AsRef<[u8]> + ?Sized>(body: &'a B) -> Self {
        Self { cursor: Cursor::new(body.as_ref()), metric_type: MetricType::Unknown, done: false }
    }

    pub(crate) fn bound_label(&self) -> BoundLabel {
        BoundLabel::of(self.metric_type)
    }

    /// Reads a sample whose text up to its value is `metric`, if that is what stands here.
    ///
    /// `metric` must have come from [`Metric::text`] of this format: then its bytes need not be read again, since the same
    /// bytes at the beginning of a line mean the same.
    pub(crate) fn next_known(&mut self, metric: &[u8]) -> Option<Result<Series<'a>, ParseError>> {
        if self.done || !self.cursor.rest().starts_with(metric) {
            return None;
        }
        let start = self.cursor.at;
        let mut after = self.cursor;
        after.at += metric.len();
        if metric.last() != Some(&b'}') {
            if after.peek().is_some_and(continues_metric_name) {
                return None;
            }
            let mut ahead = after;
            ahead.skip_blanks();
            if ahead.peek() == Some(b'{') {
                return None;
            }
        }
        self.cursor = after;
        let sample = self.sample(start);
        Some(self.explain(sample))
    }

    fn explain<T>(&mut self, result: Result<T, Fault>) -> Result<T, ParseError> {
        result.map_err(|fault| {
            self.done = true;
            fault.explain(self.cursor.input)
        })
    }

    fn entry(&mut self) -> Result<Option<Entry<'a>>, Fault> {
        loop {
            self.cursor.skip_blanks();
            match self.cursor.peek() {
                None => return Ok(None),
                Some(b'\n') => self.cursor.at += 1,
                Some(b'#') => return self.comment().map(Some),
                Some(b) if b == b'{' || starts_metric_name(b) => {
                    return self.series().map(|s| Some(Entry::Series(s)));
                }
                Some(_) => {
                    return Err(Fault::new(self.cursor.at, "a metric name, `{`, `#` or an empty line"));
                }
            }
        }
    }

    /// A line that begins with `#`: HELP and TYPE if a blank stands on both sides of the word, else anything.
    fn comment(&mut self) -> Result<Entry<'a>, Fault> {
        let line = self.cursor;
        self.cursor.at += 1;
        let blanks = self.cursor.take_while(is_blank);
        let word = self.cursor.take_while(|b| b.is_ascii_uppercase());
        let separated = !blanks.is_empty() && self.cursor.peek().is_some_and(is_blank);
        if !separated || (word != b"HELP" && word != b"TYPE") {
            self.cursor = line;
            return Ok(Entry::Comment(self.cursor.take_line()));
        }
        self.cursor.skip_blanks();
        let name = self.cursor.take_family_name()?;
        let start = self.cursor.at;
        let rest = self.cursor.take_line();
        // One byte separates the name from the text; a text of blanks alone is none.
        let empty = rest.iter().all(|&b| is_blank(b));
        let text = if empty { self.cursor.at..self.cursor.at } else { start + 1..self.cursor.at };
        if word == b"HELP" {
            let escaped = self.cursor.text(text, "a help text in UTF-8")?;
            return Ok(Entry::Help(Help { name, escaped, quotes_escaped: false }));
        }
        let metric_type = match self.cursor.slice(text.clone()) {
            b"counter" => MetricType::Counter,
            b"gauge" => MetricType::Gauge,
            b"histogram" => MetricType::Histogram,
            b"summary" => MetricType::Summary,
            b"untyped" => MetricType::Unknown,
            _ => return Err(Fault::new(text.start, "counter, gauge, histogram, summary or untyped")),
        };
        self.metric_type = metric_type;
        Ok(Entry::Type { name, metric_type })
    }

    fn series(&mut self) -> Result<Series<'a>, Fault> {
        let start = self.cursor.at;
        let named = !self.cursor.take_metric_name().is_empty();
        let name_end = self.cursor.at;
        self.cursor.skip_blanks();
        if self.cursor.take(b"{") {
            let mut braces = Braces::new(Dialect::Text, named);
            while braces.next(&mut self.cursor)?.is_some() {}
            if !braces.named() {
                return Err(Fault::new(start, "a metric name before or between the braces"));
            }
        } else {
            self.cursor.at = name_end;
        }
        self.sample(start)
    }

    /// Value, timestamp and line end of the series whose text ends at the cursor.
    fn sample(&mut self, start: usize) -> Result<Series<'a>, Fault> {
        let text = self.cursor.slice(start..self.cursor.at);
        let metric = Metric { text, dialect: Dialect::Text, bound: self.bound_label() };
        self.cursor.skip_blanks();
        let value_at = self.cursor.at;
        let value = self.cursor.take_while(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'{' | 0));
        let value = parse_value(value).ok_or(Fault::new(value_at, "a number as the value"))?;
        self.cursor.skip_blanks();
        let timestamp_at = self.cursor.at;
        let digits = self.cursor.take_while(|b| b.is_ascii_digit());
        let mut timestamp_ms = None;
        if !digits.is_empty() {
            let parsed = parse_milliseconds(digits);
            timestamp_ms = Some(parsed.ok_or(Fault::new(timestamp_at, "milliseconds that fit in 64 bits"))?);
            self.cursor.skip_blanks();
        }
        match self.cursor.peek() {
            None => {}
            Some(b'\n') => self.cursor.at += 1,
            Some(_) if timestamp_ms.is_some() => {
                return Err(Fault::new(self.cursor.at, "the end of the line after the timestamp"));
            }
            Some(_) => return Err(Fault::new(self.cursor.at, "a timestamp or the end of the line")),
        }
        Ok(Series { metric, value, timestamp_ms, exemplar: None, start_timestamp_ms: None })
    }
}

impl<'a> Iterator for TextParser<'a> {
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

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

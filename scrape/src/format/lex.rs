//! The tokens that both formats are made of, and the grammar between braces.
//!
//! ```text
//! name{label="value",label="value"} …      {"any name",label="value","any label"="value"} …
//! ^^^^ name                                 ^^^^^^^^^^ the metric name, when it is no identifier
//! ```
//!
//! The two [`Dialect`]s differ in what may stand between the tokens. A quoted value may hold any byte but a quote (a
//! backslash takes the quote's meaning away); what is no escape that we know stays as it was written, backslash
//! included.

use std::borrow::Cow;
use std::ops::Range;

use super::error::Fault;

/// Which of the two formats the text is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Prometheus text: blanks between all tokens, commas between labels are optional, values may hold line ends.
    Text,
    /// OpenMetrics: no blanks between tokens, exactly one comma, no line end in a value.
    OpenMetrics,
    /// The labels of an OpenMetrics exemplar: as there, without a metric name, and no NUL byte.
    Exemplar,
}

/// A place in the input; it only moves forward.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) input: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self { input, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.input.get(range).unwrap_or_default()
    }

    /// Steps over `token` if it stands here.
    pub(super) fn take(&mut self, token: &[u8]) -> bool {
        let there = self.rest().starts_with(token);
        if there {
            self.at += token.len();
        }
        there
    }

    /// Steps over what meets `class` and returns it.
    pub(super) fn take_while(&mut self, class: impl Fn(u8) -> bool) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(&class) {
            self.at += 1;
        }
        self.slice(start..self.at)
    }

    pub(super) fn skip_blanks(&mut self) {
        self.take_while(|b| b == b' ' || b == b'\t');
    }

    /// Steps over the rest of the line, without its end, and returns it.
    pub(super) fn take_line(&mut self) -> &'a [u8] {
        let start = self.at;
        self.at = memchr::memchr(b'\n', self.rest()).map_or(self.input.len(), |newline| start + newline);
        self.slice(start..self.at)
    }

    /// Steps over a metric name without quotes; an empty range if there is none.
    pub(super) fn take_metric_name(&mut self) -> Range<usize> {
        let start = self.at;
        if self.peek().is_some_and(starts_metric_name) {
            self.take_while(continues_metric_name);
        }
        start..self.at
    }

    fn take_label_name(&mut self) -> Range<usize> {
        let start = self.at;
        if self.peek().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') {
            self.take_while(|b| b.is_ascii_alphanumeric() || b == b'_');
        }
        start..self.at
    }

    /// Steps over the name that HELP, TYPE and UNIT are about, and returns it without its quotes.
    pub(super) fn take_family_name(&mut self) -> Result<&'a str, Fault> {
        let start = self.at;
        let range = match self.peek() {
            Some(b'"') => self.take_quoted(QuotedText::Name, "a closing quote after the metric name")?,
            _ => self.take_metric_name(),
        };
        if self.at == start {
            return Err(Fault::new(start, "a metric name"));
        }
        self.text(range, "a metric name in UTF-8")
    }

    /// Steps over a string in quotes and returns where its inside is. The cursor is at the opening quote.
    fn take_quoted(&mut self, kind: QuotedText, expected: &'static str) -> Result<Range<usize>, Fault> {
        let open = self.at;
        let fault = Err(Fault::new(open, expected));
        let mut at = open + 1;
        loop {
            let Some(found) = self.input.get(at..).and_then(|rest| memchr::memchr3(b'"', b'\\', b'\n', rest))
            else {
                return fault;
            };
            at += found;
            match self.input[at] {
                b'"' => break,
                b'\n' if kind == QuotedText::OneLine || kind == QuotedText::Exemplar => return fault,
                b'\n' => at += 1,
                _ => {
                    at += 1;
                    // Upstream does not see NUL bytes in values, so a backslash escapes the byte behind them.
                    while kind.may_hold_nul() && self.input.get(at) == Some(&0) {
                        at += 1;
                    }
                    if matches!(self.input.get(at), None | Some(b'\n')) {
                        return fault;
                    }
                    at += 1;
                }
            }
        }
        let inside = open + 1..at;
        if !kind.may_hold_nul() && memchr::memchr(0, self.slice(inside.clone())).is_some() {
            return fault;
        }
        self.at = at + 1;
        Ok(inside)
    }

    /// The text at `range`, which must be UTF-8.
    pub(super) fn text(&self, range: Range<usize>, expected: &'static str) -> Result<&'a str, Fault> {
        let start = range.start;
        std::str::from_utf8(self.slice(range))
            .map_err(|error| Fault::new(start + error.valid_up_to(), expected))
    }
}

/// What a string in quotes stands for, which decides what may be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QuotedText {
    /// A metric or label name: line ends, no NUL.
    Name,
    /// A value in the text format: line ends and NUL.
    AnyLine,
    /// A value in OpenMetrics: NUL, no line end.
    OneLine,
    /// A name or value in an exemplar: neither.
    Exemplar,
}

impl QuotedText {
    fn may_hold_nul(self) -> bool {
        matches!(self, Self::AnyLine | Self::OneLine)
    }
}

pub(super) fn starts_metric_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b':'
}

pub(super) fn continues_metric_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':'
}

/// One thing between braces.
pub(super) enum Piece<'a> {
    /// The metric name, escaped as it stood in its quotes.
    MetricName(&'a str),
    /// A label and its value, both escaped as they stood.
    Label(&'a str, &'a str),
}

/// Reads what stands between braces, piece by piece. The cursor begins after the opening brace and ends after the closing one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Braces {
    dialect: Dialect,
    named: bool,
    done: bool,
}

impl Braces {
    /// `named` says that the metric name stood before the brace already.
    pub(super) fn new(dialect: Dialect, named: bool) -> Self {
        Self { dialect, named, done: false }
    }

    /// Whether the metric name was seen, before the braces or between them.
    pub(super) fn named(&self) -> bool {
        self.named
    }

    /// The next piece, none after the closing brace.
    pub(super) fn next<'a>(&mut self, cursor: &mut Cursor<'a>) -> Result<Option<Piece<'a>>, Fault> {
        if self.done {
            return Ok(None);
        }
        self.skip_blanks(cursor);
        let start = cursor.at;
        let (name, quoted) = match cursor.peek() {
            Some(b'}') => {
                cursor.at += 1;
                return Ok(None);
            }
            Some(b'"') => (cursor.take_quoted(self.name_kind(), "a closing quote after the name")?, true),
            _ => (cursor.take_label_name(), false),
        };
        if cursor.at == start {
            return Err(Fault::new(start, "a label name or a closing brace"));
        }
        let name = cursor.text(name, "a name in UTF-8")?;
        self.skip_blanks(cursor);
        match cursor.peek() {
            Some(b'=') => {}
            Some(b',' | b'}') if quoted => return self.metric_name(cursor, start, name).map(Some),
            _ => return Err(Fault::new(cursor.at, "an equal sign after the label name")),
        }
        cursor.at += 1;
        self.skip_blanks(cursor);
        if cursor.peek() != Some(b'"') {
            return Err(Fault::new(cursor.at, "a label value in quotes"));
        }
        let value = cursor.take_quoted(self.value_kind(), "a closing quote after the label value")?;
        let value = cursor.text(value, "a label value in UTF-8")?;
        self.separator(cursor)?;
        Ok(Some(Piece::Label(name, value)))
    }

    fn metric_name<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        start: usize,
        name: &'a str,
    ) -> Result<Piece<'a>, Fault> {
        if self.dialect == Dialect::Exemplar {
            return Err(Fault::new(cursor.at, "an equal sign after the exemplar's label name"));
        }
        if self.named {
            return Err(Fault::new(start, "a label, since the metric name is given already"));
        }
        self.named = true;
        self.done = cursor.peek() == Some(b'}');
        cursor.at += 1;
        Ok(Piece::MetricName(name))
    }

    /// After a label: one comma, which the text format may leave out, or the closing brace, which the next call takes.
    fn separator(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        self.skip_blanks(cursor);
        match cursor.peek() {
            Some(b',') => cursor.at += 1,
            Some(b'}') => {}
            _ if self.dialect == Dialect::Text => {}
            _ => return Err(Fault::new(cursor.at, "a comma or a closing brace")),
        }
        Ok(())
    }

    fn skip_blanks(&self, cursor: &mut Cursor<'_>) {
        if self.dialect == Dialect::Text {
            cursor.skip_blanks();
        }
    }

    fn name_kind(&self) -> QuotedText {
        match self.dialect {
            Dialect::Text | Dialect::OpenMetrics => QuotedText::Name,
            Dialect::Exemplar => QuotedText::Exemplar,
        }
    }

    fn value_kind(&self) -> QuotedText {
        match self.dialect {
            Dialect::Text => QuotedText::AnyLine,
            Dialect::OpenMetrics => QuotedText::OneLine,
            Dialect::Exemplar => QuotedText::Exemplar,
        }
    }
}

/// Undoes `\\`, `\n` and, where `quotes` says so, `\"`; any other backslash stays.
pub(super) fn unescape(text: &str, quotes: bool) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', text.as_bytes()) else { return Cow::Borrowed(text) };
    let (plain, mut rest) = text.split_at(first);
    let mut out = String::with_capacity(text.len());
    out.push_str(plain);
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (byte, taken) = match escape.as_bytes().get(1) {
            Some(b'\\') => ('\\', 2),
            Some(b'n') => ('\n', 2),
            Some(b'"') if quotes => ('"', 2),
            _ => ('\\', 1),
        };
        out.push(byte);
        rest = &escape[taken..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(unescape(r#"a\\n\n\"\x\"#, true), "a\\n\n\"\\x\\");
        assert_eq!(unescape(r#"\"\\"#, false), "\\\"\\");
        assert!(matches!(unescape("plain", true), Cow::Borrowed("plain")));
    }

    fn pieces(dialect: Dialect, text: &str) -> Result<Vec<String>, &'static str> {
        let mut cursor = Cursor::new(text.as_bytes());
        let mut braces = Braces::new(dialect, false);
        let mut out = Vec::new();
        while let Some(piece) = braces.next(&mut cursor).map_err(|fault| fault.expected)? {
            out.push(match piece {
                Piece::MetricName(name) => name.to_owned(),
                Piece::Label(name, value) => format!("{name}={value}"),
            });
        }
        assert_eq!(cursor.at, text.len(), "the closing brace ends it");
        Ok(out)
    }

    #[test]
    fn dialects_differ_between_the_tokens() {
        let tight = r#"a="1","b.c"="2","m",}"#;
        let loose = "a = \"1\" \"b.c\"\t= \"2\" , \"m\" }";
        for dialect in [Dialect::Text, Dialect::OpenMetrics] {
            assert_eq!(pieces(dialect, tight).unwrap(), ["a=1", "b.c=2", "m"]);
        }
        assert_eq!(pieces(Dialect::Text, loose).unwrap(), ["a=1", "b.c=2", "m"]);
        assert_eq!(pieces(Dialect::OpenMetrics, loose), Err("an equal sign after the label name"));
        assert_eq!(pieces(Dialect::OpenMetrics, r#"a="1"b="2"}"#), Err("a comma or a closing brace"));
        assert_eq!(pieces(Dialect::Text, "a=\"1\n2\"}").unwrap(), ["a=1\n2"]);
        assert_eq!(pieces(Dialect::OpenMetrics, "a=\"1\n2\"}"), Err("a closing quote after the label value"));
        assert_eq!(
            pieces(Dialect::Exemplar, r#""a"}"#),
            Err("an equal sign after the exemplar's label name")
        );
    }
}

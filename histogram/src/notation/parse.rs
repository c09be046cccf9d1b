//! Reading one histogram.

use std::fmt;
use std::str::FromStr;

use super::number;
use crate::{CounterResetHint, FloatHistogram, Schema, Side, Span};

/// A histogram in the notation of test scripts.
///
/// ```
/// use emberdb_histogram::HistogramNotation;
///
/// let (found, rest) = HistogramNotation::parse_prefix("{{count:3 buckets:[1 2] counter_reset_hint:gauge}} 7")?;
/// assert_eq!(found.histogram.to_string(), "{count:3, sum:0, (0.5,1]:1, (1,2]:2}");
/// assert!(found.names_hint);
/// assert_eq!(rest, " 7");
/// # Ok::<(), emberdb_histogram::NotationError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramNotation {
    /// The histogram. It may be any nonsense: nothing is checked.
    pub histogram: FloatHistogram,
    /// Whether the text names a counter reset hint; if not, scripts do not compare it.
    pub names_hint: bool,
}

/// Why a text is not a histogram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotationError {
    /// Where, in bytes from the start of the text.
    pub offset: usize,
    /// What is wrong there.
    pub message: String,
}

impl std::error::Error for NotationError {}

impl fmt::Display for NotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl FromStr for FloatHistogram {
    type Err = NotationError;

    /// Reads a histogram in the notation of test scripts, which must be the whole text.
    fn from_str(text: &str) -> Result<Self, NotationError> {
        let (notation, rest) = HistogramNotation::parse_prefix(text)?;
        if rest.is_empty() {
            Ok(notation.histogram)
        } else {
            let message = format!("unexpected {rest:?} behind the histogram");
            Err(NotationError { offset: text.len() - rest.len(), message })
        }
    }
}

impl HistogramNotation {
    /// Reads a histogram at the start of a text, and returns it with what follows.
    ///
    /// # Errors
    /// If there is none.
    pub fn parse_prefix(text: &str) -> Result<(Self, &str), NotationError> {
        let mut reader = Reader { text, rest: text };
        let histogram = reader.histogram()?;
        Ok((histogram, reader.rest))
    }
}

/// What can be said about a histogram, in the order in which it is used.
#[derive(Default)]
struct Items {
    seen: Vec<&'static str>,
    histogram: FloatHistogram,
    positive: Buckets,
    negative: Buckets,
}

#[derive(Default)]
struct Buckets {
    offset: i32,
    counts: Vec<f64>,
}

impl Buckets {
    /// All buckets are one span.
    fn into_side(self) -> Side<f64> {
        let span = Span { offset: self.offset, length: self.counts.len() as u32 };
        let spans = if self.counts.is_empty() { Vec::new() } else { vec![span] };
        Side { spans, buckets: self.counts }
    }
}

const KEYS: [&str; 11] = [
    "schema",
    "sum",
    "count",
    "z_bucket",
    "z_bucket_w",
    "custom_values",
    "buckets",
    "offset",
    "n_buckets",
    "n_offset",
    "counter_reset_hint",
];

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn histogram(&mut self) -> Result<HistogramNotation, NotationError> {
        if !self.accept("{{") {
            return self.refuse("expected \"{{\"".to_owned());
        }
        let mut items = Items::default();
        let mut has_space = self.accept_spaces();
        while !self.accept("}}") {
            // Items are kept apart by spaces, but none is before the first.
            if has_space == items.seen.is_empty() {
                return self.unexpected();
            }
            self.item(&mut items)?;
            has_space = self.accept_spaces();
        }
        let Items { seen, mut histogram, positive, negative } = items;
        (histogram.positive, histogram.negative) = (positive.into_side(), negative.into_side());
        Ok(HistogramNotation { histogram, names_hint: seen.contains(&"counter_reset_hint") })
    }

    fn item(&mut self, items: &mut Items) -> Result<(), NotationError> {
        let start = self.rest;
        let word = self.word();
        if word.is_empty() {
            return self.unexpected();
        }
        let Some(key) = KEYS.into_iter().find(|key| word.eq_ignore_ascii_case(key)) else {
            self.rest = start;
            return self.refuse(format!("bad histogram descriptor found: {word:?}"));
        };
        if !self.accept(":") {
            return self.refuse("missing `:` for histogram descriptor".to_owned());
        }
        if items.seen.contains(&key) {
            self.rest = start;
            return self.refuse(format!("duplicate key \"{key}\" in histogram"));
        }
        items.seen.push(key);
        let histogram = &mut items.histogram;
        match key {
            "schema" => histogram.schema = Schema::new(self.integer()?),
            "sum" => histogram.sum = self.signed_number()?,
            "count" => histogram.count = self.signed_number()?,
            "z_bucket" => histogram.zero_count = self.signed_number()?,
            "z_bucket_w" => histogram.zero_threshold = self.number()?,
            "custom_values" => histogram.custom_values = Some(self.list()?.into()),
            "buckets" => items.positive.counts = self.list()?,
            "offset" => items.positive.offset = self.integer()?,
            "n_buckets" => items.negative.counts = self.list()?,
            "n_offset" => items.negative.offset = self.integer()?,
            _ => histogram.counter_reset_hint = self.hint()?,
        }
        Ok(())
    }

    fn hint(&mut self) -> Result<CounterResetHint, NotationError> {
        let start = self.rest;
        let word = self.word();
        match CounterResetHint::from_name(word) {
            Some(hint) => Ok(hint),
            None => {
                self.rest = start;
                self.refuse(format!("bad histogram descriptor found: {word:?}"))
            }
        }
    }

    /// `[1 2 3]`
    fn list(&mut self) -> Result<Vec<f64>, NotationError> {
        if !self.accept("[") {
            return self.unexpected();
        }
        let mut numbers = vec![self.signed_number()?];
        loop {
            let has_space = self.accept_spaces();
            if self.accept("]") {
                return Ok(numbers);
            }
            if !has_space {
                return self.unexpected();
            }
            numbers.push(self.signed_number()?);
        }
    }

    fn signed_number(&mut self) -> Result<f64, NotationError> {
        if self.accept("-") { Ok(-self.number()?) } else { self.number() }
    }

    fn number(&mut self) -> Result<f64, NotationError> {
        let (text, rest) = self.rest.split_at(number::length(self.rest));
        if text.is_empty() {
            return self.unexpected();
        }
        let Some(number) = number::value(text) else {
            return self.refuse(format!("bad number syntax: {text:?}"));
        };
        self.rest = rest;
        Ok(number)
    }

    /// Beyond 32 bits it wraps around, as upstream's does.
    fn integer(&mut self) -> Result<i32, NotationError> {
        let is_negative = self.accept("-");
        let (digits, rest) = self.rest.split_at(number::length(self.rest));
        if digits.is_empty() {
            return self.unexpected();
        }
        let Some(magnitude) = digits.parse::<u64>().ok().filter(|_| !digits.starts_with('+')) else {
            return self.refuse(format!("bad number syntax: {digits:?}"));
        };
        self.rest = rest;
        let value = magnitude as i64;
        Ok(if is_negative { value.wrapping_neg() } else { value } as i32)
    }

    /// Letters and underscores.
    fn word(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn accept(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn accept_spaces(&mut self) -> bool {
        let rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let has_space = rest.len() < self.rest.len();
        self.rest = rest;
        has_space
    }

    fn unexpected<T>(&self) -> Result<T, NotationError> {
        match self.rest.chars().next() {
            Some(' ' | '\t' | '\n' | '\r') => self.refuse("unexpected \" \" in series values".to_owned()),
            Some(found) => self.refuse(format!("histogram description incomplete unexpected: {found:?}")),
            None => self.refuse("unexpected end of the histogram description".to_owned()),
        }
    }

    fn refuse<T>(&self, message: String) -> Result<T, NotationError> {
        Err(NotationError { offset: self.text.len() - self.rest.len(), message })
    }
}

#[cfg(test)]
mod tests {
    use super::HistogramNotation;
    use crate::{CounterResetHint, FloatHistogram};

    #[test]
    fn every_key() {
        let text = "{{schema:1 sum:-0.3 count:3.1 z_bucket:7.1 z_bucket_w:0.05 buckets:[5.1 10  7 ] offset:-3 \
                    n_buckets:[4.1 -5] N_OFFSET:5 custom_values:[1 Inf] counter_reset_hint:gauge  }}";
        let found: FloatHistogram = text.parse().unwrap();
        assert_eq!((found.schema.number(), found.sum, found.count), (1, -0.3, 3.1));
        assert_eq!((found.zero_count, found.zero_threshold), (7.1, 0.05));
        assert_eq!(
            (found.positive.spans[0].offset, &found.positive.buckets[..]),
            (-3, &[5.1, 10.0, 7.0][..])
        );
        assert_eq!((found.negative.spans[0].offset, &found.negative.buckets[..]), (5, &[4.1, -5.0][..]));
        assert_eq!(found.custom_bounds(), [1.0, f64::INFINITY]);
        assert_eq!(found.counter_reset_hint, CounterResetHint::Gauge);
    }

    #[test]
    fn what_is_not_a_histogram() {
        for (text, offset, message) in [
            ("{", 0, "expected \"{{\""),
            ("{{schema :1}}", 8, "missing `:` for histogram descriptor"),
            ("{{schema: 1}}", 9, "unexpected \" \" in series values"),
            ("{{buckets:[ 1]}}", 11, "unexpected \" \" in series values"),
            ("{{buckets:[]}}", 11, "histogram description incomplete unexpected: ']'"),
            ("{{counter_reset_hint:foo}}", 21, "bad histogram descriptor found: \"foo\""),
            ("{{foo:1}}", 2, "bad histogram descriptor found: \"foo\""),
            ("{{sum:1 sum:2}}", 8, "duplicate key \"sum\" in histogram"),
            ("{{sum:1count:2}}", 6, "bad number syntax: \"1count\""),
            ("{{sum:1e999}}", 6, "bad number syntax: \"1e999\""),
            ("{{schema:1.5}}", 9, "bad number syntax: \"1.5\""),
            ("{{ sum:1}}", 3, "histogram description incomplete unexpected: 's'"),
            ("{{sum:1", 7, "unexpected end of the histogram description"),
            ("{{buckets:[1", 12, "unexpected end of the histogram description"),
            ("{{}}}", 4, "unexpected \"}\" behind the histogram"),
        ] {
            let error = text.parse::<FloatHistogram>().unwrap_err();
            assert_eq!((error.offset, error.message.as_str()), (offset, message), "{text}");
        }
    }

    #[test]
    fn nothing_is_said_of_an_empty_one() {
        for text in ["{{}}", "{{ }}"] {
            let (found, rest) = HistogramNotation::parse_prefix(text).unwrap();
            assert_eq!(found.histogram, FloatHistogram::default());
            assert!(!found.names_hint && rest.is_empty());
        }
    }
}

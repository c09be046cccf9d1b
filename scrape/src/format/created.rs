//! Start timestamps: what a `_created` line says about the other lines of its metric.
//!
//! ```text
//! requests_total{code="200"} 17
//! requests_created{code="200"} 1520872607.123     belongs to the line before: same family, same labels
//! ```
//!
//! The `_created` line usually follows the lines that it is about, so it is looked for ahead, but no further than the
//! family goes. What was found ahead stays valid until the parser gets there, so that each line is looked at twice at
//! most. As upstream, only the nearest `_created` line ahead is considered: one that stands first in its family is lost.

use emberdb_model::MetricType;

use super::entry::{Entry, Metric};
use super::lex::{Braces, Cursor, Dialect, Piece};
use super::number::seconds_to_ms;
use super::openmetrics::Lines;

const SUFFIX: &[u8] = b"_created";

impl Lines<'_> {
    /// Whether the series only tells when others began.
    pub(super) fn is_created(&self, metric: &Metric<'_>) -> bool {
        self.has_start() && raw_name(metric).ends_with(SUFFIX)
    }

    fn has_start(&self) -> bool {
        matches!(self.metric_type, MetricType::Counter | MetricType::Histogram | MetricType::Summary)
    }
}

/// What is known of `_created` lines around the parser's place.
#[derive(Clone, Debug, Default)]
pub(super) struct CreatedLines<'a> {
    /// The newest line that matched; it also tells about lines of the same metric behind it.
    matched: Option<Created<'a>>,
    ahead: Option<Ahead<'a>>,
}

#[derive(Clone, Debug)]
struct Created<'a> {
    key: Key<'a>,
    start_timestamp_ms: i64,
}

#[derive(Clone, Debug)]
struct Ahead<'a> {
    /// Where the line stands, or where the family ends without one.
    at: usize,
    created: Option<Created<'a>>,
}

/// What the lines of one metric share: family name and labels, but for the bucket's or quantile's own.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key<'a> {
    name: &'a [u8],
    labels: Vec<(&'a str, &'a str)>,
}

impl<'a> CreatedLines<'a> {
    /// When the series that `lines` just read began, if a `_created` line tells.
    pub(super) fn start_timestamp_ms(&mut self, lines: &Lines<'a>, metric: &Metric<'a>) -> Option<i64> {
        if !lines.has_start() {
            return None;
        }
        let name = raw_name(metric).get(..lines.family_name_len)?;
        let key = key(name, metric, lines.metric_type);
        if let Some(created) = self.matched.as_ref().filter(|created| created.key == key) {
            return Some(created.start_timestamp_ms);
        }
        let stale = self.ahead.as_ref().is_none_or(|ahead| ahead.at < lines.cursor.at);
        if stale {
            self.ahead = Some(look_ahead(*lines));
        }
        let ahead = self.ahead.as_ref().and_then(|ahead| ahead.created.as_ref());
        self.matched = ahead.filter(|created| created.key == key && created.start_timestamp_ms != 0).cloned();
        self.matched.as_ref().map(|created| created.start_timestamp_ms)
    }
}

/// The next `_created` line of the family.
fn look_ahead(mut lines: Lines<'_>) -> Ahead<'_> {
    let metric_type = lines.metric_type;
    loop {
        let at = lines.cursor.at;
        let Ok(Some(Entry::Series(series))) = lines.entry() else { return Ahead { at, created: None } };
        if let Some(name) = raw_name(&series.metric).strip_suffix(SUFFIX) {
            let key = key(name, &series.metric, metric_type);
            let start_timestamp_ms = seconds_to_ms(series.value);
            return Ahead { at, created: Some(Created { key, start_timestamp_ms }) };
        }
    }
}

/// The metric name as it is spelled, without its quotes.
fn raw_name<'a>(metric: &Metric<'a>) -> &'a [u8] {
    let mut cursor = Cursor::new(metric.text);
    let name = cursor.take_metric_name();
    if !name.is_empty() {
        return cursor.slice(name);
    }
    cursor.take(b"{");
    let mut braces = Braces::new(Dialect::OpenMetrics, false);
    while let Ok(Some(piece)) = braces.next(&mut cursor) {
        if let Piece::MetricName(name) = piece {
            return name.as_bytes();
        }
    }
    b""
}

fn key<'a>(name: &'a [u8], metric: &Metric<'a>, metric_type: MetricType) -> Key<'a> {
    let own = match metric_type {
        MetricType::Histogram => Some(emberdb_model::BUCKET_LABEL),
        MetricType::Summary => Some(emberdb_model::QUANTILE_LABEL),
        _ => None,
    };
    let mut labels = Vec::new();
    let mut cursor = Cursor::new(metric.text);
    let named = !cursor.take_metric_name().is_empty();
    if cursor.take(b"{") {
        let mut braces = Braces::new(Dialect::OpenMetrics, named);
        while let Ok(Some(piece)) = braces.next(&mut cursor) {
            match piece {
                Piece::Label(label, value) if own != Some(label) => labels.push((label, value)),
                Piece::Label(..) | Piece::MetricName(_) => {}
            }
        }
    }
    Key { name, labels }
}

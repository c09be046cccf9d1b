//! Either parser, chosen by the response's format.

use super::content_type::ExpositionFormat;
use super::entry::{BoundLabel, Entry, Series};
use super::error::ParseError;
use super::{OpenMetricsParser, TextParser};

/// How to read an exposition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParserOptions {
    /// OpenMetrics: do not yield the `_created` lines of counters, histograms and summaries, but give what they say to
    /// the other lines as [`Series::start_timestamp_ms`].
    pub start_timestamps: bool,
}

/// A parser of either text format.
#[derive(Clone, Debug)]
pub enum Parser<'a> {
    /// Prometheus text.
    Text(TextParser<'a>),
    /// OpenMetrics text.
    OpenMetrics(OpenMetricsParser<'a>),
}

impl<'a> Parser<'a> {
    /// A parser of `body`, or none if the format is not text.
    #[must_use]
    pub fn new(format: ExpositionFormat, body: &'a [u8], options: ParserOptions) -> Option<Self> {
        match format {
            ExpositionFormat::PrometheusText => Some(Self::Text(TextParser::new(body))),
            ExpositionFormat::OpenMetricsText => {
                Some(Self::OpenMetrics(OpenMetricsParser::with_options(body, options)))
            }
            ExpositionFormat::Protobuf => None,
        }
    }

    pub(crate) fn bound_label(&self) -> BoundLabel {
        match self {
            Self::Text(parser) => parser.bound_label(),
            Self::OpenMetrics(parser) => parser.bound_label(),
        }
    }

    pub(crate) fn next_known(&mut self, metric: &[u8]) -> Option<Result<Series<'a>, ParseError>> {
        match self {
            Self::Text(parser) => parser.next_known(metric),
            Self::OpenMetrics(parser) => parser.next_known(metric),
        }
    }
}

impl<'a> Iterator for Parser<'a> {
    type Item = Result<Entry<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Text(parser) => parser.next(),
            Self::OpenMetrics(parser) => parser.next(),
        }
    }
}

//! Readers of exposition text: bytes in, [`Entry`] by [`Entry`] out, nothing copied.
//!
//! - [`content_type`](negotiate): which format a response is in.
//! - [`TextParser`] and [`OpenMetricsParser`]: one iterator for each format; [`Parser`] is either.
//! - [`Entry`] and its [`Series`]: what they yield. Labels are read from a series' text when someone asks for them.
//! - [`ParseError`]: line, column, what was found and what was expected.
//! - `lex`: names, quoted strings and braces, shared by both; `number`: values, times and `le` in their one spelling.

mod content_type;
mod created;
mod entry;
mod error;
mod lex;
mod number;
mod openmetrics;
mod parser;
mod text;

pub use content_type::{ContentTypeError, ExpositionFormat, Negotiated, negotiate};
pub use entry::{Entry, Exemplar, Help, LabelPairs, Metric, Series};
pub use error::ParseError;
pub use openmetrics::OpenMetricsParser;
pub use parser::{Parser, ParserOptions};
pub use text::TextParser;

pub(crate) use entry::BoundLabel;

//! The vocabulary that all other crates share.
//!
//! - [`Labels`] name a series; inside the database strings are [`Symbol`]s of a [`SymbolTable`] and a label set is a
//!   slice of [`Label`] pairs, shown as text through [`LabelsRef`].
//! - [`Matcher`] selects series by a label, with Prometheus' regular expressions ([`AnchoredRegex`]).
//! - [`RelabelRule`] rewrites a label set, or drops what it names.
//! - [`SampleColumns`] hold a series' samples, time and value in two columns, start timestamps in a third where the storage
//!   knows them, native histograms beside them in [`HistogramColumns`]. [`SampleValue`] is what one of them holds.
//! - [`Metadata`] say what a metric is for; an [`Exemplar`] is an example of what a series counted.
//! - [`storage`] has the seams: what the query engine asks of a storage, and what writers append to.
//! - [`is_stale`] and [`STALE_NAN`]: the marker that ends a series.
//! - [`number`]: floats as upstream prints them. [`math`]: functions of floats, to upstream's last bit.
//! - [`Annotations`]: warnings and infos that come with an answer.
//!
//! ```
//! use emberdb_model::{Labels, MatchOp, Matcher};
//!
//! let labels = Labels::new([("__name__", "up"), ("job", "api")])?;
//! let matcher = Matcher::new(MatchOp::Regex, "job", "api|web")?;
//! assert!(matcher.matches(labels.get("job").unwrap_or("")));
//! assert_eq!(labels.to_string(), r#"up{job="api"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod annotation;
mod batch;
mod exemplar;
mod labels;
mod matcher;
pub mod math;
mod metadata;
pub mod number;
mod relabel;
mod sample;
mod staleness;
pub mod storage;
mod time;

pub use annotation::{Annotation, AnnotationKind, Annotations};
pub use batch::{HistogramColumns, SampleColumns};
pub use exemplar::{EXEMPLAR_CHARACTERS_MAX, Exemplar, SeriesExemplars};
pub use labels::{
    BUCKET_LABEL, Label, LabelError, Labels, LabelsBuilder, LabelsRef, METRIC_NAME, QUANTILE_LABEL, Symbol,
    SymbolTable, is_legacy_label_name, is_legacy_metric_name, write_quoted,
};
pub use matcher::{AnchoredRegex, MatchOp, Matcher, MatcherError};
pub use metadata::{Metadata, MetricMetadata, MetricType};
pub use relabel::{RelabelAction, RelabelConfig, RelabelError, RelabelRule, relabel};
pub use sample::{Sample, SampleValue, SeriesRef};
pub use staleness::{NORMAL_NAN, STALE_NAN, is_stale};
pub use time::TimeRange;

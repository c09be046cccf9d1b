//! What goes into a target and what comes out: a response, and the report of what became of it.

use std::time::Duration;

use emberdb_model::LabelError;
use emberdb_model::storage::AppendError;

use crate::format::{ContentTypeError, ExpositionFormat, ParseError};

/// A response that was fetched in full.
#[derive(Clone, Copy, Debug)]
pub struct Scrape<'a> {
    /// The `Content-Type` header, empty if there was none.
    pub content_type: &'a str,
    /// The body, decompressed.
    pub body: &'a [u8],
    /// How long it took to fetch.
    pub duration: Duration,
}

/// What became of a scrape. All of it is stored, also of one that failed: then markers and `up 0` are.
#[derive(Debug, Default)]
#[must_use = "a scrape that failed is reported here, not as an error"]
pub struct ScrapeReport {
    /// Why the scrape failed; none if the target is up.
    pub error: Option<ScrapeError>,
    /// The `Content-Type` was of no use, and the fallback was used.
    pub warning: Option<ContentTypeError>,
    /// Samples in the body, as far as it was read.
    pub samples_scraped: usize,
    /// Of those, the ones that were not dropped by relabelling; refused ones are among them.
    pub samples_post_metric_relabeling: usize,
    /// Series that the target did not have at the scrape before.
    pub series_added: usize,
    /// Samples skipped because their series has a newer one.
    pub samples_out_of_order: usize,
    /// Samples skipped because their series has one of the same time, in this body or before.
    pub samples_duplicate: usize,
    /// Samples skipped because they are too old for the storage, or more than ten minutes ahead of the scrape.
    pub samples_out_of_bounds: usize,
    /// Exemplars skipped because their series has a newer one.
    pub exemplars_out_of_order: usize,
    /// Staleness markers written.
    pub stale_markers: usize,
}

impl ScrapeReport {
    /// Whether the scrape succeeded: what `up` says.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.error.is_none()
    }
}

/// Why a scrape failed. Nothing of its body was stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScrapeError {
    /// There was no response, says whoever asked for it.
    #[error("{0}")]
    Failed(String),
    /// The response has an empty body.
    #[error("the body is empty")]
    EmptyBody,
    /// The body is larger than [`crate::TargetOptions::body_size_limit`].
    #[error("body size limit exceeded: {bytes} bytes, at most {limit} are taken")]
    BodySize {
        /// The limit.
        limit: usize,
        /// What came.
        bytes: usize,
    },
    /// The format is not known.
    #[error(transparent)]
    ContentType(#[from] ContentTypeError),
    /// The format is known but there is no reader of it.
    #[error("cannot read {0}: have the target send text/plain or application/openmetrics-text")]
    UnreadFormat(ExpositionFormat),
    /// The body is malformed at a place.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The labels of a line do not name a series.
    #[error("invalid labels in {line:?}: {reason}")]
    Labels {
        /// The line up to its value.
        line: String,
        /// What is wrong with them.
        reason: LabelError,
    },
    /// A line has an empty metric name.
    #[error("the metric name is missing in {line:?}")]
    MetricName {
        /// The line up to its value.
        line: String,
    },
    /// More samples than [`crate::TargetOptions::sample_limit`].
    #[error("sample limit exceeded: {samples} samples, at most {limit} are taken")]
    SampleLimit {
        /// The limit.
        limit: usize,
        /// What came.
        samples: usize,
    },
    /// More labels than [`crate::TargetOptions::label_limit`].
    #[error("label limit exceeded: {labels} labels in {series}, at most {limit} are taken")]
    LabelLimit {
        /// The limit.
        limit: usize,
        /// What came.
        labels: usize,
        /// The series.
        series: String,
    },
    /// A name longer than [`crate::TargetOptions::label_name_length_limit`].
    #[error("label name length limit exceeded: {name:?} has {} bytes in {series}, at most {limit} are taken", .name.len())]
    LabelNameLength {
        /// The limit in bytes.
        limit: usize,
        /// The name.
        name: String,
        /// The series.
        series: String,
    },
    /// A value longer than [`crate::TargetOptions::label_value_length_limit`].
    #[error(
        "label value length limit exceeded: {name:?} has a value of {bytes} bytes in {series}, at most {limit} are taken"
    )]
    LabelValueLength {
        /// The limit in bytes.
        limit: usize,
        /// The label's name.
        name: String,
        /// Length of its value.
        bytes: usize,
        /// The series.
        series: String,
    },
    /// The storage refused a sample for a reason that concerns all of them.
    #[error("cannot append {series}: {reason}")]
    Append {
        /// The series.
        series: String,
        /// The storage's reason.
        reason: AppendError,
    },
}

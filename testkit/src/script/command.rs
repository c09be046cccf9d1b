//! What a script tells to do.

use emberdb_histogram::HistogramNotation;
use emberdb_model::{Labels, SampleValue};
use regex::Regex;

/// One command and the line that it begins on, from 1.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) line: usize,
    pub(super) action: Action,
}

#[derive(Clone, Debug)]
pub(super) enum Action {
    Clear,
    Load(Load),
    Eval(Box<Eval>),
}

/// A series to load.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptSeries {
    /// Its labels.
    pub labels: Labels,
    /// Its samples in time order, each with its time in milliseconds. Native histograms are as they are appended; what
    /// their hints say when they are read is for [`ScriptStorage`](super::ScriptStorage).
    pub samples: Vec<(i64, SampleValue)>,
    /// Its histograms are stored as integer histograms; their counts are whole.
    pub counts_whole: bool,
    /// Since when each sample counts, in milliseconds, 0 where that is not known; what is missing is not known either.
    pub start_timestamps: Vec<i64>,
}

impl ScriptSeries {
    /// A series whose histograms, if it has some, are float histograms, and of which it is not known since when samples
    /// count.
    #[must_use]
    pub fn new(labels: Labels, samples: Vec<(i64, SampleValue)>) -> Self {
        Self { labels, samples, counts_whole: false, start_timestamps: Vec::new() }
    }
}

/// Data to add.
#[derive(Clone, Debug, Default)]
pub(super) struct Load {
    pub(super) series: Vec<ScriptSeries>,
}

/// A query and what must come of it.
#[derive(Clone, Debug)]
pub(super) struct Eval {
    pub(super) query: String,
    pub(super) when: When,
    pub(super) expected: Expected,
    pub(super) is_ordered: bool,
    /// The query must fail, with a message like this.
    pub(super) fail: Option<TextMatch>,
    /// A line of its own said so, which may come once.
    pub(super) has_fail_line: bool,
    pub(super) warnings: Remarks,
    pub(super) infos: Remarks,
}

/// When a query is evaluated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum When {
    Instant { time_ms: i64 },
    Range { start_ms: i64, end_ms: i64, step_ms: i64 },
}

/// The value that is expected.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    Scalar(f64),
    String(String),
    /// A vector, or the matrix of a range query.
    Series(Vec<ExpectedSeries>),
    /// A range vector whose points lie on a grid.
    RangeVector {
        start_ms: i64,
        step_ms: i64,
        series: Vec<ExpectedSeries>,
    },
}

/// A series, and its value at each step; `None` is no sample.
#[derive(Clone, Debug)]
pub(super) struct ExpectedSeries {
    pub(super) labels: Labels,
    pub(super) values: Vec<Option<NotedValue>>,
}

/// A value in series notation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NotedValue {
    Float(f64),
    /// A native histogram, and whether its counter reset hint is named.
    Histogram(Box<HistogramNotation>),
}

/// What is expected of the annotations of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Remarks {
    /// Each must match one, and each one must be matched.
    pub(super) wanted: Vec<TextMatch>,
    /// There must be none.
    pub(super) is_none: bool,
}

/// A condition on a text.
#[derive(Clone, Debug)]
pub(super) enum TextMatch {
    Exact(String),
    Contains(Regex),
    Any,
}

impl TextMatch {
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(wanted) => wanted == text,
            Self::Contains(regex) => regex.is_match(text),
            Self::Any => !text.contains('\n'),
        }
    }
}

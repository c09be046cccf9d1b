//! What can be wrong with a histogram, in upstream's words.

use std::fmt;

use crate::Schema;
use crate::decimal::{Fixed, General};

/// What is wrong with a histogram, and with which part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramError {
    /// The part that is wrong, if it is one of several alike.
    pub part: Option<HistogramPart>,
    /// What is wrong.
    pub kind: HistogramErrorKind,
}

/// A part of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistogramPart {
    /// Positive buckets.
    Positive,
    /// Negative buckets.
    Negative,
    /// Buckets with custom bounds.
    Custom,
}

/// What is wrong with a histogram. The texts are upstream's.
#[derive(Debug, Clone, PartialEq)]
pub enum HistogramErrorKind {
    /// The buckets hold more observations than there are.
    CountNotBigEnough {
        /// In buckets.
        found: u64,
        /// In all.
        count: u64,
    },
    /// The buckets do not hold all observations, though none was NaN.
    CountMismatch {
        /// In buckets.
        found: u64,
        /// In all.
        count: u64,
    },
    /// There are fewer than no observations.
    NegativeCount(f64),
    /// A bucket has fewer than no observations.
    NegativeBucketCount {
        /// Which, counted from 1; none for the zero bucket.
        bucket: Option<usize>,
        /// As it is printed.
        count: String,
    },
    /// A span begins within the one before.
    SpanNegativeOffset {
        /// Which, counted from 1.
        span: usize,
        /// Its offset.
        offset: i32,
    },
    /// Spans and buckets do not agree.
    SpansBucketsMismatch {
        /// How many buckets the spans have; none if only known to be more.
        needed: Option<usize>,
        /// How many there are.
        found: usize,
    },
    /// There are buckets behind the last bound.
    CustomBoundsMissing {
        /// How many bounds there are.
        bounds: usize,
        /// How many buckets the spans reach over.
        reach: usize,
    },
    /// Bounds are not strictly ascending.
    CustomBoundsUnordered {
        /// A bound.
        previous: f64,
        /// The one behind it.
        current: f64,
    },
    /// The last bound, which nobody needs to name, is named.
    CustomBoundsInfinite,
    /// A bound is not a number.
    CustomBoundsNan,
    /// With custom bounds there is no zero bucket.
    CustomZeroCount,
    /// With custom bounds there is no zero bucket.
    CustomZeroThreshold,
    /// With custom bounds there are no negative buckets.
    CustomNegativeSpans,
    /// With custom bounds there are no negative buckets.
    CustomNegativeBuckets,
    /// An exponential histogram has custom bounds.
    ExponentialWithBounds,
    /// A schema that cannot be calculated with.
    InvalidSchema(Schema),
    /// A schema that cannot even be converted.
    UnknownSchema(Schema),
    /// One of two histograms has custom bounds, the other has not.
    IncompatibleSchemas,
    /// Buckets with custom bounds cannot be merged.
    CannotReduceCustom,
    /// Buckets cannot be merged to custom bounds.
    CannotReduceToCustom,
    /// Buckets cannot be split.
    CannotReduce {
        /// The schema of the histogram.
        from: Schema,
        /// The schema that was asked for.
        to: Schema,
    },
    /// A histogram without custom bounds has no form as a classic one.
    NotCustom,
}

impl HistogramErrorKind {
    /// The error, for a part of the histogram.
    pub(crate) fn of(self, part: HistogramPart) -> HistogramError {
        HistogramError { part: Some(part), kind: self }
    }
}

impl From<HistogramErrorKind> for HistogramError {
    fn from(kind: HistogramErrorKind) -> Self {
        Self { part: None, kind }
    }
}

impl std::error::Error for HistogramError {}

impl fmt::Display for HistogramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Some(HistogramPart::Positive) => f.write_str("positive side: ")?,
            Some(HistogramPart::Negative) => f.write_str("negative side: ")?,
            Some(HistogramPart::Custom) => f.write_str("custom buckets: ")?,
            None => {}
        }
        self.kind.fmt(f)
    }
}

impl fmt::Display for HistogramErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (coarsest, finest, custom) =
            (Schema::COARSEST.number(), Schema::FINEST.number(), Schema::CUSTOM.number());
        match self {
            Self::CountNotBigEnough { found, count } => write!(
                f,
                "{found} observations found in buckets, but the Count field is {count}: histogram's observation count \
                 should be at least the number of observations found in the buckets"
            ),
            Self::CountMismatch { found, count } => write!(
                f,
                "{found} observations found in buckets, but the Count field is {count}: histogram's observation count \
                 should equal the number of observations found in the buckets (in absence of NaN)"
            ),
            Self::NegativeCount(count) => write!(
                f,
                "observation count is  {}: histogram's observation count is negative",
                General(*count)
            ),
            Self::NegativeBucketCount { bucket, count } => {
                match bucket {
                    Some(bucket) => write!(f, "bucket number {bucket}")?,
                    None => f.write_str("zero bucket")?,
                }
                write!(
                    f,
                    " has observation count of {count}: histogram has a bucket whose observation count is negative"
                )
            }
            Self::SpanNegativeOffset { span, offset } => write!(
                f,
                "span number {span} with offset {offset}: histogram has a span whose offset is negative"
            ),
            Self::SpansBucketsMismatch { needed, found } => {
                match needed {
                    Some(needed) => write!(f, "spans need {needed} buckets, have {found} buckets")?,
                    None => write!(f, "have {found} buckets but spans need more")?,
                }
                f.write_str(": histogram spans specify different number of buckets than provided")
            }
            Self::CustomBoundsMissing { bounds, reach } => write!(
                f,
                "only {bounds} custom bounds defined which is insufficient to cover total span length of {reach}: \
                 histogram custom bounds are too few"
            ),
            Self::CustomBoundsUnordered { previous, current } => write!(
                f,
                "previous bound is {} and current is {}: histogram custom bounds must be in strictly increasing order",
                Fixed(*previous),
                Fixed(*current)
            ),
            Self::CustomBoundsInfinite => {
                f.write_str("last +Inf bound must not be explicitly defined: histogram custom bounds must be finite")
            }
            Self::CustomBoundsNan => f.write_str("histogram custom bounds must not be NaN"),
            Self::CustomZeroCount => f.write_str("custom buckets: must have zero count of 0"),
            Self::CustomZeroThreshold => f.write_str("custom buckets: must have zero threshold of 0"),
            Self::CustomNegativeSpans => f.write_str("custom buckets: must not have negative spans"),
            Self::CustomNegativeBuckets => f.write_str("custom buckets: must not have negative buckets"),
            Self::ExponentialWithBounds => {
                f.write_str("histogram with exponential schema must not have custom bounds")
            }
            Self::InvalidSchema(schema) => write!(
                f,
                "histogram has an invalid schema, which must be between {coarsest} and {finest} for exponential \
                 buckets, or {custom} for custom buckets, got schema {}",
                schema.number()
            ),
            Self::UnknownSchema(schema) => write!(
                f,
                "histogram has an unknown schema, which must be between -9 and 52 for exponential buckets, or {custom} \
                 for custom buckets, got schema {}",
                schema.number()
            ),
            Self::IncompatibleSchemas => f.write_str(
                "cannot apply this operation on histograms with a mix of exponential and custom bucket schemas",
            ),
            Self::CannotReduceCustom => f.write_str("cannot reduce resolution when there are custom buckets"),
            Self::CannotReduceToCustom => f.write_str("cannot reduce resolution to custom buckets schema"),
            Self::CannotReduce { from, to } => {
                write!(f, "cannot reduce resolution from schema {} to {}", from.number(), to.number())
            }
            Self::NotCustom => f.write_str("unsupported histogram schema, not a NHCB"),
        }
    }
}

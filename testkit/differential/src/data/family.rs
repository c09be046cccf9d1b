//! What a generator of questions has to know of the data.

/// What the samples of a family are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FamilyKind {
    /// Floats that rise and are reset.
    Counter,
    /// Floats that come and go.
    Gauge,
    /// `_bucket` series of a classic histogram, told apart by `le`.
    ClassicBuckets,
    /// Native histograms that count, with exponential buckets.
    NativeHistogram,
    /// Native histograms that are gauges.
    GaugeHistogram,
    /// Native histograms with custom bounds.
    CustomHistogram,
    /// Floats and native histograms in one series, one after the other.
    Mixed,
    /// Constant 1; its labels are what it tells.
    Info,
}

/// A label of a family, and the values that it has there. An empty value stands for series without the label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelValues {
    /// Any UTF-8.
    pub name: String,
    /// Each once.
    pub values: Vec<String>,
}

/// All series of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// The value of `__name__`; any UTF-8.
    pub name: String,
    /// What its samples are.
    pub kind: FamilyKind,
    /// Without `__name__`; names are any UTF-8.
    pub labels: Vec<LabelValues>,
    /// Of its native histograms some come late, with gaps between their buckets.
    pub has_late_gaps: bool,
}

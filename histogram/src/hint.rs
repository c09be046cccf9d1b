//! What is known about counter resets.

/// What a histogram says about a counter reset between the one before and itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum CounterResetHint {
    /// Nothing: the two have to be compared.
    #[default]
    Unknown,
    /// There was a reset.
    Reset,
    /// There was none.
    NotReset,
    /// The histogram is a gauge: it has no resets.
    Gauge,
}

impl CounterResetHint {
    /// The hint of a sum or difference of two histograms, and whether the two contradict each other.
    #[must_use]
    pub const fn combined(self, other: Self) -> (Self, bool) {
        match (self, other) {
            (Self::Gauge, _) | (_, Self::Gauge) => (Self::Gauge, false),
            (Self::Unknown, _) | (_, Self::Unknown) => (Self::Unknown, false),
            (Self::Reset, Self::Reset) | (Self::NotReset, Self::NotReset) => (self, false),
            (Self::Reset, Self::NotReset) | (Self::NotReset, Self::Reset) => (Self::Unknown, true),
        }
    }

    /// The word for it in the notation of test scripts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Reset => "reset",
            Self::NotReset => "not_reset",
            Self::Gauge => "gauge",
        }
    }

    /// The hint that has this [`name`](Self::name), in small or capital letters.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Unknown, Self::Reset, Self::NotReset, Self::Gauge]
            .into_iter()
            .find(|hint| name.eq_ignore_ascii_case(hint.name()))
    }
}

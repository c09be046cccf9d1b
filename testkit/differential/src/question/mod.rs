//! What is asked.

/// When a query is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    Instant { time_ms: i64 },
    Range { start_ms: i64, end_ms: i64, step_ms: i64 },
}

/// Where a question comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The generator; meant to be valid.
    Generated,
    /// The generator; wrong on purpose.
    Wrong,
    /// The list of queries in the style of rule and dashboard files.
    Dashboard,
    /// The query list of Prometheus' compliance tests.
    Compliance,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    pub query: String,
    pub when: When,
    pub origin: Origin,
}

//! What is asked.

mod dashboards;

pub use dashboards::{dashboard_families, dashboards};

/// When a query is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// At one time.
    Instant {
        /// The time in milliseconds since the epoch.
        time_ms: i64,
    },
    /// At each step from the start to the end, both included.
    Range {
        /// The first step, in milliseconds since the epoch.
        start_ms: i64,
        /// No step is later, in milliseconds since the epoch.
        end_ms: i64,
        /// From one step to the next, in milliseconds.
        step_ms: i64,
    },
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
    /// The PromQL.
    pub query: String,
    /// The times that it is evaluated at.
    pub when: When,
    /// Whose idea it was.
    pub origin: Origin,
}

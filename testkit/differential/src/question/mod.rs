//! What is asked.

mod dashboards;
mod generator;
mod random;
mod when;

pub use dashboards::{dashboard_families, dashboards};
pub use generator::Generator;
pub use when::{Span, When};

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

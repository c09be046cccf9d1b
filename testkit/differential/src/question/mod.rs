//! What is asked.
//!
//! * [`Generator`]: random questions, most of them valid and with an answer
//! * [`dashboards`]: queries in the style of rule and dashboard files
//! * [`compliance`]: the queries of Prometheus' compliance tests
//! * [`smaller`]: what to ask next while a difference is narrowed down

pub(crate) mod children;
mod compliance;
mod dashboards;
mod generator;
mod random;
mod smaller;
mod when;

pub use compliance::{ComplianceError, ComplianceQuery, compliance};
pub use dashboards::{dashboard_families, dashboards};
pub use generator::Generator;
pub use smaller::smaller;
pub use when::{Span, When};

use random::Random;

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

impl Question {
    /// A query at a time, or over a range, that the seed chooses.
    #[must_use]
    pub fn at_random(query: String, origin: Origin, seed: u64, span: Span) -> Self {
        Self { query, when: span.when(&mut Random::new(seed)), origin }
    }
}

//! How the API behaves.

use std::time::Duration;

/// Options of [`router`](crate::router). The default is that of a Prometheus server.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// At most so many queries are evaluated at the same time; others wait, which counts towards their timeout.
    pub concurrent_queries_max: usize,
    /// How long a query may take, waiting included. A request may ask for less.
    pub timeout: Duration,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self { concurrent_queries_max: 20, timeout: Duration::from_secs(120) }
    }
}

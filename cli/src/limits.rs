//! What the queries of a server may take, by the names and in the words of Prometheus' flags.

use std::time::Duration;

use clap::Args;
use emberdb::EngineOptions;

use crate::quantity::{parse_duration, parse_positive_ms};

/// Limits of queries.
#[derive(Args)]
pub(crate) struct LimitArgs {
    /// How far queries look back for a sample.
    #[arg(
        long = "query.lookback-delta",
        value_name = "DURATION",
        value_parser = parse_positive_ms,
        default_value = "5m",
    )]
    lookback_ms: i64,
    /// How many samples one query may hold in memory.
    #[arg(long = "query.max-samples", value_name = "NUMBER", default_value_t = 50_000_000)]
    samples_max: usize,
    /// How long a query may take, waiting included.
    #[arg(long = "query.timeout", value_name = "DURATION", value_parser = parse_duration, default_value = "2m")]
    timeout: Duration,
    /// How many queries are evaluated at the same time; others wait.
    #[arg(long = "query.max-concurrency", value_name = "NUMBER", value_parser = parse_concurrency, default_value = "20")]
    concurrent_queries_max: usize,
}

impl LimitArgs {
    /// Puts the limits into `options`.
    pub(crate) fn apply(&self, options: &mut EngineOptions) {
        options.lookback_ms = self.lookback_ms;
        options.samples_max = self.samples_max;
        options.timeout = self.timeout;
    }

    /// How many queries are evaluated at the same time.
    pub(crate) fn concurrent_queries_max(&self) -> usize {
        self.concurrent_queries_max
    }
}

/// More queries at once than there can be threads for them help nobody, and semaphores count only so far.
fn parse_concurrency(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=100_000) => Ok(number),
        _ => Err("expected a number from 1 to 100000".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_at_once_are_a_number_from_one() {
        assert_eq!(parse_concurrency("20"), Ok(20));
        assert!(parse_concurrency("0").is_err() && parse_concurrency("x").is_err());
    }
}

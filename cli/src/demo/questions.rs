//! What the demonstration asks.

use emberdb::{Db, QueryError, QueryResult};

use super::captures::{BATCH_METRIC, Captures};
use super::{Stage, heading, in_ms};
use crate::time::show;
use crate::{Outcome, output};

/// The captured targets were scraped so often.
const STEP_MS: i64 = 15_000;

/// The share of requests that may fail: 99 % shall succeed.
const ERROR_BUDGET: f64 = 0.01;

/// An alert that pages: at this rate two percent of a month's budget are gone in an hour.
const PAGING_BURN_RATE: f64 = 14.4;

/// Asks all questions and prints their answers.
pub(super) fn ask(stage: &Stage, db: &Db, captures: &Captures) -> Outcome {
    let asker = Asker { stage, db, captures };
    asker.targets()?;
    asker.cpu_plot()?;
    asker.latency()?;
    asker.burn_rate()?;
    asker.vanished_target()?;
    asker.staleness()
}

struct Asker<'a> {
    stage: &'a Stage,
    db: &'a Db,
    captures: &'a Captures,
}

impl Asker<'_> {
    fn targets(&self) -> Outcome {
        heading("Which targets are up at the end?")?;
        self.show_instant("up", self.captures.end_ms)?;
        heading("How many requests did Prometheus answer, by status code?")?;
        self.show_instant("sum by (code) (prometheus_http_requests_total)", self.captures.end_ms)
    }

    fn cpu_plot(&self) -> Outcome {
        heading("How busy was the machine?")?;
        let query =
            r#"sum by (mode) (rate(node_cpu_seconds_total{instance="node-a", mode=~"user|system"}[1m]))"#;
        let result = self.range(query)?;
        out!("{}", output::plot(&result.value)?)?;
        Ok(())
    }

    fn latency(&self) -> Outcome {
        heading("How long did the slowest percent of Alertmanager's requests take?")?;
        let query = r#"histogram_quantile(0.99, sum by (le) (rate(alertmanager_http_request_duration_seconds_bucket{handler="/alerts"}[5m])))"#;
        let result = self.range(query)?;
        out!("{}", output::plot(&result.value)?)?;
        Ok(())
    }

    /// Multi-window burn rate, after the SRE workbook, with windows that fit into twenty minutes.
    fn burn_rate(&self) -> Outcome {
        heading("When did Prometheus burn its error budget so fast that someone should have been paged?")?;
        let burn = |window: &str| {
            format!(
                r#"(sum(rate(prometheus_http_requests_total{{code=~"4..|5.."}}[{window}])) / sum(rate(prometheus_http_requests_total[{window}])) / {ERROR_BUDGET})"#
            )
        };
        let (long, short) = (burn("5m"), burn("1m"));
        let result = self.range(&format!("{long} > {PAGING_BURN_RATE} and {short} > {PAGING_BURN_RATE}"))?;
        let matrix = result.value.as_matrix();
        let points: Vec<(i64, f64)> = matrix
            .into_iter()
            .flat_map(emberdb::promql::Matrix::iter)
            .flat_map(|s| s.points.iter())
            .collect();
        let fastest = points.iter().map(|&(_, rate)| rate).fold(0.0, f64::max);
        match (points.first(), points.last()) {
            (Some(&(first, _)), Some(&(last, _))) => outln!(
                "From {} to {}: up to {fastest:.1} times as fast as the budget allows",
                show(first),
                show(last)
            )?,
            _ => outln!("Never")?,
        }
        Ok(())
    }

    fn vanished_target(&self) -> Outcome {
        heading("Is there a target that should be here and is not?")?;
        self.show_instant(r#"absent(up{job="node", instance="node-b"})"#, self.captures.end_ms)
    }

    fn staleness(&self) -> Outcome {
        let marker_ms = self.captures.batch_vanished_ms;
        heading("A series that vanished: one millisecond before its staleness marker, and at it")?;
        self.show_instant(BATCH_METRIC, marker_ms - 1)?;
        self.show_instant(BATCH_METRIC, marker_ms)?;
        outln!("Without the marker the old value would have been shown for another five minutes.")?;
        Ok(())
    }

    fn show_instant(&self, query: &str, time_ms: i64) -> Outcome {
        let (result, took) = self.stage.timed(|| self.db.query(query, time_ms));
        let result = result.map_err(|error| error.rendered())?;
        outln!("{query}   at {}, in {}", show(time_ms), in_ms(took))?;
        outln!("{}", result.value.table())?;
        Ok(())
    }

    fn range(&self, query: &str) -> Result<QueryResult, Box<dyn std::error::Error>> {
        let (start_ms, end_ms) = (self.captures.start_ms, self.captures.end_ms);
        let (result, took) = self.stage.timed(|| self.db.query_range(query, start_ms, end_ms, STEP_MS));
        let result = result.map_err(|error: QueryError| error.rendered())?;
        let steps = (end_ms - start_ms) / STEP_MS + 1;
        outln!("{query}   {steps} steps, {} samples read, in {}", result.samples_read, in_ms(took))?;
        Ok(result)
    }
}

//! What a query reads of the data.

use emberdb_differential::data::{DataSample, DataSeries, DataSet};
use emberdb_differential::question::When;
use emberdb_model::{Labels, Matcher};
use emberdb_promql_syntax::{
    At, DurationSpec, Expr, MatrixSelector, ParserOptions, Subquery, VectorSelector, Visitor, parse_with,
    walk_matrix_selector, walk_subquery, walk_vector_selector,
};

use super::settings::LOOKBACK_MS;

/// Which samples.
pub(super) struct Needs {
    selectors: Vec<Vec<Matcher>>,
    /// All that it may look back, forth, or be held at.
    reach_ms: i64,
    pub(super) from_ms: i64,
    to_ms: i64,
    /// Of the whole query.
    step_ms: i64,
    range_ms: i64,
}

impl Needs {
    pub(super) fn of(query: &str, when: When) -> Self {
        let (from_ms, to_ms, step_ms) = match when {
            When::Instant { time_ms } => (time_ms, time_ms, 0),
            When::Range { start_ms, end_ms, step_ms } => (start_ms, end_ms, step_ms),
        };
        let (selectors, reach_ms, range_ms) = (Vec::new(), LOOKBACK_MS, to_ms - from_ms);
        let mut needs = Self { selectors, reach_ms, from_ms, to_ms, step_ms, range_ms };
        if let Ok(expr) = parse_with(query, &ParserOptions::ALL) {
            needs.visit_expr(&expr);
        }
        needs.from_ms -= needs.reach_ms;
        needs.to_ms += needs.reach_ms;
        needs
    }

    /// The series that are selected, with the samples that may be read and were not deleted.
    pub(super) fn read(&self, data: &DataSet) -> Vec<DataSeries> {
        let is_selected = |series: &&DataSeries| {
            self.selectors.iter().any(|matchers| are_matched(matchers, &series.labels))
        };
        let held = |series: &DataSeries| DataSeries {
            labels: series.labels.clone(),
            samples: held(data, series, self),
            exemplars: Vec::new(),
        };
        let all = data.series().iter().filter(is_selected).map(held);
        all.filter(|series| !series.samples.is_empty()).collect()
    }

    fn hold_at(&mut self, at: Option<At>) {
        if let Some(At::Timestamp(ms)) = at {
            (self.from_ms, self.to_ms) = (self.from_ms.min(ms), self.to_ms.max(ms));
        }
    }

    fn reach(&mut self, duration: &DurationSpec) {
        // One that cannot be computed is an error of the query, which reads nothing then.
        self.reach_ms += duration.resolve(self.step_ms, self.range_ms).map_or(0, i64::abs);
    }
}

impl Visitor for Needs {
    fn visit_vector_selector(&mut self, selector: &VectorSelector) {
        self.selectors.push(selector.matchers.clone());
        self.reach(&selector.offset);
        self.hold_at(selector.at);
        walk_vector_selector(self, selector);
    }

    fn visit_matrix_selector(&mut self, matrix: &MatrixSelector) {
        self.reach(&matrix.range);
        walk_matrix_selector(self, matrix);
    }

    fn visit_subquery(&mut self, subquery: &Subquery) {
        self.reach(&subquery.range);
        self.reach(&subquery.offset);
        self.hold_at(subquery.at);
        walk_subquery(self, subquery);
    }
}

fn are_matched(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.matches(labels.get(matcher.name()).unwrap_or_default()))
}

/// The samples of a series that the query may read and that were not deleted.
fn held(data: &DataSet, series: &DataSeries, needs: &Needs) -> Vec<DataSample> {
    let deleted: Vec<(i64, i64)> = data
        .deletions()
        .iter()
        .filter(|deletion| {
            let selector = parse_with(&deletion.selector, &ParserOptions::default());
            matches!(selector, Ok(Expr::VectorSelector(selector)) if are_matched(&selector.matchers, &series.labels))
        })
        .map(|deletion| (deletion.from_ms, deletion.to_ms))
        .collect();
    let is_held = |ms: i64| !deleted.iter().any(|&(from_ms, to_ms)| (from_ms..=to_ms).contains(&ms));
    let is_needed = |ms: i64| (needs.from_ms..=needs.to_ms).contains(&ms);
    let is_read = |sample: &&DataSample| is_needed(sample.time_ms) && is_held(sample.time_ms);
    series.samples.iter().filter(is_read).cloned().collect()
}

//! `info(v, selector)`: the vector with the labels of the info metrics that describe the same thing.

use std::collections::{BTreeMap, BTreeSet};

use emberdb_model::{Labels, METRIC_NAME, MatchOp, Matcher};
use emberdb_promql_syntax::{At, Call, DurationSpec, Expr, VectorSelector, Visitor, walk_expr};

use super::error::NaiveError;
use super::evaluator::{Evaluator, unique};
use super::frame::Frame;
use super::labels::{filter, with};
use super::selector::{Selected, newest_samples, reference_time};
use super::value::{Element, histogram};

/// The labels that say what is described.
const IDENTIFYING_LABELS: [&str; 2] = ["instance", "job"];

/// Info metrics by name and identifying labels.
type InfoSeries = BTreeMap<String, BTreeMap<Labels, Selected>>;

/// The enriched vector.
pub(super) fn eval(
    ev: &Evaluator<'_>,
    call: &Call,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
    let wanted = Wanted::of(call.args.get(1))?;
    let mut described = Vec::new();
    for step_ms in frame.steps() {
        described.extend(ev.vector(&call.args[0], frame, step_ms)?.into_iter().map(|base| base.labels));
    }
    described.retain(|labels| !wanted.is_info(labels));
    let info_series = fetch(ev, &wanted, &described, base_time(ev, &call.args[0], time_ms)?)?;
    let mut elements = Vec::new();
    for base in ev.vector(&call.args[0], frame, time_ms)? {
        if wanted.is_info(&base.labels) {
            elements.push(base);
            continue;
        }
        match enrich(&base.labels, &info_series, &wanted)? {
            Some(labels) => elements.push(Element { labels, ..base }),
            None if wanted.data.iter().all(|m| m.matches("")) => elements.push(base),
            None => {}
        }
    }
    unique(elements)
}

/// What the second argument asks for.
struct Wanted {
    /// Conditions on the info metrics' names.
    names: Vec<Matcher>,
    /// Conditions on their labels, which also say which labels are taken over: all if there is none.
    data: Vec<Matcher>,
}

impl Wanted {
    fn of(selector: Option<&Expr>) -> Result<Self, NaiveError> {
        let matchers = match selector.map(Expr::without_parens) {
            Some(Expr::VectorSelector(selector)) => selector.matchers.clone(),
            _ => Vec::new(),
        };
        let (mut names, data): (Vec<_>, Vec<_>) = matchers.into_iter().partition(|m| m.name() == METRIC_NAME);
        let is_positive = |m: &Matcher| matches!(m.op(), MatchOp::Equal | MatchOp::Regex);
        if names.is_empty() {
            names.push(Matcher::equal(METRIC_NAME, "target_info"));
        } else if !names.iter().any(is_positive) {
            let any_info = Matcher::new(MatchOp::Regex, METRIC_NAME, ".+_info");
            names.push(any_info.map_err(|error| NaiveError::execution(error.to_string()))?);
        }
        Ok(Self { names, data })
    }

    /// Whether a series is itself one of the info metrics.
    fn is_info(&self, labels: &Labels) -> bool {
        self.names.iter().all(|matcher| matcher.matches(labels.get(METRIC_NAME).unwrap_or("")))
    }
}

/// The info series alive at a time. Of two that describe the same thing the one with the newer sample counts.
///
/// Upstream looks only for those whose identifying labels stand, each by itself, in some series that is `described` at
/// any step: what is wrong among others is not seen.
fn fetch(
    ev: &Evaluator<'_>,
    wanted: &Wanted,
    described: &[Labels],
    time_ms: i64,
) -> Result<InfoSeries, NaiveError> {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in described.iter().flat_map(Labels::iter) {
        if IDENTIFYING_LABELS.contains(&name) {
            values.entry(name).or_default().insert(value);
        }
    }
    if values.is_empty() {
        return Ok(InfoSeries::new());
    }
    let is_near = |labels: &Labels| {
        let mut sought = values.iter();
        sought.all(|(name, values)| values.contains(labels.get(name).unwrap_or("")))
    };
    let selector = VectorSelector {
        name: None,
        matchers: wanted.names.iter().chain(&wanted.data).cloned().collect(),
        offset: DurationSpec::ZERO,
        at: Some(At::Timestamp(time_ms)),
        extended_range: None,
        allow_empty_matchers: true,
        span: emberdb_promql_syntax::Span::default(),
    };
    let mut found = InfoSeries::new();
    for series in newest_samples(ev, &selector, Frame::instant(time_ms), time_ms)? {
        if !is_near(&series.labels) {
            continue;
        }
        let name = series.labels.get(METRIC_NAME).unwrap_or("").to_owned();
        let alike = found.entry(name).or_default();
        if histogram(&series.value).is_some() {
            return Err(NaiveError::execution(format!(
                "this should be an info metric, with float samples: {}",
                series.labels
            )));
        }
        let identity = identity(&series.labels);
        if identity.is_empty() {
            continue;
        }
        match alike.get(&identity) {
            Some(other) if other.timestamp_ms == series.timestamp_ms => {
                return Err(NaiveError::execution(format!(
                    "found duplicate series for info metric: existing {} @ {}, new {} @ {}",
                    other.labels.braced(),
                    other.timestamp_ms,
                    series.labels.braced(),
                    series.timestamp_ms
                )));
            }
            Some(other) if other.timestamp_ms > series.timestamp_ms => {}
            _ => {
                alike.insert(identity, series);
            }
        }
    }
    Ok(found)
}

/// The base labels with those of the info series of the same identity; `None` if there is no such series.
fn enrich(base: &Labels, info_series: &InfoSeries, wanted: &Wanted) -> Result<Option<Labels>, NaiveError> {
    let mut added: BTreeMap<String, String> = BTreeMap::new();
    let mut is_described = false;
    let identity = identity(base);
    for series in info_series.values().filter_map(|alike| alike.get(&identity)) {
        is_described = true;
        for (name, value) in series.labels.iter() {
            let is_wanted = wanted.data.is_empty() || wanted.data.iter().any(|m| m.name() == name);
            if name == METRIC_NAME || !is_wanted || base.get(name).is_some() {
                continue;
            }
            if added.insert(name.into(), value.into()).is_some_and(|other| other != value) {
                return Err(NaiveError::execution(format!("conflicting label: {name}")));
            }
        }
    }
    let enriched = added.iter().fold(base.clone(), |labels, (name, value)| with(&labels, name, value));
    Ok(is_described.then_some(enriched))
}

fn identity(labels: &Labels) -> Labels {
    filter(labels, |name| IDENTIFYING_LABELS.contains(&name))
}

/// The time that the first selector within `expr` looks at.
fn base_time(ev: &Evaluator<'_>, expr: &Expr, time_ms: i64) -> Result<i64, NaiveError> {
    struct FirstSelector<'e, 'a> {
        ev: &'e Evaluator<'a>,
        time_ms: i64,
        found: Option<Result<i64, NaiveError>>,
    }
    impl Visitor for FirstSelector<'_, '_> {
        fn visit_expr(&mut self, expr: &Expr) {
            if self.found.is_some() {
                return;
            }
            let Expr::Subquery(node) = expr else { return walk_expr(self, expr) };
            let outside_ms = self.time_ms;
            match reference_time(self.ev, node.at, &node.offset, outside_ms) {
                Ok(time_ms) => self.time_ms = time_ms,
                Err(error) => self.found = Some(Err(error)),
            }
            walk_expr(self, expr);
            self.time_ms = outside_ms;
        }

        fn visit_vector_selector(&mut self, selector: &VectorSelector) {
            if self.found.is_none() {
                self.found = Some(reference_time(self.ev, selector.at, &selector.offset, self.time_ms));
            }
        }
    }
    let mut first = FirstSelector { ev, time_ms, found: None };
    first.visit_expr(expr);
    first.found.unwrap_or(Ok(time_ms))
}

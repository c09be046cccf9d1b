//! `info`: a vector with the labels of info series that describe the same target.

use std::collections::HashMap;
use std::sync::Arc;

use emberdb_model::{Label, LabelsRef, METRIC_NAME, MatchOp, Matcher, MatcherError, Symbol, SymbolTable};

use crate::batch::Column;
use crate::context::QueryContext;
use crate::error::{QueryError, Result};
use crate::operator::exchange::hold;
use crate::operator::series::{set_label, value_of};
use crate::operator::{Held, KnownNames, LabelSetIndex, Members, SeriesLabels, Vector, VectorSource};

/// The labels that say which target a series is of.
const IDENTIFYING: [&str; 2] = ["instance", "job"];

/// What the second argument of `info` asks for.
pub(crate) struct InfoRequest {
    /// Selects the info metrics by name.
    names: Vec<Matcher>,
    /// The labels that are wanted; all of them if there is none.
    data: Vec<Matcher>,
}

impl InfoRequest {
    /// The request of the second argument's matchers; `None` if there is no second argument.
    pub(crate) fn new(matchers: Option<&[Matcher]>) -> std::result::Result<Self, MatcherError> {
        let given = matchers.unwrap_or(&[]).iter().cloned();
        let (mut names, data): (Vec<_>, Vec<_>) = given.partition(|matcher| matcher.name() == METRIC_NAME);
        if names.is_empty() {
            names.push(Matcher::equal(METRIC_NAME, "target_info"));
        } else if names.iter().all(|m| matches!(m.op(), MatchOp::NotEqual | MatchOp::NotRegex)) {
            names.push(Matcher::new(MatchOp::Regex, METRIC_NAME, ".+_info")?);
        }
        Ok(Self { names, data })
    }

    /// What selects the info series.
    pub(crate) fn matchers(&self) -> Vec<Matcher> {
        self.names.iter().chain(&self.data).cloned().collect()
    }

    fn is_info_metric(&self, name: &str) -> bool {
        self.names.iter().all(|matcher| matcher.matches(name))
    }

    fn wants(&self, label: &str) -> bool {
        self.data.is_empty() || self.data.iter().any(|matcher| matcher.name() == label)
    }

    /// Whether a series for which there is no info may stay.
    fn allows_no_info(&self) -> bool {
        self.data.iter().all(|matcher| matcher.matches(""))
    }
}

/// `base` with the labels of `infos`, whose values are the times of the info samples: the newest counts. A histogram among
/// them is an error.
pub(crate) fn info(
    request: &InfoRequest,
    base: &dyn VectorSource,
    infos: &Vector,
    symbols: &mut SymbolTable,
    known: KnownNames,
    context: &Arc<QueryContext>,
) -> Result<Held> {
    let identifying = IDENTIFYING.map(|name| symbols.intern(name));
    let base = hold(base, context)?;
    let infos = hold(&**infos, context)?;
    let names = Names { request, identifying, known, symbols };
    let joined = Joined::new(&names, &base, &infos)?;
    joined.enrich(&names, &base, &infos, context)
}

struct Names<'a> {
    request: &'a InfoRequest,
    identifying: [Symbol; 2],
    known: KnownNames,
    symbols: &'a SymbolTable,
}

impl Names<'_> {
    fn is_identifying(&self, label: Label) -> bool {
        self.identifying.contains(&label.name)
    }

    /// Whether a base series is itself one of the info series that are asked for, and so stays as it is.
    fn is_info_series(&self, labels: &[Label]) -> bool {
        let name = value_of(labels, self.known.metric);
        self.request.is_info_metric(self.symbols.resolve(name))
    }

    fn text(&self, labels: &[Label]) -> String {
        LabelsRef::new(self.symbols, labels).braced().to_string()
    }
}

/// Info series that belong to base series, told apart by metric and target.
struct Joined {
    /// The info metrics.
    metrics: Vec<Symbol>,
    /// The newest info series of each metric and target at each step.
    newest: Vec<Vec<Option<u32>>>,
    /// The number of a metric and target in `newest`.
    numbers: HashMap<(Symbol, usize), usize>,
    targets: LabelSetIndex,
}

impl Joined {
    fn new(names: &Names<'_>, base: &Held, infos: &Held) -> Result<Self> {
        let mut wanted: [Vec<Symbol>; 2] = [Vec::new(), Vec::new()];
        for labels in base.series().iter().filter(|labels| !names.is_info_series(labels)) {
            for (values, &name) in wanted.iter_mut().zip(&names.identifying) {
                values.push(value_of(labels, name));
            }
        }
        for values in &mut wanted {
            values.sort_unstable();
            values.dedup();
            values.retain(|&value| value != Symbol::EMPTY);
        }
        let mut joined = Self {
            metrics: Vec::new(),
            newest: Vec::new(),
            numbers: HashMap::new(),
            targets: LabelSetIndex::default(),
        };
        if wanted.iter().all(Vec::is_empty) {
            return Ok(joined);
        }
        // Where no base series has an identifying label, it is not asked for.
        let is_wanted = |labels: &[Label]| {
            wanted.iter().zip(&names.identifying).all(|(values, &name)| {
                let value = value_of(labels, name);
                values.is_empty() || values.binary_search(&value).is_ok()
            })
        };
        let (mut of_series, mut series) = (Vec::new(), Vec::new());
        for (number, labels) in infos.series().iter().enumerate().filter(|&(_, labels)| is_wanted(labels)) {
            let metric = value_of(labels, names.known.metric);
            let target: Vec<Label> = labels.iter().copied().filter(|&l| names.is_identifying(l)).collect();
            let target = joined.targets.intern(&target);
            if !joined.metrics.contains(&metric) {
                joined.metrics.push(metric);
            }
            let next = joined.numbers.len();
            of_series.push(*joined.numbers.entry((metric, target)).or_insert(next));
            series.push(number as u32);
        }
        let members = Members::new(&of_series, joined.numbers.len()).of_these(&series);
        let any_base = any_present(base);
        for group in 0..members.groups() {
            joined.newest.push(newest_of(members.of(group), infos, &any_base, names)?);
        }
        Ok(joined)
    }

    /// The info series of each metric for a base series at a step.
    fn infos_of(&self, target: Option<usize>, step: usize) -> Vec<u32> {
        let Some(target) = target else { return Vec::new() };
        let of_metric = |metric: &Symbol| self.newest[*self.numbers.get(&(*metric, target))?][step];
        self.metrics.iter().filter_map(of_metric).collect()
    }

    fn enrich(
        &self,
        names: &Names<'_>,
        base: &Held,
        infos: &Held,
        context: &Arc<QueryContext>,
    ) -> Result<Held> {
        let steps = base.steps();
        let mut series = SeriesLabels::default();
        let mut columns: Vec<Column> = Vec::new();
        let mut reservation = context.hold(0)?;
        let mut count = 0;
        for number in 0..base.len() {
            context.check()?;
            let labels = base.series().get(number);
            let drops_name = base.series().drops_name(number);
            let Some(column) = base.held(number) else { continue };
            count += column.weight();
            reservation.set(count)?;
            if names.is_info_series(labels) {
                series.push(labels.iter().copied(), drops_name);
                columns.push(column.clone());
                continue;
            }
            let target: Vec<Label> = labels.iter().copied().filter(|&l| names.is_identifying(l)).collect();
            let target = self.targets.find(&target);
            let mut of_infos: HashMap<Vec<u32>, Option<usize>> = HashMap::new();
            for step in column.iter_occupied() {
                let found = self.infos_of(target, step);
                let at = match of_infos.get(&found) {
                    Some(&at) => at,
                    None => {
                        let enriched = enriched(names, labels, &found, infos)?;
                        let at = enriched.map(|labels| {
                            series.push(labels, drops_name);
                            columns.push(Column::absent(steps.count));
                            columns.len() - 1
                        });
                        *of_infos.entry(found).or_insert(at)
                    }
                };
                if let Some(at) = at {
                    columns[at].copy_step(step, column);
                }
            }
        }
        Ok(Held::new(series, columns, steps, reservation))
    }
}

/// The steps at which a vector has any value.
fn any_present(vector: &Held) -> Column {
    let mut any = Column::absent(vector.steps().count);
    for column in (0..vector.len()).filter_map(|series| vector.held(series)) {
        column.iter_occupied().for_each(|step| any.set(step, 1.0));
    }
    any
}

/// Of info series of one metric and target, the one with the newest sample at each step.
fn newest_of(
    members: &[u32],
    infos: &Held,
    any_base: &Column,
    names: &Names<'_>,
) -> Result<Vec<Option<u32>>> {
    let mut newest: Vec<Option<(f64, u32)>> = vec![None; any_base.len()];
    for &member in members {
        let Some(times) = infos.held(member as usize) else { continue };
        if times.iter_histograms().any(|(step, _)| any_base.is_present(step)) {
            let text = names.text(infos.series().get(member as usize));
            let message = format!("this should be an info metric, with float samples: {text}");
            return Err(QueryError::Execution(message));
        }
        for (step, time) in times.iter_present() {
            match newest[step] {
                Some((held, _)) if held > time => {}
                Some((held, other)) if held == time && any_base.is_present(step) => {
                    let text = |series: u32| names.text(infos.series().get(series as usize));
                    return Err(QueryError::Execution(format!(
                        "found duplicate series for info metric: existing {} @ {}, new {} @ {}",
                        text(other),
                        (held * 1000.0) as i64,
                        text(member),
                        (time * 1000.0) as i64,
                    )));
                }
                _ => newest[step] = Some((time, member)),
            }
        }
    }
    Ok(newest.into_iter().map(|held| held.map(|(_, member)| member)).collect())
}

/// The labels of a base series with those of its info series; `None` if it does not stay.
fn enriched(names: &Names<'_>, base: &[Label], found: &[u32], infos: &Held) -> Result<Option<Vec<Label>>> {
    if found.is_empty() {
        return Ok(names.request.allows_no_info().then(|| base.to_vec()));
    }
    let mut added: Vec<Label> = Vec::new();
    for &info in found {
        for &label in infos.series().get(info as usize) {
            let is_data = label.name != names.known.metric;
            if !is_data || !names.request.wants(names.symbols.resolve(label.name)) {
                continue;
            }
            if added.iter().any(|other| other.name == label.name && other.value != label.value) {
                let message = format!("conflicting label: {}", names.symbols.resolve(label.name));
                return Err(QueryError::Execution(message));
            }
            if base.iter().all(|other| other.name != label.name) {
                added.push(label);
            }
        }
    }
    let mut labels = base.to_vec();
    added.into_iter().for_each(|l| set_label(&mut labels, l.name, l.value, names.symbols));
    Ok(Some(labels))
}

//! `histogram_quantile`, `histogram_quantiles` and `histogram_fraction` of classic histograms: the buckets of a
//! histogram are found and sorted once, then their columns are walked together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use emberdb_histogram::{
    ClassicBucket, ClassicLayout, ClassicQuantile, ForcedMonotonicity, classic_fraction, classic_quantile,
};
use emberdb_model::{Label, Symbol, SymbolTable};

use crate::annotation::{Origin, Repair, Repairs, bad_bucket_label};
use crate::batch::{Column, Steps};
use crate::error::Result;
use crate::operator::series::{set_label, value_of};
use crate::operator::{
    KnownNames, LabelSetIndex, Members, ScalarColumn, Scratch, SeriesLabels, VectorSource,
};

/// What is asked of each histogram.
pub(crate) enum Question {
    /// The φ-quantile, φ of each step; and the label that names it, where there are several.
    Quantiles(Vec<Quantile>),
    /// The share of observations between two values of each step.
    Fraction { lower: ScalarColumn, upper: ScalarColumn },
}

/// A quantile that is asked for.
pub(crate) struct Quantile {
    /// φ at each step; `None` where it is not asked for.
    pub(crate) phi: Vec<Option<f64>>,
    /// The label that tells its results from those of other quantiles.
    pub(crate) label: Option<Label>,
}

/// The classic histograms in a vector, and what is asked of them.
pub(crate) struct ClassicHistograms {
    input: Arc<dyn VectorSource>,
    members: Members,
    /// The series that has the labels of each histogram, without `le`: where it has a native histogram, nothing is
    /// answered.
    rivals: Vec<Option<u32>>,
    layouts: Vec<ClassicLayout>,
    /// The metric of each histogram as annotations name it.
    metrics: Vec<String>,
    /// Series that are no buckets, with the value of their `le`: one of each, if they have a value.
    strays: Vec<(u32, String, String)>,
    question: Arc<Question>,
    series: Arc<SeriesLabels>,
    /// Whether the repairs of each result were noted.
    is_told: Vec<AtomicBool>,
    /// Of the argument that has the buckets, for annotations.
    origin: Origin,
}

/// How the labels of histograms are treated.
pub(crate) struct BucketNames<'a> {
    pub(crate) symbols: &'a SymbolTable,
    pub(crate) known: KnownNames,
    pub(crate) is_delayed: bool,
}

impl BucketNames<'_> {
    /// The metric as remarks name it: not at all where its name is dropped at once.
    pub(super) fn metric_of(&self, labels: &[Label]) -> String {
        match self.is_delayed {
            true => self.symbols.resolve(value_of(labels, self.known.metric)).to_owned(),
            false => String::new(),
        }
    }
}

impl Question {
    /// The label of each result of a histogram.
    pub(super) fn labels(&self) -> Vec<Option<Label>> {
        match self {
            Self::Quantiles(quantiles) => quantiles.iter().map(|quantile| quantile.label).collect(),
            Self::Fraction { .. } => vec![None],
        }
    }
}

impl ClassicHistograms {
    pub(crate) fn new(
        input: Arc<dyn VectorSource>,
        question: Arc<Question>,
        names: &BucketNames<'_>,
        origin: Origin,
    ) -> Self {
        let BucketNames { symbols, known, .. } = *names;
        let name_of = |labels: &[Label]| names.metric_of(labels);
        let mut index = LabelSetIndex::default();
        let (mut numbers, mut bounds, mut buckets) = (Vec::new(), Vec::new(), Vec::new());
        let mut strays = Vec::new();
        let mut room = Vec::new();
        for (series, labels) in input.series().iter().enumerate() {
            let bucket = symbols.resolve(value_of(labels, known.bucket));
            let Some(bound) = parse_bound(bucket) else {
                strays.push((series as u32, name_of(labels), bucket.to_owned()));
                continue;
            };
            room.clear();
            room.extend(labels.iter().copied().filter(|label| label.name != known.bucket));
            numbers.push(index.intern(&room));
            bounds.push(bound);
            buckets.push(series as u32);
        }
        let members = Members::new(&numbers, index.len()).of_these(&buckets);
        let mut of_group = vec![Vec::new(); index.len()];
        for (&group, &bound) in numbers.iter().zip(&bounds) {
            of_group[group].push(bound);
        }
        let layouts = of_group.iter().map(|bounds| ClassicLayout::new(bounds)).collect();
        let mut rivals = vec![None; index.len()];
        if input.may_have_histograms() {
            for &(series, ..) in &strays {
                if let Some(group) = index.find(input.series().get(series as usize)) {
                    rivals[group] = Some(series);
                }
            }
        }
        let sets = index.into_sets();
        let metrics = sets.iter().map(name_of).collect();
        let series = Arc::new(result_labels(&sets, &question, names));
        let is_told = (0..series.len()).map(|_| AtomicBool::new(false)).collect();
        Self { input, members, rivals, layouts, metrics, strays, question, series, is_told, origin }
    }

    /// For each series of the input the buckets that have its labels but for `le`.
    pub(crate) fn rivals_of_natives(&self) -> Vec<Vec<u32>> {
        let mut buckets = vec![Vec::new(); self.input.len()];
        for (group, rival) in self.rivals.iter().enumerate() {
            if let &Some(rival) = rival {
                buckets[rival as usize] = self.members.of(group).to_vec();
            }
        }
        buckets
    }

    /// Notes series that are no buckets; the caller does so once.
    pub(crate) fn note_strays(&self, context: &Arc<crate::context::QueryContext>) -> Result<()> {
        let series: Vec<u32> = self.strays.iter().map(|stray| stray.0).collect();
        let mut strays = self.strays.iter();
        crate::operator::exchange::for_each_column(&*self.input, &series, context, |_, column| {
            if let Some((_, metric, bucket)) = strays.next().filter(|_| !column.none_present()) {
                context.note(bad_bucket_label(metric, bucket, self.origin));
            }
            Ok(())
        })
    }

    /// The answer for one histogram at one step; `None` if nothing is asked there.
    fn answer(
        &self,
        step: usize,
        (wanted, group): (usize, usize),
        counts: Counts<'_>,
    ) -> Option<ClassicQuantile> {
        let layout = &self.layouts[group];
        match &*self.question {
            Question::Quantiles(quantiles) => {
                let phi = quantiles[wanted].phi[step]?;
                Some(match counts {
                    Counts::All(merged) => layout.quantile(phi, merged),
                    Counts::Some(buckets) => classic_quantile(phi, buckets),
                })
            }
            Question::Fraction { lower, upper } => {
                let (lower, upper) = (lower.0[step], upper.0[step]);
                let value = match counts {
                    Counts::All(merged) => layout.fraction(lower, upper, merged),
                    Counts::Some(buckets) => classic_fraction(lower, upper, buckets),
                };
                Some(ClassicQuantile { value, forced_monotonicity: None, fixed_precision: false })
            }
        }
    }
}

/// The counts of a histogram at a step: of all its buckets in the order of the layout, or of those that are there.
enum Counts<'a> {
    All(&'a mut [f64]),
    Some(&'a mut [ClassicBucket]),
}

/// The columns of the buckets of one histogram, and memory to take a step out of them.
struct Rows<'a> {
    layout: &'a ClassicLayout,
    columns: &'a [Column],
    /// The values of the columns, if all buckets are there at all steps, as they mostly are.
    whole: Option<Vec<&'a [f64]>>,
    merged: Vec<f64>,
    some: Vec<ClassicBucket>,
}

impl<'a> Rows<'a> {
    fn new(layout: &'a ClassicLayout, columns: &'a [Column]) -> Self {
        let is_whole = !columns.is_empty() && columns.iter().all(Column::all_present);
        let whole = is_whole.then(|| columns.iter().map(Column::values).collect());
        Self { layout, columns, whole, merged: Vec::new(), some: Vec::new() }
    }

    /// The counts at a step, if there are any.
    fn at(&mut self, step: usize) -> Option<Counts<'_>> {
        let Self { layout, columns, .. } = *self;
        if let Some(whole) = &self.whole {
            layout.merge_each(whole.iter().map(|values| values[step]), &mut self.merged);
            return Some(Counts::All(&mut self.merged));
        }
        if columns.iter().all(|column| column.is_present(step)) {
            layout.merge_each(columns.iter().map(|column| column.values()[step]), &mut self.merged);
            return (!columns.is_empty()).then_some(Counts::All(&mut self.merged));
        }
        self.some.clear();
        let bounds = layout.slots().iter().map(|&slot| layout.upper_bounds()[slot]);
        self.some.extend(bounds.zip(columns).filter_map(|(upper_bound, column)| {
            Some(ClassicBucket { upper_bound, count: column.get(step)? })
        }));
        (!self.some.is_empty()).then_some(Counts::Some(&mut self.some))
    }
}

/// Histograms without `le`, and for each quantile with its label; the first quantile of all histograms comes first.
fn result_labels(sets: &SeriesLabels, question: &Question, names: &BucketNames<'_>) -> SeriesLabels {
    let labels = question.labels();
    let mut series = SeriesLabels::with_capacity(sets.len() * labels.len());
    let mut room = Vec::new();
    for label in labels {
        for set in sets.iter() {
            room.clear();
            room.extend(set.iter().copied().filter(|l| names.is_delayed || !names.known.is_metadata(l.name)));
            if let Some(Label { name, value }) = label {
                set_label(&mut room, name, value, names.symbols);
            }
            series.push(room.iter().copied(), names.is_delayed);
        }
    }
    series
}

/// What was done to the counts at one step.
fn repair_of(fix: ForcedMonotonicity, time_ms: i64) -> Repair {
    Repair {
        lowest_bound: fix.lowest_bound,
        highest_bound: fix.highest_bound,
        diff_max: fix.diff_max,
        first_ms: time_ms,
        last_ms: time_ms,
    }
}

/// The upper bound that a value of `le` names.
fn parse_bound(text: &str) -> Option<f64> {
    let bound: f64 = text.parse().ok()?;
    // A finite number that is too large is no number, as upstream has it, and NaN has no sign.
    if bound.is_nan() && text.starts_with(['+', '-']) {
        return None;
    }
    let is_too_large = bound.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit());
    (!is_too_large).then_some(bound)
}

impl VectorSource for ClassicHistograms {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let (wanted, group) = (series / self.members.groups(), series % self.members.groups());
        let members = self.members.of(group);
        let mut columns = Vec::with_capacity(members.len());
        for &member in members {
            let mut column = scratch.take_column();
            self.input.column(member as usize, scratch, &mut column)?;
            columns.push(column);
        }
        let mut rival = scratch.take_column();
        match self.rivals[group] {
            Some(series) => self.input.column(series as usize, scratch, &mut rival)?,
            None => rival.reset(0),
        }
        let steps = self.steps();
        let mut repairs: Option<Repairs> = None;
        let mut rows = Rows::new(&self.layouts[group], &columns);
        out.compute(steps.count, |step| {
            if rival.histogram(step).is_some() {
                return None;
            }
            let answer = self.answer(step, (wanted, group), rows.at(step)?)?;
            if let Some(fix) = answer.forced_monotonicity {
                let repair = repair_of(fix, steps.time(step));
                match &mut repairs {
                    Some(repairs) => repairs.add(repair, step),
                    none => *none = Some(Repairs::new(self.origin.position, repair, step, steps.count)),
                }
            }
            Some(answer.value)
        });
        for column in columns.into_iter().chain([rival]) {
            scratch.give_column(column);
        }
        // A column may be computed twice; what was repaired is counted once.
        if let Some(repairs) = repairs.filter(|_| !self.is_told[series].swap(true, Ordering::Relaxed)) {
            scratch.context.note_repairs(&self.metrics[group], self.origin.turn, repairs);
        }
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        false
    }

    fn may_have_histograms(&self) -> bool {
        false
    }
}

/// The quantiles of `histogram_quantiles`: a value that comes at some steps only is a series of these steps.
pub(crate) fn distinct_quantiles(
    params: &[ScalarColumn],
    name: Symbol,
    mut label_value: impl FnMut(f64) -> Symbol,
) -> Vec<Quantile> {
    let mut quantiles = Vec::new();
    for param in params {
        let mut seen: Vec<(u64, usize)> = Vec::new();
        for (step, &phi) in param.0.iter().enumerate() {
            let known = seen.iter().find(|&&(bits, _)| bits == phi.to_bits()).map(|&(_, at)| at);
            let at = known.unwrap_or_else(|| {
                let label = Some(Label { name, value: label_value(phi) });
                quantiles.push(Quantile { phi: vec![None; param.0.len()], label });
                seen.push((phi.to_bits(), quantiles.len() - 1));
                quantiles.len() - 1
            });
            quantiles[at].phi[step] = Some(phi);
        }
    }
    quantiles
}

#[cfg(test)]
mod tests {
    use super::parse_bound;

    #[test]
    fn bounds_as_upstream_reads_them() {
        assert_eq!(parse_bound("0.5"), Some(0.5));
        assert_eq!(parse_bound("+Inf"), Some(f64::INFINITY));
        assert_eq!(parse_bound("1e3"), Some(1000.0));
        assert_eq!(["", "x", "1e999", "-nan", "+NaN"].map(parse_bound), [None; 5]);
        assert!(parse_bound("NaN").is_some_and(f64::is_nan));
    }
}

//! Functions of native histograms: numbers read off them, quantiles and fractions.

use std::sync::Arc;

use emberdb_histogram::FloatHistogram;
use emberdb_model::Label;
use emberdb_promql_syntax::FunctionId;

use super::{BucketNames, Question};
use crate::annotation::{Note, Origin, fraction_without_nan, mixed_classic_native, quantile_of_nan};
use crate::batch::{Column, Steps};
use crate::error::Result;
use crate::operator::series::set_label;
use crate::operator::{Scratch, SeriesLabels, Vector, VectorSource};

/// A number read off each histogram; floats are left out without a word.
pub(crate) struct NativeMap {
    pub(crate) input: Vector,
    pub(crate) body: fn(&FloatHistogram) -> f64,
    pub(crate) series: Arc<SeriesLabels>,
}

/// What `histogram_count` and its like read off a histogram; `None` for other functions.
pub(crate) fn native_body(function: FunctionId) -> Option<fn(&FloatHistogram) -> f64> {
    Some(match function {
        FunctionId::HistogramCount => |histogram| histogram.count,
        FunctionId::HistogramSum => |histogram| histogram.sum,
        FunctionId::HistogramAvg => FloatHistogram::average,
        FunctionId::HistogramStddev => FloatHistogram::standard_deviation,
        FunctionId::HistogramStdvar => FloatHistogram::variance,
        _ => return None,
    })
}

impl VectorSource for NativeMap {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let mut histograms = scratch.take_column();
        self.input.column(series, scratch, &mut histograms)?;
        out.reset(histograms.len());
        for (step, histogram) in histograms.iter_histograms() {
            out.set(step, (self.body)(histogram));
        }
        scratch.give_column(histograms);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.input.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        false
    }
}

/// Quantiles or fractions of the native histograms of a vector.
pub(crate) struct NativeHistograms {
    input: Arc<dyn VectorSource>,
    question: Arc<Question>,
    /// The classic buckets that have the same labels as a series: where they are there, nothing is answered.
    rivals: Vec<Vec<u32>>,
    /// The metric of each series as remarks name it.
    metrics: Vec<String>,
    series: Arc<SeriesLabels>,
    origin: Origin,
}

impl NativeHistograms {
    /// `rivals_of` has for each series of `input` the classic buckets that have its labels.
    pub(crate) fn new(
        input: Arc<dyn VectorSource>,
        question: Arc<Question>,
        names: &BucketNames<'_>,
        rivals: Vec<Vec<u32>>,
        origin: Origin,
    ) -> Self {
        let labels = question.labels();
        let mut series = SeriesLabels::with_capacity(input.len() * labels.len());
        let mut room = Vec::new();
        for label in labels {
            for set in input.series().iter() {
                room.clear();
                let is_kept = |l: &Label| names.is_delayed || !names.known.is_metadata(l.name);
                room.extend(set.iter().copied().filter(is_kept));
                if let Some(Label { name, value }) = label {
                    set_label(&mut room, name, value, names.symbols);
                }
                series.push(room.iter().copied(), names.is_delayed);
            }
        }
        let metrics = input.series().iter().map(|labels| names.metric_of(labels)).collect();
        Self { input, question, rivals, metrics, series: Arc::new(series), origin }
    }

    fn answer(
        &self,
        step: usize,
        wanted: usize,
        series: usize,
        histogram: &FloatHistogram,
    ) -> (Option<f64>, Option<Note>) {
        let metric = &self.metrics[series];
        match &*self.question {
            Question::Quantiles(quantiles) => {
                let Some(phi) = quantiles[wanted].phi[step] else { return (None, None) };
                let quantile = histogram.quantile(phi);
                let remark = quantile.nan_observations.map(|seen| quantile_of_nan(seen, metric, self.origin));
                (Some(quantile.value), remark)
            }
            Question::Fraction { lower, upper } => {
                let fraction = histogram.fraction(lower.0[step], upper.0[step]);
                let remark = fraction.excludes_nan.then(|| fraction_without_nan(metric, self.origin));
                (Some(fraction.value), remark)
            }
        }
    }
}

impl VectorSource for NativeHistograms {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let (wanted, series) = (series / self.input.len(), series % self.input.len());
        let mut histograms = scratch.take_column();
        self.input.column(series, scratch, &mut histograms)?;
        out.reset(histograms.len());
        if histograms.has_histograms() {
            let rivals = present_at(&*self.input, &self.rivals[series], histograms.len(), scratch)?;
            for (step, histogram) in histograms.iter_histograms() {
                if rivals.is_present(step) {
                    scratch.note(mixed_classic_native(&self.metrics[series], self.origin));
                    continue;
                }
                let (value, remark) = self.answer(step, wanted, series, histogram);
                if let Some(value) = value {
                    out.set(step, value);
                }
                remark.into_iter().for_each(|remark| scratch.note(remark));
            }
        }
        scratch.give_column(histograms);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        false
    }

    fn may_have_histograms(&self) -> bool {
        false
    }
}

/// The steps at which any of these series has a float.
fn present_at(
    input: &dyn VectorSource,
    series: &[u32],
    steps: usize,
    scratch: &mut Scratch,
) -> Result<Column> {
    let mut present = Column::absent(steps);
    let mut column = scratch.take_column();
    for &member in series {
        input.column(member as usize, scratch, &mut column)?;
        present.or_presence(column.presence());
    }
    scratch.give_column(column);
    Ok(present)
}

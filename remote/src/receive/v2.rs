//! Storing a request of 2.0: all that can be stored of it.

use emberdb_model::MetricType;

use super::ReceiveOptions;
use super::batch::{Batch, Series};
use super::complaints::Complaints;
use super::labels::{LABELS_MAX, LabelProblem, LabelSet};
use super::refused::{BadSample, Refused};
use crate::reply::{LeftOut, Written};
use crate::view::{MetadataView, RequestV2, SeriesV2};

/// What became of a request.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) written: Written,
    pub(super) left_out: LeftOut,
    /// What was refused, a line for each.
    pub(super) complaints: Complaints,
}

/// Adds all of a request to a batch that can be added.
///
/// # Errors
/// If the storage fails: then the batch is to be forgotten, since it will be sent again.
pub(super) fn store(
    request: &RequestV2<'_>,
    batch: &mut Batch<'_>,
    options: &ReceiveOptions,
) -> Result<Stored, Refused> {
    let mut stored = Stored::default();
    let mut labels = LabelSet::new();
    for sent in request.series() {
        let Some((mut series, metadata)) = stored.series(request, sent, &mut labels, options) else {
            continue;
        };
        stored.samples(sent, &mut series, &labels, batch)?;
        stored.exemplars(request, sent, &mut series, batch, &mut labels);
        if labels.may_copy(metadata.help.len() + metadata.unit.len()) {
            batch.metadata(&series, metadata);
        }
    }
    Ok(stored)
}

impl Stored {
    /// A series of the request and what is said about it; none if there is something wrong with them.
    fn series<'a>(
        &mut self,
        request: &RequestV2<'a>,
        sent: SeriesV2<'a>,
        labels: &mut LabelSet<'a>,
        options: &ReceiveOptions,
    ) -> Option<(Series, MetadataView<'a>)> {
        let complaints = &mut self.complaints;
        let references = sent.references();
        labels.sent.clear();
        if let Err(error) = request.symbols.labels(references, LABELS_MAX, &mut labels.sent) {
            complaints.add(format_args!("parsing labels for series {references}: {error}"));
            self.left_out.with_invalid_labels += sample_count(sent);
            return None;
        }
        let metadata = match sent.metadata(&request.symbols) {
            Ok(metadata) => metadata,
            Err(error) => {
                complaints.add(format_args!("parsing metadata for series {references}: {error}"));
                return None;
            }
        };
        if options.type_and_unit_labels {
            add_type_and_unit(labels, metadata);
        }
        let named = match labels.finish() {
            Ok(named) => named,
            Err(problem) => {
                let shown = labels.shown();
                match problem {
                    LabelProblem::Invalid => {
                        complaints.add(format_args!("invalid metric name or labels, got {shown}"));
                    }
                    LabelProblem::Duplicate(name) => {
                        let name = String::from_utf8_lossy(name);
                        complaints.add(format_args!(
                            "invalid labels for series, labels {shown}, duplicated label {name}"
                        ));
                    }
                    LabelProblem::TooMany => {
                        complaints.add(format_args!("too many labels, or too long ones, got {shown}"));
                    }
                }
                self.left_out.with_invalid_labels += sample_count(sent);
                return None;
            }
        };
        if sample_count(sent) == 0 {
            let shown = labels.shown();
            complaints.add(format_args!(
                "TimeSeries must contain at least one sample or histogram for series {shown}"
            ));
            return None;
        }
        Some((Series::new(named), metadata))
    }

    /// Floats, then histograms.
    fn samples(
        &mut self,
        sent: SeriesV2<'_>,
        series: &mut Series,
        labels: &LabelSet<'_>,
        batch: &mut Batch<'_>,
    ) -> Result<(), Refused> {
        for sample in sent.samples() {
            batch.set_start(sample.start_ms);
            match batch.sample(series, sample) {
                Ok(()) => self.written.samples += 1,
                Err(refused) => self.complain(refused, labels)?,
            }
        }
        for histogram in sent.histograms() {
            batch.set_start(histogram.start_ms());
            match batch.histogram(series, histogram) {
                Ok(()) => self.written.histograms += 1,
                Err(refused) => self.complain(refused, labels)?,
            }
        }
        Ok(())
    }

    /// Adds a line about a sample, or gives back what is not about one.
    fn complain(&mut self, refused: Refused, labels: &LabelSet<'_>) -> Result<(), Refused> {
        match refused {
            Refused::Sample(bad) => {
                self.complaints.add(format_args!("{bad} for series {}", labels.shown()));
                Ok(())
            }
            Refused::Storage(_) => Err(refused),
        }
    }

    /// Adds exemplars. Only those out of order, and those whose labels refer to nothing, are complained of. `labels` are those of
    /// the series, and are so again afterwards.
    fn exemplars<'a>(
        &mut self,
        request: &RequestV2<'a>,
        sent: SeriesV2<'a>,
        series: &mut Series,
        batch: &mut Batch<'_>,
        labels: &mut LabelSet<'a>,
    ) {
        for (exemplar, references) in sent.exemplars() {
            let of_series = std::mem::take(&mut labels.sent);
            let parsed = request.symbols.labels(references, LABELS_MAX, &mut labels.sent);
            let named = parsed.map(|()| labels.finish_exemplar().ok());
            labels.sent = of_series;
            let named = match named {
                Ok(Some(named)) => named,
                Ok(None) => {
                    self.left_out.exemplars_refused += 1;
                    continue;
                }
                Err(error) => {
                    let shown = labels.shown();
                    self.complaints.add(format_args!("parsing exemplar for series {shown}: {error}"));
                    continue;
                }
            };
            match batch.exemplar(series, named, exemplar) {
                Ok(()) => self.written.exemplars += 1,
                Err(Refused::Sample(bad @ BadSample::OutOfOrderExemplar)) => {
                    self.left_out.exemplars_out_of_order += 1;
                    self.complaints.add(format_args!("{bad} for series {}", labels.shown()));
                }
                Err(_) => self.left_out.exemplars_refused += 1,
            }
        }
    }
}

/// Floats and histograms of a series.
fn sample_count(series: SeriesV2<'_>) -> usize {
    series.samples().count() + series.histograms().count()
}

/// Puts type and unit of the metric into labels, in place of those that were sent.
fn add_type_and_unit<'a>(labels: &mut LabelSet<'a>, metadata: MetadataView<'a>) {
    const TYPE: &[u8] = b"__type__";
    const UNIT: &[u8] = b"__unit__";
    let MetadataView { metric_type, unit, .. } = metadata;
    if metric_type == MetricType::Unknown && unit.is_empty() {
        return;
    }
    labels.sent.retain(|&(name, _)| name != TYPE && name != UNIT);
    if metric_type != MetricType::Unknown {
        labels.sent.push((TYPE, metric_type.name().as_bytes()));
    }
    if !unit.is_empty() {
        labels.sent.push((UNIT, unit));
    }
}

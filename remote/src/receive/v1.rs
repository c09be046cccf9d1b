//! Storing a request of 1.0: all of it, or nothing.

use super::batch::{Batch, Series};
use super::labels::{LABELS_MAX, LabelSet};
use super::refused::{BadSample, Refused};
use crate::reply::LeftOut;
use crate::view::RequestV1;

/// Adds all of a request to a batch. Series whose labels name nothing are passed over, and exemplars that are refused.
///
/// # Errors
/// The first sample that is refused: then the batch is to be forgotten, as upstream forgets it.
pub(super) fn store(request: RequestV1<'_>, batch: &mut Batch<'_>) -> Result<LeftOut, Refused> {
    let mut left_out = LeftOut::default();
    let mut labels = LabelSet::new();
    for sent in request.series() {
        labels.sent.clear();
        labels.sent.extend(sent.labels().take(LABELS_MAX + 1));
        let Ok(named) = labels.finish() else {
            left_out.with_invalid_labels += 1;
            continue;
        };
        let mut series = Series::new(named);
        for sample in sent.samples() {
            batch.sample(&mut series, sample)?;
        }
        for histogram in sent.histograms() {
            batch.histogram(&mut series, histogram)?;
        }
        for (exemplar, exemplar_labels) in sent.exemplars() {
            labels.sent.clear();
            labels.sent.extend(exemplar_labels.take(LABELS_MAX + 1));
            let Ok(named) = labels.finish_exemplar() else {
                left_out.exemplars_refused += 1;
                continue;
            };
            match batch.exemplar(&mut series, named, exemplar) {
                Ok(()) => {}
                Err(Refused::Sample(BadSample::OutOfOrderExemplar)) => left_out.exemplars_out_of_order += 1,
                Err(_) => left_out.exemplars_refused += 1,
            }
        }
    }
    Ok(left_out)
}

//! Sums and means of native histograms, with what is to be said about them.

use emberdb_histogram::{CounterResetHint, FloatHistogram, HistogramError, HistogramMean, HistogramSum};

use super::histogram_remark::{HistogramRemark, Operation};
use super::notes::{Notes, Place};

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Total {
    Sum,
    Mean,
}

/// A sum or mean that is being computed.
#[derive(Clone, Debug)]
pub(super) enum Adding {
    Sum(Box<HistogramSum>),
    Mean(Box<HistogramMean>),
}

impl Adding {
    pub(super) fn begin(total: Total, first: &FloatHistogram) -> Self {
        match total {
            Total::Sum => Self::Sum(Box::new(HistogramSum::new(first.clone()))),
            Total::Mean => Self::Mean(Box::new(HistogramMean::new(first.clone()))),
        }
    }

    /// Adds one more. That custom bounds had to be reconciled is told.
    pub(super) fn add(
        &mut self,
        histogram: &FloatHistogram,
        notes: &mut Notes,
        place: Place,
    ) -> Result<(), HistogramError> {
        let combined = match self {
            Self::Sum(sum) => sum.add(histogram)?,
            Self::Mean(mean) => mean.add(histogram)?,
        };
        Operation::Aggregation.tell_bounds(combined, notes, place);
        Ok(())
    }

    /// The total, not compacted.
    pub(super) fn finish(self) -> FloatHistogram {
        match self {
            Self::Sum(sum) => sum.into_total(),
            Self::Mean(mean) => mean.into_mean(),
        }
    }
}

/// Which hints there were among the histograms that were added: one that says reset and one that says none collide, also
/// if they do not follow each other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hints {
    reset: bool,
    not_reset: bool,
}

impl Hints {
    pub(super) fn see(&mut self, histogram: &FloatHistogram) {
        self.reset |= histogram.counter_reset_hint == CounterResetHint::Reset;
        self.not_reset |= histogram.counter_reset_hint == CounterResetHint::NotReset;
    }

    pub(super) fn tell(self, notes: &mut Notes, place: Place) {
        if self.reset && self.not_reset {
            notes.on_histograms(&HistogramRemark::ResetsCollided(Operation::Aggregation), place);
        }
    }
}

/// The sum or mean of histograms, of which there must be one.
pub(super) fn total<'h>(
    total: Total,
    histograms: impl IntoIterator<Item = &'h FloatHistogram>,
    notes: &mut Notes,
    place: Place,
) -> Result<FloatHistogram, HistogramError> {
    let mut hints = Hints::default();
    let mut adding: Option<Adding> = None;
    for histogram in histograms {
        hints.see(histogram);
        match &mut adding {
            None => adding = Some(Adding::begin(total, histogram)),
            Some(adding) => adding.add(histogram, notes, place)?,
        }
    }
    hints.tell(notes, place);
    Ok(adding.map(Adding::finish).unwrap_or_default())
}

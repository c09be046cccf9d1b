//! `rate`, `increase`, `delta`, `irate` and `idelta` of native histograms, before they are scaled.

use emberdb_histogram::{CounterResetHint, FloatHistogram, HistogramError, HistogramErrorKind};

use super::histogram_remark::{HistogramRemark, Operation};
use super::labels::metric_name;
use super::notes::{Notes, Place};
use super::start_timestamp::{has_overlap, is_reset};
use super::value::{HistogramSample, Window};

/// What a window tells of a counter or a gauge, which may be the other.
pub(super) struct Change<'w> {
    /// At least two.
    pub(super) samples: &'w [HistogramSample],
    pub(super) is_counter: bool,
    /// Where they are from.
    pub(super) window: &'w Window,
    pub(super) place: Place,
}

impl Change<'_> {
    /// The last histogram less the first, and for counters what was lost at resets; nothing if they do not fit together.
    pub(super) fn of_window(&self, notes: &mut Notes) -> Option<FloatHistogram> {
        let mut told = Notes::default();
        match self.checked(&mut told) {
            Ok(change) => {
                notes.merge(told);
                change
            }
            Err(_) => {
                // Where this comes out late nothing else is said, as upstream has it.
                self.tell(&HistogramRemark::MixedSchemas { metric: self.metric() }, notes);
                None
            }
        }
    }

    fn checked(&self, notes: &mut Notes) -> Result<Option<FloatHistogram>, HistogramError> {
        let [first_sample, second_sample, ..] = self.samples else { return Ok(None) };
        let Some((last, inner)) = self.samples[1..].split_last() else { return Ok(None) };
        let (first, second, last) = (&first_sample.value, &second_sample.value, &last.value);
        if self.is_counter && (is_gauge(first) || is_gauge(last)) {
            self.tell(&HistogramRemark::NotCounter { metric: self.metric() }, notes);
        }
        // After a reset it does not matter what the first one was, nor whether it fits to the others.
        let nothing = FloatHistogram {
            schema: second.schema,
            custom_values: second.custom_values.clone(),
            ..FloatHistogram::default()
        };
        let begins_anew = self.is_counter && self.was_reset(first_sample, second_sample, first);
        let start = if begins_anew { &nothing } else { first.as_ref() };
        if last.has_custom_bounds() != start.has_custom_bounds() {
            self.tell(&HistogramRemark::MixedSchemas { metric: self.metric() }, notes);
            return Ok(None);
        }
        let mut coarsest = last.schema.min(start.schema);
        for histogram in inner.iter().map(|s| &s.value).filter(|_| self.is_counter) {
            if is_gauge(histogram) {
                self.tell(&HistogramRemark::NotCounter { metric: self.metric() }, notes);
            }
            if histogram.has_custom_bounds() != start.has_custom_bounds() {
                return Err(HistogramErrorKind::IncompatibleSchemas.into());
            }
            coarsest = coarsest.min(histogram.schema);
        }
        let mut change = last.to_schema(coarsest)?;
        remove(&mut change, start, notes, self.place)?;
        if self.is_counter {
            if has_overlap(self.window) {
                notes.start_overlap(&self.window.labels, self.window.end_ms, self.place);
            }
            let mut previous = start;
            for two in self.samples.windows(2) {
                if self.was_reset(&two[0], &two[1], previous) {
                    add(&mut change, previous, notes, self.place)?;
                }
                previous = &two[1].value;
            }
        } else if !(is_gauge(first) && is_gauge(last)) {
            self.tell(&HistogramRemark::NotGauge { metric: self.metric() }, notes);
        }
        change.counter_reset_hint = CounterResetHint::Gauge;
        change.compact(0);
        Ok(Some(change))
    }

    /// Whether the counter was reset between two neighbours; `as_before` is what the first of them is taken for.
    fn was_reset(
        &self,
        before: &HistogramSample,
        after: &HistogramSample,
        as_before: &FloatHistogram,
    ) -> bool {
        is_reset(self.window, before.timestamp_ms, after.timestamp_ms)
            || after.value.is_reset_after(as_before)
    }

    /// Adds the first histogram to the change from there, so that it is the change from nothing; nothing if they do not
    /// fit together.
    pub(super) fn add_first(&self, change: &mut FloatHistogram, notes: &mut Notes) -> Option<()> {
        if add(change, &self.samples.first()?.value, notes, self.place).is_err() {
            self.tell(&HistogramRemark::MixedSchemas { metric: self.metric() }, notes);
            return None;
        }
        Some(())
    }

    /// The change between the two newest. A counter that was reset in between began at nothing.
    pub(super) fn of_last_two(&self, notes: &mut Notes) -> Option<FloatHistogram> {
        let [.., before, last] = self.samples else { return None };
        if self.is_counter && (is_gauge(&before.value) || is_gauge(&last.value)) {
            self.tell(&HistogramRemark::NotCounter { metric: self.metric() }, notes);
        }
        if !(self.is_counter || is_gauge(&before.value) && is_gauge(&last.value)) {
            self.tell(&HistogramRemark::NotGauge { metric: self.metric() }, notes);
        }
        let mut change = FloatHistogram::clone(&last.value);
        let was_reset = self.is_counter && self.was_reset(before, last, &before.value);
        if !was_reset && remove(&mut change, &before.value, notes, self.place).is_err() {
            self.tell(&HistogramRemark::MixedSchemas { metric: self.metric() }, notes);
            return None;
        }
        change.counter_reset_hint = CounterResetHint::Gauge;
        change.compact(0);
        Some(change)
    }

    fn tell(&self, remark: &HistogramRemark, notes: &mut Notes) {
        notes.on_histograms(remark, self.place);
    }

    fn metric(&self) -> String {
        metric_name(&self.window.labels).to_owned()
    }
}

fn is_gauge(histogram: &FloatHistogram) -> bool {
    histogram.counter_reset_hint == CounterResetHint::Gauge
}

/// Adds to a histogram. That hints collide is not told: resets are taken account of.
pub(super) fn add(
    to: &mut FloatHistogram,
    other: &FloatHistogram,
    notes: &mut Notes,
    place: Place,
) -> Result<(), HistogramError> {
    let combined = to.add_assign(other)?;
    Operation::Addition.tell_bounds(combined, notes, place);
    Ok(())
}

/// Subtracts from a histogram, in the same way.
pub(super) fn remove(
    from: &mut FloatHistogram,
    other: &FloatHistogram,
    notes: &mut Notes,
    place: Place,
) -> Result<(), HistogramError> {
    let combined = from.sub_assign(other)?;
    Operation::Subtraction.tell_bounds(combined, notes, place);
    Ok(())
}

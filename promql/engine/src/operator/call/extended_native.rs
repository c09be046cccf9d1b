//! Windows that see samples beyond their edges, of series that have native histograms.

use std::sync::Arc;

use emberdb_histogram::FloatHistogram;
use emberdb_model::SampleColumns;

use super::native_note;
use crate::annotation::{Origin, mixed_types};
use crate::batch::Column;
use crate::function::NativeRemark;
use crate::function::extended::{ExtendedWindow, ExtendedWindows};
use crate::function::extended_native::NativeSeries;
use crate::function::native::list_resets;
use crate::operator::Scratch;

/// Who is remarked on, and where.
pub(crate) struct ExtendedHistograms {
    pub(crate) origin: Origin,
    /// The metric of each series as remarks name it.
    pub(crate) metrics: Vec<Arc<str>>,
}

impl ExtendedHistograms {
    /// Makes the steps of `out` whose windows see histograms what `answer` gives for them. There is nothing where floats
    /// are seen too.
    pub(crate) fn correct(
        &self,
        series: usize,
        windows: &ExtendedWindows,
        samples: &SampleColumns,
        answer: impl Fn(&ExtendedWindow, &NativeSeries<'_>, &mut Vec<NativeRemark>) -> Option<Arc<FloatHistogram>>,
        scratch: &mut Scratch,
        out: &mut Column,
    ) {
        let (timestamps, histograms) = (&samples.histograms.timestamps[..], &samples.histograms.values[..]);
        let mut resets = Vec::new();
        // Start timestamps do not count in such windows.
        list_resets(timestamps, &[], histograms, &mut resets);
        let native = NativeSeries { timestamps, histograms, resets: &resets };
        let (mut seen, mut floats) = (windows.cursor(timestamps), windows.cursor(&samples.timestamps));
        // What is said at many steps is put into words once.
        let (mut remarks, mut told, mut is_mixed) = (Vec::new(), Vec::new(), false);
        for step in 0..windows.ends.count {
            let (window, floats) = (seen.advance(), floats.advance());
            if !window.sees_any() {
                continue;
            }
            out.clear(step);
            if floats.sees_any() {
                is_mixed = true;
                continue;
            }
            if let Some(histogram) = answer(&window, &native, &mut remarks) {
                out.set_histogram(step, histogram);
            }
            for remark in remarks.drain(..) {
                if !told.contains(&remark) {
                    told.push(remark);
                }
            }
        }
        let (metric, origin) = (&self.metrics[series], self.origin);
        if is_mixed {
            scratch.note(mixed_types(metric, origin));
        }
        let notes = told.into_iter().filter_map(|remark| native_note(remark, metric, origin));
        notes.for_each(|note| scratch.note(note));
    }
}

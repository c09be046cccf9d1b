//! Memory that one thread works in, reused from series to series.

use std::sync::Arc;

use emberdb_model::SampleColumns;

use crate::annotation::{Note, Notes};
use crate::batch::Column;
use crate::context::QueryContext;
use crate::error::Result;
use crate::function::RangeScratch;
use crate::operator::meter::Lap;

/// The buffers of a thread that outlive one use.
#[derive(Default)]
pub(crate) struct Buffers {
    columns: Vec<Column>,
    samples: Vec<SampleColumns>,
    range: RangeScratch,
}

/// What a thread works with while it computes columns: buffers to borrow, and a place for annotations.
pub(crate) struct Scratch {
    pub(crate) context: Arc<QueryContext>,
    buffers: Buffers,
    notes: Notes,
    pub(super) lap: Lap,
}

impl Scratch {
    pub(crate) fn new(context: &Arc<QueryContext>) -> Self {
        let (context, buffers) = (Arc::clone(context), context.take_buffers());
        Self { context, buffers, notes: Notes::default(), lap: Lap::default() }
    }

    /// Counts samples that were read for one series and are in memory for a moment, and asks whether to go on.
    pub(crate) fn count_read(&mut self, samples: usize) -> Result<()> {
        self.lap.samples_read += samples as u64;
        self.context.admit_read(samples)
    }

    /// A column to fill; its content is arbitrary. Give it back.
    pub(crate) fn take_column(&mut self) -> Column {
        self.buffers.columns.pop().unwrap_or_default()
    }

    pub(crate) fn give_column(&mut self, column: Column) {
        self.buffers.columns.push(column);
    }

    /// Sample columns to fill; their content is arbitrary. Give them back.
    pub(crate) fn take_samples(&mut self) -> SampleColumns {
        self.buffers.samples.pop().unwrap_or_default()
    }

    pub(crate) fn give_samples(&mut self, samples: SampleColumns) {
        self.buffers.samples.push(samples);
    }

    pub(crate) fn range(&mut self) -> &mut RangeScratch {
        &mut self.buffers.range
    }

    pub(crate) fn note(&mut self, note: Note) {
        self.notes.add(note);
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.notes.is_empty() {
            self.context.merge_notes(std::mem::take(&mut self.notes));
        }
        self.context.give_buffers(std::mem::take(&mut self.buffers));
        if let Some(meters) = &self.context.meters {
            meters.give_read(self.lap.samples_read);
        }
    }
}

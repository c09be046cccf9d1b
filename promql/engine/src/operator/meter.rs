//! What each operator of a query did: its time, and what it handed on.
//!
//! A query that is not analysed has no [`Meters`], and its operators are not wrapped: it is asked once an operator, while
//! that is built, whether there are any. In one that is, an operator works at two moments:
//!
//! * while it is *built*, by one thread: those being built lie in each other like boxes, the [`Frame`]s;
//! * while its columns are *pulled*, by many threads: a wrapper watches each call, and what was done below it travels back in
//!   the thread's [`Scratch`], as a [`Lap`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use emberdb_env::Env;
use emberdb_model::SampleColumns;
use parking_lot::Mutex;

use super::{Matrix, MatrixSource, ScalarColumn, Scratch, SeriesLabels, Vector, VectorSource, Window};
use crate::batch::{Column, Steps};
use crate::error::Result;

/// What one operator did so far, the work of others below it left out.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(crate) own_nanos: AtomicU64,
    pub(crate) series: AtomicU64,
    /// Handed on.
    pub(crate) samples: AtomicU64,
    /// Of the columns handed on.
    pub(crate) bytes: AtomicU64,
    /// As they count for limits.
    pub(crate) samples_read: AtomicU64,
}

impl Meter {
    fn add_time(&self, own: Duration) {
        let nanos = u64::try_from(own.as_nanos()).unwrap_or(u64::MAX);
        self.own_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    fn add_series(&self, series: usize) {
        self.series.fetch_add(series as u64, Ordering::Relaxed);
    }

    fn add_output(&self, samples: usize, bytes: usize) {
        self.samples.fetch_add(samples as u64, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn add_column(&self, column: &Column) {
        let floats = size_of_val(column.values()) + size_of_val(column.presence());
        let histograms = column.iter_histograms().map(|(_, histogram)| histogram.size_bytes());
        let count = column.count_present() + column.iter_histograms().count();
        self.add_output(count, floats + histograms.sum::<usize>());
    }

    fn add_samples(&self, samples: &SampleColumns) {
        let SampleColumns { timestamps, values, start_timestamps, histograms } = samples;
        let floats = size_of_val(&timestamps[..]) + size_of_val(&values[..]);
        let starts = size_of_val(&start_timestamps[..]) + size_of_val(&histograms.start_timestamps[..]);
        let of_histograms: usize = histograms.values.iter().map(|histogram| histogram.size_bytes()).sum();
        let times = size_of_val(&histograms.timestamps[..]);
        self.add_output(timestamps.len() + histograms.len(), floats + starts + times + of_histograms);
    }

    /// Computes something for a series; what is done below in other watched operators is theirs.
    fn watch<T>(&self, scratch: &mut Scratch, compute: impl FnOnce(&mut Scratch) -> T) -> T {
        let around = std::mem::take(&mut scratch.lap);
        let begun = scratch.context.env.clock().monotonic();
        let computed = compute(scratch);
        let elapsed = scratch.context.env.clock().monotonic().saturating_sub(begun);
        let lap = std::mem::replace(&mut scratch.lap, around);
        scratch.lap.below += elapsed;
        self.add_time(elapsed.saturating_sub(lap.below));
        self.samples_read.fetch_add(lap.samples_read, Ordering::Relaxed);
        computed
    }
}

/// What a thread did since the operator at work was asked for a column.
#[derive(Debug, Default)]
pub(crate) struct Lap {
    /// Spent in watched operators below it.
    pub(super) below: Duration,
    /// Read by itself.
    pub(super) samples_read: u64,
}

/// The meters of a query: one a node of its plan, by number.
pub(crate) struct Meters {
    env: Env,
    of_nodes: Vec<Arc<Meter>>,
    /// The operators that are being built, each an operand of the one before it.
    building: Mutex<Vec<Frame>>,
}

/// An operator that is being built.
struct Frame {
    meter: Arc<Meter>,
    begun: Duration,
    /// Since then spent in other watched operators, or waiting for threads that compute columns.
    elsewhere: Duration,
}

impl Meters {
    /// Meters for so many nodes.
    pub(crate) fn new(env: Env, nodes: u32) -> Self {
        let of_nodes = (0..nodes).map(|_| Arc::default()).collect();
        Self { env, of_nodes, building: Mutex::default() }
    }

    /// The meter of the node with this number.
    pub(crate) fn of_node(&self, number: u32) -> &Arc<Meter> {
        &self.of_nodes[number as usize]
    }

    /// On the monotonic clock.
    pub(crate) fn now(&self) -> Duration {
        self.env.clock().monotonic()
    }

    /// An operator begins to be built.
    pub(crate) fn begin(&self, meter: &Arc<Meter>) {
        let frame = Frame { meter: Arc::clone(meter), begun: self.now(), elsewhere: Duration::ZERO };
        self.building.lock().push(frame);
    }

    /// The operator that was begun last is built.
    pub(crate) fn end(&self) {
        let now = self.now();
        let mut building = self.building.lock();
        let Some(built) = building.pop() else { return };
        let elapsed = now.saturating_sub(built.begun);
        built.meter.add_time(elapsed.saturating_sub(built.elsewhere));
        if let Some(around) = building.last_mut() {
            around.elsewhere += elapsed;
        }
    }

    /// Time that passed while the operator being built did not work itself.
    pub(super) fn set_aside(&self, elapsed: Duration) {
        if let Some(frame) = self.building.lock().last_mut() {
            frame.elsewhere += elapsed;
        }
    }

    /// Samples that were read for the operator being built, and not within a watched one.
    pub(super) fn give_read(&self, samples: u64) {
        if let Some(frame) = self.building.lock().last() {
            frame.meter.samples_read.fetch_add(samples, Ordering::Relaxed);
        }
    }
}

/// What can be watched once it is built.
pub(crate) trait Metered: Sized {
    /// Itself, such that `meter` counts what it hands on.
    fn metered(self, meter: &Arc<Meter>) -> Self;
}

impl Metered for ScalarColumn {
    fn metered(self, meter: &Arc<Meter>) -> Self {
        meter.add_series(1);
        meter.add_output(self.0.len(), size_of_val(&self.0[..]));
        self
    }
}

impl Metered for Vector {
    fn metered(self, meter: &Arc<Meter>) -> Self {
        meter.add_series(self.len());
        let is_held = self.len() > 0 && self.held(0).is_some();
        if is_held {
            let columns = (0..self.len()).filter_map(|series| self.held(series));
            columns.for_each(|column| meter.add_column(column));
        }
        Box::new(MeteredVector { input: self, meter: Arc::clone(meter), is_held })
    }
}

impl Metered for Matrix {
    fn metered(self, meter: &Arc<Meter>) -> Self {
        meter.add_series(self.len());
        Box::new(MeteredMatrix { input: self, meter: Arc::clone(meter) })
    }
}

/// A vector that is watched.
struct MeteredVector {
    input: Vector,
    meter: Arc<Meter>,
    /// Its columns are in memory, and were counted when they came there.
    is_held: bool,
}

impl VectorSource for MeteredVector {
    fn series(&self) -> &Arc<SeriesLabels> {
        self.input.series()
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        self.meter.watch(scratch, |scratch| self.input.column(series, scratch, out))?;
        if !self.is_held {
            self.meter.add_column(out);
        }
        Ok(())
    }

    fn held(&self, series: usize) -> Option<&Column> {
        self.input.held(series)
    }

    fn is_quiet(&self) -> bool {
        self.input.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.input.may_have_histograms()
    }

    fn len(&self) -> usize {
        self.input.len()
    }
}

/// A range vector that is watched.
struct MeteredMatrix {
    input: Matrix,
    meter: Arc<Meter>,
}

impl MatrixSource for MeteredMatrix {
    fn series(&self) -> &Arc<SeriesLabels> {
        self.input.series()
    }

    fn window(&self) -> Window {
        self.input.window()
    }

    fn samples(&self, series: usize, scratch: &mut Scratch, out: &mut SampleColumns) -> Result<()> {
        self.meter.watch(scratch, |scratch| self.input.samples(series, scratch, out))?;
        self.meter.add_samples(out);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.input.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.input.may_have_histograms()
    }

    fn len(&self) -> usize {
        self.input.len()
    }
}

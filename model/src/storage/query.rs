//! Asking: a [`Querier`] is a view of a storage at one moment; a [`SeriesSet`] is what matchers selected in it.

use crate::{Label, Matcher, SampleColumns, SampleValue, SeriesExemplars, SymbolTable, TimeRange};

use super::StorageError;

/// A storage that answers queries.
pub trait Queryable: Send + Sync {
    /// A view of all that was committed before this call, and of nothing that is committed after it.
    ///
    /// # Errors
    /// [`StorageError`] if the storage is closed.
    fn querier(&self) -> Result<Box<dyn Querier>, StorageError>;

    /// The same, for a query that reads nothing outside of `range`: a storage of several parts leaves out those that it does not need.
    ///
    /// # Errors
    /// Those of [`querier`](Self::querier).
    fn querier_in(&self, range: TimeRange) -> Result<Box<dyn Querier>, StorageError> {
        let _ = range;
        self.querier()
    }
}

/// A storage that keeps examples of what was counted.
pub trait ExemplarQueryable: Send + Sync {
    /// The exemplars in `range` of the series that meet all matchers of at least one of `selectors`, by series; series are sorted by
    /// their labels, and none is there twice. A storage that was told to keep no exemplars has none.
    ///
    /// # Errors
    /// [`StorageError`] if the storage is closed.
    fn select_exemplars(
        &self,
        selectors: &[Vec<Matcher>],
        range: TimeRange,
    ) -> Result<Vec<SeriesExemplars>, StorageError>;
}

/// A view of a storage at one moment.
pub trait Querier: Send + Sync {
    /// The series that meet all of `matchers` and may have samples in `range`.
    ///
    /// Their labels are spelled in `symbols`, which belongs to the caller, so that sets of several storages compare by
    /// number. The order is the storage's own, the same at every call.
    ///
    /// # Errors
    /// [`StorageError`] if the index cannot be read.
    fn select(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
        symbols: &mut SymbolTable,
    ) -> Result<Box<dyn SeriesSet>, StorageError>;

    /// The names of all labels of the series that meet `matchers` (all series, if there is none), sorted.
    ///
    /// # Errors
    /// [`StorageError`] if the index cannot be read.
    fn label_names(&self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<String>, StorageError>;

    /// The values of the label `name` in the series that meet `matchers`, sorted.
    ///
    /// # Errors
    /// [`StorageError`] if the index cannot be read.
    fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        range: TimeRange,
    ) -> Result<Vec<String>, StorageError>;
}

/// Selected series. They are read in any order and from many threads.
pub trait SeriesSet: Send + Sync {
    /// Number of series.
    fn len(&self) -> usize;

    /// Whether nothing was selected.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Labels of series number `series`, sorted by name, in the symbols given to [`Querier::select`].
    fn labels(&self, series: usize) -> &[Label];

    /// Whether a series may have native histograms; false is certain, and spares looking for them.
    fn may_have_histograms(&self) -> bool {
        true
    }

    /// Appends to `samples` those of series number `series` in `range`, in time order, staleness markers included, with
    /// their start timestamps where the storage knows them.
    ///
    /// # Errors
    /// [`StorageError`] if the samples cannot be read.
    fn read(&self, series: usize, range: TimeRange, samples: &mut SampleColumns) -> Result<(), StorageError>;

    /// The newest sample in `range` and its time in milliseconds, a staleness marker included. `scratch` is memory to work in.
    ///
    /// # Errors
    /// [`StorageError`] if the samples cannot be read.
    fn newest(
        &self,
        series: usize,
        range: TimeRange,
        scratch: &mut SampleColumns,
    ) -> Result<Option<(i64, SampleValue)>, StorageError> {
        scratch.clear();
        self.read(series, range, scratch)?;
        Ok(scratch.newest())
    }
}

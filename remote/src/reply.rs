//! What a sender is answered.

use emberdb_model::storage::{StorageError, StorageErrorKind};

use crate::snappy::REQUEST_BYTES_MAX;

/// How much of a request was stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Floats.
    pub samples: usize,
    /// Native histograms.
    pub histograms: usize,
    /// Exemplars. Those of storages that keep none are not among them.
    pub exemplars: usize,
}

/// What was left out of a request without making it fail, for those who keep statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Floats and histograms of series whose labels name nothing. In 1.0 their series, as upstream counts.
    pub with_invalid_labels: usize,
    /// Exemplars older than others of their series.
    pub exemplars_out_of_order: usize,
    /// Exemplars that the storage refused for other reasons, or does not keep.
    pub exemplars_refused: usize,
    /// Samples that another one of the same request stands against, of the same time or newer, or that a deletion would hide. Upstream counts
    /// them as written.
    pub conflicting: usize,
    /// Samples that were fine, but came later than those of another batch that was written at the same time.
    pub overtaken: usize,
}

/// The answer to a request: a status of HTTP, and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 204 if all was stored; 400, 413 and 415 if it makes no sense to send it again; 500 and 503 if it does.
    pub status: u16,
    /// What went wrong, a line for each; empty if nothing did.
    pub message: String,
    /// What was stored: for messages of 2.0 alone, in whose answers the numbers have to stand.
    pub written: Option<Written>,
    /// What was left out.
    pub left_out: LeftOut,
}

impl Reply {
    /// The headers that the numbers go into, names and values; none for messages of 1.0.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, usize)> + use<> {
        let numbers = self.written.map(|written| {
            [
                ("x-prometheus-remote-write-samples-written", written.samples),
                ("x-prometheus-remote-write-histograms-written", written.histograms),
                ("x-prometheus-remote-write-exemplars-written", written.exemplars),
            ]
        });
        numbers.into_iter().flatten()
    }

    /// Whether all was stored.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status == 204
    }
}

/// Why a request fails as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: String,
}

impl Refusal {
    fn new(status: u16, message: String) -> Self {
        Self { status, message }
    }

    /// It would fail again.
    pub(crate) fn bad_request(message: String) -> Self {
        Self::new(400, message)
    }

    /// It has more bytes than are read.
    pub(crate) fn too_large() -> Self {
        Self::new(413, format!("request body exceeds the {REQUEST_BYTES_MAX} bytes limit"))
    }

    /// It is written in a way that is not read here.
    pub(crate) fn unsupported(message: String) -> Self {
        Self::new(415, message)
    }

    /// The storage is to blame: the sender may try again.
    pub(crate) fn of_storage(error: &StorageError) -> Self {
        let status = if error.kind() == StorageErrorKind::Closed { 503 } else { 500 };
        Self::new(status, error.to_string())
    }

    pub(crate) fn into_reply(self, written: Option<Written>) -> Reply {
        Reply { status: self.status, message: self.message, written, left_out: LeftOut::default() }
    }
}

//! The reference a second time: a process that has the same samples and another past.

use std::sync::OnceLock;

use emberdb_differential::answer::Answer;
use emberdb_differential::question::When;

use super::server::Server;
use super::subject::Subject;

/// A server on a copy of another one's data, started when it is asked for the first time.
///
/// Its chunks are made of the log. Chunks of native histograms show in answers, by their empty buckets, and where they end depends on what the
/// process did before; one that was restarted even reads late samples from files that it has put into blocks already.
pub(super) struct Twin<'a> {
    original: &'a Server,
    started: OnceLock<Option<Server>>,
}

impl<'a> Twin<'a> {
    pub(super) fn new(original: &'a Server) -> Self {
        Self { original, started: OnceLock::new() }
    }

    /// Asks it; `None` if it does not run.
    pub(super) fn ask(&self, query: &str, when: When) -> Option<Answer> {
        let start = || {
            let twin = self.original.start_twin();
            twin.inspect_err(|error| eprintln!("the reference is not asked on a copy of its data: {error}"))
                .ok()
        };
        Some(self.started.get_or_init(start).as_ref()?.endpoint.ask(query, when))
    }
}

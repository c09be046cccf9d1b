//! Both servers, fed with the same.

use std::io;
use std::path::{Path, PathBuf};

use emberdb_differential::data::{DataSet, Delivery};
use indicatif::ProgressBar;
use tempfile::TempDir;

use super::finding::Findings;
use super::server::{Program, Server, settle};
use super::trial::Version;
use super::writes::{self, Sent};
use super::{bar, feed, held};
use crate::http::seconds;

/// After so much of the data, what is late of it until then is sent; the rest comes at the end. So the first late samples
/// become part of blocks, and the last ones do not.
const FIRST_PART_MS: i64 = 250 * 60_000;

/// The programs of both servers, and what is switched on in both, by Prometheus' names with commas between them.
pub(super) struct Programs {
    pub(super) prometheus: PathBuf,
    pub(super) ember: PathBuf,
    pub(super) features: String,
}

/// Prometheus and emberdb. Dropping the pair kills them and removes what they wrote; [`Pair::keep`] does not.
pub(super) struct Pair {
    pub(super) prometheus: Server,
    pub(super) ember: Server,
    // Last: the servers are in it.
    folder: TempDir,
}

impl Pair {
    /// Starts both on empty directories.
    pub(super) fn start(programs: &Programs) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("ember-differential-").tempdir()?;
        let start = |program: Program, path: &Path| {
            Server::start(program, path.to_owned(), &programs.features, folder.path().join(program.name()))
        };
        Ok(Self {
            prometheus: start(Program::Prometheus, &programs.prometheus)?,
            ember: start(Program::Ember, &programs.ember)?,
            folder,
        })
    }

    /// Sends the data, waits until both have compacted it, sends what is late, deletes, restarts both, and checks that they hold the same.
    /// With `writes`, the reference's version, the cases of the write path are sent besides.
    pub(super) fn feed(
        &mut self,
        data: &DataSet,
        writes: Option<Version>,
        findings: &mut Findings,
    ) -> io::Result<()> {
        let (start_ms, end_ms) = (data.start_ms(), data.end_ms() + 1);
        let middle_ms = start_ms + FIRST_PART_MS;
        let bar = bar("feeding", 2 * feed::steps(start_ms, end_ms) + data.families().len() as u64);
        let mut send = |pair: &Self, delivery, from_ms, to_ms| {
            feed::send(data, delivery, (from_ms, to_ms), [&pair.prometheus, &pair.ember], findings, &bar)
        };
        send(self, Delivery::InTime, start_ms, middle_ms)?;
        // They have begun to compact. How many of the late samples went into the same blocks would depend on who is faster.
        settle([&self.prometheus, &self.ember])?;
        send(self, Delivery::Late, start_ms, middle_ms)?;
        send(self, Delivery::InTime, middle_ms, end_ms)?;
        settle([&self.prometheus, &self.ember])?;
        send(self, Delivery::Late, middle_ms, end_ms)?;
        self.delete(data)?;
        let mut sent = Sent::default();
        if let Some(version) = writes {
            sent = writes::send(data.end_ms(), version, [&self.prometheus, &self.ember], findings)?;
            writes::check(data.end_ms(), [&self.prometheus, &self.ember], findings);
        }
        self.prometheus.restart()?;
        self.ember.restart()?;
        held::check(data, [&self.prometheus.endpoint, &self.ember.endpoint], findings, &bar);
        if writes.is_some() {
            writes::check(data.end_ms(), [&self.prometheus, &self.ember], findings);
        }
        bar.finish_and_clear();
        println!("requests of the write path: {}, not sent: {}", sent.sent, sent.left_out);
        println!("blocks: prometheus {}, ember {}", self.prometheus.blocks()?, self.ember.blocks()?);
        Ok(())
    }

    /// Sends the data in time, and nothing else.
    pub(super) fn feed_plainly(&self, data: &DataSet, findings: &mut Findings) -> io::Result<()> {
        let range = (data.start_ms(), data.end_ms() + 1);
        let servers = [&self.prometheus, &self.ember];
        feed::send(data, Delivery::InTime, range, servers, findings, &ProgressBar::hidden())
    }

    /// Ends both in order, and leaves what they wrote where it is.
    pub(super) fn keep(mut self) -> io::Result<PathBuf> {
        self.prometheus.end()?;
        self.ember.end()?;
        Ok(self.folder.keep())
    }

    fn delete(&self, data: &DataSet) -> io::Result<()> {
        for deletion in data.deletions() {
            let form = [
                ("match[]", deletion.selector.clone()),
                ("start", seconds(deletion.from_ms)),
                ("end", seconds(deletion.to_ms)),
            ];
            for server in [&self.prometheus, &self.ember] {
                let reply = server.endpoint.post_form("/api/v1/admin/tsdb/delete_series", &form)?;
                if reply.status != 204 {
                    let body = String::from_utf8_lossy(&reply.body);
                    return Err(io::Error::other(format!(
                        "deleting is answered with {}: {body}",
                        reply.status
                    )));
                }
            }
        }
        Ok(())
    }
}

//! A Prometheus server on a data directory, asked over HTTP on loopback.

use std::io;
use std::path::Path;
use std::time::Duration;

use emberdb::TimeRange;

use super::answer;
use super::exemplars::{self, Exemplars};
use super::held::Held;
use super::peers::{Peers, is_complaint};
use crate::http::{self, seconds};
use crate::process::{Process, free_port};

/// Far above what all samples of a round take on a slow machine.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A running server. Dropping it kills it.
pub(super) struct Server {
    process: Process,
    port: u16,
}

impl Server {
    /// Starts a server on `data` with the configuration `config`, and waits until it has read its log. `folder` takes its
    /// configuration and output.
    pub(super) fn start(peers: &Peers, data: &Path, config: &str, folder: &Path) -> io::Result<Self> {
        let file = folder.join("prometheus.yml");
        std::fs::write(&file, config)?;
        let port = free_port()?;
        let mut arguments = vec![
            format!("--config.file={}", file.display()),
            format!("--storage.tsdb.path={}", data.display()),
            format!("--web.listen-address=127.0.0.1:{port}"),
            "--web.enable-remote-write-receiver".into(),
            // Nothing of a round is too old.
            "--storage.tsdb.retention.time=100y".into(),
        ];
        let histograms = if peers.has_histograms() { ",native-histograms" } else { "" };
        arguments.push(format!("--enable-feature=exemplar-storage{histograms}"));
        let mut process = Process::start("prometheus", &peers.prometheus, &arguments, folder)?;
        process.wait_ready(port, "/-/ready")?;
        Ok(Self { process, port })
    }

    /// All samples in `range`, but for staleness markers.
    pub(super) fn ask(&self, range: TimeRange) -> io::Result<Held> {
        let span_ms = range.max_ms - range.min_ms + 1;
        let time = seconds(range.max_ms);
        let body = self.get(&format!("/api/v1/query?time={time}&query={ALL_SERIES}%5B{span_ms}ms%5D"))?;
        answer::parse_response(&body).map_err(io::Error::other)
    }

    /// All exemplars in `range`.
    pub(super) fn ask_exemplars(&self, range: TimeRange) -> io::Result<Exemplars> {
        let (start, end) = (seconds(range.min_ms), seconds(range.max_ms));
        let body =
            self.get(&format!("/api/v1/query_exemplars?query={ALL_SERIES}&start={start}&end={end}"))?;
        exemplars::parse_response(&body).map_err(io::Error::other)
    }

    fn get(&self, path: &str) -> io::Result<Vec<u8>> {
        let response = http::get(self.port, path, "application/json", ANSWER_TIMEOUT)?;
        if response.status != 200 {
            let body = String::from_utf8_lossy(&response.body);
            return Err(io::Error::other(format!("status {}: {body}", response.status)));
        }
        Ok(response.body)
    }

    /// Where it listens.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Fails when the server has ended by itself.
    pub(super) fn check(&mut self) -> io::Result<()> {
        self.process.check()
    }

    /// Ends the server in order. Fails if it logged a complaint while it ran.
    pub(super) fn terminate(self) -> io::Result<()> {
        let log = self.process.log().to_owned();
        self.process.terminate()?;
        let log = std::fs::read_to_string(log)?;
        match log.lines().find(|line| is_complaint(line) && !is_harmless(line)) {
            None => Ok(()),
            Some(line) => Err(io::Error::other(format!("the server complains: {line}"))),
        }
    }

    /// Ends the server as a power cut of the process does.
    pub(super) fn kill(self) {
        drop(self);
    }
}

/// A selector of all series, as it stands in an address: `{__name__!=""}`.
const ALL_SERIES: &str = "%7B__name__!%3D%22%22%7D";

/// Complaints that are not about what is stored.
fn is_harmless(line: &str) -> bool {
    // That it is asked to end, a directory that another one was killed in, and limits of the machine.
    ["OS signal", "lockfile", "GOMAXPROCS", "GOMEMLIMIT", "memory limit", "agent mode"]
        .iter()
        .any(|words| line.contains(words))
}

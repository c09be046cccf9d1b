//! A server that is measured.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use emberdb_remote::MessageKind;

use crate::http;
use crate::process::{Process, free_port};

/// Far above what a request or a snapshot takes on a slow machine.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(300);

/// Which of the two.
#[derive(Clone, Copy)]
pub(super) enum Program {
    Ember,
    Prometheus,
}

impl Program {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ember => "ember",
            Self::Prometheus => "prometheus",
        }
    }
}

/// A server and its data directory. Dropping it kills it.
pub(super) struct Server {
    program: Program,
    path: PathBuf,
    folder: PathBuf,
    running: Option<(Process, u16)>,
    /// What it took for all requests together.
    pub(super) feeding: Duration,
}

impl Server {
    pub(super) fn new(program: Program, path: PathBuf, folder: PathBuf) -> Self {
        Self { program, path, folder, running: None, feeding: Duration::ZERO }
    }

    /// Starts it and waits until it answers.
    pub(super) fn start(&mut self) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let port = free_port()?;
        let arguments = self.arguments(port)?;
        let mut process = Process::start(self.program.name(), &self.path, &arguments, &self.folder)?;
        process.wait_ready(port, "/-/ready")?;
        self.running = Some((process, port));
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn arguments(&self, port: u16) -> io::Result<Vec<String>> {
        let data = self.data();
        let data = data.display();
        let of_both = ["--web.enable-remote-write-receiver".into(), "--web.enable-admin-api".into()];
        let own = match self.program {
            Program::Ember => {
                vec!["serve".into(), format!("--data={data}"), format!("--listen=127.0.0.1:{port}")]
            }
            Program::Prometheus => {
                let config = self.folder.join("prometheus.yml");
                std::fs::write(&config, "global: {}\n")?;
                vec![
                    format!("--config.file={}", config.display()),
                    format!("--storage.tsdb.path={data}"),
                    format!("--web.listen-address=127.0.0.1:{port}"),
                ]
            }
        };
        Ok(own.into_iter().chain(of_both).collect())
    }

    fn running(&self) -> io::Result<&(Process, u16)> {
        self.running.as_ref().ok_or_else(|| io::Error::other(format!("{} does not run", self.program.name())))
    }

    /// Sends a request of remote write 1.0.
    pub(super) fn send(&mut self, body: &[u8]) -> io::Result<()> {
        let (_, port) = *self.running()?;
        let started = Instant::now();
        let headers = MessageKind::V1.headers();
        let response = http::post(port, "/api/v1/write", &headers, body, ANSWER_TIMEOUT)?;
        self.feeding += started.elapsed();
        self.expect(response.status == 204, &response)
    }

    fn expect(&self, is_right: bool, response: &http::Response) -> io::Result<()> {
        if is_right {
            return Ok(());
        }
        let body = String::from_utf8_lossy(&response.body);
        Err(io::Error::other(format!("{} answers {}: {body}", self.program.name(), response.status)))
    }

    /// What it has in memory, as the system counts it.
    pub(super) fn memory_bytes(&self) -> io::Result<u64> {
        let (process, _) = self.running()?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or_else(|| io::Error::other("the system does not tell VmRSS"))
    }

    /// What the write-ahead log has on disk.
    pub(super) fn log_bytes(&self) -> io::Result<u64> {
        bytes_of(&self.data().join("wal"))
    }

    /// What all samples have as blocks, of which a snapshot is made.
    pub(super) fn snapshot_bytes(&self) -> io::Result<u64> {
        let (_, port) = *self.running()?;
        let response = http::post(port, "/api/v1/admin/tsdb/snapshot", &[], &[], ANSWER_TIMEOUT)?;
        self.expect(response.status == 200, &response)?;
        bytes_of(&self.data().join("snapshots"))
    }

    /// Ends it as a power cut of the process does, and starts it again: how long it takes until it answers.
    pub(super) fn kill_and_reopen(&mut self) -> io::Result<Duration> {
        self.stop();
        let started = Instant::now();
        self.start()?;
        Ok(started.elapsed())
    }

    /// Kills it.
    pub(super) fn stop(&mut self) {
        self.running = None;
    }
}

/// The bytes of all files in a folder and below.
fn bytes_of(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_of(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

//! The two servers.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::endpoint::Endpoint;
use super::settings::{FEATURES_OF_PROMETHEUS, LOOKBACK_MS, OUT_OF_ORDER_WINDOW_MS, SAMPLES_MAX};
use crate::process::{Process, free_port};

/// How long a compaction may take until it has begun, and then be quiet before it counts as done.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(90);
const SETTLED_AFTER: Duration = Duration::from_secs(3);

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Prometheus,
    Ember,
}

impl Program {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Ember => "ember",
        }
    }
}

/// A server that runs, and its data directory. Dropping it kills it.
pub(super) struct Server {
    program: Program,
    path: PathBuf,
    features: String,
    folder: PathBuf,
    running: Option<Process>,
    pub(super) endpoint: Endpoint,
}

impl Server {
    /// Starts a program with features on an empty data directory, and waits until it answers.
    pub(super) fn start(
        program: Program,
        path: PathBuf,
        features: &str,
        folder: PathBuf,
    ) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let endpoint = Endpoint::new(program.name(), "");
        let mut server =
            Self { program, path, features: features.to_owned(), folder, running: None, endpoint };
        server.run()?;
        Ok(server)
    }

    fn run(&mut self) -> io::Result<()> {
        let port = free_port()?;
        let arguments = self.arguments(port)?;
        let mut process = Process::start(self.program.name(), &self.path, &arguments, &self.folder)?;
        process.wait_ready(port, "/-/ready")?;
        self.endpoint = Endpoint::new(self.program.name(), &format!("http://127.0.0.1:{port}"));
        self.running = Some(process);
        Ok(())
    }

    /// Ends it in order, and starts it again on the same data.
    pub(super) fn restart(&mut self) -> io::Result<()> {
        self.end()?;
        self.run()
    }

    /// Ends it in order.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.running.take().map_or(Ok(()), Process::terminate)
    }

    /// Where its data is.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// How many blocks there are.
    pub(super) fn blocks(&self) -> io::Result<usize> {
        let entries = std::fs::read_dir(self.data())?;
        let is_block = |entry: &io::Result<std::fs::DirEntry>| {
            entry.as_ref().is_ok_and(|entry| entry.path().join("meta.json").is_file())
        };
        Ok(entries.filter(is_block).count())
    }

    /// Starts another one beside it, on a copy of its data without the files of finished chunks: the log has what is in them.
    pub(super) fn start_twin(&self) -> io::Result<Self> {
        let folder = self.folder.with_extension("twin");
        let is_left_out =
            |name: &OsStr| ["chunks_head", "lock", "queries.active"].iter().any(|left| name == *left);
        copy(&self.data(), &folder.join("data"), &is_left_out)?;
        Self::start(self.program, self.path.clone(), &self.features, folder)
    }

    fn arguments(&self, port: u16) -> io::Result<Vec<String>> {
        let mut arguments = match self.program {
            Program::Ember => vec![
                "serve".into(),
                format!("--data={}", self.data().display()),
                format!("--listen=127.0.0.1:{port}"),
                format!("--storage.tsdb.out-of-order-time-window={OUT_OF_ORDER_WINDOW_MS}ms"),
                format!("--enable-feature={}", self.features),
            ],
            Program::Prometheus => {
                let config = self.folder.join("prometheus.yml");
                let text = format!(
                    "storage: {{tsdb: {{out_of_order_time_window: {OUT_OF_ORDER_WINDOW_MS}ms}}, exemplars: {{max_exemplars: 100000}}}}\n"
                );
                std::fs::write(&config, text)?;
                vec![
                    format!("--config.file={}", config.display()),
                    format!("--storage.tsdb.path={}", self.data().display()),
                    format!("--web.listen-address=127.0.0.1:{port}"),
                    format!("--enable-feature={},{FEATURES_OF_PROMETHEUS}", self.features),
                    // Also if the end is said to be long ago.
                    "--storage.tsdb.retention.time=100y".into(),
                ]
            }
        };
        arguments.extend([
            "--web.enable-remote-write-receiver".into(),
            "--web.enable-admin-api".into(),
            format!("--query.lookback-delta={LOOKBACK_MS}ms"),
            format!("--query.max-samples={SAMPLES_MAX}"),
        ]);
        Ok(arguments)
    }
}

/// Waits until both have made blocks, and for a while nothing more comes of it.
///
/// # Errors
/// If one of them still makes some, or none, when it should be long done.
pub(super) fn settle(servers: [&Server; 2]) -> io::Result<()> {
    let give_up = Instant::now() + SETTLE_TIMEOUT;
    let blocks = || Ok::<_, io::Error>([servers[0].blocks()?, servers[1].blocks()?]);
    let (mut before, mut since) = (blocks()?, Instant::now());
    while before.contains(&0) || since.elapsed() < SETTLED_AFTER {
        if Instant::now() > give_up {
            return Err(io::Error::other(format!(
                "the servers do not come to rest with their blocks: {before:?}"
            )));
        }
        thread::sleep(Duration::from_millis(100));
        let now = blocks()?;
        if now != before {
            (before, since) = (now, Instant::now());
        }
    }
    Ok(())
}

/// Copies a folder and all in it but what is left out by its name.
fn copy(from: &Path, to: &Path, is_left_out: &impl Fn(&OsStr) -> bool) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if is_left_out(&name) {
            continue;
        }
        match entry.file_type()?.is_dir() {
            true => copy(&path, &to.join(name), is_left_out)?,
            false => std::fs::copy(&path, to.join(name)).map(|_| ())?,
        }
    }
    Ok(())
}

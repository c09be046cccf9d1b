//! A Prometheus server on a copy of the same directory, asked the same question over HTTP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use emberdb::Env;

/// How long a server may take until it has read its log, in tenths of a second.
const TENTHS_TO_START: usize = 1200;

/// A running server; it ends with the value.
pub(crate) struct Prometheus {
    server: Child,
    address: SocketAddr,
    dir: PathBuf,
}

impl Prometheus {
    /// Starts the `prometheus` of the path on a copy of `data`. `None` if there is none, or if it does not come up.
    pub(crate) fn start(data: &Path, env: &Env) -> Option<Self> {
        let dir = env.fs().create_temp_dir("emberdb-bench-peer").ok()?;
        copy(&data.join("wal"), &dir.join("wal")).ok()?;
        // A port that was free a moment ago.
        let address = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).ok()?;
        let server = Command::new("prometheus")
            .arg("--config.file=/dev/null")
            .arg(format!("--storage.tsdb.path={}", dir.display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let peer = Self { server, address, dir };
        for _ in 0..TENTHS_TO_START {
            if peer.ask("/-/ready").is_some() {
                return Some(peer);
            }
            env.clock().sleep(Duration::from_millis(100));
        }
        None
    }

    /// The body of the answer to a GET request, if it is a good one.
    pub(crate) fn ask(&self, path: &str) -> Option<String> {
        let answer = self.get(path)?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        is_ok(head).then(|| body.to_owned())
    }

    /// The answer to a GET request, headers included.
    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        let address = self.address;
        // The older protocol, in which an answer is not cut into chunks.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = Env::real().fs().remove_dir_all(&self.dir);
    }
}

fn is_ok(head: &str) -> bool {
    head.split(' ').nth(1) == Some("200")
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

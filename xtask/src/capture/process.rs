//! A child process that never outlives its handle.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::http;

/// How long a started process may take until it answers; slow machines need seconds.
const READY_TIMEOUT: Duration = Duration::from_secs(60);

/// A running program. Dropping it ends the program.
pub(crate) struct Process {
    child: Child,
    name: &'static str,
    log: PathBuf,
}

impl Process {
    /// Starts `program` in `folder`, where its output goes to `<name>.log`.
    pub(crate) fn start(
        name: &'static str,
        program: &str,
        arguments: &[String],
        folder: &Path,
    ) -> io::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log)?;
        // The handle ends the program when we end in order; the kernel does when we are killed.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", program])
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| io::Error::other(format!("cannot start setpriv (of util-linux): {error}")))?;
        Ok(Self { child, name, log })
    }

    /// Waits until a GET of `path` is answered with 200.
    pub(crate) fn wait_ready(&mut self, port: u16, path: &str) -> io::Result<()> {
        let give_up = Instant::now() + READY_TIMEOUT;
        loop {
            if let Ok(response) = http::get(port, path, "*/*", Duration::from_secs(5))
                && response.status == 200
            {
                return Ok(());
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || Instant::now() > give_up {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                return Err(io::Error::other(format!(
                    "{} is not ready ({ended:?}; is its package installed?), its log:\n{log}",
                    self.name
                )));
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Fails when the program has ended by itself.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(io::Error::other(format!("{} ended by itself: {status}", self.name))),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error here means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
